//! All DocTypes of a site: the registered ones with what the site adds to them.

mod order;
mod properties;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::def::Registration;
use super::meta::{Meta, field_from_record, perm_from_record};
use super::system::{CUSTOM_DOCPERM, CUSTOM_FIELD, PROPERTY_SETTER};
use crate::db::{Query, Scalar, Tx};
use crate::error::{Error, Result};

/// DocTypes by name.
pub type Metas = HashMap<String, Arc<Meta>>;

/// The registered DocTypes, checked: every name once, every table field with a child DocType.
///
/// # Errors
/// A text naming both places of a name registered twice, or what else is wrong.
pub fn registered() -> Result<Metas, String> {
    let mut metas: HashMap<String, Meta> = HashMap::new();
    for registration in inventory::iter::<Registration> {
        let meta = Meta::of(registration)?;
        let place = |meta: &Meta| {
            meta.location
                .map_or_else(String::new, |location| location.to_string())
        };
        if let Some(first) = metas.get(&meta.name) {
            return Err(format!(
                "the DocType {:?} is registered twice: at {} and at {}",
                meta.name,
                place(first),
                place(&meta)
            ));
        }
        metas.insert(meta.name.clone(), meta);
    }
    crate::search::check()?;
    for meta in metas.values() {
        for table in meta.table_fields() {
            match metas.get(&table.options) {
                Some(child) if child.istable => {}
                Some(_) => {
                    return Err(format!(
                        "{}.{}: {} is no child DocType (istable)",
                        meta.name, table.fieldname, table.options
                    ));
                }
                // DocTypes kept as data may name child DocTypes that no part of the product uses; such a table has
                // no rows. In a struct the child's type itself makes sure that there is one.
                None => {}
            }
        }
    }
    Ok(metas
        .into_iter()
        .map(|(name, meta)| (name, Arc::new(meta)))
        .collect())
}

/// The registered DocTypes, checked once in a process.
///
/// # Errors
/// As [`registered`].
pub fn global() -> Result<&'static Metas, &'static str> {
    static ALL: LazyLock<Result<Metas, String>> = LazyLock::new(registered);
    ALL.as_ref().map_err(String::as_str)
}

/// The DocTypes as the site has them: with its Custom Fields, Property Setters and Custom DocPerms.
///
/// # Errors
/// A database failure.
pub fn of_site(tx: &mut Tx, registered: &Metas) -> Result<Metas> {
    let mut metas = registered.clone();
    for (name, meta) in customized(tx, registered, None)? {
        metas.insert(name, Arc::new(meta));
    }
    Ok(metas)
}

/// One DocType as the running transaction has it, changes included that are not committed yet; `None` where it is not
/// registered.
///
/// # Errors
/// A database failure.
pub(crate) fn of_doctype(tx: &mut Tx, registered: &Metas, doctype: &str) -> Result<Option<Meta>> {
    let Some(base) = registered.get(doctype) else {
        return Ok(None);
    };
    let changed = customized(tx, registered, Some(doctype))?.remove(doctype);
    Ok(Some(changed.unwrap_or_else(|| (**base).clone())))
}

/// What the site changes, of all DocTypes or of one.
fn customized(tx: &mut Tx, registered: &Metas, only: Option<&str>) -> Result<HashMap<String, Meta>> {
    let mut changed: HashMap<String, Meta> = HashMap::new();
    let mut added: HashMap<String, Vec<order::Added>> = HashMap::new();
    for row in rows(tx, registered, CUSTOM_FIELD, "dt", only)? {
        let doctype = text(&row, "dt");
        let after = text(&row, "insert_after");
        let Some(meta) = open(&mut changed, registered, &doctype) else {
            continue;
        };
        match field_from_record(row) {
            Ok(field) if meta.fields.iter().any(|known| known.fieldname == field.fieldname) => {}
            Ok(field) => added
                .entry(meta.name.clone())
                .or_default()
                .push(order::Added { field, after }),
            Err(error) => tracing::warn!(%doctype, %error, "a Custom Field is left out"),
        }
    }
    for (doctype, added) in added {
        if let Some(meta) = open(&mut changed, registered, &doctype) {
            order::insert(&mut meta.fields, added);
        }
    }
    for row in rows(tx, registered, PROPERTY_SETTER, "doc_type", only)? {
        let doctype = text(&row, "doc_type");
        let Some(meta) = open(&mut changed, registered, &doctype) else {
            continue;
        };
        properties::set(meta, &row);
    }
    let mut perms: HashMap<String, Vec<_>> = HashMap::new();
    for row in rows(tx, registered, CUSTOM_DOCPERM, "parent", only)? {
        perms
            .entry(text(&row, "parent"))
            .or_default()
            .push(perm_from_record(row));
    }
    for (doctype, perms) in perms {
        if let Some(meta) = open(&mut changed, registered, &doctype) {
            meta.perms = perms;
        }
    }
    for meta in changed.values_mut() {
        meta.finish();
    }
    Ok(changed)
}

fn open<'a>(
    changed: &'a mut HashMap<String, Meta>,
    registered: &Metas,
    doctype: &str,
) -> Option<&'a mut Meta> {
    let base = registered.get(doctype)?;
    Some(
        changed
            .entry(doctype.to_owned())
            .or_insert_with(|| (**base).clone()),
    )
}

fn text(row: &Map<String, Value>, key: &str) -> String {
    row.get(key).and_then(Value::as_str).unwrap_or("").to_owned()
}

/// The rows of one of the engine's own tables, all of them or those about one DocType, which `column` names.
fn rows(
    tx: &mut Tx,
    registered: &Metas,
    source: &str,
    column: &'static str,
    only: Option<&str>,
) -> Result<Vec<Map<String, Value>>> {
    let meta = registered
        .get(source)
        .ok_or_else(|| Error::internal(format!("the DocType {source} is not registered")))?;
    // Columns that a Custom Field adds to these tables carry no meaning for the engine.
    let mut query = Query::new();
    query.checked(format!(
        "SELECT {} FROM {}",
        meta.document_columns,
        super::meta::quoted(&meta.table)
    ));
    if let Some(only) = only {
        query
            .sql(" WHERE ")
            .ident(column)
            .sql(" = ")
            .text(only.to_owned());
    }
    query.sql(" ORDER BY idx, creation, name").forget();
    let columns: Vec<_> = meta.columns.iter().filter(|column| column.in_document).collect();
    let kinds: Vec<_> = columns.iter().map(|column| column.kind).collect();
    Ok(tx
        .rows(query, &kinds)?
        .into_iter()
        .map(|row| {
            columns
                .iter()
                .zip(row)
                .filter(|(_, cell)| !matches!(cell, Scalar::Null))
                .map(|(column, cell)| (column.name.clone(), cell.to_json(column.kind)))
                .collect()
        })
        .collect())
}
