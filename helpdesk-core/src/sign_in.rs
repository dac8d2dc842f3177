//! Signing in and out: passwords, sessions of cookies, the lock after failures.
//!
//! Source: spec/framework.md §4.

pub(crate) mod credentials;
pub(crate) mod failures;
pub(crate) mod link;
pub(crate) mod one_time;
pub mod policy;
pub mod prepared;
pub(crate) mod reset;
pub(crate) mod second;
pub mod sessions;
pub mod settings;
pub mod tokens;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::clock::stored;
use crate::cx::{AsyncCx, Cx, SessionChange, Shared};
use crate::doctype::storage;
use crate::doctype::system::{ACTIVITY_LOG, USER};
use crate::error::{Error, ErrorKind, Result};
use crate::install::put;
use crate::secret::password::{self, Verdict};
use crate::session::Session;
use crate::users;

use credentials::Known;
use failures::Counted;
use sessions::Origin;

pub use credentials::set_hash;
pub use failures::Locked;

/// What a login was refused for. The caller gets the sentence as `message` (v1) or in the error (v2).
fn refused(cx: &AsyncCx, why: &'static str) -> Error {
    if cx.shared().request.api == crate::cx::Api::V1 {
        cx.side("message", why.into());
        return Error::bare(ErrorKind::AuthenticationError, "");
    }
    Error::new(ErrorKind::AuthenticationError, why)
}

const INCOMPLETE: &str = "Incomplete login details";
const INVALID: &str = "Invalid login credentials";
const DISABLED: &str = "User disabled or missing";

/// What came of a login with the right password.
#[derive(Debug)]
pub enum SignedIn {
    /// A session begins.
    Session(Arc<Session>),
    /// The password is older than the site allows; none begins. Where to set a new one, a path of this site.
    PasswordIsOld(String),
    /// A second factor is needed, and sent with [`by_code`]; none begins yet.
    Waits(second::Challenge),
}

/// What came of a right password, before anything is answered.
enum Passed {
    Begun(Box<Begun>),
    Old(String),
    Waits(second::Challenge),
}

/// Goes on with a login that waits for a second factor: the answer begins a new session.
///
/// # Errors
/// 401 for a wrong code, and for a login that waits no longer; 429 `SecurityException` while locked.
pub async fn by_code(cx: &AsyncCx, tmp_id: String, code: String) -> Result<SignedIn> {
    second::confirm(cx, tmp_id, code).await
}

/// Signs a user in by name and password: the answer begins a new session, unless the password has to be replaced first.
///
/// The password is compared between two transactions, never in one. The second decides: a lock that other tries
/// brought about meanwhile holds for this one, too.
///
/// # Errors
/// 401 with the contract's sentence; 429 `SecurityException` while locked; 503 where too many sign in at once.
pub async fn by_password(cx: &AsyncCx, usr: String, pwd: String) -> Result<SignedIn> {
    if usr.trim().is_empty() || pwd.is_empty() {
        return Err(refused(cx, INCOMPLETE));
    }
    if cx.site().settings().sign_in.no_passwords {
        return Err(refused(cx, "Signing in with a password is switched off here"));
    }
    let counted = Counted::of(&usr, cx.shared().request.client_ip);
    let (known, counted) = cx
        .transaction(move |cx| {
            failures::refuse_locked(cx, &counted)?;
            let known = credentials::find(cx, &usr)?;
            let Some(found) = &known else {
                return Ok((known, counted));
            };
            let counted = counted.found_as(&found.name);
            failures::refuse_locked(cx, &counted)?;
            Ok((known, counted))
        })
        .await?;
    let stored = known.as_ref().and_then(|known| known.hash.clone());
    let (verdict, renewed) = cx
        .site()
        .passwords
        .run(move || compared(stored.as_deref(), &pwd))
        .await?;
    let refusal = match &known {
        Some(known) if verdict != Verdict::Wrong => refusal(cx.shared(), known),
        _ => Some(INVALID),
    };
    match (known, refusal) {
        (Some(known), None) => {
            let renewed = renewed.transpose()?;
            let begun = cx
                .transaction(move |cx| {
                    failures::refuse_locked(cx, &counted)?;
                    if second::is_asked_of(cx, &known)? {
                        // Failures are forgiven with the second factor, or it could be guessed in between.
                        return second::ask(cx, &known).map(Passed::Waits);
                    }
                    failures::forget(cx, &counted)?;
                    if password_is_old(cx, &known.name)? {
                        cx.db().out.commit = true;
                        return reset::new_key(cx, &known.name).map(Passed::Old);
                    }
                    begin(cx, &known, renewed).map(Box::new).map(Passed::Begun)
                })
                .await?;
            let (session, change) = match begun {
                Passed::Begun(begun) => *begun,
                Passed::Waits(challenge) => return Ok(SignedIn::Waits(challenge)),
                Passed::Old(key) => {
                    return Ok(SignedIn::PasswordIsOld(path_of_reset(&key)));
                }
            };
            cx.change_session(change);
            Ok(SignedIn::Session(session))
        }
        (known, refusal) => {
            let user = known.map(|known| known.name);
            cx.transaction(move |cx| {
                cx.db().out.commit = true;
                failures::refuse_locked(cx, &counted)?;
                failures::count(cx, &counted)?;
                log(cx, user.as_deref(), "Login", "Failed")
            })
            .await?;
            Err(refused(cx, refusal.unwrap_or(INVALID)))
        }
    }
}

