//! What stands in the fields `Attach` and `Attach Image` of a document is attached to it.
//!
//! Source: spec/framework-api.md §9.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{access, limit, store};
use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::field::FieldType;
use crate::doctype::typed::doc_event;
use crate::doctype::{storage, system};
use crate::error::Result;
use crate::files::place;
use crate::query::{self, ListRequest};

/// Rows of one address that are looked at.
const MOST_ROWS: u64 = 200;

#[doc_event(doctype = "*", on = "on_update", order = 100)]
fn attach(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    for field in &meta.fields {
        if !matches!(field.fieldtype, FieldType::Attach | FieldType::AttachImage) {
            continue;
        }
        let url = doc.text(&field.fieldname);
        let is_new = doc
            .before
            .as_ref()
            .is_none_or(|before| before.text(&field.fieldname) != url);
        if is_new && place::is_private(url).is_some() {
            let url = url.to_owned();
            attach_url(cx, &url, &meta.name, &doc.name_text(), &field.fieldname)?;
        }
    }
    Ok(())
}

/// Attaches the file at an address of this site, once: a file of the caller's own that hangs on nothing is taken, others
/// get another row. What the caller may not fetch is left alone, or its document would open it to others; so is what
/// goes beyond the number of files a document may have.
fn attach_url(cx: &mut Cx, url: &str, doctype: &str, name: &str, field: &str) -> Result<()> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: [
                "name",
                "owner",
                "attached_to_doctype",
                "attached_to_name",
                "attached_to_field",
            ]
            .map(Value::from)
            .to_vec(),
            filters: json!({ "file_url": url }),
            order_by: "creation desc".into(),
            length: Some(MOST_ROWS),
            ignore_permissions: true,
            ..ListRequest::of(system::FILE)
        },
    )?;
    let text =
        |row: &Map<String, Value>, key: &str| row.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
    let hangs_here = rows.iter().any(|row| {
        text(row, "attached_to_doctype") == doctype
            && text(row, "attached_to_name") == name
            && text(row, "attached_to_field") == field
    });
    if hangs_here || limit::reached(cx, doctype, name)?.is_some() || !access::may_fetch(cx, url, None)? {
        return Ok(());
    }
    let free = rows.iter().find(|row| {
        text(row, "attached_to_doctype").is_empty() && text(row, "owner").eq_ignore_ascii_case(cx.user())
    });
    if let Some(free) = free {
        let changes = [
            ("attached_to_doctype", Value::from(doctype)),
            ("attached_to_name", Value::from(name)),
            ("attached_to_field", Value::from(field)),
        ];
        storage::set_columns(cx, system::FILE, &text(free, "name"), &changes)?;
        return Ok(());
    }
    if let Some(row) = rows.first() {
        store::again(cx, &text(row, "name"), Some((doctype, Some(name), Some(field))))?;
    }
    Ok(())
}
