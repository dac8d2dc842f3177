//! `helpdesk.api.contact`: people who write tickets.
//!
//! Source: spec/helpdesk-a.md §4.5.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::frappe::core::doctype::user_invitation::invite::Invited;
use helpdesk_core::html::escape_between_tags;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use serde_json::Map;

use crate::doctype::hd_customer::{events::cut, members};
use crate::invitations::{self, Invitation};
use crate::permitted::{self, require_right};
use crate::rows::{self, Row, text, value_text};

/// Contacts with an address whose name or address holds a text, ten at most, of those the caller may list.
///
/// # Errors
/// 403 if the caller may list no contacts.
#[whitelist(methods = [GET])]
pub fn search_contacts(
    cx: &mut Cx,
    /// What to look for; empty: all.
    txt: String,
    /// Conditions, each a list, or their JSON text; those that can't be read don't count.
    additional_filters: Option<JsonOr<Vec<Value>>>,
) -> Result<Vec<Row>> {
    let meta = meta_of(cx, "Contact")?;
    let is_known = |condition: &Value| -> bool {
        let Some(parts) = condition.as_array() else {
            return false;
        };
        let field = match parts.len() {
            3 => parts.first(),
            4 if parts[0] == "Contact" => parts.get(1),
            _ => None,
        };
        field
            .and_then(Value::as_str)
            .is_some_and(|field| meta.column_index(field).is_some())
    };
    let mut filters = vec![json!(["email_id", "is", "set"])];
    if let Some(JsonOr::Json(more)) = additional_filters {
        filters.extend(more.into_iter().filter(is_known));
    }
    let pattern = format!("%{txt}%");
    let or_filters = if txt.is_empty() {
        Value::Null
    } else {
        json!([
            ["full_name", "like", pattern],
            ["email_id", "like", pattern],
            ["name", "like", pattern]
        ])
    };
    query::list_values(
        cx,
        &ListRequest {
            fields: ["full_name", "email_id", "name"].map(Value::from).into(),
            filters: filters.into(),
            or_filters,
            order_by: "email_id asc, full_name asc, name asc".into(),
            length: Some(10),
            ..ListRequest::of("Contact")
        },
    )
}

/// Deletes a contact. Its tickets stay without one, or go, too. A missing contact is no error.
///
/// # Errors
/// - 403 without the right to delete contacts and to change (with `delete_tickets`: delete) tickets
/// - 417 if something else needs it
#[whitelist]
pub fn delete_contact(
    cx: &mut Cx,
    /// Name of the contact.
    name: String,
    /// Whether its tickets go, too: those the caller may list.
    #[arg(default = false)]
    delete_tickets: bool,
) -> Result<()> {
    require_right(cx, "Contact", Right::Delete)?;
    require_right(cx, "HD Ticket", Right::Write)?;
    if delete_tickets {
        require_right(cx, "HD Ticket", Right::Delete)?;
    }
    if storage::exists(cx, "Contact", &name)?.is_none() {
        return Ok(());
    }
    let name = permitted::document(cx, "Contact", &name, Right::Delete)?.name_text();
    let tickets = query::list_values(
        cx,
        &ListRequest {
            filters: json!([["contact", "=", name]]),
            ..ListRequest::of("HD Ticket")
        },
    )?;
    let ticket = meta_of(cx, "HD Ticket")?;
    if delete_tickets {
        for row in &tickets {
            save::delete_with(cx, &ticket, text(row, "name"), true)?;
        }
    } else {
        let now = helpdesk_core::clock::stored(cx.now());
        let user = cx.user().to_owned();
        for row in &tickets {
            let changes = [
                ("contact", Value::Null),
                ("modified", Value::from(now.as_str())),
                ("modified_by", Value::from(user.as_str())),
            ];
            storage::set_columns(cx, "HD Ticket", text(row, "name"), &changes)?;
        }
    }
    leave_customers(cx, &name)?;
    cut(cx, "User Invitation", "contact", &name)?;
    save::delete(cx, &meta_of(cx, "Contact")?, &name)
}

fn leave_customers(cx: &mut Cx, contact: &str) -> Result<()> {
    let meta = meta_of(cx, "HD Customer")?;
    let primary = rows::names(cx, "HD Customer", json!({ "primary_contact": contact }))?;
    let mut customers: Vec<String> = crate::agents::memberships_of(cx, contact)?
        .into_iter()
        .map(|member| member.customer)
        .collect();
    customers.extend(
        primary
            .into_iter()
            .filter(|name| !customers.contains(name))
            .collect::<Vec<_>>(),
    );
    for name in customers {
        let mut customer = storage::get_to_change(cx, &meta, &name)?;
        members::remove(&mut customer, contact);
        customer.flags.ignore_permissions = true;
        save::save(cx, &mut customer)?;
    }
    Ok(())
}

