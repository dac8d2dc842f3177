//! A user's own account: password, keys and sessions; methods of [`super::user`].
//!
//! Source: spec/framework.md §4.6, §4.8; spec/framework-api.md §7.5.

use crate::doctype::system::USER;
use crate::doctype::{is_email, storage};
use crate::frappe::apps;
use crate::install::put;
use crate::prelude::*;
use crate::reply::Reply;
use crate::sign_in::policy::{self, Strength};
use crate::sign_in::reset::{self, Proof, Set};
use crate::sign_in::sessions;
use crate::users;

/// What is answered whoever asked for a new password.
const MAILED: &str =
    "If there is an account with this address, a link to set a new password is on its way to it.";

fn resets_an_hour(shared: &Shared) -> u32 {
    shared.site.settings().sign_in.reset_limit
}

/// Has a link to set a new password mailed to a user. The answer is the same for addresses nobody has.
///
/// # Errors
/// - 429 after so many requests from one address an hour (System Settings, `password_reset_limit`)
#[whitelist(allow_guest, methods = [POST], path = "frappe.core.doctype.user.user.reset_password")]
#[rate_limit(limit = resets_an_hour, seconds = 3600)]
pub async fn reset_password(
    cx: &AsyncCx,
    /// Id of the user.
    user: String,
) {
    reset::request(cx, user);
    cx.msgprint(Message {
        title: "Password Reset".into(),
        ..Message::plain(MAILED)
    });
}

/// Makes an account of the portal for a mail address and mails a link to set its password, where the site lets people
/// do that (Website Settings, `disable_signup`). The answer is the same for addresses that have an account.
///
/// # Errors
/// - 417 where the site doesn't, and for what is no mail address
/// - 429 after 300 new users of the site in an hour
#[whitelist(allow_guest, methods = [POST], path = "frappe.core.doctype.user.user.sign_up")]
pub fn sign_up(
    cx: &mut Cx,
    /// The id of the user to be.
    email: String,
    full_name: String,
) -> Result<(u8, &'static str)> {
    // On until somebody switches it off, as the field's default says.
    let disabled = crate::site::single(cx, "Website Settings", "disable_signup")?;
    if disabled.as_i64() != Some(0) {
        return Err(invalid("Signing up is switched off here").title("Not Allowed"));
    }
    let email = email.trim().to_lowercase();
    if !is_email(&email) {
        return Err(Error::new(
            ErrorKind::InvalidEmailAddressError,
            format!("{email} is not a valid Email Address"),
        ));
    }
    if storage::exists(cx, USER, &email)?.is_none() {
        if reset::new_users_of_an_hour(cx)? >= MOST_SIGN_UPS {
            return Err(Error::new(
                ErrorKind::RateLimitExceededError,
                "Too many people are signing up; try again in an hour",
            ));
        }
        let user = json!({
            "email": email,
            "first_name": full_name.trim(),
            "enabled": 1,
            "user_type": "Website User",
            "send_welcome_email": 0,
        });
        put(cx, USER, user)?;
        reset::mail_link(cx, &email, reset::Why::Welcome)?;
    }
    Ok((1, "A link to go on with is on its way to you."))
}

/// New users an hour beyond which nobody can sign up.
const MOST_SIGN_UPS: i64 = 300;

/// Sets a new password and signs in with it. Proof is the key of a mailed link, which can be used once, or the old
/// password of who is signed in. Returns the path to go on at.
///
/// # Errors
/// - 401 for a wrong old password, or without any proof
/// - 410 with a text as `message` for a link that was used or is too old
/// - 417 for a password that the site does not take
/// - 429 while locked after wrong passwords
#[whitelist(allow_guest, xss_safe, methods = [POST], path = "frappe.core.doctype.user.user.update_password")]
pub async fn update_password(
    cx: &AsyncCx,
    new_password: String,
    /// Ends the user's other sessions, whatever the site's setting says.
    #[arg(default = false)]
    logout_all_sessions: bool,
    /// Key of a mailed link.
    key: Option<String>,
    /// The password so far.
    old_password: Option<String>,
) -> Result<String> {
    let proof = match key.filter(|key| !key.is_empty()) {
        Some(key) => Proof::Key(key),
        None => Proof::OldPassword(old_password.unwrap_or_default()),
    };
    match reset::set(cx, proof, new_password, logout_all_sessions).await? {
        Set::Done(session) => {
            let [_, (_, home_page), _] = apps::greeting(&session);
            Ok(format!("/{}", home_page.trim_start_matches('/')))
        }
        Set::SignInNow => Ok("/login".to_owned()),
        Set::NoLink(text) => {
            cx.status(410);
            Ok(text.to_owned())
        }
    }
}

