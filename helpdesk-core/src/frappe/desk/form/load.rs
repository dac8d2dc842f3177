//! `frappe.desk.form.load`: documents and DocTypes with all that a form shows beside them.
//!
//! Source: spec/framework-api.md §7.4.

use std::sync::Arc;

use serde_json::Map;

use crate::doctype::document::Document;
use crate::doctype::meta::{Meta, is_true};
use crate::doctype::permissions::{self, Right};
use crate::doctype::record::record;
use crate::doctype::{save, storage};
use crate::frappe::desk::search;
use crate::frappe::model::utils::user_settings;
use crate::prelude::*;
use crate::reply::Reply;
use crate::rest;

pub(crate) mod docinfo;
mod timeline;

/// A document with its surroundings: answers with `docs`, `docinfo` and `_link_titles`. Marks it as seen.
///
/// A document that does not exist answers with an empty list.
///
/// # Errors
/// 403 if the caller may not read it
#[whitelist]
pub fn getdoc(cx: &mut Cx, doctype: String, name: Option<StrOrInt>) -> Result<Reply> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let name = name.map_or_else(|| meta.name.clone(), |name| name.to_string());
    if storage::load(cx, &meta, &name)?.is_none() {
        permissions::require_doctype(cx, &meta, Right::Read)?;
        return Ok(Reply::json(&Value::Array(Vec::new()))?);
    }
    let doc = rest::readable(cx, &meta, &name)?;
    let info = docinfo::of(cx, &meta, &doc)?;
    let titles = search::link_titles(cx, &doc)?;
    mark_seen(cx, &meta, &doc)?;
    cx.side("docs", Value::Array(vec![serde_json::to_value(&doc)?]));
    cx.side("docinfo", info.into());
    cx.side("_link_titles", titles.into());
    Ok(Reply::Empty)
}

/// A DocType and the child DocTypes of its tables, as documents: answers with `docs` and `user_settings`.
///
/// # Errors
/// 403 for an unknown DocType.
#[whitelist]
pub fn getdoctype(
    cx: &mut Cx,
    doctype: String,
    /// Whether to send the DocType that has this one as child rows, too.
    #[arg(default = false)]
    with_parent: bool,
) -> Result<()> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let mut metas = vec![Arc::clone(&meta)];
    let mut parent = None;
    if with_parent && meta.istable {
        parent = parent_of(cx, &meta);
        metas.splice(0..0, parent.clone());
    }
    for table in meta.table_fields() {
        if let Some(child) = cx.site().meta(&table.options)
            && !metas.iter().any(|known| known.name == child.name)
        {
            metas.push(child);
        }
    }
    let docs = metas.iter().map(|meta| form(meta, cx.session())).collect();
    let keeper = parent.as_ref().unwrap_or(&meta);
    let settings = user_settings::stored(cx, &keeper.name)?;
    cx.side("docs", Value::Array(docs));
    cx.side("user_settings", settings.into());
    if let Some(parent) = parent {
        cx.side("parent_dt", parent.name.clone().into());
    }
    Ok(())
}

/// What a form shows beside a document: comments, messages, files, assignments, versions, rights. Answers with
/// `docinfo`.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
#[whitelist]
pub fn get_docinfo(cx: &mut Cx, doctype: String, name: StrOrInt) -> Result<()> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let doc = rest::readable(cx, &meta, &name.to_string())?;
    let info = docinfo::of(cx, &meta, &doc)?;
    cx.side("docinfo", info.into());
    Ok(())
}

/// Messages about a document, the newest first.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
#[whitelist]
pub fn get_communications(
    cx: &mut Cx,
    doctype: String,
    name: StrOrInt,
    #[arg(default = 0)] start: u64,
    #[arg(default = 20)] limit: u64,
) -> Result<Vec<Map<String, Value>>> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let doc = rest::readable(cx, &meta, &name.to_string())?;
    timeline::communications(cx, &meta.name, &doc.name_text(), start, limit)
}

/// The DocType whose table field holds rows of `child`; the first by name.
fn parent_of(cx: &Cx, child: &Meta) -> Option<Arc<Meta>> {
    let metas = cx.site().metas();
    let holds = |meta: &Arc<Meta>| meta.table_fields().any(|field| field.options == child.name);
    let mut parents: Vec<&Arc<Meta>> = metas.values().filter(|meta| holds(meta)).collect();
    parents.sort_by(|a, b| a.name.cmp(&b.name));
    parents.first().map(|meta| Arc::clone(meta))
}

/// The record of a DocType with the keys that only forms have. No script, print format or workflow comes from here.
fn form(meta: &Meta, session: &Session) -> Value {
    let mut form = record(meta);
    if let Value::Object(form) = &mut form {
        for key in ["__js", "__custom_js", "__custom_list_js"] {
            form.insert(key.into(), "".into());
        }
        form.insert("__assets_loaded".into(), true.into());
        for key in [
            "__css",
            "__list_js",
            "__calendar_js",
            "__form_grid_templates",
            "__listview_template",
            "__tree_js",
            "__templates",
            "__workspaces",
        ] {
            form.insert(key.into(), Value::Null);
        }
        for key in ["__print_formats", "__workflow_docs"] {
            form.insert(key.into(), Value::Array(Vec::new()));
        }
        // Boards are the desk's; portal users have none, not an empty list of them.
        let boards = session.system_user.then(Vec::<Value>::new);
        form.insert("__kanban_column_fields".into(), boards.into());
        let dashboard = json!({ "transactions": [], "non_standard_fieldnames": {}, "internal_links": {} });
        form.insert("__dashboard".into(), dashboard);
        let masked = meta.fields.iter().filter(|field| field.mask);
        let masked = masked.map(|field| Value::from(field.fieldname.as_str()));
        form.insert("masked_fields".into(), masked.collect());
    }
    form
}

/// Keeps who has seen and viewed a document, where its DocType asks for that. Reading commits it.
fn mark_seen(cx: &mut Cx, meta: &Meta, doc: &Document) -> Result<()> {
    let user = cx.user().to_owned();
    let name = doc.name_text();
    if meta.track_seen && meta.column_index("_seen").is_some() {
        let seen = storage::values(cx, &meta.name, &name, &["_seen"])?;
        let seen = seen.and_then(|row| row.into_iter().next()).unwrap_or_default();
        let mut users: Vec<String> = seen
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        if !users.contains(&user) {
            users.push(user.clone());
            let list = super::assign_to::json_list(&users);
            storage::set_columns(cx, &meta.name, &name, &[("_seen", list.into())])?;
            cx.db().out.commit = true;
        }
    }
    if is_true(meta.other.get("track_views"))
        && let Some(log) = cx.site().meta("View Log")
    {
        let mut view = Document::new(log);
        view.set("viewed_by", user);
        view.set("reference_doctype", meta.name.clone());
        view.set("reference_name", name);
        view.flags.ignore_permissions = true;
        save::insert(cx, &mut view)?;
        cx.db().out.commit = true;
    }
    Ok(())
}
