//! Query strings and urlencoded forms: text by name, the first of repeated names wins.

use helpdesk_core::args::Args;
use serde_json::Value;

use super::Refused;

/// Fields a form may have. Nobody fills in so many; a body of nothing but `&a` would take gigabytes.
pub(super) const MAX_FIELDS: usize = 10_000;

/// Adds the arguments of a query string.
pub(super) fn query(query: Option<&str>, args: &mut Args) {
    let Some(query) = query else { return };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        args.add_first(name.into_owned(), Value::String(value.into_owned()));
    }
}

/// The fields of a form body.
///
/// # Errors
/// `TooLarge` beyond [`MAX_FIELDS`].
pub(super) fn fields(body: &[u8]) -> Result<Args, Refused> {
    let mut args = Args::new();
    for (at, (name, value)) in form_urlencoded::parse(body).enumerate() {
        if at >= MAX_FIELDS {
            return Err(Refused::TooLarge);
        }
        args.add_first(name.into_owned(), Value::String(value.into_owned()));
    }
    Ok(args)
}
