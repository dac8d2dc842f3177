//! Inviting people, and accepting.
//!
//! Source: spec/framework-api.md §7.6, spec/helpdesk-b.md §14.3.

use schemars::JsonSchema;

use crate::doctype::document::Document;
use crate::doctype::{permissions, save, storage, system};
use crate::frappe::core::doctype::user_invitation::invite::{self, Invitation, Invited};
use crate::frappe::core::doctype::user_invitation::{accept, events, rules};
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// The app that invites where none is named.
const BASE: &str = "frappe";

/// Invites addresses to become users with some roles. Each gets a mail with a link that holds for three days.
///
/// Further arguments go into fields of the invitation, where the app lets them (`customer` and `contact` of the
/// helpdesk). Addresses of disabled users, and those invited before, are told apart and left alone.
///
/// # Errors
/// - bare 403 if the caller may not invite for the app
/// - 417 for a role the caller may not give, an address that is none, a path of another site
#[whitelist(methods = [POST])]
pub fn invite_by_email(
    cx: &mut Cx,
    /// Addresses, separated by commas.
    emails: String,
    roles: List<String>,
    /// Path of this site to go on at.
    redirect_to_path: String,
    #[arg(default = BASE.to_owned())] app_name: String,
    #[arg(rest)] rest: Args,
) -> Result<Invited> {
    let emails: Vec<String> = emails.split(',').map(str::to_owned).collect();
    let rest = rest.into_object();
    let invitation = Invitation {
        app: &app_name,
        roles: roles.0,
        redirect_to: &redirect_to_path,
        params: rest
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect(),
    };
    invite::invite(cx, &emails, &invitation)
}

/// Accepts an invitation: makes the user where there is none, gives the roles, and goes on to the path of the
/// invitation, or to setting a password.
///
/// # Errors
/// - 417 for a key nobody has, and for an invitation that is accepted, cancelled or too old
#[whitelist(allow_guest, methods = [GET])]
#[rate_limit(limit = 60, seconds = 3600)]
pub fn accept_invitation(cx: &mut Cx, key: String) -> Result<Response> {
    let path = accept::accept(cx, &key)?;
    Ok(Response {
        status: 302,
        headers: vec![
            ("location", path),
            ("content-type", "text/html; charset=utf-8".to_owned()),
            ("referrer-policy", "no-referrer".to_owned()),
        ],
        body: Vec::new(),
    })
}

/// An invitation that nobody answered yet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Pending {
    name: String,
    email: String,
    roles: Vec<String>,
}

/// The open invitations of an app, the newest first.
///
/// # Errors
/// - bare 403 if the caller may not invite for the app
#[whitelist(methods = [GET])]
pub(crate) fn get_pending_invitations(cx: &mut Cx, app_name: String) -> Result<Vec<Pending>> {
    require_inviter(cx, &app_name)?;
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["name".into(), "email".into()],
            filters: json!({ "app_name": app_name, "status": "Pending" }),
            order_by: "creation desc, name desc".into(),
            length: None,
            ignore_permissions: true,
            ..ListRequest::of(system::USER_INVITATION)
        },
    )?;
    let meta = permissions::meta_of(cx, system::USER_INVITATION)?;
    let mut pending = Vec::with_capacity(rows.len());
    for row in rows {
        let text = |key: &str| {
            row.get(key)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let invitation = storage::get(cx, &meta, &text("name"))?;
        let roles = invitation
            .rows("roles")
            .iter()
            .map(|row| row.text("role").to_owned());
        pending.push(Pending {
            name: text("name"),
            email: text("email"),
            roles: roles.collect(),
        });
    }
    Ok(pending)
}

/// What came of a cancellation.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub(crate) struct Cancelled {
    /// Whether it was this call that cancelled the invitation.
    cancelled_now: bool,
}

/// Cancels an invitation, whose link is void from then on.
///
/// # Errors
/// - bare 403 if the caller may not invite for the app
/// - 417 if the app has no such invitation, or it is answered already
#[whitelist(methods = [PATCH, POST])]
pub(crate) fn cancel_invitation(cx: &mut Cx, name: String, app_name: String) -> Result<Cancelled> {
    let mut invitation = of_app(cx, &name, &app_name)?;
    match invitation.text("status") {
        "Cancelled" => return Ok(Cancelled { cancelled_now: false }),
        "Pending" => {}
        status => return Err(invalid(format!("The invitation is {}", status.to_lowercase()))),
    }
    invitation.set("status", "Cancelled");
    invitation.set("key", Value::Null);
    invitation.flags.ignore_permissions = true;
    save::save(cx, &mut invitation)?;
    Ok(Cancelled { cancelled_now: true })
}

/// Sends an invitation's mail again, with a new link; the old one is void. One that was too old holds again.
///
/// # Errors
/// - bare 403 if the caller may not invite for the app
/// - 417 if the app has no such invitation, or it is accepted or cancelled
#[whitelist(methods = [POST])]
pub(crate) fn resend_invitation(cx: &mut Cx, name: String, app_name: String) -> Result<()> {
    let mut invitation = of_app(cx, &name, &app_name)?;
    match invitation.text("status") {
        "Pending" | "Expired" => {}
        status => return Err(invalid(format!("The invitation is {}", status.to_lowercase()))),
    }
    if invitation.text("status") == "Expired" {
        invitation.set("status", "Pending");
        invitation.flags.ignore_permissions = true;
        save::save(cx, &mut invitation)?;
    }
    events::send(&mut invitation, cx)
}

fn require_inviter(cx: &Cx, app: &str) -> Result<()> {
    match rules::of_app(app) {
        Some(rule) if rule.lets_invite(cx.session()) => Ok(()),
        _ => Err(Error::bare(ErrorKind::PermissionError, "")),
    }
}

/// An invitation of an app, for those who may invite for it.
fn of_app(cx: &mut Cx, name: &str, app: &str) -> Result<Document> {
    require_inviter(cx, app)?;
    let meta = permissions::meta_of(cx, system::USER_INVITATION)?;
    storage::lock(cx, &meta, name)?;
    storage::load(cx, &meta, name)?
        .filter(|invitation| invitation.text("app_name") == app)
        .ok_or_else(|| invalid("Invitation not found"))
}
