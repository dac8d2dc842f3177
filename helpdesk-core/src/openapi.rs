//! The OpenAPI 3.1 description of a site: its methods from the dispatch table, its DocTypes from their [`Meta`].
//!
//! Source: design, macros.md §9. OpenAPI 3.1 schemas are JSON Schema 2020-12, so schemars' output goes in as it is.

mod any_document;
mod components;
mod doc_comment;
mod doctypes;
mod methods;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::cx::Shared;
use crate::dispatch::Dispatch;
use crate::doctype::meta::Meta;
use crate::doctype::permissions::{Access, Right};
use crate::error::{Result, not_found};
use crate::method::Limit;
use crate::session::Session;

/// What a description says of itself.
#[derive(Clone, Debug)]
pub struct Info {
    /// Title of the API.
    pub title: String,
    /// Version of the program that answers.
    pub version: String,
}

/// For whom, and how much of it, a description is made.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The caller: DocTypes appear with the operations and fields the caller's roles give.
    pub session: &'a Session,
    /// Only this DocType, and no methods. One the caller may not read yields no paths at all.
    pub doctype: Option<&'a str>,
    /// Asks a limit for its number; `None` where it can't be told.
    pub limit: &'a dyn Fn(Limit) -> Option<u32>,
}

/// The description of the site in `shared`, for its caller.
///
/// # Errors
/// 404 when `doctype` names a DocType that there isn't, or that the caller may not read.
pub fn of_site(info: &Info, shared: &Shared, doctype: Option<&str>) -> Result<Value> {
    let metas = shared.site.metas();
    let doctype = match doctype {
        Some(name) => {
            let meta = shared.site.meta(name);
            let shown = meta.filter(|meta| doctypes::is_shown(meta, &metas, &shared.session));
            Some(shown.ok_or_else(|| not_found("DocType", name))?.name.clone())
        }
        None => None,
    };
    let options = Options {
        session: &shared.session,
        doctype: doctype.as_deref(),
        limit: &|limit| match limit {
            Limit::Fixed(number) => Some(number),
            Limit::Of(ask) => Some(ask(shared)),
        },
    };
    Ok(document(info, shared.site.dispatch, metas.values(), &options))
}

/// The description as one JSON object; the same input gives the same text.
pub fn document<'m>(
    info: &Info,
    dispatch: &Dispatch,
    metas: impl IntoIterator<Item = &'m Arc<Meta>>,
    options: &Options<'_>,
) -> Value {
    let mut metas: Vec<&Arc<Meta>> = metas.into_iter().collect();
    metas.sort_by(|a, b| a.name.cmp(&b.name));

    let mut out = Out::default();
    if options.doctype.is_none() {
        let mut generator = SchemaSettings::draft2020_12()
            .with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
            .into_generator();
        for method in dispatch.methods() {
            methods::describe(method, &mut generator, options, &mut out);
        }
        out.schemas.extend(generator.take_definitions(true));
    }
    doctypes::describe(&metas, options, &mut out);
    out.schemas.extend(components::schemas());
    out.schemas.sort_keys();

    json!({
        "openapi": "3.1.0",
        "info": {
            "title": info.title,
            "version": info.version,
            "description": components::ABOUT,
        },
        "servers": [{ "url": "/" }],
        "security": [{ "token": [] }, { "basic": [] }, { "bearer": [] }, { "session": [] }],
        "tags": out.tags.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": out.paths,
        "components": {
            "schemas": out.schemas,
            "parameters": components::parameters(),
            "responses": components::responses(),
            "headers": components::headers(),
            "securitySchemes": components::security_schemes(),
        },
    })
}

/// What the parts add to.
#[derive(Default)]
struct Out {
    paths: Map<String, Value>,
    schemas: Map<String, Value>,
    tags: BTreeSet<String>,
}

/// A reference to a component.
fn reference(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

/// A body in JSON.
fn json_content(schema: &Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

/// A request body in JSON or as a form; a form's values are texts, lists and objects in it JSON text.
fn body(schema: &Value, required: bool) -> Value {
    json!({
        "required": required,
        "content": {
            "application/json": { "schema": schema },
            "application/x-www-form-urlencoded": { "schema": schema },
        },
    })
}

/// Whether the caller's roles give a right on some document at least, one's own included.
fn may(access: Access, right: Right) -> bool {
    access.rights.has(right) || access.own.has(right)
}
