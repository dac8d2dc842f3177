//! Signing in without a password, by a mailed link.
//!
//! Source: spec/framework.md §4.8.

use crate::frappe::apps;
use crate::prelude::*;
use crate::sign_in::link;

fn links_an_hour(shared: &Shared) -> u32 {
    shared.site.settings().sign_in.link_limit
}

/// Has a link to sign in mailed to a user, where the site has such links (System Settings, `login_with_email_link`). The
/// answer is the same for addresses nobody has.
///
/// # Errors
/// - 429 after so many requests from one address an hour (`rate_limit_email_link_login`, else 5)
#[whitelist(allow_guest, methods = [POST])]
#[rate_limit(limit = links_an_hour, seconds = 3600)]
pub async fn send_login_link(
    cx: &AsyncCx,
    /// Id of the user.
    email: String,
) {
    link::request(cx, email);
}

/// Signs in by the key of a mailed link, which can be used once, and goes on to where the user begins. A key that is of
/// no use is answered by a page with status 403.
///
/// # Errors
/// - 429 after so many tries from one address an hour (`rate_limit_email_link_login`, else 5)
#[whitelist(allow_guest, methods = [GET])]
#[rate_limit(limit = links_an_hour, seconds = 3600)]
pub fn login_via_key(cx: &mut Cx, key: String) -> Result<Response> {
    let headers = vec![
        ("content-type", "text/html; charset=utf-8".to_owned()),
        // The address is a secret.
        ("referrer-policy", "no-referrer".to_owned()),
    ];
    Ok(match link::follow(cx, &key)? {
        Some(session) => {
            let [_, (_, home_page), _] = apps::greeting(&session);
            let location = ("location", format!("/{}", home_page.trim_start_matches('/')));
            Response {
                status: 302,
                headers: [headers, vec![location]].concat(),
                body: Vec::new(),
            }
        }
        None => Response {
            status: 403,
            headers,
            body: b"<!doctype html>\n<html lang=\"en\">\n<title>Not permitted</title>\n<p>This link was used already \
                    or is too old. <a href=\"/login\">Sign in</a></p>\n</html>\n"
                .to_vec(),
        },
    })
}
