//! `/api/v2/discovery`: the catalogue of methods, made from the dispatch table.
//!
//! Guests see what guests may call.

use std::collections::BTreeMap;

use schemars::SchemaGenerator;
use serde::Serialize;
use serde_json::{Value, json};

use super::Catalogue;
use crate::args::Args;
use crate::cx::Cx;
use crate::doc_methods::right_for;
use crate::doctype::permissions::{self, Access, Right};
use crate::error::{Result, no_route};
use crate::method::{DocMethod, Method, Verb};
use crate::reply::Reply;

/// What an entry says it is.
const ENTRY: &str = "method";

/// Hits a search answers at most.
const HITS: usize = 50;

/// A method as lists show it.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line {
    Rpc {
        #[serde(rename = "type")]
        entry: &'static str,
        path: &'static str,
        #[serde(skip_serializing_if = "str::is_empty")]
        description: &'static str,
    },
    DocType {
        #[serde(rename = "type")]
        entry: &'static str,
        doctype: String,
        method: &'static str,
        #[serde(skip_serializing_if = "str::is_empty")]
        description: &'static str,
    },
}

impl Line {
    fn of(method: &Method) -> Line {
        Line::Rpc {
            entry: ENTRY,
            path: method.path,
            description: first_line(method.doc),
        }
    }

    fn of_document(doctype: &str, method: &DocMethod) -> Line {
        Line::DocType {
            entry: ENTRY,
            doctype: doctype.to_owned(),
            method: method.name(),
            description: first_line(method.method.doc),
        }
    }
}

/// A method as its own entry shows it.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(rename = "type")]
    entry: &'static str,
    http_methods: Vec<&'static str>,
    params: Vec<Param>,
    docstring: &'static str,
    #[serde(flatten)]
    target: Target,
}

#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Target {
    Rpc {
        path: &'static str,
        name: &'static str,
        allow_guest: bool,
        endpoint: String,
    },
    DocType {
        doctype: String,
        method: &'static str,
        /// Module the method stands in.
        defined_in: &'static str,
        endpoint: String,
        /// Right on the document that a verb needs.
        permission: BTreeMap<&'static str, &'static str>,
    },
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

fn split(path: &'static str) -> (&'static str, &'static str) {
    path.rsplit_once('.').unwrap_or(("", path))
}

fn first_line(doc: &'static str) -> &'static str {
    doc.lines().next().unwrap_or("").trim()
}

impl Entry {
    fn with(method: &Method, target: Target) -> Entry {
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
            entry: ENTRY,
            http_methods: method.verbs.names(),
            params: params.collect(),
            docstring: method.doc,
            target,
        }
    }

    fn of(path: &str, method: &'static Method) -> Entry {
        Entry::with(
            method,
            Target::Rpc {
                path: method.path,
                name: split(method.path).1,
                allow_guest: method.allow_guest,
                endpoint: format!("/api/v2/method/{path}"),
            },
        )
    }

    fn of_document(doctype: &str, method: &'static DocMethod) -> Entry {
        let name = method.name();
        let verbs = [Verb::Get, Verb::Post].into_iter();
        let verbs = verbs.filter(|verb| method.method.verbs.contains(*verb));
        let permission = verbs.map(|verb| (verb.name(), right_for(verb).name()));
        Entry::with(
            &method.method,
            Target::DocType {
                doctype: doctype.to_owned(),
                method: name,
                defined_in: split(method.method.path).0,
                endpoint: format!("/api/v2/document/{doctype}/{{name}}/method/{name}"),
                permission: permission.collect(),
            },
        )
    }
}

