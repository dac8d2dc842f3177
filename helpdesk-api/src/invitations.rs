//! Inviting people by mail: User Invitation.
//!
//! Source: spec/helpdesk-a.md §4.6, §4.14 and §5.4, spec/framework-api.md §7.6.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use helpdesk_core::secret;
use schemars::JsonSchema;
use serde_json::Map;

use crate::mail::{self, Mail};
use crate::rows;

const DOCTYPE: &str = "User Invitation";
/// Roles that managers of agents may give.
const BY_MANAGERS: [&str; 4] = ["Agent", "Agent Manager", "HD Customer", "HD Customer Manager"];

/// Who was invited, and who was not.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Invited {
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
pub(crate) struct Invitation<'a> {
    /// The address.
    pub(crate) email: &'a str,
    /// The role the user will have.
    pub(crate) role: &'a str,
    /// The Contact that will be the user's; may be empty.
    pub(crate) contact: &'a str,
    /// The HD Customer the contact will be a member of; may be empty.
    pub(crate) customer: &'a str,
}

/// Refuses a caller who may not give a role.
fn check_role(cx: &Cx, role: &str) -> Result<()> {
    let session = cx.session();
    let may = session.is_administrator()
        || session.has_role("System Manager") && (role == "System Manager" || BY_MANAGERS.contains(&role))
        || session.has_role("Agent Manager") && BY_MANAGERS.contains(&role);
    if may {
        return Ok(());
    }
    Err(Error::bare(ErrorKind::PermissionError, ""))
}

/// Invites somebody, unless there is an invitation or a disabled user already, and queues the mail that says so.
///
/// # Errors
/// 403 if the caller may not give the role; 417 for what is no address.
pub(crate) fn invite(cx: &mut Cx, invitation: &Invitation<'_>, invited: &mut Invited) -> Result<()> {
    check_role(cx, invitation.role)?;
    let email = invitation.email.trim().to_lowercase();
    if !helpdesk_core::doctype::is_email(&email) {
        return Err(Error::new(
            ErrorKind::InvalidEmailAddressError,
            format!("{email} is not a valid Email Address"),
        ));
    }
    let enabled = storage::values(cx, "User", &email, &["enabled"])?;
    if enabled.is_some_and(|row| row.first().and_then(Value::as_i64) == Some(0)) {
        invited.disabled_user_emails.push(email);
        return Ok(());
    }
    for (status, list) in [
        ("Accepted", &mut invited.accepted_invite_emails),
        ("Pending", &mut invited.pending_invite_emails),
    ] {
        let filters = json!({ "email": email, "app_name": "helpdesk", "status": status });
        if !rows::names(cx, DOCTYPE, filters)?.is_empty() {
            list.push(email);
            return Ok(());
        }
    }
    store(cx, invitation, &email)?;
    invited.invited_emails.push(email);
    Ok(())
}

fn store(cx: &mut Cx, invitation: &Invitation<'_>, email: &str) -> Result<()> {
    let key = secret::hex(28);
    let mut row = Document::new(meta_of(cx, DOCTYPE)?);
    row.set("email", email);
    row.set("app_name", "helpdesk");
    row.set("redirect_to_path", "/helpdesk");
    row.set("status", "Pending");
    row.set("invited_by", cx.user().to_owned());
    row.set("key", secret::digest(&key));
    row.set("email_sent_at", stored(cx.now()));
    for (field, value) in [("contact", invitation.contact), ("customer", invitation.customer)] {
        if !value.is_empty() {
            row.set(field, value);
        }
    }
    let role = Map::from_iter([("role".to_owned(), Value::from(invitation.role))]);
    row.set_rows("roles", vec![role]);
    row.flags.ignore_permissions = true;
    save::insert(cx, &mut row)?;
    let Some(account) = mail::account_for(cx, "")? else {
        tracing::warn!("no mail account can send; an invitation goes without its mail");
        return Ok(());
    };
    let host = cx.site().config.host_name.trim_end_matches('/').to_owned();
    let link = format!("{host}/api/method/frappe.core.api.user_invitation.accept_invitation?key={key}");
    let mail = Mail {
        to: vec![email.to_owned()],
        subject: "You are invited to the helpdesk".to_owned(),
        body: format!(
            "<p>Hello,</p><p>you are invited to the helpdesk. Please <a href=\"{link}\">accept the invitation</a> \
             within three days.</p>"
        ),
        ..Mail::default()
    };
    mail::queue(cx, &account, &mail).map(|_| ())
}
