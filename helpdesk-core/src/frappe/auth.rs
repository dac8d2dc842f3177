//! `frappe.auth`: signing in, and who the caller is.
//!
//! Source: spec/framework.md §4.2, §4.9.

use crate::frappe::apps;
use crate::prelude::*;
use crate::reply::Reply;
use crate::sign_in::{self, SignedIn};

/// The caller's user id.
///
/// Source: spec/framework.md §4.9.
#[whitelist(inline)]
pub fn get_logged_user(session: &Session) -> String {
    session.user.to_string()
}

/// Signs in with a name and a password; the answer sets the cookies of a new session.
///
/// Any verb will do, though a password in a query ends up in logs. After repeated failures, user and address are locked
/// for a while. Where the password is older than the site allows, `message` is `Password Reset`, `redirect_to` leads to
/// where it is replaced, and no session begins. Where a second factor is needed, `verification` says what is asked for, and
/// the code goes into `otp` of another call, with the `tmp_id` of the first. Else `message` is `Logged In` for users of the desk and `No App` for portal users; `home_page` and
/// `full_name` stand beside it.
///
/// # Errors
/// - 401 for wrong, missing or unusable credentials
/// - 429 while locked, with `Retry-After`
/// - 503 when too many sign in at once
#[whitelist(allow_guest, xss_safe, methods = [GET, POST, PUT, DELETE, PATCH], alias = "login")]
pub async fn login(
    cx: &AsyncCx,
    /// Id of the user; by the site's settings also mobile number or user name.
    usr: Option<String>,
    /// The password.
    pwd: Option<String>,
    /// Names a login that waits for a second factor.
    tmp_id: Option<String>,
    /// The code it waits for.
    otp: Option<StrOrInt>,
) -> Result<Reply> {
    let signed_in = match (tmp_id, otp) {
        (Some(tmp_id), Some(otp)) => sign_in::by_code(cx, tmp_id, otp.to_string()).await?,
        _ => sign_in::by_password(cx, usr.unwrap_or_default(), pwd.unwrap_or_default()).await?,
    };
    let session = match signed_in {
        SignedIn::Session(session) => session,
        SignedIn::Waits(challenge) => {
            cx.side("verification", challenge.verification);
            cx.side("tmp_id", challenge.tmp_id.into());
            return Ok(Reply::Empty);
        }
        SignedIn::PasswordIsOld(path) => {
            cx.side("message", "Password Reset".into());
            cx.side("redirect_to", path.into());
            return Ok(Reply::Empty);
        }
    };
    // v2 answers nothing beside the cookies (recorded).
    if cx.shared().request.api == crate::cx::Api::V1 {
        for (key, value) in apps::greeting(&session) {
            cx.side(key, value.into());
        }
    }
    Ok(Reply::Empty)
}
