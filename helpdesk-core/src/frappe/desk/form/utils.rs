//! `frappe.desk.form.utils`: comments, attachments, and the way to the next document.
//!
//! Source: spec/framework-api.md §7.4.

use crate::doctype::document::Document;
use crate::doctype::permissions;
use crate::doctype::{save, storage};
use crate::html;
use crate::prelude::*;
use crate::query::{self, ListRequest};
use crate::rest;

/// Puts a comment under a document.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
/// - 417 for an empty comment
#[whitelist(methods = [POST, PUT])]
pub fn add_comment(
    cx: &mut Cx,
    reference_doctype: String,
    reference_name: StrOrInt,
    /// HTML; what could run is taken out.
    content: String,
    comment_email: String,
    comment_by: String,
) -> Result<Document> {
    let meta = permissions::meta_of(cx, &reference_doctype)?;
    let about = rest::readable(cx, &meta, &reference_name.to_string())?;
    let comments = permissions::meta_of(cx, "Comment")?;
    let mut comment = Document::new(comments);
    comment.set("comment_type", "Comment");
    comment.set("reference_doctype", meta.name.clone());
    comment.set("reference_name", about.name_text());
    comment.set("comment_email", comment_email);
    comment.set("comment_by", comment_by);
    comment.set("content", written(content)?);
    comment.flags.ignore_permissions = true;
    save::insert(cx, &mut comment)?;
    Ok(comment)
}

/// Changes a comment's text. Only its author may.
///
/// # Errors
/// - 403 for anybody else
/// - 404 if there is no such comment
/// - 417 for an empty comment
#[whitelist(methods = [POST, PUT])]
pub fn update_comment(cx: &mut Cx, name: String, content: String) -> Result<()> {
    let mut comment = comment(cx, &name)?;
    if !is_author(cx, &comment) && !cx.session().is_administrator() {
        return Err(forbidden("Comment can only be edited by the owner"));
    }
    readable_reference(cx, &comment)?;
    comment.set("content", written(content)?);
    comment.flags.ignore_permissions = true;
    save::save(cx, &mut comment)
}

/// Shows a comment to everybody, or hides it again. Only its author and System Managers may.
///
/// # Errors
/// - 403 for anybody else
/// - 404 if there is no such comment
#[whitelist(methods = [POST, PUT])]
pub fn update_comment_publicity(cx: &mut Cx, name: String, publish: bool) -> Result<()> {
    let mut comment = comment(cx, &name)?;
    if !is_author(cx, &comment) && !cx.session().has_role("System Manager") {
        return Err(forbidden("Only the author and System Managers can do this"));
    }
    readable_reference(cx, &comment)?;
    comment.set("published", u8::from(publish));
    comment.flags.ignore_permissions = true;
    save::save(cx, &mut comment)
}

/// Deletes an attached file.
///
/// # Errors
/// - 403 if the caller may not delete it
/// - 404 if there is none
#[whitelist(methods = [POST, DELETE])]
pub fn remove_attach(cx: &mut Cx, fid: String) -> Result<()> {
    let meta = permissions::meta_of(cx, "File")?;
    save::delete(cx, &meta, &fid)
}

/// The document that comes after or before one in a list; a notice where there is none.
///
/// # Errors
/// - 403 if the caller may not list the DocType
/// - 417 for filters or an order that can't be read
#[whitelist]
pub fn get_next(
    cx: &mut Cx,
    doctype: String,
    value: StrOrInt,
    /// 1 for the one before.
    #[arg(default = false)]
    prev: bool,
    /// An object or a list of conditions, or its JSON text.
    filters: Option<Value>,
    #[arg(default = String::from("desc"))] sort_order: String,
    #[arg(default = String::from("creation"))] sort_field: String,
) -> Result<Option<Value>> {
    let meta = permissions::meta_of(cx, &doctype)?;
    if meta.column(&sort_field).is_none() {
        return Err(invalid(format!(
            "{} has no field {sort_field:?} to sort by",
            meta.name
        )));
    }
    let ascending = match sort_order.to_ascii_lowercase().as_str() {
        "asc" => !prev,
        "desc" => prev,
        _ => return Err(invalid(format!("{sort_order:?} is neither asc nor desc"))),
    };
    let doc = rest::readable(cx, &meta, &value.to_string())?;
    let mut all = super::super::search::conditions(query::json_argument("filters", filters.as_ref())?)?;
    let beyond = if ascending { ">" } else { "<" };
    all.push(json!([sort_field, beyond, doc.get(&sort_field)]));
    let direction = if ascending { "asc" } else { "desc" };
    let next = query::list_values(
        cx,
        &ListRequest {
            filters: all.into(),
            order_by: format!("{sort_field} {direction}"),
            length: Some(1),
            ..ListRequest::of(meta.name.clone())
        },
    )?;
    let name = next
        .into_iter()
        .next()
        .and_then(|mut row| row.shift_remove("name"));
    if name.is_none() {
        cx.msgprint(Message::plain("No further records"));
    }
    Ok(name)
}

fn comment(cx: &mut Cx, name: &str) -> Result<Document> {
    let meta = permissions::meta_of(cx, "Comment")?;
    storage::get(cx, &meta, name)
}

fn is_author(cx: &Cx, comment: &Document) -> bool {
    comment.text("owner").eq_ignore_ascii_case(cx.user())
}

/// What a comment is about must still be the caller's to read.
fn readable_reference(cx: &mut Cx, comment: &Document) -> Result<()> {
    let (doctype, name) = (comment.text("reference_doctype"), comment.text("reference_name"));
    if let Some(meta) = cx.site().meta(doctype)
        && !name.is_empty()
    {
        rest::readable(cx, &meta, name)?;
    }
    Ok(())
}

fn written(content: String) -> Result<String> {
    if content.trim().is_empty() {
        return Err(invalid("The comment is empty"));
    }
    Ok(html::clean_stored(&content).unwrap_or(content))
}
