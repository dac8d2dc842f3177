//! The fields a template adds to the form of a new ticket.
//!
//! Source: spec/helpdesk-a.md §4.12.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::field::Field;
use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;

use crate::agents::{is_agent, memberships};
use crate::rows::Row;
use crate::scripts;

/// The rows of a template in order; none where there is no such template.
///
/// # Errors
/// A database failure.
pub(crate) fn rows_of(cx: &mut Cx, template: &str) -> Result<Vec<Document>> {
    let meta = meta_of(cx, "HD Ticket Template")?;
    Ok(storage::load(cx, &meta, template)?
        .map(|template| template.rows("fields").to_vec())
        .unwrap_or_default())
}

/// A template as forms use it; an unknown one has no fields.
///
/// # Errors
/// A database failure.
pub(crate) fn payload(cx: &mut Cx, name: &str) -> Result<Value> {
    let meta = meta_of(cx, "HD Ticket Template")?;
    let Some(template) = storage::load(cx, &meta, name)? else {
        return Ok(json!({ "about": null, "fields": [] }));
    };
    let ticket = meta_of(cx, "HD Ticket")?;
    let mut fields: Vec<Row> = Vec::new();
    for row in template.rows("fields") {
        if let Some(field) = ticket.field(row.text("fieldname")) {
            fields.push(described(field, row));
        }
    }
    limit_customers(cx, ticket.field("customer"), &mut fields)?;
    Ok(json!({
        "about": template.get("about"),
        "fields": fields,
        "description_template": template.get("description_template"),
        "_form_script": scripts::of_forms(cx, "HD Ticket", false, true)?,
    }))
}

fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}

fn described(field: &Field, row: &Document) -> Row {
    let mut shown = Row::new();
    for key in [
        "description",
        "depends_on",
        "mandatory_depends_on",
        "link_filters",
    ] {
        shown.insert(key.to_owned(), field.other.get(key).cloned().unwrap_or_default());
    }
    shown.insert("fieldtype".into(), field.fieldtype.name().into());
    shown.insert("label".into(), or_null(&field.label));
    shown.insert("options".into(), or_null(&field.options));
    for key in [
        "fieldname",
        "hide_from_customer",
        "required",
        "url_method",
        "placeholder",
        "idx",
    ] {
        shown.insert(key.to_owned(), row.get(key).clone());
    }
    shown
}

/// Customers choose among the organisations they belong to; who belongs to several has to choose.
fn limit_customers(cx: &mut Cx, customer: Option<&Field>, fields: &mut Vec<Row>) -> Result<()> {
    let is_set = is_true(Some(&single(
        cx,
        "HD Settings",
        "auto_set_customer_from_contact",
    )?));
    let Some(customer) = customer.filter(|_| is_set) else {
        return Ok(());
    };
    if is_agent(cx)? {
        return Ok(());
    }
    let own: Vec<String> = memberships(cx)?
        .into_iter()
        .map(|member| member.customer)
        .collect();
    let has_choice = own.len() > 1;
    let filters = json!([["HD Customer", "name", "in", own]]).to_string();
    let at = fields
        .iter()
        .position(|field| field.get("fieldname").is_some_and(|name| name == "customer"));
    let at = match at {
        Some(at) => at,
        None if has_choice => {
            let mut row = Row::new();
            let extra = json!({
                "description": null, "depends_on": null, "mandatory_depends_on": null,
                "fieldtype": customer.fieldtype.name(), "label": customer.label,
                "options": customer.options, "fieldname": "customer", "url_method": null,
                "placeholder": null, "idx": fields.len() + 1,
            });
            if let Value::Object(extra) = extra {
                row.extend(extra);
            }
            fields.push(row);
            fields.len() - 1
        }
        None => return Ok(()),
    };
    let Some(field) = fields.get_mut(at) else {
        return Ok(());
    };
    field.insert("link_filters".into(), filters.into());
    if has_choice {
        field.insert("required".into(), 1.into());
        field.insert("hide_from_customer".into(), 0.into());
    }
    Ok(())
}
