//! Setting a new password: by a link that was mailed, or by the old password.
//!
//! Source: spec/framework.md §4.8.

use std::sync::Arc;

use serde_json::Value;

use super::credentials::{self, Known};
use super::failures::{self, Counted};
use super::{begin, policy, second, sessions};
use crate::clock::stored;
use crate::cx::{AsyncCx, Cx};
use crate::db::{Kind, Query, Scalar};
use crate::doctype::storage;
use crate::doctype::system::USER;
use crate::error::{Error, ErrorKind, Result, invalid};
use crate::mail::{self, Mail};
use crate::secret;
use crate::secret::password::{self, Verdict};
use crate::session::Session;
use crate::users;

/// A link that was used, never given out, or is too old: all the same to whoever holds it.
const NO_LINK: &str = "This link was used already or is too old. Ask for a new one.";

/// Has a link for a new password mailed to a user, beside the request: neither the answer nor its time tells whether
/// there is such a user.
pub(crate) fn request(cx: &AsyncCx, user: String) {
    let cx = cx.clone();
    tokio::spawn(async move {
        let mailed = cx.transaction(move |cx| mail_link(cx, &user, Why::Asked)).await;
        if let Err(error) = mailed {
            tracing::error!(%error, "a link for a new password could not be queued");
        }
    });
}

/// Why somebody gets a link for a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Somebody asked for it.
    Asked,
    /// The user is new.
    Welcome,
}

/// Makes a key for an enabled user, and queues the mail with its link. Nothing happens for anybody else, nor for the
/// Administrator, whose password is the command line's business, nor where no mails are sent.
pub(crate) fn mail_link(cx: &mut Cx, user: &str, why: Why) -> Result<()> {
    let Some(known) = addressee(cx, user)? else {
        return Ok(());
    };
    // From the settings alone: a link made from the request's Host would lead where the caller wants.
    let Some(base) = cx.site().config.public_url() else {
        tracing::warn!("no link for a new password was mailed: `host_name` is not set in site.toml");
        return Ok(());
    };
    let key = new_key(cx, &known.name)?;
    let name = users::full_name(cx, &known.name)?;
    let minutes = (cx.site().settings().sign_in.reset_link_expiry / 60).max(1);
    let link = format!("{base}/update-password?key={key}");
    let (subject, body) = match why {
        Why::Asked => (
            "A new password",
            format!(
                "Hello {name},\n\nsomebody asked for a new password for your account. Set one here:\n\n{link}\n\n\
                 The link holds for {minutes} minutes and can be used once. If it was not you, nothing has to be done.\n"
            ),
        ),
        Why::Welcome => (
            "Your new account",
            format!(
                "Hello {name},\n\nyou have an account at {base} now: {user}. Choose its password here:\n\n{link}\n\n\
                 The link holds for {minutes} minutes and can be used once. Later, \"forgot password\" at {base}/login \
                 mails another one.\n",
                user = known.name
            ),
        ),
    };
    queue(cx, &known.name, subject, body)
}

/// The user a link may be mailed to, if there is one.
///
/// # Errors
/// A database failure.
pub(super) fn addressee(cx: &mut Cx, user: &str) -> Result<Option<Known>> {
    if cx.sends_no_mails() {
        return Ok(None);
    }
    Ok(credentials::find(cx, user)?.filter(has_links))
}

/// Whether links are for a user: the built-in ones are the command line's business.
pub(super) fn has_links(known: &Known) -> bool {
    known.enabled && !matches!(&*known.name, "Administrator" | "Guest")
}

/// How many users the site got within the last hour.
///
/// # Errors
/// A database failure.
pub(crate) fn new_users_of_an_hour(cx: &mut Cx) -> Result<i64> {
    let since = cx.now().checked_sub(jiff::SignedDuration::from_hours(1));
    let since = stored(since.unwrap_or(cx.now()));
    let mut query = Query::fixed();
    query
        .sql("SELECT count(*) FROM ")
        .ident(format!("tab{USER}"))
        .sql(" WHERE creation > ")
        .bind(Kind::DateTime, Scalar::Text(since.into()));
    cx.db().count(query)
}

/// A new key of a user, of which only the digest is kept; an older one is void.
pub(crate) fn new_key(cx: &mut Cx, user: &str) -> Result<String> {
    let key = secret::hex(28);
    let changes = [
        ("reset_password_key", Value::from(secret::digest(&key))),
        (
            "last_reset_password_key_generated_on",
            Value::from(stored(cx.now())),
        ),
    ];
    storage::set_columns(cx, USER, user, &changes)?;
    Ok(key)
}

/// Queues a mail of plain text to a user.
pub(super) fn queue(cx: &mut Cx, user: &str, subject: &str, body: String) -> Result<()> {
    let row = storage::values(cx, USER, user, &["email"])?.unwrap_or_default();
    let email = row.first().and_then(Value::as_str).unwrap_or("").to_owned();
    mail::queue(cx, &Mail::text(&email, subject, body, (USER, user)))?;
    Ok(())
}

