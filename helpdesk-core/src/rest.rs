//! The document routes of API v1: `/api/resource/<DocType>[/<name>]`.
//!
//! Source: spec/framework.md §1.1.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::args::Args;
use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::field::FieldType;
use crate::doctype::meta::{Meta, is_true};
use crate::doctype::permissions::{self, Access, Right};
use crate::doctype::{events, save, storage};
use crate::error::{Result, invalid, not_found};
use crate::query::{self, ListRequest};
use crate::reply::{HEADROOM, Reply};

/// The list request of a v1 route or of `frappe.client.get_list`. `strict_json`: lists must be JSON text.
///
/// # Errors
/// 417 for arguments that can't be read.
pub fn list_request(doctype: &str, args: &Args, strict_json: bool) -> Result<ListRequest> {
    let fields = fields_argument(args, strict_json)?;
    let expand = match query::json_argument("expand", args.get("expand"))? {
        Value::Array(names) => names
            .into_iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        Value::String(name) => vec![name],
        _ => Vec::new(),
    };
    let text = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let length = args
        .get("limit_page_length")
        .or_else(|| if strict_json { args.get("limit") } else { None });
    Ok(ListRequest {
        doctype: doctype.to_owned(),
        fields,
        filters: query::json_argument("filters", args.get("filters"))?,
        or_filters: query::json_argument("or_filters", args.get("or_filters"))?,
        group_by: text("group_by"),
        order_by: text("order_by"),
        start: query::page_start(args.get("limit_start"))?,
        length: query::page_length(length, 20)?,
        parent: args.get("parent").and_then(Value::as_str).map(str::to_owned),
        as_dict: args.get("as_dict").is_none_or(is_on),
        expand,
        debug: args.get("debug").is_some_and(is_on),
        also: Vec::new(),
        near: String::new(),
        ignore_permissions: false,
        keyset: None,
        compat: true,
    })
}

/// The argument `fields`: a list or one field, as JSON or JSON text. `strict_json`: a bare word is refused.
pub(crate) fn fields_argument(args: &Args, strict_json: bool) -> Result<Vec<Value>> {
    Ok(match args.get("fields") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) if text.trim().is_empty() => Vec::new(),
        Some(Value::String(text)) if !strict_json && !text.trim_start().starts_with(['[', '{', '"']) => {
            vec![Value::from(text.clone())]
        }
        value => match query::json_argument("fields", value)? {
            Value::Array(fields) => fields,
            field @ (Value::String(_) | Value::Object(_)) => vec![field],
            Value::Null => Vec::new(),
            other => return Err(invalid(format!("Argument 'fields' must be a list, not {other}"))),
        },
    })
}

