//! `frappe.desk.notifications`: how many documents are connected with one.

use crate::doctype::field::FieldType;
use crate::doctype::meta::Meta;
use crate::doctype::permissions::{self, Access};
use crate::prelude::*;
use crate::query::{self, ListRequest};
use crate::rest;

/// Counting stops here: forms show `100+`.
const MOST: u64 = 100;

/// Documents connected with one.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct OpenCount {
    count: Connections,
}

/// Connected documents by DocType.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Connections {
    /// Documents that link to this one.
    external_links_found: Vec<Connection>,
    /// Documents this one links to.
    internal_links_found: Vec<Connection>,
}

/// How many documents of a DocType are connected.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Connection {
    doctype: String,
    count: i64,
    /// Those that wait for something; DocTypes name no such state here.
    open_count: i64,
}

/// Counts the documents of some DocTypes that link to a document, as far as the caller may list them.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
/// - 417 for items that are no list of DocTypes
#[whitelist]
pub fn get_open_count(
    cx: &mut Cx,
    doctype: String,
    name: StrOrInt,
    /// Names of DocTypes, or their JSON text.
    items: Option<Value>,
) -> Result<OpenCount> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let doc = rest::readable(cx, &meta, &name.to_string())?;
    let items = match query::json_argument("items", items.as_ref())? {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        other => return Err(invalid(format!("Items are a list of DocTypes, not {other}"))),
    };
    let mut found = Vec::new();
    for item in items.iter().filter_map(Value::as_str) {
        let Some(other) = cx
            .site()
            .meta(item)
            .filter(|other| !other.issingle && !other.istable)
        else {
            continue;
        };
        let Some(field) = link_to(&meta, &other) else {
            continue;
        };
        if !Access::of(&other, cx.session()).can_list() {
            continue;
        }
        let request = ListRequest {
            filters: json!([[field, "=", doc.name_text()]]),
            length: Some(MOST),
            ..ListRequest::of(other.name.clone())
        };
        found.push(Connection {
            doctype: other.name.clone(),
            count: query::count(cx, &request)?,
            open_count: 0,
        });
    }
    Ok(OpenCount {
        count: Connections {
            external_links_found: found,
            internal_links_found: Vec::new(),
        },
    })
}

/// The field of `other` that links to `meta`: the one declared as connection, else the first.
fn link_to(meta: &Meta, other: &Meta) -> Option<String> {
    let declared = meta.other.get("links").and_then(Value::as_array);
    let declared = declared
        .into_iter()
        .flatten()
        .find(|link| link["link_doctype"] == other.name.as_str());
    let declared = declared.and_then(|link| link["link_fieldname"].as_str());
    let links = |name: &str| other.field(name).is_some_and(|field| field.options == meta.name);
    if let Some(name) = declared.filter(|name| links(name)) {
        return Some(name.to_owned());
    }
    let mut fields = other.fields.iter();
    let first = fields.find(|field| field.fieldtype == FieldType::Link && field.options == meta.name);
    first.map(|field| field.fieldname.clone())
}
