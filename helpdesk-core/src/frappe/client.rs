//! `frappe.client`: documents by method call.
//!
//! Source: spec/framework-api.md §6.

mod amended;
pub mod attach;
mod link;
mod rights;
mod values;
mod writing;

use serde_json::Map;

use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right};
use crate::doctype::{child, rename};
use crate::method::Verb;
use crate::prelude::*;
use crate::query::{self, ListRequest, cursor};
use crate::reply::Reply;
use crate::rest;

/// Documents one `insert_many` may make.
const MOST_INSERTS: usize = 200;

/// A list of documents, as objects or arrays.
///
/// Takes the arguments of `GET /api/resource/<doctype>`; lists may be JSON or JSON text. With `cursor` (empty at first)
/// the answer is a page of objects, and `next_cursor` beside it leads to the next one.
///
/// # Errors
/// - 403 if the caller may not list the DocType
/// - 417 for fields, filters or an order that can't be read
#[whitelist]
pub fn get_list(cx: &mut Cx, doctype: String, #[arg(rest)] rest: Args) -> Result<Reply> {
    permissions::meta_of(cx, &doctype)?;
    let request = rest::list_request(&doctype, &rest, false)?;
    if let Some(cursor) = cursor::argument(&rest)? {
        let page = cursor::page(cx, &request, &cursor)?;
        cx.side("next_cursor", Value::from(page.next));
        return Ok(Reply::json(&page.rows)?);
    }
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
    /// An object or a list of conditions, or its JSON text; any other text is a name.
    filters: Option<Value>,
    #[arg(default = false)] debug: bool,
    /// Stop counting there; nothing or 0 counts all.
    limit: Option<u64>,
) -> Result<i64> {
    permissions::meta_of(cx, &doctype)?;
    let filters = match filters {
        Some(Value::String(text))
            if !text.trim().is_empty() && !text.trim_start().starts_with(['{', '[']) =>
        {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        filters => query::json_argument("filters", filters.as_ref())?,
    };
    query::count(
        cx,
        &ListRequest {
            filters,
            debug,
            length: limit.filter(|limit| *limit > 0),
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

/// Values of the first document the filters let through, of those the caller may list.
///
/// Without filters the oldest document is the first. Of a single DocType its own values. A document the caller may
/// not read counts as missing.
///
/// # Errors
/// - 403 if the caller may not read the DocType
/// - 417 for fields and filters that can't be read
#[whitelist]
pub fn get_value(
    cx: &mut Cx,
    doctype: String,
    /// A field's name, or a list of names, or its JSON text.
    fieldname: JsonOr<Vec<String>>,
    /// A document's name, an object or a list of conditions, or its JSON text.
    filters: Option<Value>,
    /// Answer an object, else the value of one field or an array of the values of several.
    #[arg(default = true)]
    as_dict: bool,
    #[arg(default = false)] debug: bool,
    /// DocType the child rows belong to.
    parent: Option<String>,
) -> Result<Reply> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let fields = match fieldname {
        JsonOr::Json(fields) => fields,
        JsonOr::Text(field) => vec![field],
    };
    values::may_read(cx, &meta, parent.as_deref())?;
    let row = if meta.issingle {
        Some(values::of_single(cx, &meta, &fields)?)
    } else {
        let request = ListRequest {
            parent,
            debug,
            ..ListRequest::of(meta.name.clone())
        };
        values::first(cx, request, &fields, filters)?
    };
    values::shaped(row, fields.len(), as_dict)
}

/// One value of a single DocType; blank text or 0 where it is unset.
///
/// # Errors
/// - 403 if the caller may not read the DocType or the field
/// - 417 for a DocType that is not single, and a field it does not have
#[whitelist]
pub fn get_single_value(cx: &mut Cx, doctype: String, field: String) -> Result<Value> {
    let meta = permissions::meta_of(cx, &doctype)?;
    values::may_read(cx, &meta, None)?;
    values::single(cx, &meta, &field)
}

/// Makes a document; a child row is added to the parent its values name, and the parent is the answer.
///
/// # Errors
/// - 403 if the caller may not create it
/// - 409 for a name that is taken
/// - 417 for values that a save refuses
#[whitelist(methods = [POST, PUT])]
pub fn insert(
    cx: &mut Cx,
    /// The document, or its JSON text.
    doc: Value,
) -> Result<Reply> {
    let values = writing::object(&doc)?;
    let doc = writing::insert(cx, &values)?;
    writing::answer(cx, doc)
}

/// Makes up to 200 documents; all of them or, if one is refused, none. Answers their names.
///
/// # Errors
/// As `insert`; 417 for more than 200.
#[whitelist(methods = [POST, PUT])]
pub fn insert_many(
    cx: &mut Cx,
    /// A list of documents, or its JSON text.
    docs: Value,
) -> Result<Vec<Value>> {
    let Value::Array(docs) = query::json_argument("docs", Some(&docs))? else {
        return Err(invalid("The documents must be one JSON list"));
    };
    if docs.len() > MOST_INSERTS {
        return Err(invalid(format!(
            "Only {MOST_INSERTS} inserts allowed in one request"
        )));
    }
    let mut names = Vec::with_capacity(docs.len());
    for doc in &docs {
        let values = writing::object(doc)?;
        names.push(writing::insert(cx, &values)?.get("name").clone());
    }
    Ok(names)
}

/// Changes one value of a document, or several; of a child row through its parent, which is the answer.
///
/// A value that is empty or 0 is stored as blank text, in a number as 0. Fields the DocType does not have are ignored.
///
/// # Errors
/// - 403 if the caller may not write the document
/// - 404 if there is none
/// - 417 for a standard field, and for values that a save refuses
#[whitelist(methods = [POST, PUT])]
pub fn set_value(
    cx: &mut Cx,
    doctype: String,
    name: StrOrInt,
    /// A field's name, or an object of values by field, or its JSON text.
    fieldname: Value,
    /// The value, where one field is named.
    value: Option<Value>,
) -> Result<Reply> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let changes = writing::changes(&meta, fieldname, value)?;
    let name = name.to_string();
    let doc = if meta.istable {
        child::update(cx, &meta, &name, &changes)?
    } else {
        writing::update(cx, &meta, &name, &changes)?
    };
    writing::answer(cx, doc)
}

/// Saves a whole document: fields it leaves out become empty. Without a name it is made.
///
/// # Errors
/// - 403 if the caller may not write it, before it is looked for
/// - 404 if there is none of its name
/// - 417 unless `modified`, `owner` and `creation` are those that are stored, and for values that a save refuses
#[whitelist(methods = [POST, PUT])]
pub fn save(
    cx: &mut Cx,
    /// The document, or its JSON text.
    doc: Value,
) -> Result<Reply> {
    let values = writing::object(&doc)?;
    let doc = writing::save(cx, &values)?;
    writing::answer(cx, doc)
}

/// Gives a document another name, and puts it into all that leads there. With `merge` a document of the new name
/// takes the old one's place. Answers the new name.
///
/// # Errors
/// - 403 if the caller may not read the DocType
/// - 404 if there is no such document
/// - 409 for a name that is not allowed
/// - 417 for a name that is taken, without the right to write, and for DocTypes whose documents are not renamed
#[whitelist(methods = [POST, PUT])]
pub fn rename_doc(
    cx: &mut Cx,
    doctype: String,
    old_name: StrOrInt,
    new_name: StrOrInt,
    #[arg(default = false)] merge: bool,
) -> Result<String> {
    let meta = permissions::meta_of(cx, &doctype)?;
    rename::rename(cx, &meta, &old_name.to_string(), &new_name.to_string(), merge)
}

/// Submits a whole document.
///
/// # Errors
/// As `save`; 403 without the right to submit, 417 where the DocType has no such state.
#[whitelist(methods = [POST, PUT])]
pub fn submit(
    cx: &mut Cx,
    /// The document, or its JSON text.
    doc: Value,
) -> Result<Reply> {
    let mut values = writing::object(&doc)?;
    values.insert("docstatus".to_owned(), 1.into());
    let doc = writing::save(cx, &values)?;
    writing::answer(cx, doc)
}

/// Cancels a submitted document.
///
/// # Errors
/// - 403 if the caller may not cancel it
/// - 404 if there is none
/// - 417 for a document that is not submitted
#[whitelist(methods = [POST, PUT])]
pub fn cancel(cx: &mut Cx, doctype: String, name: StrOrInt) -> Result<Reply> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let changes = Map::from_iter([("docstatus".to_owned(), Value::from(2))]);
    let doc = writing::update(cx, &meta, &name.to_string(), &changes)?;
    writing::answer(cx, doc)
}

/// Deletes a document; a child row is removed from its parent.
///
/// # Errors
/// - 403 if the caller may not delete it
/// - 404 if there is none, and for a row of a parent the caller may not write
/// - 417 where other documents lead to it
#[whitelist(methods = [DELETE, POST])]
pub fn delete(cx: &mut Cx, doctype: String, name: StrOrInt) -> Result<()> {
    let meta = permissions::meta_of(cx, &doctype)?;
    writing::delete(cx, &meta, &name.to_string())
}

/// A document of a bulk update that was not saved, and why.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Failed {
    /// The changes as they were sent.
    doc: Value,
    /// The last line of a traceback.
    exc: String,
}

