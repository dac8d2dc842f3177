//! Trees: DocTypes with `is_tree`, whose documents stand under one another, kept as nested sets.
//!
//! A node's `lft` and `rgt` enclose those of all nodes under it, so that a whole branch is found by comparing numbers.
//! They are the engine's: what a client sends of them is ignored.
//!
//! Source: spec/framework-data.md §5.3.4; which fields a tree has is the original's.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::document::Document;
use super::field::{Field, FieldType};
use super::meta::Meta;
use super::storage;
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::error::{Error, ErrorKind, Result};

const LEFT: &str = "lft";
const RIGHT: &str = "rgt";

/// The field that names the node above, by the DocType's name unless it says so.
pub(super) fn parent_field(meta: &Meta) -> String {
    match meta.other.get("nsm_parent_field").and_then(Value::as_str) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => format!("parent_{}", meta.name.to_lowercase().replace([' ', '-'], "_")),
    }
}

/// Gives a tree the fields it needs and does not declare.
pub(super) fn add_fields(meta: &mut Meta) {
    if !meta.is_tree {
        return;
    }
    let parent = parent_field(meta);
    let label = format!("Parent {}", meta.name);
    let link = meta.name.clone();
    let hidden = [LEFT, RIGHT, "old_parent"];
    for (name, fieldtype, label, options) in [
        (LEFT, FieldType::Int, "Left", ""),
        (RIGHT, FieldType::Int, "Right", ""),
        ("is_group", FieldType::Check, "Is Group", ""),
        ("old_parent", FieldType::Link, "Old Parent", link.as_str()),
        (parent.as_str(), FieldType::Link, label.as_str(), link.as_str()),
    ] {
        if meta.fields.iter().any(|field| field.fieldname == name) {
            continue;
        }
        let mut field = Field {
            fieldname: name.to_owned(),
            fieldtype,
            label: label.to_owned(),
            options: options.to_owned(),
            ..Field::default()
        };
        if hidden.contains(&name) {
            field.no_copy = true;
            field.other.insert("hidden".to_owned(), 1.into());
            field.other.insert("read_only".to_owned(), 1.into());
        }
        meta.fields.push(field);
    }
    meta.indexes.push(vec![LEFT.to_owned(), RIGHT.to_owned()]);
}

/// Before a document is written: its place is the stored one, and not under itself.
///
/// # Errors
/// 417 `NestedSetRecursionError` where a node would come under itself.
pub(super) fn prepare(cx: &mut Cx, doc: &mut Document, before: Option<&Document>) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    if !meta.is_tree {
        return Ok(());
    }
    lock(cx, &meta)?;
    let parent = parent_field(&meta);
    let above = doc.text(&parent).to_owned();
    let old_parent = doc.get(&parent).clone();
    doc.set("old_parent", old_parent);
    let Some(before) = before else {
        doc.set(LEFT, 0);
        doc.set(RIGHT, 0);
        return Ok(());
    };
    // Read anew: a node beside may have moved it since it was loaded.
    let own = place(cx, &meta, &before.name_text())?;
    doc.set(LEFT, own.0);
    doc.set(RIGHT, own.1);
    if !above.is_empty() {
        let (left, right) = place(cx, &meta, &above)?;
        if left >= own.0 && right <= own.1 && own.0 > 0 {
            return Err(Error::new(
                ErrorKind::NestedSetRecursionError,
                "Item cannot be added to its own descendants",
            ));
        }
    }
    Ok(())
}

/// After a document is written: it gets its place, or its branch moves.
///
/// # Errors
/// A database failure.
pub(super) fn put(cx: &mut Cx, doc: &mut Document, before: Option<&Document>) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    if !meta.is_tree {
        return Ok(());
    }
    let parent = parent_field(&meta);
    match before {
        None => append(cx, &meta, doc, &parent)?,
        Some(before) if !before.text(&parent).eq_ignore_ascii_case(doc.text(&parent)) => {
            rebuild(cx, &meta)?;
            let (left, right) = place(cx, &meta, &doc.name_text())?;
            doc.set(LEFT, left);
            doc.set(RIGHT, right);
        }
        Some(_) => return Ok(()),
    }
    changed(cx);
    Ok(())
}

