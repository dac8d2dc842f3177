//! Rows of documents: reading and writing them, children and singles included.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::document::Document;
use super::field::FieldType;
use super::meta::{Meta, quoted};
use super::predicate::Predicate;
use super::system::SINGLES_TABLE;
use super::value::{scalar_of_kind, standard_scalar, to_scalar};
use crate::cx::Cx;
use crate::db::{Kind, Query, RowForm, Scalar};
use crate::error::{Error, ErrorKind, Result, not_found};
use crate::message::Message;
use crate::search;
use crate::site::kept;

/// The document of a name, with its child rows; `None` where there is none. No permission is checked.
///
/// # Errors
/// A database failure.
pub fn load(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<Option<Document>> {
    if meta.issingle {
        return load_single(cx, meta).map(Some);
    }
    let key = match name_scalar(meta, name) {
        Some(key) => key,
        None => return Ok(None),
    };
    let mut query = Query::fixed();
    query
        .checked(&*meta.select_by_name)
        .bind(if meta.integer_names { Kind::Int } else { Kind::Text }, key);
    let kinds = kinds(meta);
    let Some(row) = cx.db().row(query, &kinds)? else {
        return Ok(None);
    };
    let mut doc = document_of_row(meta, row);
    load_children(cx, &mut doc)?;
    super::events::compute(&mut doc);
    Ok(Some(doc))
}

/// Writes a stored document as JSON without nulls, child rows included, straight from the database; `false` where
/// there is none. Only for DocTypes without computed fields, and callers who may read all fields.
///
/// # Errors
/// A database failure.
pub(crate) fn write_json(cx: &mut Cx, meta: &Arc<Meta>, name: &str, out: &mut Vec<u8>) -> Result<bool> {
    let Some(key) = name_scalar(meta, name) else {
        return Ok(false);
    };
    let mut query = Query::fixed();
    query.checked(&*meta.select_shown).bind(meta.columns[0].kind, key);
    if cx.db().json_rows(
        query,
        &meta.shown_json_columns(),
        RowForm::WithoutNulls(&meta.doctype_key),
        out,
    )? == 0
    {
        return Ok(false);
    }
    for field in meta.table_fields() {
        out.push(b',');
        crate::db::json::write_str(&field.fieldname, out);
        out.extend_from_slice(b":[");
        if let Some(child) = cx.site().meta(&field.options) {
            let mut tail = child.doctype_key.to_vec();
            tail.push(b'}');
            let name = super::predicate::trimmed(name).to_owned();
            let query = rows_of(meta, &field.fieldname, &child, &child.document_columns, name);
            cx.db().json_rows(
                query,
                &child.document_json_columns(),
                RowForm::WithoutNulls(&tail),
                out,
            )?;
        }
        out.push(b']');
    }
    out.push(b'}');
    Ok(true)
}

/// Keeps others from changing a document until the transaction ends. On SQLite the write lock does that already.
///
/// # Errors
/// A database failure.
pub fn lock(cx: &mut Cx, meta: &Meta, name: &str) -> Result<()> {
    cx.db().begin()?;
    if !cx.db().is_postgres() || meta.issingle {
        return Ok(());
    }
    let Some(key) = name_scalar(meta, name) else {
        return Ok(());
    };
    let mut query = Query::fixed();
    query.checked(format!("SELECT 1 FROM {} WHERE name = ", quoted(&meta.table)));
    query.bind(meta.columns[0].kind, key).sql(" FOR UPDATE");
    cx.db().rows(query, &[])?;
    Ok(())
}

/// As [`load`], of a document that will be changed: nobody else changes it until the transaction ends, so that saving
/// it does not fail because somebody did in between.
///
/// # Errors
/// A database failure.
pub fn load_to_change(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<Option<Document>> {
    lock(cx, meta, name)?;
    load(cx, meta, name)
}

/// As [`load_to_change`], with the contract's 404.
///
/// # Errors
/// 404 where there is no such document.
pub fn get_to_change(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<Document> {
    load_to_change(cx, meta, name)?.ok_or_else(|| not_found(&meta.name, name))
}

/// As [`load`], with the contract's 404.
///
/// # Errors
/// 404 where there is no such document.
pub fn get(cx: &mut Cx, meta: &Arc<Meta>, name: &str) -> Result<Document> {
    load(cx, meta, name)?.ok_or_else(|| not_found(&meta.name, name))
}

/// A name as the column of names holds it; `None` where it cannot be one.
fn name_scalar(meta: &Meta, name: &str) -> Option<Scalar<'static>> {
    if name.contains('\0') {
        return None;
    }
    if meta.integer_names {
        return name.trim().parse().ok().map(Scalar::Int);
    }
    Some(Scalar::Text(super::predicate::trimmed(name).to_owned().into()))
}

fn kinds(meta: &Meta) -> Vec<Kind> {
    meta.columns.iter().map(|column| column.kind).collect()
}

fn document_of_row(meta: &Arc<Meta>, row: Vec<Scalar<'static>>) -> Document {
    let values = row
        .into_iter()
        .zip(&meta.columns)
        .map(|(cell, column)| cell.to_json(column.kind))
        .collect();
    Document::stored(Arc::clone(meta), values)
}

/// Reads columns of the rows that a document has in one of its tables, in their order.
fn rows_of(meta: &Meta, table_field: &str, child: &Meta, columns: &str, parent: String) -> Query<'static> {
    let mut query = Query::fixed();
    query.checked(format!(
        "SELECT {columns} FROM {} WHERE parent = ",
        quoted(&child.table)
    ));
    query
        .text(parent)
        .sql(" AND parenttype = ")
        .text(meta.name.clone());
    query
        .sql(" AND parentfield = ")
        .text(table_field.to_owned())
        .sql(" ORDER BY idx, name");
    query
}

fn load_children(cx: &mut Cx, doc: &mut Document) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    for field in meta.table_fields() {
        let Some(child) = cx.site().meta(&field.options) else {
            continue;
        };
        let query = rows_of(
            &meta,
            &field.fieldname,
            &child,
            &child.all_columns,
            doc.name_text(),
        );
        let rows = cx.db().rows(query, &kinds(&child))?;
        if let Some(table) = doc.rows_mut(&field.fieldname) {
            table.extend(rows.into_iter().map(|row| document_of_row(&child, row)));
        }
    }
    Ok(())
}

