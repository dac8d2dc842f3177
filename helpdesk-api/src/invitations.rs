//! What the helpdesk says about invitations: who may invite whom, and what follows when one is accepted.
//!
//! Source: spec/helpdesk-a.md §5.3 and §5.4, spec/helpdesk-b.md §14.2.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::frappe::core::doctype::user_invitation::invite::{self, Invited};
use helpdesk_core::invitation_rule;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;

use crate::doctype::hd_customer::members;
use crate::rows;

/// Roles that managers of agents may give.
const BY_MANAGERS: &[&str] = &["Agent", "Agent Manager", "HD Customer", "HD Customer Manager"];
/// Roles that managers of the system may give.
const BY_SYSTEM_MANAGERS: &[&str] = &[
    "Agent",
    "Agent Manager",
    "HD Customer",
    "HD Customer Manager",
    "System Manager",
];

invitation_rule! {
    app: "helpdesk",
    allowed: &[("Agent Manager", BY_MANAGERS), ("System Manager", BY_SYSTEM_MANAGERS)],
    params: &["customer", "contact"],
    title: title,
    after_accept: after_accept,
}

/// What people are invited to: with the site's brand, where it has one.
fn title(cx: &mut Cx) -> Result<String> {
    const APP: &str = "Helpdesk";
    let brand = single(cx, "HD Settings", "brand_name")?;
    Ok(match brand.as_str().map(str::trim) {
        Some(brand) if !brand.is_empty() => format!("{brand} on {APP}"),
        _ => APP.to_owned(),
    })
}

/// An invitation by the helpdesk's own methods.
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

/// Invites somebody, unless there is an invitation or a disabled user already, and queues the mail that says so.
///
/// # Errors
/// 403 if the caller may not invite; 417 for a role the caller may not give, and what is no address.
pub(crate) fn invite(cx: &mut Cx, invitation: &Invitation<'_>, invited: &mut Invited) -> Result<()> {
    let param = |value: &str| {
        if value.is_empty() {
            Value::Null
        } else {
            Value::from(value)
        }
    };
    let asked = invite::Invitation {
        app: "helpdesk",
        roles: vec![invitation.role.to_owned()],
        redirect_to: "/helpdesk",
        params: vec![
            ("contact", param(invitation.contact)),
            ("customer", param(invitation.customer)),
        ],
    };
    let more = invite::invite(cx, &[invitation.email.to_owned()], &asked)?;
    invited.disabled_user_emails.extend(more.disabled_user_emails);
    invited.accepted_invite_emails.extend(more.accepted_invite_emails);
    invited.pending_invite_emails.extend(more.pending_invite_emails);
    invited.invited_emails.extend(more.invited_emails);
    Ok(())
}

fn after_accept(cx: &mut Cx, invitation: &Document, user: &Document, _: bool) -> Result<()> {
    let has = |roles: &[&str]| {
        invitation
            .rows("roles")
            .iter()
            .any(|row| roles.contains(&row.text("role")))
    };
    if has(&["Agent", "Agent Manager", "System Manager"]) {
        become_agent(cx, user)?;
    }
    if has(&[members::MEMBER, members::MANAGER]) {
        become_contact(cx, invitation, user, has(&[members::MANAGER]))?;
    }
    Ok(())
}

fn become_agent(cx: &mut Cx, user: &Document) -> Result<()> {
    let name = user.name_text();
    if storage::exists(cx, "HD Agent", &name)?.is_some() {
        return Ok(());
    }
    let mut agent = Document::new(meta_of(cx, "HD Agent")?);
    agent.set("user", name);
    agent.set("agent_name", user.get("first_name").clone());
    agent.set("is_active", 1);
    agent.flags.ignore_permissions = true;
    save::insert(cx, &mut agent)
}

/// The contact invited becomes the user's, and a member of the customer of the invitation.
fn become_contact(cx: &mut Cx, invitation: &Document, user: &Document, is_manager: bool) -> Result<()> {
    let name = contact_of(cx, invitation, user)?;
    let meta = meta_of(cx, "Contact")?;
    let mut contact = storage::get_to_change(cx, &meta, &name)?;
    let image = user.get("user_image").clone();
    if contact.is_empty("user") || (contact.is_empty("image") && !image.is_null()) {
        if contact.is_empty("user") {
            contact.set("user", user.name_text());
        }
        if !image.is_null() {
            contact.set("image", image);
        }
        contact.flags.ignore_permissions = true;
        save::save(cx, &mut contact)?;
    }
    let customer = invitation.text("customer").to_owned();
    if customer.is_empty() || storage::exists(cx, "HD Customer", &customer)?.is_none() {
        return Ok(());
    }
    let meta = meta_of(cx, "HD Customer")?;
    let mut customer = storage::get_to_change(cx, &meta, &customer)?;
    if members::add(&mut customer, &name, is_manager) || is_manager && members::promote(&mut customer, &name)
    {
        customer.flags.ignore_permissions = true;
        save::save(cx, &mut customer)?;
    }
    Ok(())
}

/// The contact of the invitation, else the user's own, else the one with the address, else a new one.
fn contact_of(cx: &mut Cx, invitation: &Document, user: &Document) -> Result<String> {
    let invited = invitation.text("contact").to_owned();
    if !invited.is_empty() && storage::exists(cx, "Contact", &invited)?.is_some() {
        return Ok(invited);
    }
    let email = user.text("email").to_owned();
    for filters in [json!({ "user": user.name_text() }), json!({ "email_id": email })] {
        if let Some(name) = rows::names(cx, "Contact", filters)?.into_iter().next() {
            return Ok(name);
        }
    }
    let mut contact = Document::new(meta_of(cx, "Contact")?);
    contact.set("first_name", user.get("first_name").clone());
    contact.set("last_name", user.get("last_name").clone());
    contact.set("user", user.name_text());
    let row = serde_json::Map::from_iter([
        ("email_id".to_owned(), Value::from(email)),
        ("is_primary".to_owned(), Value::from(1)),
    ]);
    contact.set_rows("email_ids", vec![row]);
    contact.flags.ignore_permissions = true;
    save::insert(cx, &mut contact)?;
    Ok(contact.name_text())
}
