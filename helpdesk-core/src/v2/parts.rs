//! What `include` puts beside a document: parts of its side tables.
//!
//! Source: spec/framework.md §1.2, spec/framework-data.md §5.11.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::cx::Cx;
use crate::db::{Kind, Query};
use crate::doctype::document::Document;
use crate::doctype::field::FieldType;
use crate::doctype::meta::is_true;
use crate::doctype::permissions::{self, Right, Verdict};
use crate::doctype::{storage, system};
use crate::error::{Result, invalid};
use crate::query::{self, ListRequest};

/// One part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Permissions,
    Attachments,
    Assignments,
    Shares,
    Tags,
    Favourites,
    Comments,
    Seen,
    LinkTitles,
    Users,
}

const PARTS: [(&str, Part); 10] = [
    ("permissions", Part::Permissions),
    ("attachments", Part::Attachments),
    ("assignments", Part::Assignments),
    ("shares", Part::Shares),
    ("tags", Part::Tags),
    ("favourites", Part::Favourites),
    ("comments", Part::Comments),
    ("seen", Part::Seen),
    ("link_titles", Part::LinkTitles),
    ("users", Part::Users),
];

/// The parts a request asks for, each once.
///
/// # Errors
/// 417 naming one there is not.
pub(super) fn wanted(args: &Args) -> Result<Vec<Part>> {
    let text = args.get("include").and_then(Value::as_str).unwrap_or("");
    let mut parts = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let Some((_, part)) = PARTS.iter().find(|(known, _)| *known == name) else {
            return Err(invalid(format!("There is no part '{name}' to include")));
        };
        if !parts.contains(part) {
            parts.push(*part);
        }
    }
    Ok(parts)
}

impl Part {
    /// Its key in the answer.
    pub(super) fn name(self) -> &'static str {
        PARTS
            .iter()
            .find(|(_, part)| *part == self)
            .map_or("", |(name, _)| *name)
    }

    /// The part of a document the caller may read.
    pub(super) fn of(self, cx: &mut Cx, doc: &Document) -> Result<Value> {
        Ok(match self {
            Part::Permissions => rights(cx, doc)?,
            Part::Attachments => rows(
                cx,
                system::FILE,
                &["name", "file_name", "file_url", "is_private"],
                json!([
                    ["attached_to_doctype", "=", doc.doctype()],
                    ["attached_to_name", "=", doc.name_text()]
                ]),
            )?,
            Part::Assignments => assignments(cx, doc)?,
            Part::Shares => rows(
                cx,
                system::DOCSHARE,
                &["user", "read", "write", "share", "submit", "everyone"],
                json!([
                    ["share_doctype", "=", doc.doctype()],
                    ["share_name", "=", doc.name_text()]
                ]),
            )?,
            Part::Tags => tags(doc),
            Part::Favourites => json_list(doc, "_liked_by"),
            Part::Comments => comments(cx, doc)?,
            Part::Seen => json_list(doc, "_seen"),
            Part::LinkTitles => link_titles(cx, doc)?,
            Part::Users => users(cx, doc)?,
        })
    }
}

/// The caller's rights on the document, each 0 or 1.
fn rights(cx: &mut Cx, doc: &Document) -> Result<Value> {
    let meta = std::sync::Arc::clone(doc.meta());
    let mut out = Map::new();
    for right in Right::ALL {
        let granted = permissions::check(cx, &meta, doc, *right)? == Verdict::Granted;
        out.insert(right.name().to_owned(), Value::from(u8::from(granted)));
    }
    Ok(Value::Object(out))
}

/// Rows that belong to the document, the newest first; whoever reads the document may see them.
fn rows(cx: &mut Cx, doctype: &str, fields: &[&str], filters: Value) -> Result<Value> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: fields.iter().map(|field| Value::from(*field)).collect(),
            filters,
            order_by: "creation desc, name desc".to_owned(),
            ignore_permissions: true,
            ..ListRequest::of(doctype)
        },
    )?;
    Ok(Value::from(
        rows.into_iter().map(Value::Object).collect::<Vec<_>>(),
    ))
}