fn load_single(cx: &mut Cx, meta: &Arc<Meta>) -> Result<Document> {
    let mut query = Query::fixed();
    query
        .sql("SELECT field, value FROM ")
        .ident(SINGLES_TABLE)
        .sql(" WHERE doctype = ")
        .text(meta.name.clone());
    let rows = cx.db().rows(query, &[Kind::Text, Kind::Text])?;
    let mut doc = Document::stored(Arc::clone(meta), vec![Value::Null; meta.columns.len()]);
    doc.set("name", meta.name.clone());
    doc.set("docstatus", 0);
    // Stored values of the form itself are text (recorded: `"0"`).
    doc.set("idx", "0");
    for row in rows {
        let (Some(field), Some(text)) = (
            row.first().and_then(Scalar::as_str),
            row.get(1).and_then(Scalar::as_str),
        ) else {
            continue;
        };
        let Some(column) = meta.column(field) else {
            continue;
        };
        // Values of singles are text; the ones of the form itself stay as stored.
        let value = match column.field {
            Some(_) => scalar_of_kind(column.kind, &Value::from(text))
                .map_or(Value::Null, |scalar| scalar.to_json(column.kind)),
            None => Value::from(text),
        };
        doc.set(field, value);
    }
    for column in &meta.columns {
        if matches!(column.kind, Kind::Check | Kind::Int)
            && column.field.is_some()
            && doc.get(&column.name).is_null()
        {
            doc.set(&column.name, 0);
        }
    }
    load_children(cx, &mut doc)?;
    Ok(doc)
}

