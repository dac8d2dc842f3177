//! What the caller may do with one document. A child row is judged by its parent.

use std::sync::Arc;

use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right, Verdict};
use crate::doctype::storage;
use crate::frappe::desk::form::load::docinfo;
use crate::prelude::*;
use crate::rest;

/// The document that is judged.
pub(super) fn document(cx: &mut Cx, doctype: &str, name: &str) -> Result<Document> {
    let meta = permissions::meta_of(cx, doctype)?;
    let Some(doc) = storage::load(cx, &meta, name)? else {
        return Err(rest::missing(cx, &meta, name));
    };
    if !meta.istable {
        return Ok(doc);
    }
    let parent = permissions::meta_of(cx, doc.text("parenttype"))?;
    let name = doc.text("parent").to_owned();
    storage::get(cx, &parent, &name)
}

/// Whether the caller has a right.
pub(super) fn has(cx: &mut Cx, doc: &Document, right: Right) -> Result<bool> {
    let meta = Arc::clone(doc.meta());
    Ok(permissions::check(cx, &meta, doc, right)? == Verdict::Granted)
}

/// All rights of the caller, as forms know them.
pub(super) fn all(cx: &mut Cx, doc: &Document) -> Result<Value> {
    let meta = Arc::clone(doc.meta());
    docinfo::permissions_of(cx, &meta, doc)
}
