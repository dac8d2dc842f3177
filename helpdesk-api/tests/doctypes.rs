//! The DocTypes of the app and of the base app: complete, once each, and as the contract has them.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use helpdesk_core::doctype::def::{DocTypeDef, Registration, registrations};
use serde_json::{Map, Value, json};

/// Child DocTypes the contract names but leaves out (spec/helpdesk-b.md, DocTypes).
const LEFT_OUT: &[&str] = &[
    "Notification Recipient",
    "Top Bar Item",
    "User Document Type",
    "User Select Document Type",
    "User Session Display",
    "User Type Module",
    "Website Route Redirect",
];

/// Options whose absence in the contract means this value, not "off".
const DEFAULTS: &[(&str, &str)] = &[("sort_field", "creation"), ("sort_order", "DESC")];

/// A registered DocType in the form of spec/doctypes.json, and where it is declared.
struct Declared {
    record: Map<String, Value>,
    is_struct: bool,
    location: String,
}

fn declared() -> Vec<Declared> {
    // The reference that makes the linker keep the app.
    assert!(!helpdesk_api::install::CUSTOMIZATIONS.is_empty());
    registrations()
        .map(|registration| match registration {
            Registration::Struct(def) => Declared {
                record: record_of(def),
                is_struct: true,
                location: def.location.to_string(),
            },
            Registration::Data { json, location } => {
                let record: Value =
                    serde_json::from_str(json).unwrap_or_else(|error| panic!("{location}: {error}"));
                Declared {
                    record: normal(&record),
                    is_struct: false,
                    location: location.to_string(),
                }
            }
        })
        .collect()
}

fn by_name() -> BTreeMap<String, Declared> {
    declared()
        .into_iter()
        .map(|doctype| (text(&doctype.record, "name").to_owned(), doctype))
        .collect()
}

/// The declaration as a record of the contract.
fn record_of(def: &DocTypeDef) -> Map<String, Value> {
    let mut record = serde_json::to_value(def).unwrap();
    record["permissions"] = def
        .permissions
        .iter()
        .map(|rule| {
            let mut row = Map::from_iter([("role".to_owned(), json!(rule.role))]);
            row.insert("permlevel".to_owned(), json!(rule.permlevel));
            row.insert("if_owner".to_owned(), json!(rule.if_owner));
            row.extend(rule.rights.iter().map(|right| ((*right).to_owned(), json!(1))));
            Value::Object(row)
        })
        .collect();
    normal(&record)
}

/// A record without what is off or empty, and without what is ours alone (docs, indexes).
fn normal(record: &Value) -> Map<String, Value> {
    let mut record = trimmed(record).as_object().cloned().unwrap();
    for ours in ["doc", "indexes"] {
        record.remove(ours);
    }
    for field in record
        .get_mut("fields")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        field.as_object_mut().unwrap().remove("doc");
    }
    for (key, default) in DEFAULTS {
        record.entry(*key).or_insert_with(|| json!(default));
    }
    record
}

fn trimmed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), trimmed(value)));
            entries
                .filter(|(key, value)| !is_off(key, value))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(list) => list.iter().map(trimmed).collect(),
        Value::Bool(on) => json!(u8::from(*on)),
        other => other.clone(),
    }
}

fn is_off(key: &str, value: &Value) -> bool {
    // A field may default to 0, in text or as a number.
    let empty_list = value.as_array().is_some_and(Vec::is_empty);
    value.is_null() || value == "" || empty_list || (key != "default" && *value == json!(0))
}

