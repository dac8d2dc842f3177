//! What an app for codes is set up with.

use crate::html::escape;
use crate::prelude::*;
use crate::sign_in::second;

/// A page with the secret of an app for codes, by a mailed link that can be opened once.
///
/// # Errors
/// - 429 after 30 tries from one address an hour
#[whitelist(allow_guest, methods = [GET])]
#[rate_limit(limit = 30, seconds = 3600)]
pub fn show(
    cx: &mut Cx,
    /// Key of the link.
    k: String,
) -> Result<Response> {
    let found = second::setup(cx, &k)?;
    let (status, text) = match found {
        Some(setup) => (
            200,
            format!(
                "<p>Enter this key in your app for codes: <strong>{}</strong></p>\n<p><a href=\"{}\">Open the app</a></p>\n\
                 <p>Then go back to where you are signing in. This page can't be opened again.</p>",
                escape(&setup.secret),
                escape(&setup.uri)
            ),
        ),
        None => (
            403,
            "<p>This link was opened already or is too old. <a href=\"/login\">Sign in</a></p>".to_owned(),
        ),
    };
    Ok(Response {
        status,
        headers: vec![
            ("content-type", "text/html; charset=utf-8".to_owned()),
            ("referrer-policy", "no-referrer".to_owned()),
        ],
        body: format!("<!doctype html>\n<html lang=\"en\">\n<title>Codes</title>\n{text}\n</html>\n")
            .into_bytes(),
    })
}
