//! `frappe.desk.link_preview`: what pops up beside a link.

use serde_json::Map;

use crate::doctype::meta::is_true;
use crate::doctype::permissions;
use crate::method::Verb;
use crate::prelude::*;
use crate::rest;

/// The fields of a document its preview shows, by label; nothing where its DocType shows none.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
#[whitelist]
pub fn get_preview_data(
    cx: &mut Cx,
    doctype: String,
    docname: StrOrInt,
) -> Result<Option<Map<String, Value>>> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let doc = rest::readable(cx, &meta, &docname.to_string())?;
    if !is_true(meta.other.get("show_preview_popup")) {
        return Ok(None);
    }
    let image = meta
        .other
        .get("image_field")
        .and_then(Value::as_str)
        .unwrap_or("");
    let value = |field: &str| match field {
        "" => Value::Null,
        field => doc.get(field).clone(),
    };
    let mut preview = Map::new();
    preview.insert("preview_image".into(), value(image));
    let title = value(&meta.title_field);
    preview.insert(
        "preview_title".into(),
        if title.is_null() { value("name") } else { title },
    );
    preview.insert("name".into(), value("name"));
    let marked = |key: &str| {
        let fields = meta.fields.iter().filter(|field| field.fieldtype.is_column());
        fields
            .filter(|field| is_true(field.other.get(key)))
            .collect::<Vec<_>>()
    };
    let mut shown = marked("in_preview");
    if shown.is_empty() {
        shown = marked("in_list_view");
    }
    for field in shown {
        let name = field.fieldname.as_str();
        if name != image && name != meta.title_field && !doc.is_empty(name) {
            preview.insert(meta.label(name).to_owned(), value(name));
        }
    }
    if cx.request().verb == Verb::Get {
        let cache = "private,max-age=60".to_owned();
        cx.db().out.headers.push(("cache-control", cache));
    }
    Ok(Some(preview))
}