/// Whether an argument that may be text is on.
pub(crate) fn is_on(value: &Value) -> bool {
    value.as_str().map_or_else(
        || is_true(Some(value)),
        |text| matches!(text.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on"),
    )
}

/// `GET /resource/<doctype>`.
///
/// # Errors
/// 403 and 417 as the contract's tables say.
pub fn list(cx: &mut Cx, doctype: &str, args: Args) -> Result<Reply> {
    permissions::meta_of(cx, doctype)?;
    let request = list_request(doctype, &args, true)?;
    query::list(cx, &request)
}

/// `GET /resource/<doctype>/<name>`.
///
/// # Errors
/// 403, 404.
pub fn read(cx: &mut Cx, doctype: &str, name: &str, args: &Args) -> Result<Reply> {
    let meta = permissions::meta_of(cx, doctype)?;
    if !args.contains("expand_links")
        && let Some(reply) = read_directly(cx, &meta, name)?
    {
        return Ok(reply);
    }
    let doc = readable(cx, &meta, name)?;
    if args.get("expand_links").is_some_and(is_on) {
        let expanded = expand_links(cx, &doc)?;
        return Ok(Reply::json(&expanded)?);
    }
    Ok(Reply::json(&doc)?)
}

/// The document straight from the database, where no rule looks at its values and no field is hidden or computed:
/// the common case of an agent reading a ticket.
fn read_directly(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<Option<Reply>> {
    if meta.issingle || meta.istable || events::has_virtual_fields(&meta.name) {
        return Ok(None);
    }
    let access = Access::of(meta, cx.session());
    if !permissions::reads_all(cx, meta, access)? {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(2048);
    out.resize(HEADROOM, b' ');
    Ok(storage::write_json(cx, meta, name, &mut out)?.then_some(Reply::Json(out)))
}

/// A document the caller may read, without the fields above the caller's level.
///
/// # Errors
/// 403, 404; 403 also for a missing document of a DocType the caller may not read.
pub fn readable(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<Document> {
    let Some(mut doc) = storage::load(cx, meta, name)? else {
        return Err(missing(cx, meta, name));
    };
    require(cx, meta, &doc, Right::Read)?;
    permissions::hide_fields(meta, Access::of(meta, cx.session()), &mut doc);
    Ok(doc)
}

/// Checks a right on a document; a child row is judged by its parent.
///
/// # Errors
/// 403.
pub(crate) fn require(cx: &mut Cx, meta: &Meta, doc: &Document, right: Right) -> Result<()> {
    if !meta.istable {
        return permissions::require(cx, meta, doc, right);
    }
    let parent = parent_of(cx, doc)?;
    permissions::require(cx, &parent.meta().clone(), &parent, right)
}

/// The refusal of a missing document: 404, but 403 where the caller may not read the DocType at all.
pub fn missing(cx: &mut Cx, meta: &Meta, name: &str) -> crate::error::Error {
    match permissions::require_doctype(cx, meta, Right::Read) {
        Ok(()) => not_found(&meta.name, name),
        Err(refusal) => refusal,
    }
}

fn parent_of(cx: &mut Cx, row: &Document) -> Result<Document> {
    let meta = permissions::meta_of(cx, row.text("parenttype"))?;
    let name = row.text("parent").to_owned();
    storage::get(cx, &meta, &name)
}

/// Links replaced by documents: whole ones without nulls for the document's own links, bare rows for those in child
/// rows; the outer document keeps its nulls.
fn expand_links(cx: &mut Cx, doc: &Document) -> Result<Value> {
    let mut outer = serde_json::to_value(doc.as_dict())?;
    let meta = Arc::clone(doc.meta());
    if let Value::Object(object) = &mut outer {
        replace_links(cx, doc, &meta, object, false)?;
        for field in meta.table_fields() {
            let rows = doc.rows(&field.fieldname);
            let Some(Value::Array(shown)) = object.get_mut(&field.fieldname) else {
                continue;
            };
            for (row, shown) in rows.iter().zip(shown) {
                if let Value::Object(shown) = shown {
                    replace_links(cx, row, &row.meta().clone(), shown, true)?;
                }
            }
        }
    }
    Ok(outer)
}

fn replace_links(
    cx: &mut Cx,
    doc: &Document,
    meta: &Meta,
    object: &mut Map<String, Value>,
    bare: bool,
) -> Result<()> {
    for field in &meta.fields {
        let target = match field.fieldtype {
            FieldType::Link => field.options.clone(),
            FieldType::DynamicLink => doc.text(&field.options).to_owned(),
            _ => continue,
        };
        let Some(name) = doc.get(&field.fieldname).as_str().filter(|name| !name.is_empty()) else {
            continue;
        };
        let Some(target) = cx.site().meta(&target) else {
            continue;
        };
        let Some(mut linked) = storage::load(cx, &target, name)? else {
            continue;
        };
        permissions::require(cx, &target, &linked, Right::Read)?;
        permissions::hide_fields(&target, Access::of(&target, cx.session()), &mut linked);
        let shown = if bare {
            Value::Object(query::bare_row(&linked))
        } else {
            serde_json::to_value(&linked)?
        };
        object.insert(field.fieldname.clone(), shown);
    }
    Ok(())
}

/// The values of a document in a request: under `data` (an object or its JSON text), else all arguments.
///
/// # Errors
/// 417 for anything but an object.
pub(crate) fn document_values(mut args: Args) -> Result<Map<String, Value>> {
    let mut object = match args.take("data") {
        None | Some(Value::Null) => args.into_object(),
        Some(Value::Object(object)) => object,
        Some(Value::String(text)) => match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(invalid("The values of a document are one JSON object")),
            Err(error) => return Err(invalid(format!("Argument 'data' is not valid JSON: {error}"))),
        },
        Some(_) => return Err(invalid("The values of a document are one JSON object")),
    };
    for ignored in ["doctype", "flags", "cmd", "ignore_permissions"] {
        object.shift_remove(ignored);
    }
    Ok(object)
}

/// `POST /resource/<doctype>`.
///
/// # Errors
/// 403, 409, 417.
pub fn insert(cx: &mut Cx, doctype: &str, args: Args) -> Result<Reply> {
    let meta = permissions::meta_of(cx, doctype)?;
    let values = document_values(args)?;
    let mut doc = save::new_document(cx, &meta, &values)?;
    save::insert(cx, &mut doc)?;
    permissions::hide_fields(&meta, Access::of(&meta, cx.session()), &mut doc);
    Ok(Reply::json(&doc)?)
}

/// `PUT /resource/<doctype>/<name>`. A `name` among the values means the document of that name: one that differs from
/// the path's is not found, for a document is never renamed or replaced by an update.
///
/// # Errors
/// 403, 404, 417.
pub fn update(cx: &mut Cx, doctype: &str, name: &str, args: Args) -> Result<Reply> {
    let meta = permissions::meta_of(cx, doctype)?;
    let values = document_values(args)?;
    storage::lock(cx, &meta, name)?;
    let Some(stored) = storage::load(cx, &meta, name)? else {
        return Err(missing(cx, &meta, name));
    };
    let other = match values.get("name") {
        Some(Value::String(other)) => Some(other.clone()),
        Some(Value::Number(other)) => Some(other.to_string()),
        _ => None,
    };
    if let Some(other) = other.filter(|other| ![stored.name(), name].contains(&other.as_str())) {
        permissions::require_doctype(cx, &meta, Right::Write)?;
        return Err(not_found(&meta.name, &other));
    }
    let mut doc = save::update(cx, &meta, name, &values)?;
    permissions::hide_fields(&meta, Access::of(&meta, cx.session()), &mut doc);
    Ok(Reply::json(&doc)?)
}

/// `DELETE /resource/<doctype>/<name>`: 202.
///
/// # Errors
/// Bare 404, 403, 417.
pub fn delete(cx: &mut Cx, doctype: &str, name: &str) -> Result<Reply> {
    let meta = permissions::meta_of(cx, doctype)?;
    save::delete(cx, &meta, name)?;
    cx.db().out.status = Some(202);
    Ok(Reply::json("ok")?)
}
