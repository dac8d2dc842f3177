//! Reading rows as code needs them, with a line a read.

use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use serde_json::Map;

/// A row by field name.
pub(crate) type Row = Map<String, Value>;

fn request(doctype: &str, fields: &[&str], filters: Value, order_by: &str) -> ListRequest {
    ListRequest {
        fields: fields.iter().copied().map(Value::from).collect(),
        filters,
        order_by: order_by.to_owned(),
        ..ListRequest::of(doctype)
    }
}

/// Rows whatever the caller may see: for what the caller was let in for already.
///
/// # Errors
/// A database failure.
pub(crate) fn all(
    cx: &mut Cx,
    doctype: &str,
    fields: &[&str],
    filters: Value,
    order_by: &str,
) -> Result<Vec<Row>> {
    query::list_values(
        cx,
        &ListRequest {
            ignore_permissions: true,
            ..request(doctype, fields, filters, order_by)
        },
    )
}

/// The first rows of those the caller may list.
///
/// # Errors
/// 403 if the caller may list none; 417 for filters that can't be read.
pub(crate) fn listed(
    cx: &mut Cx,
    doctype: &str,
    fields: &[&str],
    filters: Value,
    order_by: &str,
    length: u64,
) -> Result<Vec<Row>> {
    query::list_values(
        cx,
        &ListRequest {
            length: Some(length),
            ..request(doctype, fields, filters, order_by)
        },
    )
}

/// Names of all documents that filters let through, whatever the caller may see.
///
/// # Errors
/// A database failure.
pub(crate) fn names(cx: &mut Cx, doctype: &str, filters: Value) -> Result<Vec<String>> {
    Ok(all(cx, doctype, &["name"], filters, "name asc")?
        .iter()
        .map(|row| text(row, "name").to_owned())
        .collect())
}

/// A text of a row; empty where unset.
pub(crate) fn text<'a>(row: &'a Row, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or("")
}

/// One text of a stored document; empty where it is unset or there is no such document.
///
/// # Errors
/// A database failure.
pub(crate) fn value_text(cx: &mut Cx, doctype: &str, name: &str, field: &str) -> Result<String> {
    let row = helpdesk_core::doctype::storage::values(cx, doctype, name, &[field])?;
    Ok(row
        .and_then(|row| row.first()?.as_str().map(str::to_owned))
        .unwrap_or_default())
}