/// One value of a single DocType, typed; null where unset.
///
/// # Errors
/// A database failure.
pub fn single_value(cx: &mut Cx, doctype: &str, field: &str) -> Result<Value> {
    let Some(meta) = cx.site().meta(doctype) else {
        return Ok(Value::Null);
    };
    let Some(column) = meta.column(field) else {
        return Ok(Value::Null);
    };
    let mut query = Query::fixed();
    query
        .sql("SELECT value FROM ")
        .ident(SINGLES_TABLE)
        .sql(" WHERE doctype = ")
        .text(meta.name.clone());
    query.sql(" AND field = ").text(field.to_owned());
    let text = cx
        .db()
        .row(query, &[Kind::Text])?
        .and_then(|row| row.into_iter().next());
    Ok(match text.as_ref().and_then(Scalar::as_str) {
        Some(text) => scalar_of_kind(column.kind, &Value::from(text))
            .map_or(Value::Null, |scalar| scalar.to_json(column.kind)),
        None => Value::Null,
    })
}

/// Columns of one stored document by name, in the order asked; `None` where there is no such document.
///
/// # Errors
/// A database failure; 500 for a column that does not exist (a mistake in code).
pub fn values(cx: &mut Cx, doctype: &str, name: &str, columns: &[&str]) -> Result<Option<Vec<Value>>> {
    let Some(meta) = cx.site().meta(doctype) else {
        return Ok(None);
    };
    values_within(cx, &meta, name, columns, &Predicate::All)
}

/// As [`values`], of a document that meets a condition.
///
/// # Errors
/// As [`values`].
pub fn values_within(
    cx: &mut Cx,
    meta: &Meta,
    name: &str,
    columns: &[&str],
    within: &Predicate,
) -> Result<Option<Vec<Value>>> {
    let Some(key) = name_scalar(meta, name) else {
        return Ok(None);
    };
    let mut query = Query::new();
    let mut kinds = Vec::with_capacity(columns.len());
    query.sql("SELECT ");
    for (i, name) in columns.iter().enumerate() {
        let column = meta
            .column(name)
            .ok_or_else(|| Error::internal(format!("{} has no column {name}", meta.name)))?;
        if i > 0 {
            query.sql(", ");
        }
        query.ident(column.name.clone());
        kinds.push(column.kind);
    }
    query
        .sql(" FROM ")
        .ident(meta.table.clone())
        .sql(" WHERE name = ");
    query.bind(if meta.integer_names { Kind::Int } else { Kind::Text }, key);
    if *within != Predicate::All {
        query.sql(" AND ").append(within.to_sql(&meta.table));
    }
    let row = cx.db().row(query, &kinds)?;
    Ok(row.map(|row| {
        row.into_iter()
            .zip(&kinds)
            .map(|(cell, kind)| cell.to_json(*kind))
            .collect()
    }))
}

/// The stored spelling of a document's name, if there is such a document.
///
/// # Errors
/// A database failure.
pub fn exists(cx: &mut Cx, doctype: &str, name: &str) -> Result<Option<String>> {
    Ok(
        values(cx, doctype, name, &["name"])?.and_then(|row| match row.into_iter().next() {
            Some(Value::String(text)) => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        }),
    )
}

