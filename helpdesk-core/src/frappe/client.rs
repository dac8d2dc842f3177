//! `frappe.client`: documents by method call.
//!
//! Source: spec/framework-api.md §6.

use crate::doctype::document::Document;
use crate::doctype::permissions;
use crate::error::not_found;
use crate::prelude::*;
use crate::query::{self, ListRequest};
use crate::reply::Reply;
use crate::rest;

/// A list of documents, as objects or arrays.
///
/// Takes the arguments of `GET /api/resource/<doctype>`; lists may be JSON or JSON text.
///
/// # Errors
/// - 403 if the caller may not list the DocType
/// - 417 for fields, filters or an order that can't be read
#[whitelist]
pub fn get_list(cx: &mut Cx, doctype: String, #[arg(rest)] rest: Args) -> Result<Reply> {
    permissions::meta_of(cx, &doctype)?;
    let request = rest::list_request(&doctype, &rest, false)?;
    query::list(cx, &request)
}

/// How many documents the filters let through, of those the caller may list.
///
/// # Errors
/// - 403 if the caller may not list the DocType
/// - 417 for filters that can't be read
#[whitelist]
pub fn get_count(
    cx: &mut Cx,
    doctype: String,
    /// An object or a list of conditions, or its JSON text.
    filters: Option<Value>,
    #[arg(default = false)] debug: bool,
) -> Result<i64> {
    permissions::meta_of(cx, &doctype)?;
    let filters = query::json_argument("filters", filters.as_ref())?;
    query::count(
        cx,
        &ListRequest {
            filters,
            debug,
            ..ListRequest::of(doctype)
        },
    )
}

/// One document by name, else the first that the filters let through, else the single document of the DocType.
///
/// # Errors
/// - 403 if the caller may not read it
/// - 404 if there is none
#[whitelist]
pub fn get(
    cx: &mut Cx,
    doctype: String,
    name: Option<StrOrInt>,
    /// An object or a list of conditions, or its JSON text; used where no name is given.
    filters: Option<Value>,
) -> Result<Document> {
    let meta = permissions::meta_of(cx, &doctype)?;
    if meta.issingle {
        return rest::readable(cx, &meta, &meta.name);
    }
    if let Some(name) = name {
        return rest::readable(cx, &meta, &name.to_string());
    }
    let Some(filters) = filters else {
        return Err(rest::missing(cx, &meta, "None"));
    };
    let filters = query::json_argument("filters", Some(&filters))?;
    let first = query::list_values(
        cx,
        &ListRequest {
            filters: filters.clone(),
            length: Some(1),
            ..ListRequest::of(meta.name.clone())
        },
    )?;
    let name = match first.first().and_then(|row| row.get("name")) {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Err(not_found(&meta.name, &filters.to_string())),
    };
    rest::readable(cx, &meta, &name)
}