/// Where a password that is too old is replaced.
fn path_of_reset(key: &str) -> String {
    format!("/update-password?key={key}&password_expired=true")
}

/// Whether a user's password is older than System Settings allow (`force_user_to_reset_password`, in days; 0: any age).
/// Of one that was never set anew the user's age counts. The Administrator's is the command line's business.
fn password_is_old(cx: &mut Cx, user: &str) -> Result<bool> {
    let days = cx.site().settings().sign_in.password_days;
    if days == 0 || user == "Administrator" {
        return Ok(false);
    }
    let row = storage::values(cx, USER, user, &["last_password_reset_date", "creation"])?.unwrap_or_default();
    let set_on = row
        .iter()
        .filter_map(Value::as_str)
        .find_map(|text| text.get(..10)?.parse::<jiff::civil::Date>().ok());
    let today = cx.now().date();
    Ok(set_on.is_some_and(|set_on| (today - set_on).get_days() > days))
}

/// Compares a password on the lane; where the stored hash is of yesterday's making, makes today's.
fn compared(stored: Option<&str>, pwd: &str) -> (Verdict, Option<Result<String>>) {
    if pwd.chars().count() > password::LONGEST {
        // Refused unread, and as slowly as any other.
        return (password::verify_nothing("too long"), None);
    }
    let verdict = match stored {
        Some(stored) => password::verify(stored, pwd),
        None => password::verify_nothing(pwd),
    };
    let renewed = (verdict == Verdict::RightButOld).then(|| password::hash(pwd));
    (verdict, renewed)
}

/// Compares a password with the caller's own; a wrong one counts as a failed login.
///
/// # Errors
/// 401 for another password; 429 while locked; 503 where too many passwords are being worked on.
pub(crate) async fn verify_own(cx: &AsyncCx, pwd: String) -> Result<()> {
    let user = cx.session().user.to_string();
    let counted = Counted::of(&user, cx.shared().request.client_ip);
    let (known, counted) = cx
        .transaction(move |cx| {
            failures::refuse_locked(cx, &counted)?;
            Ok((credentials::by_id(cx, &user)?, counted))
        })
        .await?;
    let stored = known.and_then(|known| known.hash);
    let (verdict, _) = cx
        .site()
        .passwords
        .run(move || compared(stored.as_deref(), &pwd))
        .await?;
    let is_right = verdict != Verdict::Wrong;
    cx.transaction(move |cx| {
        cx.db().out.commit = true;
        failures::refuse_locked(cx, &counted)?;
        if is_right {
            return Ok(());
        }
        failures::count(cx, &counted)
    })
    .await?;
    if is_right {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::AuthenticationError,
        "The password is wrong",
    ))
}

