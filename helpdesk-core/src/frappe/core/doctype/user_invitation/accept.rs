//! Accepting an invitation: the user is made or gets the roles, and the app's say runs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::events::{DAYS, user_state};
use super::rules;
use crate::clock::stored;
use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::permissions::meta_of;
use crate::doctype::value::parse_datetime;
use crate::doctype::{save, storage, system};
use crate::error::{Error, ErrorKind, Result};
use crate::query::{self, ListRequest};
use crate::secret;
use crate::session::Session;
use crate::sign_in::{self, credentials, reset, second};
use crate::users;

/// What a link says that is of no use; titled as the contract has it.
fn refused(text: &str) -> Error {
    Error::new(ErrorKind::ValidationError, text.to_owned()).title("Error")
}

/// Accepts the invitation with this key, and answers the path of this site to go on at. Who has a password is signed in;
/// who has none goes on to set one.
///
/// # Errors
/// 417 for a key nobody has, and for an invitation that is accepted, cancelled or too old.
pub(crate) fn accept(cx: &mut Cx, key: &str) -> Result<String> {
    let meta = meta_of(cx, system::USER_INVITATION)?;
    let found = query::list_values(
        cx,
        &ListRequest {
            filters: json!({ "key": secret::digest(key) }),
            length: Some(1),
            ignore_permissions: true,
            ..ListRequest::of(system::USER_INVITATION)
        },
    )?;
    let name = found
        .first()
        .and_then(|row| row.get("name"))
        .and_then(Value::as_str)
        .filter(|_| !key.is_empty())
        .ok_or_else(|| refused("Invalid key"))?
        .to_owned();
    storage::lock(cx, &meta, &name)?;
    let mut invitation = storage::get(cx, &meta, &name)?;
    match invitation.text("status") {
        "Pending" if !is_old(cx, &invitation) => {}
        "Cancelled" => return Err(refused("Invitation is cancelled")),
        "Accepted" => return Err(refused("Invitation is accepted already")),
        _ => return Err(refused("Invitation is expired")),
    }
    // What follows is the site's doing, whoever opened the link.
    let site = Arc::new(Session::administrator());
    let email = invitation.text("email").to_owned();
    cx.as_user(site, |cx| take_in(cx, &mut invitation, &email))?;
    cx.db().out.commit = true;
    let path = invitation.text("redirect_to_path").to_owned();
    let Some(known) = credentials::find(cx, &email)? else {
        return Err(Error::internal("an invited user is not there"));
    };
    if known.hash.is_none() {
        let key = reset::new_key(cx, &known.name)?;
        let path = percent_encoding::utf8_percent_encode(&path, percent_encoding::NON_ALPHANUMERIC);
        return Ok(format!("/update-password?key={key}&redirect_to={path}"));
    }
    if second::is_asked_of(cx, &known)? {
        return Ok(format!("/login?redirect-to={path}"));
    }
    let (_, change) = sign_in::begin(cx, &known, None)?;
    cx.db().out.session = Some(change);
    Ok(path)
}

/// Whether an invitation was open for longer than it holds.
pub(super) fn is_old(cx: &Cx, invitation: &Document) -> bool {
    let sent = [invitation.text("email_sent_at"), invitation.text("creation")]
        .into_iter()
        .find_map(parse_datetime);
    sent.is_none_or(|sent| {
        let days = jiff::Span::new().days(DAYS);
        sent.checked_add(days).is_ok_and(|ends| ends < cx.now())
    })
}

fn take_in(cx: &mut Cx, invitation: &mut Document, email: &str) -> Result<()> {
    let roles: Vec<String> = invitation
        .rows("roles")
        .iter()
        .map(|row| row.text("role").to_owned())
        .collect();
    let (user, is_new) = user_with(cx, email, &roles)?;
    invitation.set("status", "Accepted");
    invitation.set("accepted_at", stored(cx.now()));
    invitation.set("user", user.name_text());
    invitation.set("key", Value::Null);
    invitation.flags.ignore_permissions = true;
    save::save(cx, invitation)?;
    match rules::of_app(invitation.text("app_name")) {
        Some(rule) => (rule.after_accept)(cx, invitation, &user, is_new),
        None => Ok(()),
    }
}

/// The user of an address with some more roles; made if there is none. Whether it is new.
fn user_with(cx: &mut Cx, email: &str, roles: &[String]) -> Result<(Document, bool)> {
    let meta = meta_of(cx, system::USER)?;
    let state = user_state(cx, email)?;
    if state == Some(false) {
        return Err(refused("The user is disabled"));
    }
    let (mut user, is_new) = match state {
        Some(_) => (storage::get(cx, &meta, email)?, false),
        None => {
            let mut user = Document::new(meta);
            let mailbox = email.split('@').next().unwrap_or(email);
            user.set("email", email);
            user.set("first_name", mailbox);
            user.set("user_type", "System User");
            user.set("enabled", 1);
            user.set("send_welcome_email", 0);
            (user, true)
        }
    };
    users::with_roles(&mut user, roles, &[]);
    user.flags.ignore_permissions = true;
    if is_new {
        save::insert(cx, &mut user)?;
    } else {
        save::save(cx, &mut user)?;
    }
    Ok((user, is_new))
}
