//! Inviting several addresses at once.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::events::{user_state, with_status};
use super::rules;
use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::permissions::meta_of;
use crate::doctype::{save, system};
use crate::error::{Error, ErrorKind, Result, invalid};

/// Addresses one call may invite.
const MOST: usize = 200;

/// Who was invited, and who was not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Invited {
    /// Users that are disabled.
    pub disabled_user_emails: Vec<String>,
    /// Those who accepted before.
    pub accepted_invite_emails: Vec<String>,
    /// Those whose invitation is still open.
    pub pending_invite_emails: Vec<String>,
    /// Those invited now.
    pub invited_emails: Vec<String>,
}

/// What an invitation leads to.
#[derive(Clone, Debug, Default)]
pub struct Invitation<'a> {
    /// The app.
    pub app: &'a str,
    /// Roles the user will have.
    pub roles: Vec<String>,
    /// Path of this site the new user goes on at.
    pub redirect_to: &'a str,
    /// Fields of the app's own (see [`rules::InvitationRule::params`]); others are dropped.
    pub params: Vec<(&'a str, Value)>,
}

/// Invites addresses, but for those of disabled users and those invited before; the rest gets a mail each.
///
/// # Errors
/// Bare 403 if the caller may not invite for the app; 417 for roles the caller may not give, and what is no address.
pub fn invite(cx: &mut Cx, emails: &[String], invitation: &Invitation<'_>) -> Result<Invited> {
    let refused = || Error::bare(ErrorKind::PermissionError, "");
    let rule = rules::of_app(invitation.app).ok_or_else(refused)?;
    if !rule.lets_invite(cx.session()) {
        return Err(refused());
    }
    if emails.len() > MOST {
        return Err(invalid(format!("At most {MOST} people are invited at once")));
    }
    let mut invited = Invited::default();
    for email in emails {
        let email = email.trim().to_lowercase();
        let known = |list: &Vec<String>| list.contains(&email);
        if email.is_empty() || known(&invited.invited_emails) {
            continue;
        }
        if user_state(cx, &email)? == Some(false) {
            invited.disabled_user_emails.push(email);
        } else if !with_status(cx, &email, invitation.app, "Accepted")?.is_empty() {
            invited.accepted_invite_emails.push(email);
        } else if !with_status(cx, &email, invitation.app, "Pending")?.is_empty() {
            invited.pending_invite_emails.push(email);
        } else {
            store(cx, rule, invitation, &email)?;
            invited.invited_emails.push(email);
        }
    }
    Ok(invited)
}

fn store(cx: &mut Cx, rule: &rules::InvitationRule, invitation: &Invitation<'_>, email: &str) -> Result<()> {
    let mut row = Document::new(meta_of(cx, system::USER_INVITATION)?);
    row.set("email", email);
    row.set("app_name", invitation.app);
    row.set("redirect_to_path", invitation.redirect_to);
    for (field, value) in &invitation.params {
        if rule.params.contains(field) && !value.is_null() {
            row.set(field, value.clone());
        }
    }
    let roles = invitation
        .roles
        .iter()
        .map(|role| Map::from_iter([("role".to_owned(), Value::from(role.as_str()))]));
    row.set_rows("roles", roles.collect());
    row.flags.ignore_permissions = true;
    save::insert(cx, &mut row)
}
