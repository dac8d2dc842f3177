//! A contact is called by its full name, and shows its primary address and numbers.
//!
//! Source: spec/framework-data.md §5.7, and the recorded answers.

use crate::doctype::document::Document;
use crate::doctype::storage;
use crate::doctype::typed::doc_event;
use crate::prelude::*;

/// The full name, with a number where it is taken. Without a name the contact gets a hash like other documents.
#[doc_event(doctype = "Contact", on = "before_naming")]
fn before_naming(contact: &mut Document, cx: &mut Cx) -> Result<()> {
    if contact.flags.keep_name && !contact.get("name").is_null() {
        return Ok(());
    }
    let full_name = full_name(contact);
    if full_name.is_empty() {
        return Ok(());
    }
    let mut name = full_name.clone();
    let mut number = 0;
    while storage::exists(cx, "Contact", &name)?.is_some() {
        number += 1;
        name = format!("{full_name}-{number}");
    }
    contact.set("name", name);
    contact.flags.keep_name = true;
    Ok(())
}

fn full_name(contact: &Document) -> String {
    ["first_name", "middle_name", "last_name"]
        .map(|field| contact.text(field).trim())
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[doc_event(doctype = "Contact", on = "validate")]
fn validate(contact: &mut Document, _: &mut Cx) -> Result<()> {
    contact.set("full_name", full_name(contact));
    if let Some([only]) = contact.rows_mut("email_ids").map(Vec::as_mut_slice) {
        only.set("is_primary", 1);
    }
    let email = primary(contact, "email_ids", "email_id", "is_primary", "Email ID")?;
    let phone = primary(contact, "phone_nos", "phone", "is_primary_phone", "Phone")?;
    let mobile = primary(contact, "phone_nos", "phone", "is_primary_mobile_no", "Mobile No")?;
    if !email.is_empty() && contact.get("image").is_null() {
        // The original asks an avatar service of the address; we show none (recorded).
        contact.set("image", "");
    }
    contact.set("email_id", email);
    contact.set("phone", phone);
    contact.set("mobile_no", mobile);
    Ok(())
}

/// The value of the one row that is marked; empty where none is.
fn primary(contact: &Document, table: &str, value: &str, mark: &str, label: &str) -> Result<String> {
    let mut marked = contact.rows(table).iter().filter(|row| row.is_on(mark));
    let first = marked.next();
    if marked.next().is_some() {
        return Err(invalid(format!(
            "Only one <strong>{label}</strong> can be set as primary."
        )));
    }
    Ok(first.map_or_else(String::new, |row| row.text(value).trim().to_owned()))
}
