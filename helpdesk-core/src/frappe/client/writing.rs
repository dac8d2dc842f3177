//! Documents as clients send them, on their way into the database and back.

use std::sync::Arc;

use serde_json::Map;

use crate::doctype::document::Document;
use crate::doctype::meta::{Meta, is_standard_column};
use crate::doctype::permissions::{self, Access};
use crate::doctype::{child, save as saving, storage};
use crate::prelude::*;
use crate::query;
use crate::reply::Reply;
use crate::rest;

/// Standard fields beside the columns of that name.
const STANDARD: &[&str] = &["doctype", "parent", "parentfield", "parenttype"];

/// A document's values: an object or its JSON text.
pub(super) fn object(doc: &Value) -> Result<Map<String, Value>> {
    match query::json_argument("doc", Some(doc))? {
        Value::Object(values) => Ok(values),
        _ => Err(invalid("The document must be one JSON object")),
    }
}

/// The DocType that a document's values name.
fn meta_of(cx: &Cx, values: &Map<String, Value>) -> Result<Arc<Meta>> {
    match values.get("doctype").and_then(Value::as_str) {
        Some(doctype) if !doctype.is_empty() => permissions::meta_of(cx, doctype),
        _ => Err(invalid("The document names no DocType")),
    }
}

/// Makes a document, or adds a row to its parent, which is given back.
pub(super) fn insert(cx: &mut Cx, values: &Map<String, Value>) -> Result<Document> {
    let meta = meta_of(cx, values)?;
    if meta.istable {
        return child::append(cx, &meta, values);
    }
    let mut doc = saving::new_document(cx, &meta, values)?;
    saving::insert(cx, &mut doc)?;
    Ok(doc)
}

/// Saves a whole document.
pub(super) fn save(cx: &mut Cx, values: &Map<String, Value>) -> Result<Document> {
    let meta = meta_of(cx, values)?;
    if meta.istable {
        return Err(invalid(format!(
            "A row of {} is saved with the document it belongs to",
            meta.name
        )));
    }
    saving::save_whole(cx, &meta, values)
}

/// Changes values of a document.
pub(super) fn update(
    cx: &mut Cx,
    meta: &Arc<Meta>,
    name: &str,
    changes: &Map<String, Value>,
) -> Result<Document> {
    storage::lock(cx, meta, name)?;
    if storage::load(cx, meta, name)?.is_none() {
        return Err(rest::missing(cx, meta, name));
    }
    saving::update(cx, meta, name, changes)
}

/// Deletes a document, or removes a row from its parent.
pub(super) fn delete(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<()> {
    saving::delete(cx, meta, name)
}

/// One item of a bulk update.
pub(super) fn update_one(cx: &mut Cx, doc: &Value) -> Result<()> {
    let mut values = object(doc)?;
    let meta = meta_of(cx, &values)?;
    let name = match values.shift_remove("docname") {
        Some(Value::String(name)) => name,
        Some(Value::Number(name)) => name.to_string(),
        _ => return Err(invalid("The item names no document")),
    };
    if meta.istable {
        child::update(cx, &meta, &name, &values)?;
    } else {
        update(cx, &meta, &name, &values)?;
    }
    Ok(())
}

/// The values `set_value` is to change.
pub(super) fn changes(meta: &Meta, fieldname: Value, value: Option<Value>) -> Result<Map<String, Value>> {
    let field = match fieldname {
        Value::Object(changes) => return Ok(changes),
        Value::String(text) if text.trim_start().starts_with('{') => return object(&Value::from(text)),
        Value::String(field) if !field.trim().is_empty() => field,
        _ => return Err(invalid("Name a field, or give an object of values by field")),
    };
    if is_standard_column(&field) || STANDARD.contains(&field.as_str()) {
        return Err(invalid("Cannot edit standard fields"));
    }
    let is_table = meta.field(&field).is_some_and(|field| field.fieldtype.is_table());
    let value = match value.unwrap_or_default() {
        // Forms send tables as text.
        Value::String(text) if is_table => query::json_argument("value", Some(&Value::from(text)))?,
        value if is_table => value,
        value if is_falsy(&value) => Value::from(""),
        value => value,
    };
    Ok(Map::from_iter([(field, value)]))
}

fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(true) => false,
    }
}

/// A written document as its writer may see it, nulls kept.
pub(super) fn answer(cx: &Cx, mut doc: Document) -> Result<Reply> {
    let meta = Arc::clone(doc.meta());
    permissions::hide_fields(&meta, Access::of(&meta, cx.session()), &mut doc);
    Ok(Reply::json(&doc.as_dict())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(field: &str, value: Value) -> Result<Value> {
        let changes = changes(&Meta::default(), Value::from(field), Some(value))?;
        Ok(changes[field].clone())
    }

    #[test]
    fn nothing_is_stored_as_blank_text() {
        for nothing in [json!(null), json!(0), json!(false), json!(""), json!([])] {
            assert_eq!(one("a", nothing.clone()).unwrap(), "", "{nothing}");
        }
        assert_eq!(one("a", json!("0")).unwrap(), "0");
        assert_eq!(one("a", json!(2)).unwrap(), 2);
    }

    #[test]
    fn standard_fields_are_not_set_by_name() {
        for field in ["name", "owner", "modified", "docstatus", "parent", "doctype"] {
            assert_eq!(
                one(field, json!("x")).unwrap_err().text(),
                "Cannot edit standard fields"
            );
        }
    }

    #[test]
    fn several_values_come_as_an_object_or_its_text() {
        let both = |fieldname| changes(&Meta::default(), fieldname, None);

        assert_eq!(both(json!({ "a": 0 })).unwrap()["a"], 0);
        assert_eq!(both(json!("{\"a\": 0}")).unwrap()["a"], 0);
        assert!(both(json!("{bad")).is_err());
        assert!(both(json!(["a"])).is_err());
    }
}