/// The documents of a bulk update that were not saved.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct BulkUpdated {
    failed_docs: Vec<Failed>,
}

/// Changes many documents; those that are refused are left as they were, and the others saved.
///
/// # Errors
/// 417 for a list that can't be read.
#[whitelist(methods = [POST, PUT])]
pub fn bulk_update(
    cx: &mut Cx,
    /// A list of values, each with `doctype` and `docname`, or its JSON text.
    docs: Value,
) -> Result<BulkUpdated> {
    let Value::Array(docs) = query::json_argument("docs", Some(&docs))? else {
        return Err(invalid("The documents must be one JSON list"));
    };
    let mut failed_docs = Vec::new();
    for doc in docs {
        if let Err(error) = cx.savepoint(|cx| writing::update_one(cx, &doc)) {
            if error.kind().status() >= 500 {
                return Err(error);
            }
            if let Some(message) = error.message() {
                cx.msgprint(message.clone());
            }
            let exc = format!(
                "Traceback (most recent call last): ...\n{}",
                error.exception_line()
            );
            failed_docs.push(Failed { doc, exc });
        }
    }
    Ok(BulkUpdated { failed_docs })
}

/// Whether the caller has a right on a document.
#[derive(Clone, Copy, Debug, Serialize, schemars::JsonSchema)]
pub struct HasPermission {
    has_permission: bool,
}

