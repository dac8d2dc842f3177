//! Who may follow what: the same checks as over HTTP.

use std::sync::Arc;

use crate::args::StrOrInt;
use crate::call::Target;
use crate::cx::{Request, Shared};
use crate::error::{Error, Result};
use crate::frappe::realtime::has_permission;
use crate::method::Verb;
use crate::session::Session;
use crate::site::Site;

/// Whether a caller may follow a document, or with an empty name the documents of a DocType
/// (spec/framework-api.md §10.3). What isn't there may be followed by nobody.
///
/// # Errors
/// Only where it can't be told: when the database fails or has too much to do.
pub async fn may_follow(site: &Arc<Site>, session: &Arc<Session>, doctype: &str, name: &str) -> Result<bool> {
    if let Some(scopes) = &session.scopes {
        let target = if name.is_empty() {
            Target::List(doctype.to_owned())
        } else {
            Target::Read(doctype.to_owned(), name.to_owned())
        };
        if scopes.admit(Verb::Get, &target).is_err() {
            return Ok(false);
        }
    }
    let shared = Shared {
        site: Arc::clone(site),
        session: Arc::clone(session),
        request: Request::internal(Verb::Get),
    };
    let (doctype, name) = (doctype.to_owned(), name.to_owned());
    let allowed = site
        .pool
        .run(shared, move |cx| {
            has_permission(cx, doctype, Some(StrOrInt::Str(name)))
        })?
        .await
        .map_err(|_| Error::internal("the database thread went away"))?;
    match allowed {
        Err(error) if error.kind().status() >= 500 => Err(error),
        allowed => Ok(allowed.unwrap_or(false)),
    }
}