/// Sets columns of one row and nothing else: no hook, no `modified`.
///
/// # Errors
/// A database failure; 417 for a value that does not fit.
pub fn set_columns(cx: &mut Cx, doctype: &str, name: &str, changes: &[(&str, Value)]) -> Result<usize> {
    let Some(meta) = cx.site().meta(doctype) else {
        return Ok(0);
    };
    let Some(key) = name_scalar(&meta, name) else {
        return Ok(0);
    };
    let mut query = Query::new();
    query.sql("UPDATE ").ident(meta.table.clone()).sql(" SET ");
    for (i, (name, value)) in changes.iter().enumerate() {
        let column = meta
            .column(name)
            .ok_or_else(|| Error::internal(format!("{doctype} has no column {name}")))?;
        if i > 0 {
            query.sql(", ");
        }
        let scalar = match meta.field_of(column) {
            Some(field) => to_scalar(field, meta.label(name), value)?,
            None => standard_scalar(column.kind, value)?,
        };
        query
            .ident(column.name.clone())
            .sql(" = ")
            .bind(column.kind, scalar);
    }
    query
        .sql(" WHERE name = ")
        .bind(if meta.integer_names { Kind::Int } else { Kind::Text }, key);
    let changed = cx.db().execute(query)?;
    if changed > 0 {
        let columns = changes.iter().map(|(column, _)| *column);
        kept::rows_changed(cx, &meta.name, Some(&mut columns.clone()));
        search::write::columns_set(cx.db(), &meta, name, columns)?;
    }
    Ok(changed)
}

/// Writes a new document's row as it is, or the rows of a single: no defaults, no hooks, no checks but those of the
/// database. Child rows are written by the caller. For loads and bulk data; everything else inserts by
/// [`super::save::insert`].
///
/// # Errors
/// 409 for a name that is taken, 417 for values that don't fit or repeat in a unique field.
pub fn insert_row(cx: &mut Cx, doc: &Document) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    if meta.issingle {
        return write_single(cx, doc);
    }
    let mut query = Query::new();
    query.checked(format!(
        "INSERT INTO {} ({}) VALUES (",
        quoted(&meta.table),
        meta.all_columns
    ));
    for (index, column) in meta.columns.iter().enumerate() {
        if index > 0 {
            query.sql(", ");
        }
        query.bind(column.kind, stored_scalar(&meta, index, doc)?);
    }
    query.sql(")");
    cx.db()
        .execute(query)
        .map_err(|error| unique_error(&meta, doc, error))?;
    kept::rows_changed(cx, &meta.name, None);
    search::put(cx.db(), doc, true)
}

/// Writes all columns of a document's row, the side columns excepted.
///
/// # Errors
/// As [`insert_row`].
pub(crate) fn update_row(cx: &mut Cx, doc: &Document) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    if meta.issingle {
        return write_single(cx, doc);
    }
    let mut query = Query::new();
    query.checked(format!("UPDATE {} SET ", quoted(&meta.table)));
    let mut first = true;
    for (index, column) in meta.columns.iter().enumerate() {
        if column.name == "name" || !column.in_document {
            continue;
        }
        if !first {
            query.sql(", ");
        }
        first = false;
        query
            .ident(column.name.clone())
            .sql(" = ")
            .bind(column.kind, stored_scalar(&meta, index, doc)?);
    }
    query
        .sql(" WHERE name = ")
        .bind(meta.columns[0].kind, stored_scalar(&meta, 0, doc)?);
    let changed = cx
        .db()
        .execute(query)
        .map_err(|error| unique_error(&meta, doc, error))?;
    if changed == 0 {
        return Err(not_found(&meta.name, &doc.name_text()));
    }
    kept::rows_changed(cx, &meta.name, None);
    search::put(cx.db(), doc, false)
}

fn stored_scalar(meta: &Meta, index: usize, doc: &Document) -> Result<Scalar<'static>> {
    let column = &meta.columns[index];
    match meta.field_of(column) {
        Some(field) => to_scalar(field, meta.label(&field.fieldname), doc.at(index)),
        None => standard_scalar(column.kind, doc.at(index)),
    }
}

