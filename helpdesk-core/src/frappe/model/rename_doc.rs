//! `frappe.model.rename_doc`: title and name of a document at once.
//!
//! Source: spec/framework-api.md §7.4.

use serde_json::Map;

use crate::doctype::permissions::{self, Right};
use crate::doctype::{rename, save, storage};
use crate::prelude::*;
use crate::rest;

/// Sets a document's title, its name, or both; answers the name it has then.
///
/// # Errors
/// - 403 if the caller may not write the document
/// - 404 if there is none
/// - 409 for a name that is not allowed
/// - 417 for a name that is taken, and for DocTypes whose documents are not renamed or have no title
#[whitelist(methods = [POST, PUT])]
pub fn update_document_title(
    cx: &mut Cx,
    doctype: String,
    docname: StrOrInt,
    title: Option<String>,
    name: Option<String>,
    /// Let an existing document of the new name take this one's place.
    #[arg(default = false)]
    merge: bool,
) -> Result<String> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let docname = docname.to_string();
    storage::lock(cx, &meta, &docname)?;
    let Some(doc) = storage::load(cx, &meta, &docname)? else {
        return Err(rest::missing(cx, &meta, &docname));
    };
    permissions::require(cx, &meta, &doc, Right::Write)?;
    let mut current = doc.name_text();
    if let Some(name) = name.filter(|name| !name.trim().is_empty() && name.trim() != current) {
        current = rename::rename(cx, &meta, &current, &name, merge)?;
    }
    let Some(title) = title.filter(|title| !title.is_empty()) else {
        return Ok(current);
    };
    if meta.title_field.is_empty() {
        return Err(invalid(format!("{} documents have no title", meta.name)));
    }
    if title != doc.text(&meta.title_field) {
        let changes = Map::from_iter([(meta.title_field.clone(), Value::from(title))]);
        save::update(cx, &meta, &current, &changes)?;
        cx.msgprint(Message::alert("Saved", "green"));
    }
    Ok(current)
}
