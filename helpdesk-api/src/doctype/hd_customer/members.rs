//! Members of a customer: their roles, who is the primary one, who leaves.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use helpdesk_core::users::with_roles;
use serde_json::Map;

use crate::agents::{first_name, memberships_of};
use crate::rows::value_text;

/// The roles of customers' users.
pub(crate) const MEMBER: &str = "HD Customer";
/// The role of those who see all tickets of a customer.
pub(crate) const MANAGER: &str = "HD Customer Manager";

/// Whether a contact is a member.
pub(crate) fn has(customer: &Document, contact: &str) -> bool {
    customer
        .rows("contacts")
        .iter()
        .any(|row| row.text("contact_name") == contact)
}

/// Adds a contact, unless it is a member already. Whether it was added.
pub(crate) fn add(customer: &mut Document, contact: &str, is_manager: bool) -> bool {
    if has(customer, contact) {
        return false;
    }
    let mut rows = kept(customer, |_| true);
    rows.push(Map::from_iter([
        ("contact_name".to_owned(), Value::from(contact)),
        ("is_manager".to_owned(), Value::from(i64::from(is_manager))),
    ]));
    customer.set_rows("contacts", rows);
    true
}

/// Lets a member manage. Whether that is new.
pub(crate) fn promote(customer: &mut Document, contact: &str) -> bool {
    let rows = customer.rows_mut("contacts").into_iter().flatten();
    let mut members = rows.filter(|row| row.text("contact_name") == contact && !row.is_on("is_manager"));
    match members.next() {
        Some(row) => {
            row.set("is_manager", 1);
            true
        }
        None => false,
    }
}

/// The rows that stay, by name, so that the document keeps them as they are.
fn kept(customer: &Document, stays: impl Fn(&Document) -> bool) -> Vec<Map<String, Value>> {
    customer
        .rows("contacts")
        .iter()
        .filter(|row| stays(row))
        .map(|row| {
            if row.is_new {
                let fields = ["contact_name", "is_manager"];
                fields
                    .map(|field| (field.to_owned(), row.get(field).clone()))
                    .into_iter()
                    .collect()
            } else {
                Map::from_iter([("name".to_owned(), row.get("name").clone())])
            }
        })
        .collect()
}

/// Takes a contact out; without its primary contact a customer has no address either.
pub(crate) fn remove(customer: &mut Document, contact: &str) {
    let rows = kept(customer, |row| row.text("contact_name") != contact);
    customer.set_rows("contacts", rows);
    if customer.text("primary_contact") == contact {
        for field in ["primary_contact", "email_id", "mobile_no"] {
            customer.set(field, Value::Null);
        }
    }
}

/// Makes a contact the primary one, and a member who manages if it was none.
pub(crate) fn set_primary(customer: &mut Document, contact: &str) {
    add(customer, contact, true);
    customer.set("primary_contact", contact);
}

/// The user of a contact: the linked one, else the one with its address, who is linked then.
///
/// # Errors
/// A database failure.
pub(crate) fn user_of(cx: &mut Cx, contact: &str) -> Result<Option<String>> {
    let user = value_text(cx, "Contact", contact, "user")?;
    if !user.is_empty() {
        return Ok(Some(user));
    }
    let email = value_text(cx, "Contact", contact, "email_id")?;
    if email.is_empty() {
        return Ok(None);
    }
    let user = match storage::exists(cx, "User", &email)? {
        Some(user) => Some(user),
        None => first_name(cx, "User", json!({ "email": email }))?,
    };
    if let Some(user) = &user {
        storage::set_columns(cx, "Contact", contact, &[("user", Value::from(user.as_str()))])?;
    }
    Ok(user)
}

/// Gives the users of members whose role in the customer changed the roles that follow.
///
/// # Errors
/// A database failure.
pub(super) fn sync_roles(customer: &Document, cx: &mut Cx) -> Result<()> {
    for row in customer.rows("contacts") {
        let contact = row.text("contact_name").to_owned();
        let is_manager = row.is_on("is_manager");
        let before = customer.before.as_ref().and_then(|before| {
            before
                .rows("contacts")
                .iter()
                .find(|old| old.text("contact_name") == contact)
                .map(|old| old.is_on("is_manager"))
        });
        if before == Some(is_manager) {
            continue;
        }
        let Some(user) = user_of(cx, &contact)? else {
            continue;
        };
        let manages_another = memberships_of(cx, &contact)?
            .iter()
            .any(|member| member.is_manager && member.customer != customer.name());
        let (given, taken): (&[&str], &[&str]) = match (is_manager, manages_another) {
            (true, _) => (&[MANAGER, MEMBER], &[]),
            (false, true) => (&[MEMBER], &[]),
            (false, false) => (&[MEMBER], &[MANAGER]),
        };
        change_roles(cx, &user, given, taken)?;
    }
    Ok(())
}

/// Gives a user roles and takes others away, whatever the caller may do with users.
///
/// # Errors
/// A database failure.
pub(crate) fn change_roles(cx: &mut Cx, user: &str, given: &[&str], taken: &[&str]) -> Result<()> {
    let Some(mut account) = storage::load_to_change(cx, &meta_of(cx, "User")?, user)? else {
        return Ok(());
    };
    if with_roles(&mut account, given, taken) {
        account.flags.ignore_permissions = true;
        save::save(cx, &mut account)?;
    }
    Ok(())
}
