//! What leads to a document: links, dynamic links, and references kept as plain text.

use serde_json::Value;

use super::{Renaming, users_of};
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::field::{Field, FieldType};
use crate::doctype::meta::Meta;
use crate::doctype::{storage, system};
use crate::error::Result;
use crate::site::kept;

/// How a field names documents of a DocType.
enum Leads<'a> {
    /// By its own definition.
    Always,
    /// Where another field says so.
    Where(&'a str),
}

/// Puts the new name into every field that holds the old one.
pub(super) fn update(cx: &mut Cx, renaming: &Renaming<'_>) -> Result<()> {
    for meta in cx.site().metas().values() {
        if meta.is_virtual {
            continue;
        }
        for field in &meta.fields {
            let Some(leads) = leads(field, renaming.doctype) else {
                continue;
            };
            if meta.issingle {
                update_single(cx, meta, &field.fieldname, &leads, renaming)?;
            } else {
                update_column(cx, meta, &field.fieldname, &leads, renaming)?;
            }
        }
    }
    for (doctype, kind, name) in system::TEXT_REFERENCES {
        let Some(meta) = cx.site().meta(doctype) else {
            continue;
        };
        update_column(cx, &meta, name, &Leads::Where(kind), renaming)?;
    }
    Ok(())
}

fn leads<'a>(field: &'a Field, doctype: &str) -> Option<Leads<'a>> {
    if field.is_virtual {
        return None;
    }
    match field.fieldtype {
        FieldType::Link if field.options == doctype => Some(Leads::Always),
        FieldType::Select if field.options.strip_prefix("link:") == Some(doctype) => Some(Leads::Always),
        FieldType::DynamicLink => Some(Leads::Where(&field.options)),
        _ => None,
    }
}

fn update_column(
    cx: &mut Cx,
    meta: &Meta,
    field: &str,
    leads: &Leads<'_>,
    renaming: &Renaming<'_>,
) -> Result<()> {
    let Some(column) = meta.column(field) else {
        return Ok(());
    };
    let mut query = Query::new();
    query.forget();
    query
        .sql("UPDATE ")
        .ident(meta.table.clone())
        .sql(" SET ")
        .ident(column.name.clone());
    query.sql(" = ").text(renaming.new.to_owned());
    query
        .sql(" WHERE ")
        .ident(column.name.clone())
        .sql(" = ")
        .text(renaming.old.to_owned());
    if let Leads::Where(kind) = leads {
        let Some(kind) = meta.column(kind) else {
            return Ok(());
        };
        query
            .sql(" AND ")
            .ident(kind.name.clone())
            .sql(" = ")
            .text(renaming.doctype.to_owned());
    }
    cx.db().execute(query)?;
    Ok(())
}

fn update_single(
    cx: &mut Cx,
    meta: &Meta,
    field: &str,
    leads: &Leads<'_>,
    renaming: &Renaming<'_>,
) -> Result<()> {
    if let Leads::Where(kind) = leads
        && storage::single_value(cx, &meta.name, kind)?.as_str() != Some(renaming.doctype)
    {
        return Ok(());
    }
    let is_old = storage::single_value(cx, &meta.name, field)?
        .as_str()
        .is_some_and(|value| value.eq_ignore_ascii_case(renaming.old));
    if !is_old {
        return Ok(());
    }
    let mut query = Query::fixed();
    query
        .sql("UPDATE ")
        .ident(system::SINGLES_TABLE)
        .sql(" SET value = ")
        .text(renaming.new.to_owned());
    query
        .sql(" WHERE doctype = ")
        .text(meta.name.clone())
        .sql(" AND field = ")
        .text(field.to_owned());
    cx.db().execute(query)?;
    kept::all_changed(cx);
    Ok(())
}

/// The users assigned to the document that goes are assigned to the one that stays.
pub(super) fn merge_assignments(cx: &mut Cx, renaming: &Renaming<'_>) -> Result<()> {
    let has_list = cx
        .site()
        .meta(renaming.doctype)
        .is_some_and(|meta| meta.column_index("_assign").is_some());
    if !has_list {
        return Ok(());
    }
    let mut users: Vec<String> = Vec::new();
    for name in [renaming.new, renaming.old] {
        let row = storage::values(cx, renaming.doctype, name, &["_assign"])?;
        for user in row.iter().flatten().flat_map(users_of) {
            if !users.contains(&user) {
                users.push(user);
            }
        }
    }
    if users.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = users
        .iter()
        .map(|user| Value::from(user.as_str()).to_string())
        .collect();
    let list = Value::from(format!("[{}]", list.join(", ")));
    storage::set_columns(cx, renaming.doctype, renaming.new, &[("_assign", list)])?;
    Ok(())
}

/// Columns that name a user outside any field: `owner` and `modified_by` of every row there is.
///
/// # Errors
/// A database failure.
pub(crate) fn update_owners(cx: &mut Cx, old: &str, new: &str) -> Result<()> {
    for meta in cx.site().metas().values() {
        if meta.is_virtual || meta.issingle {
            continue;
        }
        for column in ["owner", "modified_by"] {
            let mut query = Query::new();
            query.forget();
            query
                .sql("UPDATE ")
                .ident(meta.table.clone())
                .sql(" SET ")
                .ident(column);
            query.sql(" = ").text(new.to_owned());
            query.sql(" WHERE ").ident(column).sql(" = ");
            query.bind(Kind::Text, Scalar::Text(old.to_owned().into()));
            cx.db().execute(query)?;
        }
    }
    Ok(())
}