/// A text of an object a client sent; empty where it is none.
pub(crate) fn sent<'a>(object: &'a Map<String, Value>, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or("").trim()
}

/// Refuses what can't be called from everywhere: a number with its country code.
fn check_phone(number: &str) -> Result<()> {
    let digits: String = number
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.' | '/'))
        .collect();
    let is_valid = digits.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if is_valid {
        return Ok(());
    }
    let shown = escape_between_tags(number);
    Err(Error::new(
        ErrorKind::InvalidPhoneNumberError,
        format!("Phone Number <strong>{shown}</strong> set in field <strong>Phone</strong> is not valid."),
    )
    .title("Invalid Phone Number"))
}

/// Makes a contact of an object's values, not stored yet.
///
/// # Errors
/// 417 for a telephone number without country code.
pub(crate) fn from_values(cx: &Cx, values: &Map<String, Value>, phone: &str) -> Result<Document> {
    let mut contact = Document::new(meta_of(cx, "Contact")?);
    for field in ["first_name", "last_name", "image"] {
        if let Some(value) = values.get(field) {
            contact.set(field, value.clone());
        }
    }
    let email = sent(values, "email");
    if !email.is_empty() {
        let row = json!({ "email_id": email, "is_primary": 1 });
        contact.set_rows("email_ids", row.as_object().cloned().into_iter().collect());
    }
    if !phone.is_empty() {
        check_phone(phone)?;
        let row = json!({ "phone": phone, "is_primary_phone": 1, "is_primary_mobile_no": 1 });
        contact.set_rows("phone_nos", row.as_object().cloned().into_iter().collect());
    }
    Ok(contact)
}

/// Makes a contact, and invites it if asked to; answers its name.
///
/// # Errors
/// - 403 without the right to create contacts, or to invite
/// - 417 for values that don't fit, such as a telephone number without country code
#[whitelist]
pub fn create_contact(
    cx: &mut Cx,
    /// `first_name`, `last_name`, `image`, `email`, `phone`; for an invitation also `customer`.
    doc: Dict,
    /// Whether it gets an invitation to the portal.
    #[arg(default = false)]
    invite: bool,
) -> Result<String> {
    require_right(cx, "Contact", Right::Create)?;
    let values = doc.0;
    let mut contact = from_values(cx, &values, sent(&values, "phone"))?;
    save::insert(cx, &mut contact)?;
    let name = contact.name_text();
    if invite {
        let invitation = Invitation {
            email: sent(&values, "email"),
            role: members::MEMBER,
            contact: &name,
            customer: sent(&values, "customer"),
        };
        invitations::invite(cx, &invitation, &mut Invited::default())?;
    }
    Ok(name)
}

/// Changes a contact and its user's picture and time zone, which are emptied when they are left out.
///
/// # Errors
/// - 403 without the right to change contacts
/// - 404 if there is no such contact
/// - 417 for values that don't fit
#[whitelist(methods = [POST])]
pub fn edit_contact(
    cx: &mut Cx,
    /// Name of the contact.
    name: String,
    /// `first_name`, `last_name`, `image`, `email_ids`, `phone_nos`, `timezone`: those given replace what is there.
    doc: Dict,
) -> Result<String> {
    require_right(cx, "Contact", Right::Write)?;
    let values = doc.0;
    let mut contact = permitted::document(cx, "Contact", &name, Right::Write)?;
    let mut changes: Map<String, Value> = values
        .iter()
        .filter(|(key, _)| matches!(key.as_str(), "first_name" | "last_name" | "image" | "email_ids"))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    if let Some(phones) = values.get("phone_nos") {
        changes.insert("phone_nos".to_owned(), phone_rows(phones)?);
    }
    storage::merge(cx, &mut contact, &changes)?;
    save::save(cx, &mut contact)?;
    let user = contact.text("user").to_owned();
    if let Some(mut account) = storage::load_to_change(cx, &meta_of(cx, "User")?, &user)? {
        account.set("user_image", sent(&values, "image"));
        account.set("time_zone", sent(&values, "timezone"));
        account.flags.ignore_permissions = true;
        save::save(cx, &mut account)?;
    }
    Ok(contact.name_text())
}

