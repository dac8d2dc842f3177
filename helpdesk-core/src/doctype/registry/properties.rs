//! Property Setters: what a site changes of a DocType or a field.
//!
//! Source: spec/framework-data.md §5.2.

use serde_json::{Map, Value};

use super::{order, text};
use crate::doctype::field::{Field, FieldType};
use crate::doctype::meta::{Meta, is_true};
use crate::doctype::record;

/// Carries out one Property Setter. A row that names an unknown field, or a value that does not fit, changes nothing:
/// rows are checked when they are written, but an import takes them as they are.
pub(super) fn set(meta: &mut Meta, row: &Map<String, Value>) {
    let property = text(row, "property");
    let value = row.get("value").cloned().unwrap_or_default();
    match text(row, "doctype_or_field").as_str() {
        "DocType" => of_doctype(meta, &property, value),
        "DocField" | "" => {
            let name = text(row, "field_name");
            if name.is_empty() {
                of_doctype(meta, &property, value);
            } else if let Some(field) = meta.fields.iter_mut().find(|field| field.fieldname == name) {
                of_field(field, &property, value);
            }
        }
        of => of_row(meta, of, &text(row, "row_name"), &property, value),
    }
}

fn of_doctype(meta: &mut Meta, property: &str, value: Value) {
    let on = is_true(Some(&value));
    let value_text = value.as_str().unwrap_or("").to_owned();
    let known = |name: &str| {
        crate::doctype::meta::is_standard_column(name)
            || meta
                .fields
                .iter()
                .any(|field| field.fieldname == name && field.fieldtype.is_column() && !field.is_virtual)
    };
    let all_known = |list: &str| {
        let mut names = list.split(',').filter_map(|part| part.split_whitespace().next());
        names.all(known)
    };
    match property {
        "search_fields" if all_known(&value_text) => meta.search_fields = value_text,
        "title_field" if value_text.is_empty() || known(&value_text) => meta.title_field = value_text,
        "sort_field" if !value_text.is_empty() && all_known(&value_text) => meta.sort_field = value_text,
        "sort_order" if matches!(value_text.as_str(), "ASC" | "DESC") => meta.sort_order = value_text,
        "search_fields" | "title_field" | "sort_field" | "sort_order" => {
            tracing::warn!(doctype = %meta.name, property, value = %value_text, "a Property Setter is left out");
        }
        "allow_rename" => meta.allow_rename = on,
        "track_changes" => meta.track_changes = on,
        "track_seen" => meta.track_seen = on,
        "field_order" => order::arrange(&mut meta.fields, &value_text),
        // The kind of names is the kind of a column.
        "autoname" if (meta.autoname == "autoincrement") == (value_text == "autoincrement") => {
            meta.autoname = value_text;
        }
        "autoname" | "name" | "issingle" | "istable" | "is_tree" | "is_virtual" | "is_submittable" => {}
        _ => {
            meta.other.insert(property.to_owned(), value);
        }
    }
}

/// A property of one of a DocType's links, actions or states.
fn of_row(meta: &mut Meta, of: &str, row_name: &str, property: &str, value: Value) {
    let Some((key, place)) = record::row_named(meta, of, row_name) else {
        return;
    };
    let rows = meta.other.get_mut(key).and_then(Value::as_array_mut);
    if let Some(row) = rows.and_then(|rows| rows.get_mut(place)?.as_object_mut()) {
        row.insert(property.to_owned(), value);
    }
}

fn of_field(field: &mut Field, property: &str, value: Value) {
    let value_text = value.as_str().unwrap_or("").to_owned();
    let on = is_true(Some(&value));
    match property {
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
                && fieldtype.same_column(field.fieldtype)
            {
                field.fieldtype = fieldtype;
            }
        }
        _ => {
            field.other.insert(property.to_owned(), value);
        }
    }
}
