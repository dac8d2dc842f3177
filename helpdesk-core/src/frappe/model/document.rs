//! `frappe.model.document`: the methods all documents have.

use crate::doctype::comments;
use crate::doctype::document::Document;
use crate::html;
use crate::prelude::*;
use crate::rest;

// What documents can do within the program (spec/framework-data.md §5.1 and §5.5).
not_whitelisted! { doctype = "*"; insert, save, delete, reload, db_set, has_permission, has_value_changed, get_doc_before_save }
not_whitelisted! { doctype = "*", path = "frappe.model.base_document"; get, set, append, as_dict }

/// Kinds of entries people write; all others are the program's own.
const WRITTEN: [&str; 2] = ["Comment", "Info"];

/// Puts an entry of the caller's into the document's timeline.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if it is not stored
/// - 417 for an empty text, and for a kind of entry that people don't write
#[doc_method(doctype = "*", methods = [POST])]
pub fn add_comment(
    doc: &Document,
    cx: &mut Cx,
    /// `Comment` or `Info`.
    #[arg(default = String::from("Comment"))]
    comment_type: String,
    /// HTML; what could run is taken out.
    text: Option<String>,
    /// The author is the caller, whoever is named here.
    comment_email: Option<String>,
    /// As `comment_email`.
    comment_by: Option<String>,
) -> Result<Document> {
    if !WRITTEN.contains(&comment_type.as_str()) {
        return Err(invalid(format!("comment_type is one of {}", WRITTEN.join(", "))));
    }
    let text = text.unwrap_or_default();
    if text.trim().is_empty() {
        return Err(invalid("The comment is empty"));
    }
    let _ = (comment_email, comment_by);
    // By `run_doc_method` a client may hold out a document of any name.
    let about = rest::readable(cx, &doc.meta().clone(), &doc.name_text())?;
    let text = html::clean_stored(&text).unwrap_or(text);
    comments::add(cx, about.doctype(), &about.name_text(), &comment_type, &text)
}