fn text<'a>(record: &'a Map<String, Value>, key: &str) -> &'a str {
    record.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn fields(record: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    record
        .get("fields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
}

#[test]
fn every_doctype_is_registered_once() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for doctype in declared() {
        places
            .entry(text(&doctype.record, "name").to_owned())
            .or_default()
            .push(doctype.location);
    }

    let twice: Vec<_> = places.iter().filter(|(_, places)| places.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:#?}");
    assert!(!places.contains_key(""), "a DocType without a name: {places:#?}");
}

#[test]
fn every_data_file_is_registered() {
    let registered: Vec<String> = declared().into_iter().map(|doctype| doctype.location).collect();

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (package, folder) in [
        ("helpdesk-api", "src/doctype/data"),
        ("helpdesk-core", "src/frappe/doctype_data"),
    ] {
        for file in std::fs::read_dir(root.join("..").join(package).join(folder)).unwrap() {
            let file = file.unwrap().file_name().into_string().unwrap();
            let location = format!("{package}/{folder}/{file}:1");
            assert!(
                registered.contains(&location),
                "{location} is missing in its `doctype_data!` list"
            );
        }
    }
}

#[test]
fn tables_hold_rows_of_child_doctypes() {
    let doctypes = by_name();

    for (name, doctype) in &doctypes {
        for field in fields(&doctype.record).filter(|field| text(field, "fieldtype").starts_with("Table")) {
            let child = text(field, "options");
            if LEFT_OUT.contains(&child) {
                continue;
            }
            let found = doctypes
                .get(child)
                .map(|child| child.record.get("istable") == Some(&json!(1)));
            assert_eq!(
                found,
                Some(true),
                "{name}.{}: `{child}`",
                text(field, "fieldname")
            );
        }
    }
}

#[test]
fn the_customizations_are_of_registered_doctypes() {
    let doctypes = by_name();

    let customizations: Vec<Map<String, Value>> =
        serde_json::from_str(helpdesk_api::install::CUSTOMIZATIONS).unwrap();
    for customization in &customizations {
        let name = text(customization, "doctype");
        assert!(doctypes.contains_key(name), "{name}");
        for field in customization
            .get("custom_fields")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let after = field["insert_after"].as_str().unwrap();
            let earlier = fields(&doctypes[name].record).any(|field| text(field, "fieldname") == after);
            let also_new = customization["custom_fields"]
                .as_array()
                .unwrap()
                .iter()
                .any(|new| new["fieldname"] == after);
            assert!(earlier || also_new, "{name}: no field `{after}`");
        }
    }
}

/// DocTypes of the framework that the contract's list leaves out, and clients use.
const BEYOND: [&str; 2] = ["Note", "Note Seen By"];

#[test]
fn the_declarations_are_those_of_the_contract() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/spec/doctypes.json");
    let Ok(contract) = std::fs::read_to_string(&file) else {
        eprintln!("skipped: no {}", file.display());
        return;
    };
    let contract: Vec<Map<String, Value>> = serde_json::from_str(&contract).unwrap();
    let doctypes = by_name();
    let mut differences = Vec::new();

    for expected in &contract {
        let name = text(expected, "name");
        match doctypes.get(name) {
            Some(doctype) => compare(name, &of_contract(expected), doctype, &mut differences),
            None => differences.push(format!("{name}: not registered")),
        }
    }

    let ours: BTreeSet<&str> = doctypes.keys().map(String::as_str).collect();
    let theirs: BTreeSet<&str> = contract.iter().map(|record| text(record, "name")).collect();
    let more: Vec<&str> = ours.difference(&theirs).copied().collect();
    assert_eq!(more, BEYOND, "DocTypes the contract has not");
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(doctypes.values().filter(|doctype| doctype.is_struct).count() >= 40);
}

/// The contract's record without its notes and without what installing the app adds.
fn of_contract(record: &Map<String, Value>) -> Map<String, Value> {
    let mut record = record.clone();
    for extra in [
        "ver",
        "note",
        "stub",
        "custom_fields",
        "property_setters",
        "custom_perms",
    ] {
        record.remove(extra);
    }
    if let Some(states) = record.get_mut("states") {
        let rows = states.as_array().unwrap().iter();
        *states = rows
            .map(|state| json!({ "title": state[0], "color": state[1] }))
            .collect();
    }
    normal(&Value::Object(record))
}

fn compare(name: &str, expected: &Map<String, Value>, doctype: &Declared, differences: &mut Vec<String>) {
    let mut differ = |what: &str, expected: Option<&Value>, found: Option<&Value>| {
        if expected != found {
            differences.push(format!(
                "{name} ({}): {what}: {expected:?}, declared {found:?}",
                doctype.location
            ));
        }
    };
    let keys = expected
        .keys()
        .chain(doctype.record.keys())
        .filter(|key| *key != "fields");
    for key in keys {
        differ(key, expected.get(key), doctype.record.get(key));
    }

    let names = |record| {
        fields(record)
            .map(|field| json!(text(field, "fieldname")))
            .collect::<Vec<Value>>()
            .into()
    };
    differ(
        "field names",
        Some(&names(expected)),
        Some(&names(&doctype.record)),
    );
    for (expected, found) in fields(expected).zip(fields(&doctype.record)) {
        // Of long defaults the contract has only the gist.
        let by_gist = expected.contains_key("default_gist");
        let keys = expected
            .keys()
            .chain(found.keys())
            .filter(|key| *key != "default_gist");
        for key in keys.filter(|key| !(by_gist && *key == "default")) {
            differ(
                &format!("{}.{key}", text(expected, "fieldname")),
                expected.get(key),
                found.get(key),
            );
        }
    }
}
