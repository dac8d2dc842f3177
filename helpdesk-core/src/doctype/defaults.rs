//! Defaults of a new document.
//!
//! Source: spec/framework-data.md §5.5.1, step 1.

use serde_json::Value;

use super::document::Document;
use super::field::{Field, FieldType};
use super::user_permissions::UserPermissions;
use crate::clock::stored;
use crate::cx::Cx;

/// Fills fields that are absent or null; an explicit blank text stays. What the caller is confined to comes first.
pub fn fill(doc: &mut Document, cx: &Cx, confined: Option<&UserPermissions>) {
    let meta = doc.meta().clone();
    for (index, column) in meta.columns.iter().enumerate() {
        let Some(field) = meta.field_of(column) else {
            continue;
        };
        if !doc.at(index).is_null() {
            continue;
        }
        let own = confined.and_then(|confined| confined.default_for(field, &meta.name));
        if let Some(value) = own.map(Value::from).or_else(|| default_of(field, cx)) {
            doc.set_at(index, value);
        }
    }
}

fn default_of(field: &Field, cx: &Cx) -> Option<Value> {
    let text = field.default.as_str();
    if text.is_empty() {
        if field.fieldtype == FieldType::Select && !field.options.is_empty() {
            return field.choices().next().map(Value::from);
        }
        return None;
    }
    let lower = text.to_ascii_lowercase();
    Some(match (field.fieldtype, lower.as_str()) {
        (_, "__user" | "user") => Value::from(cx.user()),
        (FieldType::Date, "today" | "now") => Value::from(cx.now().date().to_string()),
        (FieldType::Datetime, "now" | "today") => Value::from(stored(cx.now())),
        (FieldType::Time, "now") => {
            let at = stored(cx.now());
            Value::from(at.get(11..)?)
        }
        // A default that names another DocType is that DocType's value for the user; nothing sets one yet.
        _ if text.starts_with(':') => return None,
        (FieldType::Check | FieldType::Int | FieldType::LongInt, _) => {
            Value::from(text.trim().parse::<i64>().unwrap_or(0))
        }
        (
            FieldType::Float
            | FieldType::Currency
            | FieldType::Percent
            | FieldType::Duration
            | FieldType::Rating,
            _,
        ) => Value::from(text.trim().parse::<f64>().unwrap_or(0.0)),
        _ => Value::from(text),
    })
}