/// Why a user who has proved to be it may not sign in after all.
fn refusal(shared: &Shared, known: &Known) -> Option<&'static str> {
    if !known.enabled || known.name == "Guest" {
        return Some(DISABLED);
    }
    if !sessions::may_come_from(&known.restrict_ip, shared.request.client_ip) {
        return Some("Signing in is not allowed from this address");
    }
    let hour = i64::from(shared.site.clock.now().hour());
    let (after, before) = known.hours;
    if (after > 0 && hour < after) || (before > 0 && hour > before) {
        return Some("Signing in is not allowed at this time");
    }
    None
}

/// A session that began, and what the answer has to say of it.
pub(crate) type Begun = (Arc<Session>, SessionChange);

/// Begins a session for a user who has proved to be it, in the transaction of `cx`, which commits whatever the verb.
///
/// # Errors
/// A database failure; 401 where the user was disabled meanwhile.
pub(crate) fn begin(cx: &mut Cx, known: &Known, renewed: Option<String>) -> Result<Begun> {
    cx.db().out.commit = true;
    let Some(session) = users::session_of(cx, &known.name)? else {
        return Err(Error::bare(ErrorKind::AuthenticationError, DISABLED));
    };
    if let Some(hash) = renewed {
        credentials::store(cx, &known.name, hash)?;
    }
    // The id the browser came with ends: what somebody may have planted or copied is worth nothing afterwards.
    if let Some(cookie) = cx.session().cookie.clone() {
        sessions::end(cx, &cookie.digest, None)?;
    }
    let request = cx.request();
    let origin = Origin {
        address: request.client_ip.to_string(),
        user_agent: request.user_agent.to_string(),
    };
    let now = Value::from(stored(cx.now()));
    if cx.site().settings().sign_in.one_session {
        let keep = simultaneous(cx, &known.name)?.saturating_sub(1);
        sessions::end_beyond(cx, &known.name, None, keep)?;
    }
    let address = Value::from(origin.address.clone());
    let sid = sessions::begin(cx, &known.name, &origin)?;
    let changes = [
        ("last_login", now.clone()),
        ("last_active", now),
        ("last_ip", address),
    ];
    storage::set_columns(cx, USER, &known.name, &changes)?;
    log(cx, Some(&known.name), "Login", "Success")?;
    let session = Arc::new(session);
    let change = SessionChange::Begun {
        sid,
        session: Arc::clone(&session),
        user_image: known.user_image.clone(),
    };
    Ok((session, change))
}

/// How many sessions a user may have at once, where the site limits them.
fn simultaneous(cx: &mut Cx, user: &str) -> Result<u64> {
    let row = storage::values(cx, USER, user, &["simultaneous_sessions"])?.unwrap_or_default();
    Ok(row.first().and_then(Value::as_u64).unwrap_or(1).max(1))
}

/// Ends the browser's session; nothing happens where there is none.
///
/// # Errors
/// A database failure.
pub fn sign_out(cx: &mut Cx) -> Result<()> {
    if let Some(cookie) = cx.session().cookie.clone() {
        let user = cx.user().to_owned();
        sessions::end(cx, &cookie.digest, None)?;
        log(cx, Some(&user), "Logout", "Success")?;
    }
    cx.db().out.session = Some(SessionChange::Ended);
    Ok(())
}

/// Notes a login or logout in the Activity Log; `None`: somebody who is no user, and whose name is not kept.
fn log(cx: &mut Cx, user: Option<&str>, operation: &str, status: &str) -> Result<()> {
    let name = match user {
        Some(user) => users::full_name(cx, user)?,
        None => "Unknown user".to_owned(),
    };
    let subject = match (operation, status) {
        ("Logout", _) => format!("{name} signed out"),
        (_, "Success") => format!("{name} signed in"),
        _ => format!("{name} could not sign in"),
    };
    let row = json!({
        "subject": subject,
        "operation": operation,
        "status": status,
        "user": user.unwrap_or("Guest"),
        "full_name": name,
        "ip_address": cx.request().client_ip.to_string(),
    });
    put(cx, ACTIVITY_LOG, row).map(|_| ())
}