/// How easy a password is to guess; nothing where the site takes any.
///
/// # Errors
/// - 503 where too many passwords are being worked on
#[whitelist(
    allow_guest,
    xss_safe,
    path = "frappe.core.doctype.user.user.test_password_strength"
)]
pub async fn test_password_strength(cx: &AsyncCx, new_password: String) -> Result<Value> {
    let Some(lowest) = cx.site().settings().sign_in.lowest_score else {
        return Ok(json!({}));
    };
    let user = cx.session().user.to_string();
    let judged = cx
        .site()
        .passwords
        .run(move || -> Strength { policy::judge(&new_password, &[&user], lowest) });
    Ok(serde_json::to_value(judged.await?)?)
}

/// Compares a password with the caller's own.
///
/// # Errors
/// - 401 if it is another
/// - 429 while locked after wrong passwords
#[whitelist(methods = [POST], path = "frappe.core.doctype.user.user.verify_password")]
pub async fn verify_password(cx: &AsyncCx, password: String) -> Result<Reply> {
    crate::sign_in::verify_own(cx, password).await?;
    Ok(Reply::Empty)
}

/// An API key and its secret.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Keys {
    /// Kept from the key before, if there was one.
    api_key: String,
    /// Shown this once.
    api_secret: String,
}

/// Gives a user an API key and a new secret; the old secret stops working at once.
///
/// # Errors
/// - 403 for callers who aren't System Managers
/// - 404 if there is no such user
#[whitelist(methods = [POST], path = "frappe.core.doctype.user.user.generate_keys")]
pub fn generate_keys(cx: &mut Cx, user: String) -> Result<Keys> {
    if !cx.session().has_role("System Manager") {
        return Err(forbidden("Only System Managers may make API keys"));
    }
    // Whoever holds the Administrator's key is the Administrator.
    if user.eq_ignore_ascii_case("Administrator") && !cx.session().is_administrator() {
        return Err(forbidden(
            "Only the Administrator may make the Administrator's keys",
        ));
    }
    let (api_key, api_secret) = users::new_api_key(cx, &user)?;
    Ok(Keys { api_key, api_secret })
}

/// A session of a user, as a list shows it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SessionRow {
    /// Names the session for `clear_session`.
    sid_hash: String,
    /// When it began, in seconds since 1970.
    created: i64,
    /// When it was last noted as used, in seconds since 1970.
    last_used: i64,
    /// The address it began from.
    ip_address: String,
    user_agent: String,
    /// Whether it is the one this request came with.
    is_current: bool,
}

/// The caller's sessions, last used first. System Managers may ask for another user's.
///
/// # Errors
/// - 403 for others' sessions
#[whitelist(path = "frappe.core.doctype.user.user.get_sessions")]
pub fn get_sessions(cx: &mut Cx, user: Option<String>) -> Result<Vec<SessionRow>> {
    let user = match user.filter(|user| !user.is_empty()) {
        None => cx.user().to_owned(),
        Some(user) if user.eq_ignore_ascii_case(cx.user()) => user,
        Some(user) if cx.session().has_role("System Manager") => user,
        Some(_) => return Err(forbidden("Only System Managers see others' sessions")),
    };
    let current = cx
        .session()
        .cookie
        .as_ref()
        .map(|cookie| cookie.digest.to_string());
    let listed = sessions::list(cx, &user)?;
    Ok(listed
        .into_iter()
        .map(|one| SessionRow {
            is_current: Some(&one.digest) == current.as_ref(),
            sid_hash: one.digest,
            created: one.created,
            last_used: one.last_used,
            ip_address: one.address,
            user_agent: one.user_agent,
        })
        .collect())
}

/// Ends one of the caller's sessions, or, for System Managers, anybody's.
///
/// # Errors
/// - 404 if the caller has no such session
#[whitelist(methods = [POST], path = "frappe.core.doctype.user.user.clear_session")]
#[rate_limit(limit = 10, seconds = 3600, methods = [POST])]
pub fn clear_session(cx: &mut Cx, sid_hash: String) -> Result<()> {
    let anybodys = cx.session().has_role("System Manager");
    let user = cx.user().to_owned();
    if sessions::end(cx, &sid_hash, (!anybodys).then_some(&*user))? {
        return Ok(());
    }
    Err(not_found("Session", &sid_hash))
}
