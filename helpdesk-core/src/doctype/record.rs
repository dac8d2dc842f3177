//! A DocType as the document clients know: the DocType record with its fields, permission rules, links and states.
//!
//! Nulls are left out, numbers and checks are always there. DocTypes live in the program and have no rows of their
//! own, so names and times of the parts are derived: they are stable, and say nothing about a database.
//!
//! Source: spec/framework-api.md §7.4; spec/framework-data.md §5.2.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::field::FieldType;
use super::meta::{Meta, Perm};
use super::permissions::Right;
use super::registry;

type Record = Map<String, Value>;

/// When all that the program declares was "created".
const SINCE: &str = "2022-01-01 00:00:00.000000";

/// Checks and numbers of a DocType in the contract's order, with what they are unless declared.
const DOCTYPE_NUMBERS: &[(&str, u8)] = &[
    ("issingle", 0),
    ("is_virtual", 0),
    ("is_tree", 0),
    ("istable", 0),
    ("editable_grid", 1),
    ("track_changes", 0),
    ("read_only", 0),
    ("in_create", 0),
    ("allow_copy", 0),
    ("allow_rename", 0),
    ("allow_import", 0),
    ("hide_toolbar", 0),
    ("track_seen", 0),
    ("max_attachments", 0),
    ("is_submittable", 0),
    ("show_name_in_global_search", 0),
    ("custom", 0),
    ("beta", 0),
    ("has_web_view", 0),
    ("allow_guest_to_view", 0),
    ("email_append_to", 0),
    ("show_title_field_in_link", 0),
    ("translated_doctype", 0),
    ("protect_attached_files", 0),
    ("is_calendar_and_gantt", 0),
    ("quick_entry", 0),
    ("grid_page_length", 0),
    ("rows_threshold_for_grid_search", 0),
    ("allow_bulk_edit", 1),
    ("track_views", 0),
    ("queue_in_background", 0),
    ("allow_events_in_timeline", 0),
    ("allow_auto_repeat", 0),
    ("make_attachments_public", 0),
    ("force_re_route_to_default_view", 0),
    ("show_preview_popup", 0),
    ("index_web_pages_for_search", 0),
];

/// Checks and numbers of a field; all 0 unless declared.
const FIELD_NUMBERS: &[&str] = &[
    "search_index",
    "show_dashboard",
    "hidden",
    "set_only_once",
    "allow_in_quick_entry",
    "print_hide",
    "report_hide",
    "reqd",
    "bold",
    "in_global_search",
    "collapsible",
    "unique",
    "no_copy",
    "allow_on_submit",
    "show_preview_popup",
    "permlevel",
    "ignore_user_permissions",
    "columns",
    "in_list_view",
    "fetch_if_empty",
    "in_filter",
    "remember_last_selected_value",
    "ignore_xss_filter",
    "print_hide_if_no_value",
    "allow_bulk_edit",
    "in_standard_filter",
    "in_preview",
    "read_only",
    "length",
    "translatable",
    "hide_border",
    "hide_days",
    "hide_seconds",
    "non_negative",
    "is_virtual",
    "not_nullable",
    "mask",
    "sort_options",
    "show_on_timeline",
    "in_import_template",
    "sticky",
    "make_attachment_public",
    "show_description_on_click",
];

/// Lists of a DocType besides its fields and rules, and the DocTypes of their rows.
const ROWS: [(&str, &str); 3] = [
    ("actions", "DocType Action"),
    ("links", "DocType Link"),
    ("states", "DocType State"),
];

/// The list of a DocType with a row of the DocType `of` and a name, and the row's place in it.
pub(super) fn row_named(meta: &Meta, of: &str, name: &str) -> Option<(&'static str, usize)> {
    let (key, _) = ROWS.iter().find(|(_, doctype)| *doctype == of)?;
    let rows = meta.other.get(*key)?.as_array()?;
    let place = (0..rows.len()).find(|at| name == format!("{}-{}", meta.name, row_name(key, *at)))?;
    Some((key, place))
}

fn row_name(key: &str, at: usize) -> String {
    format!("{key}-{}", at + 1)
}

