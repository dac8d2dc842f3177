//! `frappe.realtime`: what the realtime server asks on behalf of a connected client.
//!
//! Source: spec/framework-api.md §10.3.

use serde_json::Map;

use crate::doctype::permissions::{self, Right};
use crate::prelude::*;
use crate::rest;

/// Whether the caller may follow a document, or a DocType where no name is given.
///
/// # Errors
/// - 403 if the caller may not read it
/// - 404 if there is no such document
#[whitelist]
pub fn has_permission(cx: &mut Cx, doctype: String, name: Option<StrOrInt>) -> Result<bool> {
    let meta = permissions::meta_of(cx, &doctype)?;
    match name.map(|name| name.to_string()).filter(|name| !name.is_empty()) {
        Some(name) => rest::readable(cx, &meta, &name).map(|_| true),
        None => permissions::require_doctype(cx, &meta, Right::Read).map(|()| true),
    }
}

/// Who a connection belongs to. Only the realtime server is told, which asks inside this process; callers get an
/// empty object.
#[whitelist(allow_guest, inline)]
pub fn get_user_info() -> Map<String, Value> {
    Map::new()
}