/// Refuses the deletion of a node that has others under it.
///
/// # Errors
/// 417 `NestedSetChildExistsError`.
pub(super) fn check_deletion(cx: &mut Cx, doc: &Document) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    if !meta.is_tree {
        return Ok(());
    }
    lock(cx, &meta)?;
    let mut query = Query::fixed();
    query
        .sql("SELECT count(*) FROM (SELECT 1 FROM ")
        .ident(meta.table.clone())
        .sql(" WHERE ")
        .ident(parent_field(&meta))
        .sql(" = ")
        .text(doc.name_text())
        .sql(" LIMIT 1) AS below");
    if cx.db().count(query)? == 0 {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::NestedSetChildExistsError,
        format!("Cannot delete {} as it has child nodes", doc.name_text()),
    ))
}

/// Closes the gap that a deleted node leaves.
///
/// # Errors
/// A database failure.
pub(super) fn removed(cx: &mut Cx, doc: &Document) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    if !meta.is_tree {
        return Ok(());
    }
    let left = super::value::lenient_int(doc.get(LEFT));
    let right = super::value::lenient_int(doc.get(RIGHT));
    if left > 0 && right > left {
        shift(cx, &meta, right, left - right - 1)?;
    }
    changed(cx);
    Ok(())
}

/// Numbers all nodes of a tree anew, by their parents; brothers keep their order. A node whose parent is not there is
/// a root.
///
/// # Errors
/// A database failure.
pub(crate) fn rebuild(cx: &mut Cx, meta: &Meta) -> Result<()> {
    lock(cx, meta)?;
    let mut query = Query::new();
    query
        .sql("SELECT name, ")
        .ident(parent_field(meta))
        .sql(", lft, rgt FROM ")
        .ident(meta.table.clone())
        .sql(" ORDER BY lft, name");
    let rows = cx
        .db()
        .rows(query, &[meta.columns[0].kind, Kind::Text, Kind::Int, Kind::Int])?;
    let text = |cell: Option<&Scalar<'_>>| match cell {
        Some(Scalar::Int(number)) => number.to_string(),
        Some(cell) => cell.as_str().unwrap_or("").to_owned(),
        None => String::new(),
    };
    let nodes: Vec<(String, String, (i64, i64))> = rows
        .iter()
        .map(|row| {
            let number = |at: usize| row.get(at).and_then(Scalar::as_int).unwrap_or(0);
            (text(row.first()), text(row.get(1)), (number(2), number(3)))
        })
        .collect();
    let folded: HashMap<String, usize> = nodes
        .iter()
        .enumerate()
        .map(|(at, (name, ..))| (name.to_ascii_lowercase(), at))
        .collect();
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut roots = Vec::new();
    for (at, (_, parent, _)) in nodes.iter().enumerate() {
        match folded.get(&parent.to_ascii_lowercase()) {
            Some(above) if *above != at => below[*above].push(at),
            _ => roots.push(at),
        }
    }
    for (name, place) in numbered(&nodes, &below, &roots) {
        let changes = [(LEFT, Value::from(place.0)), (RIGHT, Value::from(place.1))];
        storage::set_columns(cx, &meta.name, &name, &changes)?;
    }
    Ok(())
}

/// The nodes whose place changes, with the new one. A stack instead of recursion: trees may be deep.
fn numbered(
    nodes: &[(String, String, (i64, i64))],
    below: &[Vec<usize>],
    roots: &[usize],
) -> Vec<(String, (i64, i64))> {
    let mut next = 0;
    let mut found = Vec::new();
    let mut open: Vec<(usize, i64, usize)> = Vec::new();
    for root in roots {
        next += 1;
        open.push((*root, next, 0));
        while let Some((node, left, done)) = open.last_mut() {
            next += 1;
            if let Some(child) = below[*node].get(*done) {
                *done += 1;
                open.push((*child, next, 0));
            } else {
                if nodes[*node].2 != (*left, next) {
                    found.push((nodes[*node].0.clone(), (*left, next)));
                }
                open.pop();
            }
        }
    }
    found
}

