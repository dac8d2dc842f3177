//! `frappe.desk.form.save`: saving the document of a form.
//!
//! Source: spec/framework-api.md §7.4.

use serde_json::Map;

use super::load::docinfo;
use crate::doctype::meta::is_true;
use crate::doctype::permissions::{self, Access, Right};
use crate::doctype::{save, storage};
use crate::prelude::*;
use crate::{query, rest};

/// Inserts or saves a whole document: answers with `docs` and `docinfo`.
///
/// A document with `__islocal` is new; the name it has in the form comes back as `localname`.
///
/// # Errors
/// - 403 if the caller may not create or write it
/// - 404 if there is none to save
/// - 417 for a document that can't be read, an unknown action, and what a save refuses
#[whitelist(methods = [POST, PUT])]
pub fn savedocs(
    cx: &mut Cx,
    /// The document, or its JSON text.
    doc: Value,
    /// `Save`, `Submit`, `Update` or `Cancel`.
    action: String,
) -> Result<()> {
    let status = match action.as_str() {
        "Save" => 0,
        "Submit" | "Update" => 1,
        "Cancel" => 2,
        _ => {
            return Err(invalid(format!(
                "{action:?} is none of Save, Submit, Update, Cancel"
            )));
        }
    };
    let Value::Object(mut values) = query::json_argument("doc", Some(&doc))? else {
        return Err(invalid("The document must be one JSON object"));
    };
    let doctype = text(&values, "doctype").ok_or_else(|| invalid("The document names no DocType"))?;
    let meta = permissions::meta_of(cx, &doctype)?;
    let local = is_true(values.get("__islocal"));
    let name = text(&values, "name").unwrap_or_default();
    let mut saved = if local {
        values.shift_remove("name");
        save::new_document(cx, &meta, &values)?
    } else {
        storage::lock(cx, &meta, &name)?;
        let Some(mut stored) = storage::load(cx, &meta, &name)? else {
            return Err(rest::missing(cx, &meta, &name));
        };
        permissions::require(cx, &meta, &stored, Right::Read)?;
        let kept = stored.get("name").clone();
        storage::merge(cx, &mut stored, &values)?;
        stored.set("name", kept);
        stored
    };
    if status > 0 {
        if !meta.is_submittable {
            return Err(invalid(format!("{} documents can't be submitted", meta.name)));
        }
        let right = if status == 2 { Right::Cancel } else { Right::Submit };
        permissions::require(cx, &meta, &saved, right)?;
    }
    if meta.is_submittable || local {
        saved.set("docstatus", status);
    }
    save::put(cx, &mut saved)?;
    permissions::hide_fields(&meta, Access::of(&meta, cx.session()), &mut saved);
    let info = docinfo::of(cx, &meta, &saved)?;
    if local && !name.is_empty() {
        saved.set_extra("localname", name);
    }
    cx.side("docs", Value::Array(vec![serde_json::to_value(saved.as_dict())?]));
    cx.side("docinfo", info.into());
    cx.msgprint(Message::alert("Saved", "green"));
    Ok(())
}

fn text(values: &Map<String, Value>, key: &str) -> Option<String> {
    match values.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
