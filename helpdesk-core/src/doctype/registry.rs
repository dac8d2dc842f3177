//! All DocTypes of a site: the registered ones with what the site adds to them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::def::Registration;
use super::field::{Field, FieldType};
use super::meta::{Meta, field_from_record, is_true, perm_from_record};
use super::system::{CUSTOM_DOCPERM, CUSTOM_FIELD, PROPERTY_SETTER};
use crate::db::{Query, Tx};
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
    let mut changed: HashMap<String, Meta> = HashMap::new();
    for row in rows(tx, registered, CUSTOM_FIELD)? {
        let doctype = text(&row, "dt");
        let after = text(&row, "insert_after");
        let Some(meta) = open(&mut changed, registered, &doctype) else {
            continue;
        };
        match field_from_record(row) {
            Ok(field) => add_field(meta, field, &after),
            Err(error) => tracing::warn!(%doctype, %error, "a Custom Field is left out"),
        }
    }
    for row in rows(tx, registered, PROPERTY_SETTER)? {
        let doctype = text(&row, "doc_type");
        let Some(meta) = open(&mut changed, registered, &doctype) else {
            continue;
        };
        set_property(meta, &row);
    }
    let mut perms: HashMap<String, Vec<_>> = HashMap::new();
    for row in rows(tx, registered, CUSTOM_DOCPERM)? {
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
    let mut metas = registered.clone();
    for (name, mut meta) in changed {
        meta.finish();
        metas.insert(name, Arc::new(meta));
    }
    Ok(metas)
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

fn add_field(meta: &mut Meta, field: Field, after: &str) {
    if meta.fields.iter().any(|known| known.fieldname == field.fieldname) {
        return;
    }
    let place = meta
        .fields
        .iter()
        .position(|known| known.fieldname == after)
        .map_or(meta.fields.len(), |at| at + 1);
    meta.fields.insert(place, field);
}

fn set_property(meta: &mut Meta, row: &Map<String, Value>) {
    let (property, value) = (
        text(row, "property"),
        row.get("value").cloned().unwrap_or_default(),
    );
    let value_text = value.as_str().unwrap_or("").to_owned();
    let field_name = text(row, "field_name");
    if field_name.is_empty() {
        match property.as_str() {
            "search_fields" => meta.search_fields = value_text,
            "title_field" => meta.title_field = value_text,
            "sort_field" => meta.sort_field = value_text,
            "sort_order" => meta.sort_order = value_text,
            "allow_rename" => meta.allow_rename = is_true(Some(&value)),
            "track_changes" => meta.track_changes = is_true(Some(&value)),
            "autoname" => meta.autoname = value_text,
            _ => {
                meta.other.insert(property, value);
            }
        }
        return;
    }
    let Some(field) = meta.fields.iter_mut().find(|field| field.fieldname == field_name) else {
        return;
    };
    let on = is_true(Some(&value));
    match property.as_str() {
        "reqd" => field.reqd = on,
        "unique" => field.unique = on,
        "options" => field.options = value_text,
        "default" => field.default = value_text,
        "label" => field.label = value_text,
        "fetch_from" => field.fetch_from = value_text,
        "fetch_if_empty" => field.fetch_if_empty = on,
        "length" => field.length = value_text.parse().unwrap_or(field.length),
        "permlevel" => field.permlevel = value_text.parse().unwrap_or(field.permlevel),
        "set_only_once" => field.set_only_once = on,
        "non_negative" => field.non_negative = on,
        "ignore_user_permissions" => field.ignore_user_permissions = on,
        "mask" => field.mask = on,
        "no_copy" => field.no_copy = on,
        "not_nullable" => field.not_nullable = on,
        "search_index" => field.search_index = on,
        "ignore_xss_filter" => field.ignore_xss_filter = on,
        "in_standard_filter" => field.in_standard_filter = on,
        "fieldtype" => {
            if let Some(fieldtype) = FieldType::parse(&value_text)
                && fieldtype.kind() == field.fieldtype.kind()
            {
                field.fieldtype = fieldtype;
            }
        }
        _ => {
            field.other.insert(property, value);
        }
    }
}

fn text(row: &Map<String, Value>, key: &str) -> String {
    row.get(key).and_then(Value::as_str).unwrap_or("").to_owned()
}

/// All rows of one of the engine's own tables.
fn rows(tx: &mut Tx, registered: &Metas, doctype: &str) -> Result<Vec<Map<String, Value>>> {
    let meta = registered
        .get(doctype)
        .ok_or_else(|| Error::internal(format!("the DocType {doctype} is not registered")))?;
    // Columns that a Custom Field adds to these tables carry no meaning for the engine.
    let mut query = Query::new();
    query.checked(format!(
        "SELECT {} FROM {} ORDER BY idx, creation, name",
        meta.document_columns,
        super::meta::quoted(&meta.table)
    ));
    query.forget();
    let columns: Vec<_> = meta.columns.iter().filter(|column| column.in_document).collect();
    let kinds: Vec<_> = columns.iter().map(|column| column.kind).collect();
    Ok(tx
        .rows(query, &kinds)?
        .into_iter()
        .map(|row| {
            columns
                .iter()
                .zip(row)
                .map(|(column, cell)| (column.name.clone(), cell.to_json(column.kind)))
                .collect()
        })
        .collect())
}