/// Answers for a part of the catalogue.
///
/// # Errors
/// 404 for a method or DocType that is not there for the caller, 403 for a DocType the caller may not read.
pub(super) fn answer(cx: &mut Cx, part: &Catalogue, args: &Args) -> Result<Reply> {
    let guest = cx.session().is_guest();
    let visible = |method: &Method| !guest || method.allow_guest;
    let dispatch = cx.site().dispatch;
    Ok(match part {
        Catalogue::Overview => {
            let methods = dispatch.methods().iter().filter(|method| visible(method));
            Reply::json(&json!({
                "type": "discovery",
                "resources": { "methods": methods.count(), "doctype_methods": of_doctypes(cx).len() },
                "links": {
                    "self": "/api/v2/discovery",
                    "search": "/api/v2/discovery/search?q={query}",
                    "methods": "/api/v2/discovery/method",
                    "method": "/api/v2/discovery/method/{method}",
                    "doctype_methods": "/api/v2/discovery/doctype/{doctype}",
                    "doctype_method": "/api/v2/discovery/doctype/{doctype}/method/{method}",
                },
            }))?
        }
        Catalogue::Methods => {
            let methods: Vec<Line> = index(cx).into_iter().map(|(line, _)| line).collect();
            Reply::json(&json!({ "type": "method_index", "methods": methods }))?
        }
        Catalogue::Search => {
            let asked = args.get("q").and_then(Value::as_str).unwrap_or("");
            let lower = asked.to_lowercase();
            let words: Vec<&str> = lower.split_whitespace().collect();
            let hits: Vec<Line> = index(cx)
                .into_iter()
                .filter(|(_, text)| words.iter().all(|word| text.contains(word)))
                .map(|(line, _)| line)
                .take(HITS)
                .collect();
            Reply::json(&json!({ "query": asked, "results": hits }))?
        }
        Catalogue::Method(path) => {
            let found = dispatch.get(path).filter(|method| visible(method));
            Reply::json(&Entry::of(path, found.ok_or_else(no_route)?))?
        }
        Catalogue::DocType(doctype) => {
            let (doctype, methods) = of_documents(cx, doctype)?;
            let methods: Vec<Line> = methods
                .into_iter()
                .map(|method| Line::of_document(&doctype, method))
                .collect();
            Reply::json(&json!({ "type": "method_index", "doctype": doctype, "methods": methods }))?
        }
        Catalogue::DocMethod(doctype, name) => {
            let (doctype, methods) = of_documents(cx, doctype)?;
            let found = methods.into_iter().find(|method| method.name() == name);
            Reply::json(&Entry::of_document(&doctype, found.ok_or_else(no_route)?))?
        }
    })
}

/// All methods the caller may see, each with the text it is searched by: methods by path, then DocTypes' own ones.
fn index(cx: &Cx) -> Vec<(Line, String)> {
    let guest = cx.session().is_guest();
    let methods = cx.site().dispatch.methods().iter();
    let methods = methods.filter(|method| !guest || method.allow_guest);
    let mut lines: Vec<(Line, String)> = methods
        .map(|method| {
            (
                Line::of(method),
                format!("rpc {} {}", method.path, method.doc).to_lowercase(),
            )
        })
        .collect();
    lines.extend(of_doctypes(cx).into_iter().map(|method| {
        let text = format!(
            "doctype {} {} {}",
            method.doctype,
            method.name(),
            method.method.doc
        );
        (Line::of_document(method.doctype, method), text.to_lowercase())
    }));
    lines
}

/// The methods that single DocTypes have, of those the caller may read.
fn of_doctypes(cx: &Cx) -> Vec<&'static DocMethod> {
    let guest = cx.session().is_guest();
    let mut methods = cx.site().dispatch.of_doctypes();
    methods.retain(|method| {
        let meta = cx.site().meta(method.doctype);
        (!guest || method.method.allow_guest)
            && meta.is_some_and(|meta| Access::of(&meta, cx.session()).somewhere(Right::Read))
    });
    methods
}

fn of_documents(cx: &mut Cx, doctype: &str) -> Result<(String, Vec<&'static DocMethod>)> {
    let meta = permissions::meta_of(cx, doctype)?;
    permissions::require_doctype(cx, &meta, Right::Read)?;
    let guest = cx.session().is_guest();
    let mut methods = cx.site().dispatch.of_doctype(&meta.name);
    methods.retain(|method| !guest || method.method.allow_guest);
    Ok((meta.name.clone(), methods))
}
