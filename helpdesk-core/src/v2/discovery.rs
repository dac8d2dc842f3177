//! `/api/v2/discovery`: the catalogue of methods, made from the dispatch table.
//!
//! Guests see what guests may call.

use schemars::SchemaGenerator;
use serde::Serialize;
use serde_json::{Value, json};

use super::Catalogue;
use crate::args::Args;
use crate::cx::Cx;
use crate::doctype::permissions::{self, Access, Right};
use crate::error::{Result, no_route};
use crate::method::Method;
use crate::reply::Reply;

/// Hits a search answers at most.
const HITS: usize = 50;

/// A method as the catalogue shows it.
#[derive(Debug, Serialize)]
struct Entry {
    path: &'static str,
    allow_guest: bool,
    http_methods: Vec<&'static str>,
    params: Vec<Param>,
    docstring: &'static str,
}

#[derive(Debug, Serialize)]
struct Param {
    name: &'static str,
    #[serde(rename = "type")]
    rust_type: &'static str,
    required: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'static str,
}

impl Entry {
    fn of(method: &'static Method) -> Entry {
        let schemas = (method.schema)(&mut SchemaGenerator::default());
        let params = method
            .params
            .iter()
            .filter(|param| !param.rest)
            .map(|param| Param {
                name: param.name,
                rust_type: param.rust_type,
                required: schemas
                    .args
                    .iter()
                    .any(|(name, _, required)| *name == param.name && *required),
                default: param.default.map(|default| default()),
                description: param.doc,
            });
        Entry {
            path: method.path,
            allow_guest: method.allow_guest,
            http_methods: method.verbs.names(),
            params: params.collect(),
            docstring: method.doc,
        }
    }
}

/// Answers for a part of the catalogue.
pub(super) fn answer(cx: &mut Cx, part: &Catalogue, args: &Args) -> Result<Reply> {
    let guest = cx.session().is_guest();
    let visible = |method: &&'static Method| !guest || method.allow_guest;
    let methods = cx.site().dispatch.methods().iter().copied().filter(visible);
    Ok(match part {
        Catalogue::Overview => {
            let methods: Vec<&str> = methods.map(|method| method.path).collect();
            Reply::json(&json!({"methods": methods, "doctypes": doctypes(cx)}))?
        }
        Catalogue::Methods => Reply::json(&methods.map(Entry::of).collect::<Vec<_>>())?,
        Catalogue::Search => {
            let wanted = args
                .get("q")
                .and_then(Value::as_str)
                .unwrap_or("")
                .trim()
                .to_lowercase();
            let hits = methods.filter(|method| {
                method.path.to_lowercase().contains(&wanted) || method.doc.to_lowercase().contains(&wanted)
            });
            Reply::json(&hits.take(HITS).map(Entry::of).collect::<Vec<_>>())?
        }
        Catalogue::Method(path) => {
            let found = cx.site().dispatch.get(path).filter(visible);
            Reply::json(&Entry::of(found.ok_or_else(no_route)?))?
        }
        Catalogue::DocType(doctype) => {
            let methods: Vec<Entry> = of_documents(cx, doctype)?.into_iter().map(Entry::of).collect();
            Reply::json(&json!({"doctype": doctype, "methods": methods}))?
        }
        Catalogue::DocMethod(doctype, name) => {
            let methods = of_documents(cx, doctype)?;
            let found = methods
                .into_iter()
                .find(|method| method.path.rsplit('.').next() == Some(name));
            Reply::json(&Entry::of(found.ok_or_else(no_route)?))?
        }
    })
}

/// DocTypes the caller may read.
fn doctypes(cx: &Cx) -> Vec<String> {
    let metas = cx.site().metas();
    let mut names: Vec<String> = metas
        .values()
        .filter(|meta| !meta.istable && Access::of(meta, cx.session()).somewhere(Right::Read))
        .map(|meta| meta.name.clone())
        .collect();
    names.sort();
    names
}

fn of_documents(cx: &mut Cx, doctype: &str) -> Result<Vec<&'static Method>> {
    let meta = permissions::meta_of(cx, doctype)?;
    permissions::require_doctype(cx, &meta, Right::Read)?;
    let guest = cx.session().is_guest();
    let methods = cx.site().dispatch.of_doctype(&meta.name);
    Ok(methods
        .into_iter()
        .map(|method| &method.method)
        .filter(|method| !guest || method.allow_guest)
        .collect())
}