/// Open assignments; `owner` is the user who has it, as everywhere in the contract.
fn assignments(cx: &mut Cx, doc: &Document) -> Result<Value> {
    rows(
        cx,
        system::TODO,
        &["name", "allocated_to as owner", "description", "status"],
        json!([
            ["reference_type", "=", doc.doctype()],
            ["reference_name", "=", doc.name_text()],
            ["status", "not in", ["Cancelled", "Closed"]],
            ["allocated_to", "is", "set"]
        ]),
    )
}

fn comments(cx: &mut Cx, doc: &Document) -> Result<Value> {
    rows(
        cx,
        system::COMMENT,
        &[
            "name",
            "creation",
            "content",
            "owner",
            "comment_type",
            "comment_by",
            "published",
        ],
        json!([
            ["reference_doctype", "=", doc.doctype()],
            ["reference_name", "=", doc.name_text()],
            ["comment_type", "=", "Comment"]
        ]),
    )
}

fn tags(doc: &Document) -> Value {
    doc.text("_user_tags")
        .split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .collect()
}

/// A side column that holds a list as JSON text.
fn json_list(doc: &Document, column: &str) -> Value {
    match serde_json::from_str(doc.text(column)) {
        Ok(list @ Value::Array(_)) => list,
        _ => json!([]),
    }
}

/// Titles of the documents linked to, `{"DocType::name": title}`, where their DocTypes show titles in links.
fn link_titles(cx: &mut Cx, doc: &Document) -> Result<Value> {
    let mut out = Map::new();
    for field in &doc.meta().clone().fields {
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
        let shows = is_true(target.other.get("show_title_field_in_link"));
        if !shows || target.title_field.is_empty() || target.column_index(&target.title_field).is_none() {
            continue;
        }
        let title = storage::values(cx, &target.name, name, &[&target.title_field])?
            .and_then(|row| row.into_iter().next())
            .unwrap_or_default();
        out.insert(format!("{}::{name}", target.name), title);
    }
    Ok(Value::Object(out))
}

/// Who the users are that the document names as owner, editor or assignee.
fn users(cx: &mut Cx, doc: &Document) -> Result<Value> {
    let mut names: BTreeSet<String> = ["owner", "modified_by"]
        .iter()
        .map(|field| doc.text(field).to_owned())
        .collect();
    for column in ["_assign", "_seen", "_liked_by"] {
        let list = json_list(doc, column);
        let texts = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.extend(texts.map(str::to_owned));
    }
    names.remove("");
    let mut out = Map::new();
    if names.is_empty() {
        return Ok(Value::Object(out));
    }
    let mut query = Query::new();
    query
        .sql("SELECT name, full_name, user_image, email, time_zone FROM ")
        .ident(format!("tab{}", system::USER))
        .sql(" WHERE name IN (");
    for (i, name) in names.iter().enumerate() {
        if i > 0 {
            query.sql(", ");
        }
        query.text(name.clone());
    }
    query.sql(") ORDER BY name").forget();
    for row in cx.db().rows(query, &[Kind::Text; 5])? {
        let cell = |at: usize| row.get(at).map_or(Value::Null, |cell| cell.to_json(Kind::Text));
        let name = cell(0).as_str().unwrap_or("").to_owned();
        let user = json!({
            "fullname": cell(1),
            "image": cell(2),
            "name": cell(0),
            "email": cell(3),
            "time_zone": cell(4),
        });
        out.insert(name, user);
    }
    Ok(Value::Object(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_named_once_and_known() {
        let mut args = Args::new();
        args.set("include", Value::from("tags, seen,,tags"));
        assert_eq!(wanted(&args).unwrap(), [Part::Tags, Part::Seen]);

        args.set("include", Value::from("tags,passwords"));
        assert!(wanted(&args).unwrap_err().text().contains("passwords"));
    }
}
