//! Signing in by a link that was mailed.
//!
//! Source: spec/framework.md §4.8.

use std::sync::Arc;

use super::credentials;
use super::one_time::{self, Kept, Purpose};
use super::{begin, log, refusal, reset, second};
use crate::cx::{AsyncCx, Cx};
use crate::error::Result;
use crate::session::Session;
use crate::users;

/// Has a link to sign in mailed to a user, beside the request: neither the answer nor its time tells whether there is
/// such a user. Nothing happens where the site has no such links.
pub(crate) fn request(cx: &AsyncCx, user: String) {
    if !cx.site().settings().sign_in.by_link {
        return;
    }
    let cx = cx.clone();
    tokio::spawn(async move {
        let mailed = cx.transaction(move |cx| mail_link(cx, &user)).await;
        if let Err(error) = mailed {
            tracing::error!(%error, "a link to sign in could not be queued");
        }
    });
}

/// Makes a key for an enabled user and queues the mail with its link, as [`reset::mail_link`] does.
fn mail_link(cx: &mut Cx, user: &str) -> Result<()> {
    let Some(known) = reset::addressee(cx, user)? else {
        return Ok(());
    };
    // A mailed link alone is no second factor.
    if second::is_asked_of(cx, &known)? {
        return Ok(());
    }
    let Some(base) = cx.site().config.public_url() else {
        tracing::warn!("no link to sign in was mailed: `host_name` is not set in site.toml");
        return Ok(());
    };
    let minutes = cx.site().settings().sign_in.link_minutes;
    let key = one_time::new(cx, Purpose::Link, &known.name, minutes.saturating_mul(60))?;
    let name = users::full_name(cx, &known.name)?;
    let text = format!(
        "Hello {name},\n\nsomebody asked for a link to sign in to your account at {base}. This is it:\n\n\
         {base}/api/method/frappe.www.login.login_via_key?key={key}\n\n\
         The link holds for {minutes} minutes and can be used once. If it was not you, nothing has to be done.\n"
    );
    reset::queue(cx, &known.name, "A link to sign in", text)
}

/// Signs in the user whose link this is; `None` where it was used, never given out, or is too old, and for users who may
/// not sign in.
///
/// # Errors
/// A database failure.
pub(crate) fn follow(cx: &mut Cx, key: &str) -> Result<Option<Arc<Session>>> {
    if !cx.site().settings().sign_in.by_link {
        return Ok(None);
    }
    cx.db().begin()?;
    let Some(Kept { user, .. }) = one_time::take(cx, Purpose::Link, key)? else {
        return Ok(None);
    };
    // Used up, whatever comes of it.
    cx.db().out.commit = true;
    let known = credentials::by_id(cx, &user)?.filter(reset::has_links);
    let allowed = match &known {
        Some(known) => refusal(cx.shared(), known).is_none() && !second::is_asked_of(cx, known)?,
        None => false,
    };
    let Some(known) = known.filter(|_| allowed) else {
        log(cx, Some(&user), "Login", "Failed")?;
        return Ok(None);
    };
    let (session, change) = begin(cx, &known, None)?;
    cx.db().out.session = Some(change);
    Ok(Some(session))
}