fn write_single(cx: &mut Cx, doc: &Document) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    let mut clear = Query::fixed();
    clear
        .sql("DELETE FROM ")
        .ident(SINGLES_TABLE)
        .sql(" WHERE doctype = ")
        .text(meta.name.clone());
    cx.db().execute(clear)?;
    kept::all_changed(cx);
    for (index, column) in meta.columns.iter().enumerate() {
        let text = match stored_scalar(&meta, index, doc)? {
            Scalar::Null => continue,
            Scalar::Int(int) => int.to_string(),
            Scalar::Float(float) => float.to_string(),
            Scalar::Text(text) => text.into_owned(),
        };
        if matches!(column.name.as_str(), "name" | "idx" | "docstatus" | "creation") && column.field.is_none()
        {
            continue;
        }
        let mut query = Query::fixed();
        query
            .sql("INSERT INTO ")
            .ident(SINGLES_TABLE)
            .sql(" (doctype, field, value) VALUES (")
            .text(meta.name.clone());
        query
            .sql(", ")
            .text(column.name.clone())
            .sql(", ")
            .text(text)
            .sql(")");
        cx.db().execute(query)?;
    }
    Ok(())
}

/// A unique violation as the contract words it: of the name 409, of a field 417.
fn unique_error(meta: &Meta, doc: &Document, error: Error) -> Error {
    if error.kind() != ErrorKind::UniqueValidationError {
        return error;
    }
    let column = error.text().split(' ').next().unwrap_or("").to_owned();
    // A document named by a field repeats its name when it repeats the field.
    let is_name = meta.autoname.strip_prefix("field:") == Some(column.as_str());
    if column == "name" || column.is_empty() || is_name && doc.is_new {
        let text = format!(
            "{} <strong>{}</strong> already exists",
            meta.name,
            doc.name_text()
        );
        return Error::bare(
            ErrorKind::DuplicateEntryError,
            format!("{} {} already exists", meta.name, doc.name_text()),
        )
        .with_message(Message::red(text, "Duplicate Name"));
    }
    let text = format!("{} must be unique", meta.label(&column));
    Error::bare(ErrorKind::UniqueValidationError, text.clone()).with_message(Message::plain(text))
}

/// Writes the child rows of a document: rows that are gone are deleted, known ones updated, others inserted.
///
/// # Errors
/// As [`insert_row`].
pub(crate) fn write_children(cx: &mut Cx, doc: &mut Document, old: Option<&Document>) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    let parent = doc.name_text();
    for (field_index, rows) in doc.all_rows_mut() {
        let field = &meta.fields[field_index];
        let Some(child) = cx.site().meta(&field.options) else {
            continue;
        };
        if let Some(old) = old {
            for gone in old.rows(&field.fieldname) {
                if !rows.iter().any(|row| row.name_text() == gone.name_text()) {
                    delete_row(cx, &child, &gone.name_text())?;
                }
            }
        }
        for row in rows {
            row.set("parent", parent.clone());
            row.set("parenttype", meta.name.clone());
            row.set("parentfield", field.fieldname.clone());
            let known = !row.is_new
                && old.is_some_and(|old| {
                    old.rows(&field.fieldname)
                        .iter()
                        .any(|o| o.name_text() == row.name_text())
                });
            if known {
                update_row(cx, row)?;
            } else {
                insert_row(cx, row)?;
                row.set_extra("__unsaved", 1);
                row.is_new = false;
            }
        }
    }
    Ok(())
}

/// Deletes one row.
///
/// # Errors
/// A database failure.
pub(crate) fn delete_row(cx: &mut Cx, meta: &Meta, name: &str) -> Result<usize> {
    let Some(key) = name_scalar(meta, name) else {
        return Ok(0);
    };
    let mut query = Query::fixed();
    query.checked(format!("DELETE FROM {} WHERE name = ", quoted(&meta.table)));
    query.bind(meta.columns[0].kind, key);
    let deleted = cx.db().execute(query)?;
    kept::rows_changed(cx, &meta.name, None);
    search::remove(cx.db(), &meta.name, name)?;
    Ok(deleted)
}

