//! A DocType as its DocType record, for metadata answers: what forms of clients are made from.
//!
//! Source: spec/framework-data.md §5.2. The keys are those that the DocTypes of DocTypes, fields and permissions have.

use serde_json::{Map, Value};

use super::def::{self, DocTypeDef, Registration};
use super::field::{Field, FieldType};
use super::meta::{Meta, Perm};
use super::permissions::Right;
use super::system;
use crate::site::Site;

/// The record of a DocType as the site has it: no nulls, fields and permissions as child rows.
pub fn of(site: &Site, meta: &Meta) -> Map<String, Value> {
    let mut record = head(system::DOCTYPE, &meta.name);
    fill(site, system::DOCTYPE, &meta.other, &mut record, |name| {
        of_doctype(meta, name)
    });
    let fields = meta.fields.iter().enumerate().map(|(at, field)| {
        let mut row = child(system::DOCFIELD, meta, "fields", at);
        fill(site, system::DOCFIELD, &field.other, &mut row, |name| {
            of_field(field, name)
        });
        row.entry("mask")
            .or_insert_with(|| Value::from(u8::from(field.mask)));
        Value::Object(row)
    });
    record.insert("fields".to_owned(), fields.collect());
    let permissions = meta.perms.iter().enumerate().map(|(at, perm)| {
        let mut row = child(system::DOCPERM, meta, "permissions", at);
        fill(site, system::DOCPERM, &Map::new(), &mut row, |name| {
            of_perm(perm, name)
        });
        Value::Object(row)
    });
    record.insert("permissions".to_owned(), permissions.collect());
    record.insert("is_large_table".to_owned(), Value::from(false));
    let rows = |key: &str| meta.other.get(key).filter(|value| value.is_array()).cloned();
    let declared = declared(&meta.name);
    record.insert("actions".to_owned(), rows("actions").unwrap_or_else(none));
    let links = rows("links").or_else(|| listed(declared.map(|def| def.links)));
    record.insert("links".to_owned(), links.unwrap_or_else(none));
    let states = rows("states").or_else(|| listed(declared.map(|def| def.states)));
    record.insert("states".to_owned(), states.unwrap_or_else(none));
    record
}

fn none() -> Value {
    Value::Array(Vec::new())
}

fn listed<T: serde::Serialize>(rows: Option<&[T]>) -> Option<Value> {
    serde_json::to_value(rows?).ok()
}

/// The struct's own declaration, for what a Meta does not keep.
fn declared(name: &str) -> Option<&'static DocTypeDef> {
    def::registrations().find_map(|registration| match registration {
        Registration::Struct(def) if def.name == name => Some(*def),
        _ => None,
    })
}

fn head(doctype: &str, name: &str) -> Map<String, Value> {
    let mut record = Map::new();
    record.insert("doctype".to_owned(), Value::from(doctype));
    record.insert("name".to_owned(), Value::from(name));
    record.insert("owner".to_owned(), Value::from("Administrator"));
    record.insert("modified_by".to_owned(), Value::from("Administrator"));
    record.insert("docstatus".to_owned(), Value::from(0));
    record.insert("idx".to_owned(), Value::from(0));
    record
}

fn child(doctype: &str, parent: &Meta, field: &str, at: usize) -> Map<String, Value> {
    // Declarations have no rows of their own; a name that stays the same serves as one.
    let mut row = head(doctype, &format!("{}-{field}-{}", parent.name, at + 1));
    row.insert("parent".to_owned(), Value::from(parent.name.clone()));
    row.insert("parentfield".to_owned(), Value::from(field));
    row.insert("parenttype".to_owned(), Value::from(system::DOCTYPE));
    row.insert("idx".to_owned(), Value::from(at + 1));
    row
}

/// Fills a record with the fields its own DocType has: what is known by name, else what was declared beside, else
/// the field's default; then whatever else was declared.
fn fill(
    site: &Site,
    doctype: &str,
    other: &Map<String, Value>,
    record: &mut Map<String, Value>,
    known: impl Fn(&str) -> Option<Value>,
) {
    if let Some(meta) = site.meta(doctype) {
        for field in meta.fields.iter().filter(|field| field.fieldtype.is_column()) {
            let value = known(&field.fieldname)
                .or_else(|| other.get(&field.fieldname).cloned())
                .unwrap_or_else(|| default(field));
            if !value.is_null() && value.as_str() != Some("") {
                record.insert(field.fieldname.clone(), value);
            }
        }
    }
    for (key, value) in other {
        if !value.is_null() && !value.is_array() && !record.contains_key(key) {
            record.insert(key.clone(), value.clone());
        }
    }
}

fn default(field: &Field) -> Value {
    match field.fieldtype {
        FieldType::Check | FieldType::Int => Value::from(field.default.parse::<i64>().unwrap_or(0)),
        _ if field.default.is_empty() => Value::Null,
        _ => Value::from(field.default.clone()),
    }
}

fn flag(on: bool) -> Option<Value> {
    Some(Value::from(u8::from(on)))
}

fn text(text: &str) -> Option<Value> {
    Some(Value::from(text))
}

fn of_doctype(meta: &Meta, name: &str) -> Option<Value> {
    match name {
        "module" => text(&meta.module),
        "autoname" => text(&meta.autoname),
        "title_field" => text(&meta.title_field),
        "search_fields" => text(&meta.search_fields),
        "sort_field" => text(&meta.sort_field),
        "sort_order" => text(&meta.sort_order),
        "istable" => flag(meta.istable),
        "issingle" => flag(meta.issingle),
        "is_tree" => flag(meta.is_tree),
        "is_virtual" => flag(meta.is_virtual),
        "is_submittable" => flag(meta.is_submittable),
        "track_changes" => flag(meta.track_changes),
        "track_seen" => flag(meta.track_seen),
        "allow_rename" => flag(meta.allow_rename),
        // Off unless declared, whatever a new DocType would begin with.
        "index_web_pages_for_search" => Some(meta.other.get(name).cloned().unwrap_or_else(|| Value::from(0))),
        _ => None,
    }
}

fn of_field(field: &Field, name: &str) -> Option<Value> {
    match name {
        "fieldname" => text(&field.fieldname),
        "fieldtype" => text(field.fieldtype.name()),
        "label" => text(&field.label),
        "options" => text(&field.options),
        "default" => text(&field.default),
        "fetch_from" => text(&field.fetch_from),
        "length" => Some(Value::from(field.length)),
        "permlevel" => Some(Value::from(field.permlevel)),
        "fetch_if_empty" => flag(field.fetch_if_empty),
        "reqd" => flag(field.reqd),
        "unique" => flag(field.unique),
        "set_only_once" => flag(field.set_only_once),
        "no_copy" => flag(field.no_copy),
        "non_negative" => flag(field.non_negative),
        "ignore_user_permissions" => flag(field.ignore_user_permissions),
        "ignore_xss_filter" => flag(field.ignore_xss_filter),
        "search_index" => flag(field.search_index),
        "in_standard_filter" => flag(field.in_standard_filter),
        "is_virtual" => flag(field.is_virtual),
        "not_nullable" => flag(field.not_nullable),
        "mask" => flag(field.mask),
        _ => None,
    }
}

fn of_perm(perm: &Perm, name: &str) -> Option<Value> {
    match name {
        "role" => text(&perm.role),
        "permlevel" => Some(Value::from(perm.permlevel)),
        "if_owner" => flag(perm.if_owner),
        _ => flag(perm.rights.has(Right::parse(name)?)),
    }
}
