//! `frappe.desk.doctype.tag.tag`.

use crate::doctype::tags;
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// Puts a tag on a document; answers the tag.
///
/// # Errors
/// - 403 if the caller may not write the document
/// - 404 if there is none
#[whitelist]
pub fn add_tag(cx: &mut Cx, tag: String, dt: String, dn: StrOrInt) -> Result<String> {
    tags::add(cx, &dt, &dn.to_string(), &tag)?;
    Ok(tag)
}

/// Puts several tags on several documents.
///
/// # Errors
/// As for one tag; then none is put.
#[whitelist]
pub fn add_tags(cx: &mut Cx, tags: Vec<String>, dt: String, docs: Vec<StrOrInt>) -> Result<()> {
    for doc in docs {
        for tag in &tags {
            tags::add(cx, &dt, &doc.to_string(), tag)?;
        }
    }
    Ok(())
}

/// Takes a tag from a document.
///
/// # Errors
/// - 403 if the caller may not write the document
/// - 404 if there is none
#[whitelist]
pub fn remove_tag(cx: &mut Cx, tag: String, dt: String, dn: StrOrInt) -> Result<()> {
    tags::remove(cx, &dt, &dn.to_string(), &tag)
}

/// Tags that hold a text, in the alphabet's order.
///
/// # Errors
/// - 403 if the caller may not list tags
#[whitelist]
pub fn get_tags(cx: &mut Cx, doctype: String, #[arg(default = "")] txt: String) -> Result<Vec<String>> {
    let _ = doctype;
    let pattern = format!("%{}%", crate::doctype::predicate::escape_like(&txt));
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters: json!([["name", "like", pattern]]),
            order_by: "name asc".into(),
            ..ListRequest::of("Tag")
        },
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get("name")?.as_str().map(str::to_owned))
        .collect())
}