/// Telephone rows as they are stored: `is_primary` is both kinds of primary.
fn phone_rows(phones: &Value) -> Result<Value> {
    let rows = phones
        .as_array()
        .ok_or_else(|| invalid("phone_nos is a list of rows"))?;
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        let mut row = row
            .as_object()
            .cloned()
            .ok_or_else(|| invalid("phone_nos is a list of rows"))?;
        check_phone(sent(&row, "phone"))?;
        if let Some(primary) = row.shift_remove("is_primary") {
            row.insert("is_primary_phone".to_owned(), primary.clone());
            row.insert("is_primary_mobile_no".to_owned(), primary);
        }
        out.push(Value::Object(row));
    }
    Ok(out.into())
}

/// What stands beside a contact: its customers, when it was last here, its invitation. Keys that don't apply are left
/// out.
///
/// # Errors
/// - 403 if the caller may not read the contact
/// - 404 if there is none
#[whitelist(methods = [GET])]
pub fn get_contact_info(
    cx: &mut Cx,
    /// Name of the contact.
    name: String,
) -> Result<Row> {
    let contact = permitted::document(cx, "Contact", &name, Right::Read)?;
    let name = contact.name_text();
    let mut customers = Vec::new();
    for member in crate::agents::memberships_of(cx, &name)? {
        let image = storage::values(cx, "HD Customer", &member.customer, &["image"])?
            .and_then(|row| row.into_iter().next())
            .unwrap_or_default();
        customers.push(json!({ "name": member.customer, "image": image }));
    }
    let mut info = Row::from_iter([
        ("customers".to_owned(), Value::from(customers)),
        ("last_seen".to_owned(), Value::Null),
    ]);
    let user = contact.text("user").to_owned();
    if let Some(row) = storage::values(cx, "User", &user, &["last_active", "time_zone"])? {
        info.insert("last_seen".to_owned(), row.first().cloned().unwrap_or_default());
        if let Some(zone) = row.get(1).and_then(Value::as_str).filter(|zone| !zone.is_empty()) {
            info.insert("timezone".to_owned(), zone.into());
            info.insert("country".to_owned(), country_of(cx, zone)?);
        }
        return Ok(info);
    }
    let email = contact.text("email_id").to_owned();
    if !email.is_empty()
        && let Some(invitation) = last_invitation(cx, &name, &email)?
    {
        info.insert("invitation".to_owned(), invitation.into());
    }
    Ok(info)
}

fn country_of(cx: &mut Cx, zone: &str) -> Result<Value> {
    let filters = json!([["time_zones", "like", format!("%{zone}%")]]);
    let countries = rows::all(cx, "Country", &["name", "time_zones"], filters, "name asc")?;
    let found = countries
        .iter()
        .find(|row| text(row, "time_zones").lines().any(|line| line.trim() == zone));
    Ok(found.map_or(Value::Null, |row| text(row, "name").into()))
}

fn last_invitation(cx: &mut Cx, contact: &str, email: &str) -> Result<Option<Row>> {
    let filters = json!([
        ["contact", "=", contact],
        ["email", "=", email],
        ["app_name", "=", "helpdesk"],
        ["status", "!=", "Accepted"]
    ]);
    let newest = rows::all(
        cx,
        "User Invitation",
        &["name", "status"],
        filters,
        "creation desc",
    )?;
    Ok(newest.into_iter().next())
}

/// The contact with an address; a new one of the given values where there is none.
///
/// # Errors
/// 417 for values that don't fit.
pub(crate) fn of_address(cx: &mut Cx, values: &Map<String, Value>) -> Result<String> {
    let email = sent(values, "email");
    if let Some(contact) = crate::agents::first_name(cx, "Contact", json!({ "email_id": email }))? {
        return Ok(contact);
    }
    let mut contact = from_values(cx, values, sent(values, "mobile_no"))?;
    contact.flags.ignore_permissions = true;
    save::insert(cx, &mut contact)?;
    let name = contact.name_text();
    if value_text(cx, "Contact", &name, "user")?.is_empty() {
        members::user_of(cx, &name)?;
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_have_a_country() {
        for number in ["+4930123456", "+49 (30) 123-456", "+1 555.010.0000"] {
            assert!(check_phone(number).is_ok(), "{number}");
        }
        for number in [
            "abc",
            "",
            "030123456",
            "+0123456789",
            "+12",
            "+1234567890123456",
            "+49x30123456",
        ] {
            let error = check_phone(number).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidPhoneNumberError, "{number}");
        }
        assert!(!check_phone("<b>").unwrap_err().text().contains("<b>"));
    }
}
