//! Links of other documents hold a document back from being deleted.
//!
//! Source: spec/framework-data.md §5.9, step 7.

use std::sync::Arc;

use super::document::Document;
use super::field::{Field, FieldType};
use super::meta::Meta;
use super::{ignored_links, storage};
use crate::cx::Cx;
use crate::db::{Kind, Query};
use crate::error::{Error, ErrorKind, Result};

/// Links of one field that are looked at: those of a document itself, and of what never stops a deletion, among them.
const LOOKED_AT: u64 = 50;

/// Refuses when a link of another document leads here. Links of a fixed DocType come first, DocTypes by name.
///
/// # Errors
/// 417 `LinkExistsError` naming the other document.
pub(super) fn check(cx: &mut Cx, meta: &Meta, doc: &Document) -> Result<()> {
    search(cx, meta, doc, false)
}

/// Refuses to cancel a document when a link of a submitted document leads here.
///
/// # Errors
/// As [`check`].
pub(super) fn check_submitted(cx: &mut Cx, meta: &Meta, doc: &Document) -> Result<()> {
    search(cx, meta, doc, true)
}

fn search(cx: &mut Cx, meta: &Meta, doc: &Document, submitted: bool) -> Result<()> {
    let name = doc.name_text();
    let metas = cx.site().metas();
    let mut others: Vec<&Arc<Meta>> = metas
        .values()
        .filter(|other| !other.is_virtual && !ignored_links::is_ignored(&other.name))
        .collect();
    others.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    for kind in [FieldType::Link, FieldType::DynamicLink] {
        for other in &others {
            let fields = other.fields.iter().filter(|field| {
                field.fieldtype == kind
                    && !field.is_virtual
                    && (kind == FieldType::DynamicLink || field.options == meta.name)
                    && !(submitted && field.fieldname == "amended_from")
            });
            for field in fields {
                let found = if other.issingle && submitted {
                    None
                } else if other.issingle {
                    of_single(cx, meta, &name, other, field)?
                } else {
                    of_rows(cx, meta, &name, (other, field), submitted)?
                };
                if let Some((doctype, other_name)) = found {
                    return Err(refusal(cx, meta, &name, &doctype, &other_name));
                }
            }
        }
    }
    Ok(())
}

/// A single document that links here.
fn of_single(
    cx: &mut Cx,
    meta: &Meta,
    name: &str,
    other: &Meta,
    field: &Field,
) -> Result<Option<(String, String)>> {
    let mut says = |field: &str, text: &str| -> Result<bool> {
        let value = storage::single_value(cx, &other.name, field)?;
        Ok(value
            .as_str()
            .is_some_and(|value| value.eq_ignore_ascii_case(text)))
    };
    let links = other.name != meta.name
        && says(&field.fieldname, name)?
        && (field.fieldtype == FieldType::Link || says(&field.options, &meta.name)?);
    Ok(links.then(|| (other.name.clone(), other.name.clone())))
}

/// The first document, or parent of a row, that links here.
fn of_rows(
    cx: &mut Cx,
    meta: &Meta,
    name: &str,
    (other, field): (&Meta, &Field),
    submitted: bool,
) -> Result<Option<(String, String)>> {
    let mut query = Query::new();
    query.forget();
    query
        .sql("SELECT name")
        .sql(if other.istable { ", parent, parenttype" } else { "" })
        .sql(" FROM ")
        .ident(other.table.clone())
        .sql(" WHERE ")
        .ident(field.fieldname.clone())
        .sql(" = ")
        .text(name.to_owned());
    if field.fieldtype == FieldType::DynamicLink {
        query
            .sql(" AND ")
            .ident(field.options.clone())
            .sql(" = ")
            .text(meta.name.clone());
    }
    if submitted {
        query.sql(" AND docstatus = 1");
    }
    query.sql(" LIMIT ").number(LOOKED_AT);
    let kinds = [other.columns[0].kind, Kind::Text, Kind::Text];
    let columns = if other.istable { &kinds[..] } else { &kinds[..1] };
    for row in cx.db().rows(query, columns)? {
        let text = |at: usize| {
            row.get(at)
                .and_then(|cell| cell.as_str())
                .unwrap_or("")
                .to_owned()
        };
        let (doctype, other_name) = if other.istable {
            (text(2), text(1))
        } else {
            let own = row.first().map(|cell| cell.to_json(kinds[0])).unwrap_or_default();
            let own = own.as_str().map_or_else(|| own.to_string(), str::to_owned);
            (other.name.clone(), own)
        };
        let is_itself = doctype == meta.name && other_name.eq_ignore_ascii_case(name);
        if !is_itself && !ignored_links::is_ignored(&doctype) {
            return Ok(Some((doctype, other_name)));
        }
    }
    Ok(None)
}

fn refusal(cx: &mut Cx, meta: &Meta, name: &str, other: &str, other_name: &str) -> Error {
    let text = format!(
        "Cannot delete or cancel because {} {name} is linked with {other} {other_name} ",
        meta.name
    );
    if meta.field("enabled").is_some() || meta.field("disabled").is_some() {
        let first = Error::new(ErrorKind::LinkExistsError, text);
        if let Some(message) = first.message() {
            cx.msgprint(message.clone());
        }
        return Error::new(
            ErrorKind::LinkExistsError,
            format!("You can disable this {} instead of deleting it.", meta.name),
        );
    }
    Error::new(ErrorKind::LinkExistsError, text)
}