/// The record of a DocType: what the metadata routes answer with, and the beginning of `getdoctype`'s.
pub fn record(meta: &Meta) -> Value {
    let mut record = head("DocType", &meta.name);
    record.insert("idx".into(), 0.into());
    numbers(&mut record, DOCTYPE_NUMBERS.iter().copied());
    texts(
        &mut record,
        &[
            ("module", &meta.module),
            ("autoname", &meta.autoname),
            ("title_field", &meta.title_field),
            ("search_fields", &meta.search_fields),
            ("sort_field", &meta.sort_field),
            ("sort_order", &meta.sort_order),
            // Fixed parts of the contract: they describe storage that clients never see.
            ("engine", "InnoDB"),
            ("row_format", "Dynamic"),
        ],
    );
    flags(
        &mut record,
        &[
            ("issingle", meta.issingle),
            ("is_virtual", meta.is_virtual),
            ("is_tree", meta.is_tree),
            ("istable", meta.istable),
            ("is_submittable", meta.is_submittable),
            ("track_changes", meta.track_changes),
            ("track_seen", meta.track_seen),
            ("allow_rename", meta.allow_rename),
        ],
    );
    for (key, value) in &meta.other {
        // Lists follow below; what is left are texts and checks.
        if !value.is_array() && !value.is_null() {
            record.insert(key.clone(), typed(&record, key, value));
        }
    }
    let fields = (0..meta.fields.len()).map(|at| Value::Object(of_field(meta, at)));
    record.insert("fields".into(), fields.collect());
    let perms = meta.perms.iter().enumerate();
    record.insert(
        "permissions".into(),
        perms
            .map(|(at, perm)| Value::Object(of_perm(meta, perm, at + 1)))
            .collect(),
    );
    record.insert("is_large_table".into(), false.into());
    for (key, doctype) in ROWS {
        let rows = rows(meta, key, doctype);
        record.insert(key.into(), rows);
    }
    let hash = Sha256::digest(Value::Object(record.clone()).to_string());
    let hex: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    record.insert("migration_hash".into(), hex.into());
    Value::Object(record)
}

/// One of the `fields` of a DocType's [`record`]; `None` for a name that no field has.
pub fn field(meta: &Meta, fieldname: &str) -> Option<Map<String, Value>> {
    let at = meta
        .fields
        .iter()
        .position(|field| field.fieldname == fieldname)?;
    Some(of_field(meta, at))
}

fn of_field(meta: &Meta, at: usize) -> Record {
    let field = &meta.fields[at];
    let base = registry::global().ok().and_then(|metas| metas.get(&meta.name));
    let declared = base.and_then(|base| base.field(&field.fieldname));
    let mut record = row("DocField", meta, "fields", &field.fieldname, at + 1);
    texts(
        &mut record,
        &[
            ("fieldname", &field.fieldname),
            ("label", &field.label),
            ("fieldtype", field.fieldtype.name()),
            ("options", &field.options),
            ("default", &field.default),
            ("fetch_from", &field.fetch_from),
        ],
    );
    numbers(&mut record, FIELD_NUMBERS.iter().map(|key| (*key, 0)));
    record.insert("length".into(), field.length.into());
    record.insert("permlevel".into(), field.permlevel.into());
    flags(&mut record, &field.checks());
    let is_custom = field.other.contains_key("dt");
    for (key, value) in &field.other {
        // A declared field's description is its documentation for programmers; forms would print it below the input.
        let is_documentation =
            key == "description" && declared.is_some_and(|declared| declared.other.get(key) == Some(value));
        if !value.is_null() && key != "idx" && !is_documentation {
            record.insert(key.clone(), typed(&record, key, value));
        }
    }
    if field.fieldtype == FieldType::Check {
        record.entry("default").or_insert_with(|| "0".into());
    }
    if is_custom {
        record.insert("is_custom_field".into(), 1.into());
    }
    record
}

fn of_perm(meta: &Meta, perm: &Perm, idx: usize) -> Record {
    let mut record = row("DocPerm", meta, "permissions", &format!("permission-{idx}"), idx);
    record.insert("permlevel".into(), perm.permlevel.into());
    record.insert("role".into(), perm.role.as_str().into());
    record.insert("if_owner".into(), u8::from(perm.if_owner).into());
    for right in Right::ALL {
        record.insert(right.name().into(), u8::from(perm.rights.has(*right)).into());
    }
    numbers(&mut record, [("mask", 0), ("impersonate", 0)]);
    record
}