/// Whether the caller has a right on a document; nobody has a right that does not exist.
///
/// # Errors
/// 404 if there is no such document, 403 then if the caller may not read the DocType.
#[whitelist]
pub fn has_permission(
    cx: &mut Cx,
    doctype: String,
    docname: StrOrInt,
    /// `read`, `write`, `delete` …
    #[arg(default = "read".to_owned())]
    perm_type: String,
) -> Result<HasPermission> {
    let doc = rights::document(cx, &doctype, &docname.to_string())?;
    let has_permission = match Right::parse(&perm_type) {
        Some(right) => rights::has(cx, &doc, right)?,
        None => false,
    };
    Ok(HasPermission { has_permission })
}

/// The caller's rights on a document.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct DocPermissions {
    /// 0 or 1 by right; `if_owner`: rights that only owners have.
    permissions: Value,
}

/// All rights of the caller on a document.
///
/// # Errors
/// 404 if there is no such document, 403 then if the caller may not read the DocType.
#[whitelist]
pub fn get_doc_permissions(cx: &mut Cx, doctype: String, docname: StrOrInt) -> Result<DocPermissions> {
    let doc = rights::document(cx, &doctype, &docname.to_string())?;
    Ok(DocPermissions {
        permissions: rights::all(cx, &doc)?,
    })
}

/// Refuses to show a password: they are kept as digests, which can be compared and not read back.
///
/// # Errors
/// - 403 for anybody but System Managers
/// - 404 if there is no such document
/// - 417 always else
#[whitelist]
pub fn get_password(cx: &mut Cx, doctype: String, name: StrOrInt, fieldname: String) -> Result<()> {
    permissions::only_for(cx.session(), &["System Manager"])?;
    let meta = permissions::meta_of(cx, &doctype)?;
    let doc = rest::readable(cx, &meta, &name.to_string())?;
    Err(invalid(format!(
        "{} of {} {} is kept as a digest and can't be shown",
        meta.label(&fieldname),
        meta.name,
        doc.name_text()
    )))
}

/// The site's time zone.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct TimeZone {
    /// A name of the IANA database.
    time_zone: String,
}

/// The site's time zone, in which all times are.
#[whitelist(allow_guest, inline)]
pub fn get_time_zone(site: &Site) -> TimeZone {
    TimeZone {
        time_zone: site.clock.zone().iana_name().unwrap_or("UTC").to_owned(),
    }
}

/// The document that amends a cancelled one, if there is one the caller may list.
///
/// # Errors
/// 403 for an unknown DocType.
#[whitelist]
pub fn is_document_amended(cx: &mut Cx, doctype: String, docname: StrOrInt) -> Result<Option<String>> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let amended = amended::by(cx, &meta, &docname.to_string())?;
    cacheable(cx, "private,max-age=600");
    Ok(amended)
}

/// The stored spelling of a name and values of its document, if the caller may list it and the filters let it
/// through; an empty object else.
///
/// # Errors
/// - 403 if the caller may not list the DocType
/// - 404 for a `query` that is no method
/// - 417 for an empty name, and fields and filters that can't be read
#[whitelist(methods = [GET, POST])]
pub fn validate_link_and_fetch(
    cx: &mut Cx,
    doctype: String,
    docname: StrOrInt,
    /// Names of fields, or the list's JSON text.
    fields_to_fetch: Option<JsonOr<Vec<String>>>,
    /// Dotted path of the method that searches for the link's documents.
    query: Option<String>,
    /// An object or a list of conditions, or its JSON text.
    filters: Option<Value>,
) -> Result<Map<String, Value>> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let name = docname.to_string();
    if name.trim().is_empty() {
        return Err(invalid("Document Name must not be empty"));
    }
    let fields = match fields_to_fetch {
        Some(JsonOr::Json(fields)) => fields,
        Some(JsonOr::Text(field)) if !field.trim().is_empty() => vec![field],
        _ => Vec::new(),
    };
    let filters = filters.unwrap_or_default();
    let path = query.filter(|path| !path.is_empty());
    let found = link::found(cx, &meta, &name, &fields, path.as_deref(), &filters)?;
    if fields.is_empty() && !found.is_empty() {
        cacheable(cx, "private,max-age=1800,stale-while-revalidate=7200");
    }
    Ok(found)
}

/// Lets browsers keep the answer of a GET.
fn cacheable(cx: &mut Cx, how: &str) {
    if matches!(cx.request().verb, Verb::Get | Verb::Query) {
        cx.db().out.headers.push(("cache-control", how.to_owned()));
    }
}
