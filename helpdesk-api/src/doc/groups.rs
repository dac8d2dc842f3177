//! The groups of a grouped list.
//!
//! Source: spec/helpdesk-a.md §4.8.

use std::collections::BTreeMap;

use helpdesk_core::doctype::field::FieldType;
use helpdesk_core::doctype::meta::Meta;
use helpdesk_core::prelude::*;

use super::fields::or_null;
use crate::rows::{self, Row, text};

/// Groups a list has at most.
const MOST: u64 = 1_000;

/// The field a list is grouped by, with the values that its rows have.
///
/// # Errors
/// 403, 417 for a label that can't be read.
pub(super) fn of(
    cx: &mut Cx,
    meta: &Meta,
    name: &str,
    view: &Row,
    data: &[Row],
    order_by: &str,
) -> Result<Value> {
    let Some(field) = meta.field(name) else {
        return Ok(name.into());
    };
    let options: Value = if field.fieldtype == FieldType::Select {
        field.choices().map(Value::from).collect()
    } else {
        values(cx, name, view, data, order_by)?
    };
    Ok(json!({
        "label": field.label,
        "name": name,
        "type": field.fieldtype.name(),
        "options": if options.is_null() { or_null(&field.options) } else { options },
    }))
}

fn values(cx: &mut Cx, name: &str, view: &Row, data: &[Row], order_by: &str) -> Result<Value> {
    let mut found: Vec<String> = Vec::new();
    let mut has_blank = false;
    for row in data {
        let value = match row.get(name) {
            Some(Value::String(text)) => text.clone(),
            None | Some(Value::Null) => String::new(),
            Some(other) => other.to_string(),
        };
        if value.is_empty() {
            has_blank = true;
        } else if !found.contains(&value) {
            found.push(value);
        }
    }
    let labels = labels(cx, view, &found)?;
    let mut groups: Vec<(String, String)> = found
        .into_iter()
        .map(|value| (labels.get(&value).unwrap_or(&value).clone(), value))
        .collect();
    if has_blank {
        groups.push((String::new(), String::new()));
    }
    groups.sort();
    let descends = order_by
        .split(',')
        .map(str::trim)
        .find(|part| part.split(' ').next() == Some(name))
        .is_some_and(|part| part.to_ascii_lowercase().ends_with(" desc"));
    if descends {
        groups.reverse();
    }
    groups.sort_by_key(|(label, _)| label != "General");
    Ok(groups
        .into_iter()
        .map(|(label, value)| json!({ "label": label, "value": value }))
        .collect())
}

/// What values are called, by a field of the documents they name, as far as the caller may list those.
fn labels(cx: &mut Cx, view: &Row, values: &[String]) -> Result<BTreeMap<String, String>> {
    let (doctype, field) = (text(view, "label_doc"), text(view, "label_field"));
    if doctype.is_empty() || field.is_empty() || values.is_empty() {
        return Ok(BTreeMap::new());
    }
    let filters = json!([["name", "in", values]]);
    let rows = rows::listed(cx, doctype, &["name", field], filters, "name asc", MOST)?;
    Ok(rows
        .iter()
        .map(|row| (text(row, "name").to_owned(), text(row, field).to_owned()))
        .collect())
}
