//! What happens when a customer is changed or deleted.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::storage;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;
use serde_json::Map;

use super::members;
use crate::rows;

#[doc_event(doctype = "HD Customer", on = "validate")]
fn validate(customer: &mut Document, _: &mut Cx) -> Result<()> {
    let contacts: Vec<&str> = customer
        .rows("contacts")
        .iter()
        .map(|row| row.text("contact_name"))
        .collect();
    if contacts.is_empty() {
        return Ok(());
    }
    for (at, contact) in contacts.iter().enumerate() {
        if contacts[..at].contains(contact) {
            return Err(invalid(format!("The contact {contact} is listed twice.")));
        }
    }
    let primary = customer.text("primary_contact");
    if !primary.is_empty() && !contacts.contains(&primary) {
        return Err(invalid(format!(
            "The primary contact {primary} is none of the contacts of the customer."
        )));
    }
    Ok(())
}

/// The primary contact manages the customer; a customer without contacts has no primary one.
#[doc_event(doctype = "HD Customer", on = "before_save")]
fn before_save(customer: &mut Document, _: &mut Cx) -> Result<()> {
    if customer.rows("contacts").is_empty() {
        let had = customer
            .before
            .as_ref()
            .is_some_and(|before| !before.rows("contacts").is_empty());
        if had {
            for field in ["primary_contact", "email_id", "mobile_no"] {
                customer.set(field, Value::Null);
            }
        }
        return Ok(());
    }
    let primary = customer.text("primary_contact").to_owned();
    let rows: Vec<Map<String, Value>> = customer
        .rows("contacts")
        .iter()
        .map(|row| {
            let mut values = Map::new();
            if !row.is_new {
                values.insert("name".to_owned(), row.get("name").clone());
            }
            for field in ["contact_name", "is_manager"] {
                values.insert(field.to_owned(), row.get(field).clone());
            }
            if !primary.is_empty() && row.text("contact_name") == primary {
                values.insert("is_manager".to_owned(), 1.into());
            }
            values
        })
        .collect();
    let is_manager_already = customer
        .rows("contacts")
        .iter()
        .all(|row| primary.is_empty() || row.text("contact_name") != primary || row.is_on("is_manager"));
    if !is_manager_already {
        customer.set_rows("contacts", rows);
    }
    Ok(())
}

/// Roles follow what is stored now, so that the other customers of a contact are seen as they are.
#[doc_event(doctype = "HD Customer", on = "on_update")]
fn on_update(customer: &mut Document, cx: &mut Cx) -> Result<()> {
    members::sync_roles(customer, cx)
}

/// What names the customer does without it: tickets and invitations.
#[doc_event(doctype = "HD Customer", on = "on_trash")]
fn on_trash(customer: &mut Document, cx: &mut Cx) -> Result<()> {
    let name = customer.name_text();
    cut(cx, "HD Ticket", "customer", &name)?;
    cut(cx, "User Invitation", "customer", &name)
}

/// Empties a link to a document that goes, in all documents of a DocType.
///
/// # Errors
/// A database failure.
pub(crate) fn cut(cx: &mut Cx, doctype: &str, field: &str, name: &str) -> Result<()> {
    let now = stored(cx.now());
    let user = cx.user().to_owned();
    for document in rows::names(cx, doctype, json!([[field, "=", name]]))? {
        let changes = [
            (field, Value::Null),
            ("modified", Value::from(now.as_str())),
            ("modified_by", Value::from(user.as_str())),
        ];
        storage::set_columns(cx, doctype, &document, &changes)?;
    }
    Ok(())
}
