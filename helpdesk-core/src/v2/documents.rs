//! `/api/v2/document`: lists and single documents. Unlike v1's these keep their nulls.

use serde_json::{Map, Value};

use super::{parts, wrong};
use crate::args::Args;
use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::field::FieldType;
use crate::doctype::permissions::{self, Access};
use crate::doctype::{save, storage};
use crate::error::Result;
use crate::query::{self, ListRequest, cursor};
use crate::reply::Reply;
use crate::rest;

/// `GET /document/<doctype>`: one row more than asked for tells whether there is a next page. With `cursor` (empty at
/// first) pages go on behind the last row, and `next_cursor` leads to the next one.
pub(super) fn list(cx: &mut Cx, doctype: &str, args: &Args) -> Result<Reply> {
    permissions::meta_of(cx, doctype)?;
    let request = list_request(doctype, args)?;
    if let Some(cursor) = cursor::argument(args)? {
        let request = ListRequest {
            length: request.length.map(|length| length.saturating_sub(1)),
            ..request
        };
        let page = cursor::page(cx, &request, &cursor)?;
        cx.side("has_next_page", Value::from(page.next.is_some()));
        cx.side("next_cursor", Value::from(page.next));
        return Ok(Reply::json(&page.rows)?);
    }
    let mut rows = query::list_values(cx, &request)?;
    let asked = usize::try_from(request.length.unwrap_or(0).saturating_sub(1)).unwrap_or(usize::MAX);
    cx.side("has_next_page", Value::from(rows.len() > asked));
    rows.truncate(asked);
    Ok(Reply::json(&rows)?)
}

fn list_request(doctype: &str, args: &Args) -> Result<ListRequest> {
    let text = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    // A length of 0 means no rows here; the engine's own "all" is never asked for.
    let length = query::page_length(args.get("limit"), 20)?.unwrap_or(0);
    Ok(ListRequest {
        fields: rest::fields_argument(args, true)?,
        filters: filters("filters", args)?,
        or_filters: filters("or_filters", args)?,
        group_by: text("group_by"),
        order_by: text("order_by"),
        start: query::page_start(args.get("start"))?,
        length: Some(length.saturating_add(1)),
        parent: args.get("parent").and_then(Value::as_str).map(str::to_owned),
        debug: args.get("debug").is_some_and(rest::is_on),
        compat: false,
        ..ListRequest::of(doctype)
    })
}

fn filters(name: &'static str, args: &Args) -> Result<Value> {
    match query::json_argument(name, args.get(name)) {
        Ok(filters @ (Value::Null | Value::Array(_) | Value::Object(_))) => Ok(filters),
        // Text that is no JSON is a name; names alone are for code.
        _ if name == "filters" => Err(wrong("'filters' must be a list or dictionary")),
        _ => Err(wrong("'or_filters' must be a list or dictionary")),
    }
}

/// `POST /document/<doctype>`: a name in the values is the document's name.
pub(super) fn insert(cx: &mut Cx, doctype: &str, args: Args) -> Result<Reply> {
    let meta = permissions::meta_of(cx, doctype)?;
    let values = rest::document_values(args)?;
    let mut doc = save::new_document(cx, &meta, &values)?;
    match values.get("name") {
        Some(Value::Number(number)) if !meta.integer_names => {
            doc.set("name", number.to_string());
            doc.flags.keep_name = true;
        }
        Some(Value::Number(_)) => doc.flags.keep_name = true,
        Some(Value::String(name)) if !name.trim().is_empty() => doc.flags.keep_name = true,
        _ => doc.set("name", Value::Null),
    }
    save::insert(cx, &mut doc)?;
    Ok(Reply::json(&shown(cx, doc)?)?)
}

/// `GET /document/<doctype>/<name>`, with the parts that `include` names beside it.
pub(super) fn read(cx: &mut Cx, doctype: &str, name: &str, args: &Args) -> Result<Reply> {
    let meta = permissions::meta_of(cx, doctype)?;
    let wanted = parts::wanted(args)?;
    let doc = rest::readable(cx, &meta, name)?;
    for part in wanted {
        let value = part.of(cx, &doc)?;
        cx.side(part.name(), value);
    }
    Ok(Reply::json(&shown(cx, doc)?)?)
}

/// `PUT` and `PATCH /document/<doctype>/<name>`.
pub(super) fn update(cx: &mut Cx, doctype: &str, name: &str, args: Args) -> Result<Reply> {
    let values = rest::document_values(args)?;
    let doc = updated(cx, doctype, name, &values)?;
    Ok(Reply::json(&shown(cx, doc)?)?)
}

/// Merges values into a stored document and saves it.
pub(super) fn updated(
    cx: &mut Cx,
    doctype: &str,
    name: &str,
    values: &Map<String, Value>,
) -> Result<Document> {
    let meta = permissions::meta_of(cx, doctype)?;
    storage::lock(cx, &meta, name)?;
    if storage::load(cx, &meta, name)?.is_none() {
        return Err(rest::missing(cx, &meta, name));
    }
    save::update(cx, &meta, name, values)
}

/// A document as v2 shows it: with nulls, without fields above the caller's level, link values as text.
pub(super) fn shown(cx: &Cx, mut doc: Document) -> Result<Value> {
    let meta = std::sync::Arc::clone(doc.meta());
    permissions::hide_fields(&meta, Access::of(&meta, cx.session()), &mut doc);
    let mut value = serde_json::to_value(doc.as_dict())?;
    if let Value::Object(object) = &mut value {
        for field in &meta.fields {
            if field.fieldtype == FieldType::Link
                && let Some(link @ Value::Number(_)) = object.get_mut(&field.fieldname)
            {
                *link = Value::from(link.to_string());
            }
        }
    }
    Ok(value)
}

/// `GET /document/<doctype>/<name>/copy`: the values of a new document that is like this one.
pub(super) fn copy(cx: &mut Cx, doctype: &str, name: &str) -> Result<Reply> {
    let meta = permissions::meta_of(cx, doctype)?;
    let doc = rest::readable(cx, &meta, name)?;
    Ok(Reply::json(&copied(&doc))?)
}

/// What a copy takes over: neither a name nor times, no nulls, nothing marked as not to be copied.
fn copied(doc: &Document) -> Value {
    const OWN: [&str; 6] = [
        "name",
        "owner",
        "creation",
        "modified",
        "modified_by",
        "docstatus",
    ];
    let meta = doc.meta();
    let kept = |name: &str| meta.field(name).is_none_or(|field| !field.no_copy);
    let mut out = Map::new();
    for column in &meta.columns {
        let value = doc.get(&column.name);
        let standard = column.field.is_none();
        if column.in_document
            && !value.is_null()
            && !(standard && OWN.contains(&column.name.as_str()))
            && kept(&column.name)
        {
            out.insert(column.name.clone(), value.clone());
        }
    }
    out.insert("doctype".to_owned(), Value::from(meta.name.clone()));
    for (field, rows) in doc.tables() {
        if kept(field) {
            out.insert(field.to_owned(), rows.iter().map(copied).collect());
        }
    }
    Value::Object(out)
}
