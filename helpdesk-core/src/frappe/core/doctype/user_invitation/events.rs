//! The life of an invitation until it is accepted.

use super::rules;
use crate::clock::stored;
use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::typed::doc_event;
use crate::doctype::{is_email, storage, system};
use crate::error::{Result, forbidden, invalid};
use crate::mail::{self, Mail};
use crate::query::{self, ListRequest};
use crate::{secret, users};
use serde_json::{Value, json};

/// Days an invitation holds.
pub(super) const DAYS: i64 = 3;

#[doc_event(doctype = "User Invitation", on = "before_insert")]
fn before_insert(invitation: &mut Document, cx: &mut Cx) -> Result<()> {
    let app = invitation.text("app_name").to_owned();
    let Some(rule) = rules::of_app(&app) else {
        return Err(invalid(format!("App {app} is not installed, or invites nobody")));
    };
    let allowed = rule.roles_for(cx.session());
    for row in invitation.rows("roles") {
        let role = row.text("role");
        if !allowed.contains(role) {
            return Err(invalid(format!("You may not invite for the role {role}")));
        }
    }
    let email = invitation.text("email").trim().to_lowercase();
    if !is_email(&email) || email.contains('<') {
        return Err(invalid(format!("{email} is not a valid Email Address")));
    }
    if let Some(enabled) = user_state(cx, &email)?
        && !enabled
    {
        return Err(invalid(format!("User {email} is disabled")));
    }
    if !with_status(cx, &email, &app, "Accepted")?.is_empty() {
        return Err(invalid(format!("{email} has accepted an invitation already")));
    }
    if !with_status(cx, &email, &app, "Pending")?.is_empty() {
        return Err(invalid(format!("An invitation of {email} is pending already")));
    }
    let path = invitation.text("redirect_to_path").to_owned();
    if !is_own_path(&path) {
        return Err(invalid(
            "redirect_to_path is a path of this site, beginning with one slash",
        ));
    }
    let by = cx.user().to_owned();
    invitation.set("email", email);
    invitation.set("status", "Pending");
    invitation.set("invited_by", by);
    for field in ["key", "user", "accepted_at", "email_sent_at"] {
        invitation.set(field, Value::Null);
    }
    Ok(())
}

/// Whether a path stays on this site, in every way a browser reads it.
pub(super) fn is_own_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// Whether a user with this address is enabled; `None` if there is none.
pub(crate) fn user_state(cx: &mut Cx, email: &str) -> Result<Option<bool>> {
    let row = storage::values(cx, system::USER, email, &["enabled"])?;
    Ok(row.map(|row| row.first().and_then(Value::as_i64) == Some(1)))
}

/// The invitations of an address by an app, in a state; accepted ones count while their user is there.
pub(crate) fn with_status(cx: &mut Cx, email: &str, app: &str, status: &str) -> Result<Vec<String>> {
    let mut filters = vec![
        json!(["email", "=", email]),
        json!(["app_name", "=", app]),
        json!(["status", "=", status]),
    ];
    if status == "Accepted" {
        filters.push(json!(["user", "is", "set"]));
    }
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters: filters.into(),
            ignore_permissions: true,
            ..ListRequest::of(system::USER_INVITATION)
        },
    )?;
    let name =
        |row: &serde_json::Map<String, Value>| row.get("name").and_then(Value::as_str).map(str::to_owned);
    Ok(rows.iter().filter_map(name).collect())
}

#[doc_event(doctype = "User Invitation", on = "after_insert")]
fn after_insert(invitation: &mut Document, cx: &mut Cx) -> Result<()> {
    send(invitation, cx)
}

/// Gives the invitation a new key, of which the digest is kept, and queues the mail with its link.
///
/// # Errors
/// A database failure.
pub(crate) fn send(invitation: &mut Document, cx: &mut Cx) -> Result<()> {
    let key = secret::hex(28);
    let now = Value::from(stored(cx.now()));
    let digest = Value::from(secret::digest(&key));
    let changes = [("key", digest.clone()), ("email_sent_at", now.clone())];
    let name = invitation.name_text();
    storage::set_columns(cx, system::USER_INVITATION, &name, &changes)?;
    invitation.set("key", digest);
    invitation.set("email_sent_at", now);
    // From the settings alone: a link made from a request's Host would lead where the caller wants.
    let Some(base) = cx.site().config.public_url() else {
        tracing::warn!("an invitation has no link: `host_name` is not set in site.toml");
        return Ok(());
    };
    let by = users::full_name(cx, invitation.text("invited_by"))?;
    let email = invitation.text("email").to_owned();
    let title = match rules::of_app(invitation.text("app_name")) {
        Some(rule) => (rule.title)(cx)?,
        None => invitation.text("app_name").to_owned(),
    };
    let text = format!(
        "Hello,\n\n{by} invites you to {title}. Accept here:\n\n\
         {base}/api/method/frappe.core.api.user_invitation.accept_invitation?key={key}\n\n\
         The link holds for {DAYS} days.\n"
    );
    let mail = Mail::text(
        &email,
        &format!("You are invited to {title}"),
        text,
        (system::USER_INVITATION, &name),
    );
    mail::queue(cx, &mail)?;
    Ok(())
}

/// Invitations are cancelled, never deleted: they say who let whom in.
#[doc_event(doctype = "User Invitation", on = "on_trash")]
fn on_trash(_: &mut Document, cx: &mut Cx) -> Result<()> {
    if cx.session().is_administrator() {
        return Ok(());
    }
    Err(forbidden("Invitations are cancelled, not deleted"))
}

/// What an invitation says of its state changes by its own methods alone.
#[doc_event(doctype = "User Invitation", on = "before_save")]
fn keep_state(invitation: &mut Document, _: &mut Cx) -> Result<()> {
    let Some(before) = invitation.before.take() else {
        return Ok(());
    };
    if !invitation.flags.ignore_permissions {
        for field in [
            "status",
            "invited_by",
            "key",
            "user",
            "email_sent_at",
            "accepted_at",
        ] {
            invitation.set(field, before.get(field).clone());
        }
        if let Some(roles) = invitation.rows_mut("roles") {
            *roles = before.rows("roles").to_vec();
        }
        if !is_own_path(invitation.text("redirect_to_path")) {
            return Err(invalid(
                "redirect_to_path is a path of this site, beginning with one slash",
            ));
        }
    }
    invitation.before = Some(before);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    #[test]
    fn paths_stay_on_this_site() {
        assert!(is_own_path("/helpdesk/tickets?view=1"));
        for path in [
            "",
            "helpdesk",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
            "/ /x",
        ] {
            assert!(!is_own_path(path), "{path:?}");
        }
    }
}