/// The condition that a document is in the branch of a node, itself not counted: `SELECT` of the names.
///
/// `above`: the nodes it is under instead of those under it. `inclusive`: itself too.
pub(crate) fn branch(meta: &Meta, node: Scalar<'static>, above: bool, inclusive: bool) -> Query<'static> {
    let mut query = Query::new();
    query
        .sql("SELECT node.name FROM ")
        .ident(meta.table.clone())
        .sql(" AS node, ")
        .ident(meta.table.clone())
        .sql(" AS pivot WHERE pivot.name = ")
        .bind(meta.columns[0].kind, node)
        .sql(match (above, inclusive) {
            (true, _) => " AND node.lft < pivot.lft AND node.rgt > pivot.rgt",
            (false, false) => " AND node.lft > pivot.lft AND node.rgt < pivot.rgt",
            (false, true) => " AND node.lft >= pivot.lft AND node.rgt <= pivot.rgt",
        });
    query
}

/// The names of the nodes under one.
///
/// # Errors
/// A database failure.
pub(super) fn descendants(cx: &mut Cx, meta: &Meta, name: &str) -> Result<Vec<String>> {
    let kind = meta.columns[0].kind;
    let Some(node) = super::value::scalar_of_kind(kind, &Value::from(name)) else {
        return Ok(Vec::new());
    };
    let rows = cx.db().rows(branch(meta, node, false, false), &[kind])?;
    Ok(rows
        .iter()
        .filter_map(|row| match row.first()? {
            Scalar::Int(number) => Some(number.to_string()),
            cell => cell.as_str().map(str::to_owned),
        })
        .collect())
}

/// A new node becomes the last one under its parent, or the last root.
fn append(cx: &mut Cx, meta: &Meta, doc: &mut Document, parent: &str) -> Result<()> {
    let above = doc.text(parent).to_owned();
    let (_, right) = if above.is_empty() {
        (0, 0)
    } else {
        place(cx, meta, &above)?
    };
    let at = if right > 0 {
        shift(cx, meta, right - 1, 2)?;
        right
    } else {
        let mut query = Query::fixed();
        query
            .sql("SELECT coalesce(max(rgt), 0) FROM ")
            .ident(meta.table.clone());
        cx.db().count(query)? + 1
    };
    let changes = [(LEFT, Value::from(at)), (RIGHT, Value::from(at + 1))];
    storage::set_columns(cx, &meta.name, &doc.name_text(), &changes)?;
    doc.set(LEFT, at);
    doc.set(RIGHT, at + 1);
    Ok(())
}

/// Adds to all numbers above one.
fn shift(cx: &mut Cx, meta: &Meta, above: i64, by: i64) -> Result<()> {
    for column in [LEFT, RIGHT] {
        let mut query = Query::fixed();
        query
            .sql("UPDATE ")
            .ident(meta.table.clone())
            .sql(" SET ")
            .ident(column)
            .sql(" = ")
            .ident(column)
            .sql(" + ")
            .bind(Kind::Int, Scalar::Int(by))
            .sql(" WHERE ")
            .ident(column)
            .sql(" > ")
            .bind(Kind::Int, Scalar::Int(above));
        cx.db().execute(query)?;
    }
    Ok(())
}

fn place(cx: &mut Cx, meta: &Meta, name: &str) -> Result<(i64, i64)> {
    let values = storage::values(cx, &meta.name, name, &[LEFT, RIGHT])?.unwrap_or_default();
    let number = |at: usize| values.get(at).map_or(0, super::value::lenient_int);
    Ok((number(0), number(1)))
}

/// One change of a tree at a time. SQLite has one writer anyway.
fn lock(cx: &mut Cx, meta: &Meta) -> Result<()> {
    cx.db().begin()?;
    if cx.db().is_postgres() {
        let mut query = Query::fixed();
        query
            .sql("SELECT pg_advisory_xact_lock(hashtext(")
            .text(meta.table.clone())
            .sql("))::text");
        cx.db().rows(query, &[Kind::Text])?;
    }
    Ok(())
}

/// Who is confined to a branch is confined to what it has become.
fn changed(cx: &mut Cx) {
    if cx.site().confines_users() {
        cx.after_commit(|shared| {
            shared.site.sessions_changed();
            shared.site.tell_other_processes();
        });
    }
}
