//! Methods of a customer: who belongs to it, and who shall.
//!
//! Source: spec/helpdesk-a.md §4.14.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{Right, meta_of, only_for};
use helpdesk_core::doctype::{permissions, save, storage};
use helpdesk_core::frappe::core::doctype::user_invitation::invite::Invited;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use schemars::JsonSchema;

use super::members;
use crate::agents::{first_name, require_agent};
use crate::invitations::{self, Invitation};
use crate::rows::{self, Row, text, value_text};

/// Contacts that one call adds, at most.
const MOST: usize = 200;

/// A member of a customer.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Member {
    contact_name: String,
    is_primary: i64,
    is_manager: i64,
    email_id: Value,
    mobile_no: Value,
    image: Value,
    /// When the user of the contact was last here.
    last_active: Value,
    /// Tickets that are not resolved, of those the caller may list.
    ticket_count: i64,
}

/// The members of the customer: the primary one first, then those who manage it.
///
/// # Errors
/// 403 if the caller is no agent.
#[doc_method(doctype = "HD Customer")]
fn get_contacts(customer: &Document, cx: &mut Cx) -> Result<Vec<Member>> {
    require_agent(cx)?;
    let mut members = Vec::new();
    for row in customer.rows("contacts") {
        let contact = row.text("contact_name").to_owned();
        let fields = ["email_id", "mobile_no", "phone", "image", "user"];
        let Some(values) = storage::values(cx, "Contact", &contact, &fields)? else {
            continue;
        };
        let value = |i: usize| values.get(i).cloned().unwrap_or_default();
        let is_blank = value(1).as_str().is_none_or(str::is_empty);
        let last_active = storage::values(cx, "User", value(4).as_str().unwrap_or(""), &["last_active"])?
            .and_then(|row| row.into_iter().next())
            .unwrap_or_default();
        let ticket_count = query::count(
            cx,
            &ListRequest {
                filters: json!([["status_category", "in", ["Open", "Paused"]]]),
                or_filters: json!([["raised_by", "=", contact], ["contact", "=", contact]]),
                ..ListRequest::of("HD Ticket")
            },
        )?;
        members.push(Member {
            is_primary: i64::from(customer.text("primary_contact") == contact),
            is_manager: i64::from(row.is_on("is_manager")),
            email_id: value(0),
            mobile_no: if is_blank { value(2) } else { value(1) },
            image: value(3),
            last_active,
            ticket_count,
            contact_name: contact,
        });
    }
    members.sort_by_key(|member| (1 - member.is_primary, 1 - member.is_manager));
    Ok(members)
}

/// What became of contacts that were to be added.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub(crate) struct Added {
    /// Contacts that are members now.
    pub(crate) added: Vec<String>,
    /// The others were invited, or why not.
    pub(crate) invite_result: Invited,
}

/// Makes contacts members of the customer: those who can log in at once, the others are invited.
///
/// # Errors
/// - 403 unless the caller is an Agent Manager or System Manager who may change the customer
/// - 417 for another role, for no contacts, and for what is neither a contact nor an address
#[doc_method(doctype = "HD Customer")]
fn add_contacts(
    customer: &mut Document,
    cx: &mut Cx,
    /// Names of contacts, or addresses.
    contacts: JsonOr<Vec<String>>,
    /// `HD Customer`, or `HD Customer Manager` for those who see all tickets of the customer.
    #[arg(default = members::MEMBER.to_owned())]
    role: String,
) -> Result<Added> {
    let contacts = match contacts {
        JsonOr::Json(list) => list,
        JsonOr::Text(one) if one.trim().is_empty() => Vec::new(),
        JsonOr::Text(one) => vec![one],
    };
    add(cx, customer, &contacts, &role)
}

/// As `add_contacts`.
///
/// # Errors
/// As `add_contacts`.
pub(crate) fn add(cx: &mut Cx, customer: &mut Document, contacts: &[String], role: &str) -> Result<Added> {
    if ![members::MEMBER, members::MANAGER].contains(&role) {
        return Err(invalid(format!("Invalid role {role}")));
    }
    only_for(cx.session(), &["System Manager", "Agent Manager"])?;
    let meta = meta_of(cx, "HD Customer")?;
    permissions::require(cx, &meta, customer, Right::Write)?;
    let contacts: Vec<&str> = contacts
        .iter()
        .map(|contact| contact.trim())
        .filter(|contact| !contact.is_empty())
        .collect();
    if contacts.is_empty() {
        return Err(invalid("No contacts to add"));
    }
    if contacts.len() > MOST {
        return Err(invalid(format!("At most {MOST} contacts can be added at once")));
    }
    let mut result = Added::default();
    let customer_name = customer.name_text();
    for entry in contacts {
        let contact = match storage::exists(cx, "Contact", entry)? {
            Some(contact) => Some(contact),
            None => first_name(cx, "Contact", json!({ "email_id": entry }))?,
        };
        if let Some(contact) = &contact
            && members::user_of(cx, contact)?.is_some()
        {
            if members::add(customer, contact, role == members::MANAGER) {
                result.added.push(contact.clone());
            }
            continue;
        }
        let email = match &contact {
            Some(contact) => value_text(cx, "Contact", contact, "email_id")?,
            None => entry.to_owned(),
        };
        if email.is_empty() {
            return Err(invalid(format!("The contact {entry} has no address to invite")));
        }
        let invitation = Invitation {
            email: &email,
            role,
            contact: contact.as_deref().unwrap_or(""),
            customer: &customer_name,
        };
        invitations::invite(cx, &invitation, &mut result.invite_result)?;
    }
    if !result.added.is_empty() {
        save::save(cx, customer)?;
    }
    Ok(result)
}

/// An invitation nobody answered yet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Pending {
    name: String,
    email: String,
    invited_by: String,
    /// When the mail was sent.
    invited_on: Value,
    roles: Vec<String>,
}

/// Invitations of the customer that nobody answered yet.
///
/// # Errors
/// 403 unless the caller is an Agent Manager.
#[doc_method(doctype = "HD Customer")]
fn get_pending_invites(customer: &Document, cx: &mut Cx) -> Result<Vec<Pending>> {
    only_for(cx.session(), &["Agent Manager"])?;
    let fields = ["name", "email", "invited_by", "creation", "email_sent_at"];
    let filters = json!({ "customer": customer.name(), "app_name": "helpdesk", "status": "Pending" });
    let invitations = rows::all(cx, "User Invitation", &fields, filters, "creation desc, name asc")?;
    let mut pending = Vec::new();
    for row in invitations {
        let roles = rows::all(
            cx,
            "User Role",
            &["role"],
            json!({ "parent": text(&row, "name"), "parenttype": "User Invitation" }),
            "idx asc",
        )?;
        let sent = |row: &Row| match row.get("email_sent_at") {
            None | Some(Value::Null) => row.get("creation").cloned().unwrap_or_default(),
            Some(at) => at.clone(),
        };
        pending.push(Pending {
            name: text(&row, "name").to_owned(),
            email: text(&row, "email").to_owned(),
            invited_by: text(&row, "invited_by").to_owned(),
            invited_on: sent(&row),
            roles: roles.iter().map(|role| text(role, "role").to_owned()).collect(),
        });
    }
    Ok(pending)
}
