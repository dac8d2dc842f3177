//! Child rows by themselves: made, changed and deleted through their parent, which is saved with all its checks.
//!
//! Source: spec/framework-api.md §6.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::document::Document;
use super::meta::Meta;
use super::permissions::{self, Right};
use super::{save, storage};
use crate::cx::Cx;
use crate::error::{ErrorKind, Result, invalid, no_route, not_found};

/// Adds a row to the parent its values name; returns the saved parent.
///
/// # Errors
/// 417 where `parent`, `parenttype` or `parentfield` are missing or don't fit, else as saving the parent.
pub fn append(cx: &mut Cx, meta: &Arc<Meta>, values: &Map<String, Value>) -> Result<Document> {
    let text = |key: &str| match values.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let (Some(parenttype), Some(parent), Some(table)) =
        (text("parenttype"), text("parent"), text("parentfield"))
    else {
        return Err(invalid(
            "Parenttype, Parent and Parentfield are required to insert a child record",
        ));
    };
    let parent_meta = permissions::meta_of(cx, &parenttype)?;
    let fits = parent_meta
        .field(&table)
        .is_some_and(|field| field.fieldtype.is_table() && field.options == meta.name);
    if !fits {
        return Err(invalid(format!(
            "{} has no table {table:?} with rows of {}",
            parent_meta.name, meta.name
        )));
    }
    storage::lock(cx, &parent_meta, &parent)?;
    let Some(mut doc) = storage::load(cx, &parent_meta, &parent)? else {
        permissions::require_doctype(cx, &parent_meta, Right::Read)?;
        return Err(not_found(&parent_meta.name, &parent));
    };
    let mut row = save::new_document(cx, meta, values)?;
    // A client gives no names to rows.
    row.set("name", Value::Null);
    if let Some(rows) = doc.rows_mut(&table) {
        rows.push(row);
    }
    save::save(cx, &mut doc)?;
    Ok(doc)
}

/// Changes values of a row; returns the saved parent.
///
/// # Errors
/// 404 where there is no such row, else as saving the parent.
pub fn update(cx: &mut Cx, meta: &Arc<Meta>, name: &str, changes: &Map<String, Value>) -> Result<Document> {
    let (mut parent, table, at) = parent_of(cx, meta, name)?.ok_or_else(|| not_found(&meta.name, name))?;
    let Some(mut row) = parent.rows(&table).get(at).cloned() else {
        return Err(not_found(&meta.name, name));
    };
    let kept = row.get("name").clone();
    storage::merge(cx, &mut row, changes)?;
    row.set("name", kept);
    if let Some(place) = parent.rows_mut(&table).and_then(|rows| rows.get_mut(at)) {
        *place = row;
    }
    save::save(cx, &mut parent)?;
    Ok(parent)
}

/// Removes a row from its parent.
///
/// # Errors
/// Bare 404 where there is no such row, and where the caller may not write the parent: who may not change a document
/// learns nothing about its rows. Else as saving the parent.
pub fn remove(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<()> {
    let (mut parent, table, at) = parent_of(cx, meta, name)?.ok_or_else(no_route)?;
    if let Some(rows) = parent.rows_mut(&table) {
        rows.remove(at);
    }
    save::save(cx, &mut parent).map_err(|error| match error.kind() {
        ErrorKind::PermissionError => no_route(),
        _ => error,
    })
}

/// The parent a row stands in, locked, the table, and the row's place there.
fn parent_of(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<Option<(Document, String, usize)>> {
    let Some(row) = storage::load(cx, meta, name)? else {
        return Ok(None);
    };
    let Some(parent_meta) = cx.site().meta(row.text("parenttype")) else {
        return Ok(None);
    };
    let (parent, table) = (row.text("parent"), row.text("parentfield").to_owned());
    storage::lock(cx, &parent_meta, parent)?;
    let Some(parent) = storage::load(cx, &parent_meta, parent)? else {
        return Ok(None);
    };
    let at = parent
        .rows(&table)
        .iter()
        .position(|other| other.get("name") == row.get("name"));
    Ok(at.map(|at| (parent, table, at)))
}