/// Rows of a list that the declaration keeps as it is.
fn rows(meta: &Meta, key: &str, doctype: &str) -> Value {
    let Some(Value::Array(items)) = meta.other.get(key) else {
        return Value::Array(Vec::new());
    };
    let rows = items
        .iter()
        .filter_map(Value::as_object)
        .enumerate()
        .map(|(at, item)| {
            let mut record = row(doctype, meta, key, &row_name(key, at), at + 1);
            numbers(&mut record, [("hidden", 0), ("custom", 0)]);
            if doctype == "DocType Link" {
                record.insert("is_child_table".into(), 0.into());
            }
            for (key, value) in item {
                record.insert(key.clone(), typed(&record, key, value));
            }
            Value::Object(record)
        });
    rows.collect()
}

fn head(doctype: &str, name: &str) -> Record {
    let mut record = Record::new();
    for (key, value) in [
        ("doctype", doctype),
        ("name", name),
        ("creation", SINCE),
        ("modified", SINCE),
        ("modified_by", "Administrator"),
        ("owner", "Administrator"),
    ] {
        record.insert(key.into(), value.into());
    }
    record.insert("docstatus".into(), 0.into());
    record
}

fn row(doctype: &str, meta: &Meta, parentfield: &str, name: &str, idx: usize) -> Record {
    let mut record = head(doctype, &format!("{}-{name}", meta.name));
    for (key, value) in [
        ("parent", meta.name.as_str()),
        ("parentfield", parentfield),
        ("parenttype", "DocType"),
    ] {
        record.insert(key.into(), value.into());
    }
    record.insert("idx".into(), idx.into());
    record
}

/// A value as its column holds it: what is a number by default stays one, though property setters keep text.
fn typed(record: &Record, key: &str, value: &Value) -> Value {
    match (record.get(key), value) {
        (Some(Value::Number(_)), Value::String(text)) => {
            text.trim().parse::<i64>().map_or(Value::from(0), Value::from)
        }
        (Some(Value::Number(_)), Value::Bool(on)) => u8::from(*on).into(),
        _ => value.clone(),
    }
}

fn texts(record: &mut Record, entries: &[(&str, &str)]) {
    for (key, text) in entries.iter().filter(|(_, text)| !text.is_empty()) {
        record.insert((*key).to_owned(), Value::from(*text));
    }
}

fn numbers<'a>(record: &mut Record, entries: impl IntoIterator<Item = (&'a str, u8)>) {
    for (key, number) in entries {
        record.entry(key).or_insert_with(|| number.into());
    }
}

fn flags(record: &mut Record, entries: &[(&str, bool)]) {
    for (key, on) in entries {
        record.insert((*key).to_owned(), u8::from(*on).into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Value {
        record(registry::global().unwrap().get(name).unwrap())
    }

    #[test]
    fn numbers_are_always_there_and_texts_only_where_they_say_something() {
        let todo = of("ToDo");

        assert_eq!(todo["issingle"], 0);
        assert_eq!(todo["allow_bulk_edit"], 1);
        assert_eq!(todo["fields"][0]["idx"], 1);
        assert!(todo.get("timeline_field").is_none());
        for field in todo["fields"].as_array().unwrap() {
            assert!(FIELD_NUMBERS.iter().all(|key| field[key].is_number()), "{field}");
            assert!(field.get("description").is_none(), "{field}");
        }
    }

    #[test]
    fn a_permission_rule_names_every_right() {
        let todo = of("ToDo");
        let rule = &todo["permissions"][0];

        assert!(rule["role"].is_string());
        for right in Right::ALL {
            assert!(rule[right.name()].is_number(), "{} in {rule}", right.name());
        }
    }

    #[test]
    fn links_come_as_rows_of_their_own() {
        let doctype = of("DocType");

        assert_eq!(doctype["links"][0]["doctype"], "DocType Link");
        assert_eq!(doctype["links"][0]["parentfield"], "links");
        assert_eq!(doctype["states"], serde_json::json!([]));
    }

    #[test]
    fn the_hash_is_that_of_the_content() {
        let meta = registry::global().unwrap().get("ToDo").unwrap();
        let mut changed = (**meta).clone();
        changed.fields[0].label.push('!');

        assert_eq!(record(meta)["migration_hash"], of("ToDo")["migration_hash"]);
        assert_ne!(record(meta)["migration_hash"], record(&changed)["migration_hash"]);
    }
}
