//! A DocType as the contract's record: absent keys are at their defaults.

use helpdesk_core::doctype::field::Field;
use helpdesk_core::doctype::meta::{Meta, Perm};
use serde_json::{Map, Value};

type Record = Map<String, Value>;

/// The record of a DocType, with its fields and permission rules.
fn of(meta: &Meta) -> Record {
    let mut record = Record::new();
    texts(
        &mut record,
        &[
            ("name", &meta.name),
            ("app", &meta.app),
            ("module", &meta.module),
            ("autoname", &meta.autoname),
            ("title_field", &meta.title_field),
            ("search_fields", &meta.search_fields),
            ("sort_field", &meta.sort_field),
            ("sort_order", &meta.sort_order),
        ],
    );
    flags(
        &mut record,
        &[
            ("istable", meta.istable),
            ("issingle", meta.issingle),
            ("is_tree", meta.is_tree),
            ("is_virtual", meta.is_virtual),
            ("is_submittable", meta.is_submittable),
            ("track_changes", meta.track_changes),
            ("track_seen", meta.track_seen),
            ("allow_rename", meta.allow_rename),
        ],
    );
    record.extend(meta.other.clone());
    let fields = meta.fields.iter().map(|field| Value::Object(of_field(field)));
    record.insert("fields".into(), fields.collect());
    let perms = meta.perms.iter().map(|perm| Value::Object(of_perm(perm)));
    record.insert("permissions".into(), perms.collect());
    record
}

/// The record of a DocType with what apps add to it (`custom_fields`, `property_setters`, `custom_perms`).
pub(super) fn with_added(meta: &Meta, added: &[Record]) -> Record {
    let mut record = of(meta);
    let own = |entry: &&Record| entry.get("doctype").and_then(Value::as_str) == Some(&meta.name);
    for entry in added.iter().filter(own) {
        let rows = entry.iter().filter(|(key, _)| *key != "doctype");
        record.extend(rows.map(|(key, rows)| (key.clone(), rows.clone())));
    }
    record
}

/// The record of a field.
pub(super) fn of_field(field: &Field) -> Record {
    let mut record = Record::new();
    texts(
        &mut record,
        &[
            ("fieldname", &field.fieldname),
            ("fieldtype", field.fieldtype.name()),
            ("label", &field.label),
            ("options", &field.options),
            ("default", &field.default),
            ("fetch_from", &field.fetch_from),
        ],
    );
    if field.length > 0 {
        record.insert("length".into(), field.length.into());
    }
    if field.permlevel > 0 {
        record.insert("permlevel".into(), field.permlevel.into());
    }
    flags(&mut record, &field.checks());
    record.extend(field.other.clone());
    record
}

fn of_perm(perm: &Perm) -> Record {
    let mut record = Record::new();
    texts(&mut record, &[("role", &perm.role)]);
    if perm.permlevel > 0 {
        record.insert("permlevel".into(), perm.permlevel.into());
    }
    flags(&mut record, &[("if_owner", perm.if_owner)]);
    for right in perm.rights.names() {
        record.insert(right.into(), 1.into());
    }
    record
}

fn texts(record: &mut Record, entries: &[(&str, &str)]) {
    for (key, text) in entries.iter().filter(|(_, text)| !text.is_empty()) {
        record.insert((*key).to_owned(), Value::from(*text));
    }
}

fn flags(record: &mut Record, entries: &[(&str, bool)]) {
    for (key, _) in entries.iter().filter(|(_, on)| *on) {
        record.insert((*key).to_owned(), 1.into());
    }
}