/// Deletes all child rows of a document.
///
/// # Errors
/// A database failure.
pub(crate) fn delete_children(cx: &mut Cx, doc: &Document) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    for field in meta.table_fields() {
        let Some(child) = cx.site().meta(&field.options) else {
            continue;
        };
        let mut query = Query::fixed();
        query.checked(format!("DELETE FROM {} WHERE parent = ", quoted(&child.table)));
        query
            .text(doc.name_text())
            .sql(" AND parenttype = ")
            .text(meta.name.clone());
        cx.db().execute(query)?;
        kept::rows_changed(cx, &child.name, None);
    }
    Ok(())
}

/// Fills a document from an object a client sent: known columns and tables; unknown keys are dropped.
///
/// # Errors
/// 417 for a table field that is given no list of rows.
pub fn merge(cx: &mut Cx, doc: &mut Document, object: &Map<String, Value>) -> Result<()> {
    let meta = Arc::clone(doc.meta());
    for (key, value) in object {
        if let Some(index) = meta.column_index(key) {
            // Side columns are the engine's, not the client's.
            if meta.columns[index].in_document {
                doc.set_at(index, value.clone());
            }
            continue;
        }
        let Some(field) = meta.field(key).filter(|field| field.fieldtype.is_table()) else {
            continue;
        };
        let rows = match value {
            Value::Null => continue,
            Value::Array(rows) => rows,
            _ => {
                return Err(crate::error::invalid(format!(
                    "Value for {} must be a list of rows",
                    meta.label(key)
                )));
            }
        };
        let Some(child) = cx.site().meta(&field.options) else {
            continue;
        };
        let mut merged = Vec::with_capacity(rows.len());
        for row in rows {
            let Value::Object(row) = row else {
                return Err(crate::error::invalid(format!(
                    "Value for {} must be a list of rows",
                    meta.label(key)
                )));
            };
            merged.push(merged_row(cx, doc.rows(key), &child, row)?);
        }
        if let Some(table) = doc.rows_mut(key) {
            *table = merged;
        }
    }
    Ok(())
}

/// A row with the name of a stored one is an update of it, any other is new.
fn merged_row(
    cx: &mut Cx,
    stored: &[Document],
    child: &Arc<Meta>,
    row: &Map<String, Value>,
) -> Result<Document> {
    let name = match row.get("name") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let mut merged = match stored
        .iter()
        .find(|old| !name.is_empty() && old.name_text() == name)
    {
        Some(old) => old.clone(),
        None => Document::new(Arc::clone(child)),
    };
    let was_new = merged.is_new;
    merge(cx, &mut merged, row)?;
    if was_new {
        merged.set("name", Value::Null);
    }
    Ok(merged)
}

/// Gives the values of a document that is saved their column's type: numbers are numbers, a blank date or time is
/// none.
pub(crate) fn fix_types(doc: &mut Document) {
    let meta = Arc::clone(doc.meta());
    for (index, column) in meta.columns.iter().enumerate() {
        let Some(field) = meta.field_of(column) else {
            continue;
        };
        let fixed = match field.fieldtype {
            FieldType::Check => {
                let on = matches!(scalar_of_kind(Kind::Check, doc.at(index)), Some(Scalar::Int(1)));
                Value::from(i64::from(on))
            }
            FieldType::Int | FieldType::LongInt => Value::from(super::value::lenient_int(doc.at(index))),
            _ if matches!(column.kind, Kind::Date | Kind::DateTime | Kind::Time)
                && doc.at(index).as_str().is_some_and(|text| text.trim().is_empty()) =>
            {
                Value::Null
            }
            fieldtype if fieldtype.is_not_null() => match doc.at(index) {
                Value::Number(_) => continue,
                other if other.is_array() || other.is_object() => continue,
                other => Value::from(super::value::lenient_float(other)),
            },
            _ => continue,
        };
        if doc.at(index).is_array() || doc.at(index).is_object() {
            continue;
        }
        doc.set_at(index, fixed);
    }
}
