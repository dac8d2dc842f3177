//! `helpdesk.api.customer`: organisations whose people write tickets.
//!
//! Source: spec/helpdesk-a.md §4.6.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use crate::contact::{of_address, sent};
use crate::doctype::hd_customer::{doc_methods, members};
use crate::permitted::{self, require_right};
use crate::rows;

/// A customer that was made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Created {
    name: String,
    /// Who was invited to the portal.
    invited_emails: Vec<String>,
}

/// Makes a customer, with its primary contact if one is given, who is invited unless it can log in already.
///
/// # Errors
/// - 403 without the right to create customers
/// - 409 if there is a customer of that name
/// - 417 for values that don't fit
#[whitelist]
pub fn create_customer(
    cx: &mut Cx,
    /// `customer_name`, `customer_type`, `domain`, `image`, `country`.
    customer: Dict,
    /// `email`, `first_name`, `last_name`, `mobile_no`.
    primary_contact: Option<Dict>,
) -> Result<Created> {
    require_right(cx, "HD Customer", Right::Create)?;
    let mut doc = Document::new(meta_of(cx, "HD Customer")?);
    for field in ["customer_name", "customer_type", "domain", "image", "country"] {
        if let Some(value) = customer.0.get(field) {
            doc.set(field, value.clone());
        }
    }
    save::insert(cx, &mut doc)?;
    let mut invited_emails = Vec::new();
    if let Some(Dict(person)) = primary_contact
        && !sent(&person, "email").is_empty()
    {
        let contact = of_address(cx, &person)?;
        let added = doc_methods::add(cx, &mut doc, std::slice::from_ref(&contact), members::MANAGER)?;
        invited_emails = added.invite_result.invited_emails;
        members::set_primary(&mut doc, &contact);
        save::save(cx, &mut doc)?;
    }
    Ok(Created {
        name: doc.name_text(),
        invited_emails,
    })
}

/// Deletes a customer. Its tickets stay without one, or go, too. A missing customer is no error.
///
/// # Errors
/// - 403 without the right to delete customers and to change (with `delete_tickets`: delete) tickets
/// - 417 if something else needs it
#[whitelist]
pub fn delete_customer(
    cx: &mut Cx,
    /// Name of the customer.
    name: String,
    /// Whether its tickets go, too.
    #[arg(default = false)]
    delete_tickets: bool,
) -> Result<()> {
    require_right(cx, "HD Customer", Right::Delete)?;
    let needed = if delete_tickets {
        Right::Delete
    } else {
        Right::Write
    };
    require_right(cx, "HD Ticket", needed)?;
    if storage::exists(cx, "HD Customer", &name)?.is_none() {
        return Ok(());
    }
    let name = permitted::document(cx, "HD Customer", &name, Right::Delete)?.name_text();
    if delete_tickets {
        let meta = meta_of(cx, "HD Ticket")?;
        for ticket in rows::names(cx, "HD Ticket", json!({ "customer": name }))? {
            save::delete_with(cx, &meta, &ticket, true)?;
        }
    }
    save::delete(cx, &meta_of(cx, "HD Customer")?, &name)
}