/// What came of a try to set a new password.
pub(crate) enum Set {
    /// It is set, and the answer begins a session.
    Done(Arc<Session>),
    /// It is set, and signing in takes a second factor: no session begins.
    SignInNow,
    /// The link can't be used; the text says so.
    NoLink(&'static str),
}

/// How somebody proves to be a user.
pub(crate) enum Proof {
    /// The key of a mailed link.
    Key(String),
    /// The old password, of the caller.
    OldPassword(String),
}

/// Sets a new password for who proves to be its user, ends that user's other sessions, and begins a new one.
///
/// # Errors
/// 401 for a wrong old password or a caller who isn't signed in; 417 for a password the site doesn't take; 429 while
/// locked; 503 where too many passwords are being hashed.
pub(crate) async fn set(cx: &AsyncCx, proof: Proof, new: String, sign_out_others: bool) -> Result<Set> {
    let digest = match &proof {
        Proof::Key(key) => Some(secret::digest(key)),
        Proof::OldPassword(_) => None,
    };
    let settings = cx.site().settings();
    let found = match &digest {
        Some(digest) => {
            let digest = digest.clone();
            cx.transaction(move |cx| by_key(cx, &digest)).await?
        }
        None => by_session(cx).await?,
    };
    let Some(known) = found else {
        return Ok(Set::NoLink(NO_LINK));
    };
    let lowest = settings.sign_in.lowest_score;
    let (name, stored) = (known.name.clone(), known.hash.clone());
    let hashed = cx
        .site()
        .passwords
        .run(move || -> Result<Option<String>> {
            if let Proof::OldPassword(old) = &proof {
                let verdict = match &stored {
                    Some(stored) if old.chars().count() <= password::LONGEST => password::verify(stored, old),
                    _ => password::verify_nothing("too long"),
                };
                if verdict == Verdict::Wrong {
                    return Ok(None);
                }
            }
            policy::require(&new, &[&name], lowest)?;
            password::hash(&new).map(Some)
        })
        .await??;
    let counted = Counted::of(&known.name, cx.shared().request.client_ip);
    let Some(hash) = hashed else {
        cx.transaction(move |cx| {
            cx.db().out.commit = true;
            failures::refuse_locked(cx, &counted)?;
            failures::count(cx, &counted)
        })
        .await?;
        return Err(Error::new(
            ErrorKind::AuthenticationError,
            "The old password is wrong",
        ));
    };
    let all = sign_out_others || settings.sign_in.sign_out_on_reset;
    let begun = cx
        .transaction(move |cx| {
            if let Some(digest) = &digest
                && !use_key(cx, &known.name, digest)?
            {
                return Ok(None);
            }
            if digest.is_none() {
                failures::refuse_locked(cx, &counted)?;
            }
            credentials::store(cx, &known.name, hash)?;
            let today = Value::from(cx.now().date().to_string());
            storage::set_columns(cx, USER, &known.name, &[("last_password_reset_date", today)])?;
            if all {
                sessions::end_all(cx, &known.name, None)?;
            }
            // A link alone is no second factor; who is signed in has proved it.
            if digest.is_some() && second::is_asked_of(cx, &known)? {
                cx.db().out.commit = true;
                return Ok(Some(None));
            }
            begin(cx, &known, None).map(|begun| Some(Some(begun)))
        })
        .await?;
    let (session, change) = match begun {
        None => return Ok(Set::NoLink(NO_LINK)),
        Some(None) => return Ok(Set::SignInNow),
        Some(Some(begun)) => begun,
    };
    cx.change_session(change);
    Ok(Set::Done(session))
}

/// The user whose link this is, if it still holds.
fn by_key(cx: &mut Cx, digest: &str) -> Result<Option<Known>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT name FROM ")
        .ident(format!("tab{USER}"))
        .sql(" WHERE reset_password_key = ");
    query.text(digest.to_owned());
    let oldest = oldest_key(cx);
    query
        .sql(" AND last_reset_password_key_generated_on >= ")
        .bind(Kind::DateTime, Scalar::Text(oldest.into()));
    let Some(row) = cx.db().row(query, &[Kind::Text])? else {
        return Ok(None);
    };
    let name = row.first().and_then(Scalar::as_str).unwrap_or("").to_owned();
    Ok(credentials::by_id(cx, &name)?.filter(|known| known.enabled))
}

/// Removes keys that hold no longer.
///
/// # Errors
/// A database failure.
pub(crate) fn drop_expired_keys(cx: &mut Cx) -> Result<()> {
    let oldest = oldest_key(cx);
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(format!("tab{USER}"));
    query
        .sql(
            " SET reset_password_key = NULL WHERE reset_password_key IS NOT NULL AND \
             last_reset_password_key_generated_on < ",
        )
        .bind(Kind::DateTime, Scalar::Text(oldest.into()));
    cx.db().execute(query)?;
    Ok(())
}

/// When the oldest key that still holds was made.
fn oldest_key(cx: &Cx) -> String {
    let seconds = jiff::SignedDuration::from_secs(cx.site().settings().sign_in.reset_link_expiry);
    let now = cx.now();
    // A time that can't be told holds for nothing.
    stored(now.checked_sub(seconds).unwrap_or(now))
}

/// Uses a key up; whether it was still there. Of two who come with the same key, one gets it.
fn use_key(cx: &mut Cx, user: &str, digest: &str) -> Result<bool> {
    let mut query = Query::fixed();
    query
        .sql("UPDATE ")
        .ident(format!("tab{USER}"))
        .sql(" SET reset_password_key = NULL WHERE name = ");
    query.text(user.to_owned());
    query.sql(" AND reset_password_key = ").text(digest.to_owned());
    Ok(cx.db().execute(query)? == 1)
}

/// The caller, who says to know the old password.
async fn by_session(cx: &AsyncCx) -> Result<Option<Known>> {
    if cx.session().is_guest() {
        return Err(Error::new(
            ErrorKind::AuthenticationError,
            "Sign in, or use the link that was mailed",
        ));
    }
    let user = cx.session().user.to_string();
    let counted = Counted::of(&user, cx.shared().request.client_ip);
    cx.transaction(move |cx| {
        failures::refuse_locked(cx, &counted)?;
        match credentials::by_id(cx, &user)? {
            Some(known) => Ok(Some(known)),
            None => Err(invalid(format!("There is no user {user}"))),
        }
    })
    .await
}
