//! Comparing the DocTypes with a list of what there should be.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use helpdesk_core::doctype::meta::Meta;
use helpdesk_core::install;
use serde_json::{Map, Value};

use super::record;

type Record = Map<String, Value>;

/// Keys of a DocType that are compared elsewhere or are notes of the list.
const NOT_COMPARED: [&str; 12] = [
    "name",
    "fields",
    "permissions",
    "links",
    "states",
    "actions",
    "custom_fields",
    "custom_perms",
    "property_setters",
    "ver",
    "note",
    "stub",
];

/// Rows of a DocType, and rows that apps add to it, by what a line calls one.
const ROWS: [(&str, &str); 6] = [
    ("links", "link"),
    ("states", "state"),
    ("actions", "action"),
    ("custom_fields", "added field"),
    ("property_setters", "changed property"),
    ("custom_perms", "added permission rule"),
];

/// Keys of a field that say nothing about how it works.
const NOT_COMPARED_OF_FIELDS: [&str; 4] = ["description", "default_gist", "idx", "name"];

pub(super) fn run(
    metas: &BTreeMap<&str, &Arc<Meta>>,
    file: &Path,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let list: Vec<Record> =
        serde_json::from_str(&text).with_context(|| format!("{} is no list of DocTypes", file.display()))?;
    let added = install::customizations().map_err(|error| anyhow!("what apps add: {error}"))?;
    let (mut missing, mut differing, mut differences) = (0, 0, 0);
    for wanted in &list {
        let name = text_of(wanted.get("name"));
        let Some(meta) = metas.get(name.as_str()) else {
            writeln!(out, "{name}: missing")?;
            missing += 1;
            continue;
        };
        let found = compare(wanted, &record::with_added(meta, &added));
        for difference in &found {
            writeln!(out, "{name}{difference}")?;
        }
        differences += found.len();
        differing += usize::from(!found.is_empty());
    }
    let agree = list.len() - missing - differing;
    writeln!(
        out,
        "{} DocTypes on the list: {agree} agree, {differing} differ in {differences} places, {missing} are missing",
        list.len()
    )?;
    Ok(ExitCode::from(u8::from(agree != list.len())))
}

/// The differences, each as it follows the DocType's name: `.field: ..` or `: ..`.
fn compare(wanted: &Record, ours: &Record) -> Vec<String> {
    let mut found = Vec::new();
    for difference in keys(wanted, ours, &NOT_COMPARED) {
        found.push(format!(": {difference}"));
    }
    fields(wanted, ours, &mut found);
    permissions(wanted, ours, &mut found);
    for (key, what) in ROWS {
        rows(wanted, ours, key, what, &mut found);
    }
    found
}

/// Rows in any order.
fn rows(wanted: &Record, ours: &Record, key: &str, what: &str, found: &mut Vec<String>) {
    let texts = |record: &Record| {
        let rows = record.get(key).and_then(Value::as_array);
        let mut texts: Vec<String> = rows.into_iter().flatten().map(row).collect();
        texts.sort();
        texts
    };
    let (wanted, mut ours) = (texts(wanted), texts(ours));
    for row in wanted {
        match ours.iter().position(|own| *own == row) {
            Some(place) => {
                ours.remove(place);
            }
            None => found.push(format!(": {what} missing: {row}")),
        }
    }
    for row in ours {
        found.push(format!(": one {what} more: {row}"));
    }
}

/// `key=value` by key, what is off or empty left out; a state may be a pair of title and colour.
fn row(row: &Value) -> String {
    let pairs: BTreeMap<&str, String> = match row {
        Value::Array(pair) => ["title", "color"]
            .into_iter()
            .zip(pair.iter().map(|item| text_of(Some(item))))
            .collect(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.as_str(), text_of(Some(value))))
            .collect(),
        other => BTreeMap::from([("", text_of(Some(other)))]),
    };
    let shown = pairs
        .iter()
        .filter(|(key, text)| !text.is_empty() && **key != "description");
    shown
        .map(|(key, text)| format!("{key}={text}"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn keys(wanted: &Record, ours: &Record, left_out: &[&str]) -> Vec<String> {
    let all: BTreeSet<&String> = wanted.keys().chain(ours.keys()).collect();
    all.into_iter()
        .filter(|key| !left_out.contains(&key.as_str()))
        .filter_map(|key| {
            let (ours, wanted) = (text_of(ours.get(key)), text_of(wanted.get(key)));
            let usual = usual(key);
            let is = |text: &str| {
                if text.is_empty() {
                    usual.to_owned()
                } else {
                    text.to_owned()
                }
            };
            (is(&ours) != is(&wanted))
                .then(|| format!("{key} is {}, wanted {}", quoted(&ours), quoted(&wanted)))
        })
        .collect()
}

/// What an absent key means.
fn usual(key: &str) -> &'static str {
    match key {
        "sort_field" => "creation",
        "sort_order" => "DESC",
        _ => "",
    }
}

fn fields(wanted: &Record, ours: &Record, found: &mut Vec<String>) {
    let (wanted, ours) = (list(wanted, "fields"), list(ours, "fields"));
    let name = |field: &Record| text_of(field.get("fieldname"));
    for field in &wanted {
        let Some(own) = ours.iter().find(|own| name(own) == name(field)) else {
            found.push(format!(".{}: missing", name(field)));
            continue;
        };
        let mut left_out = NOT_COMPARED_OF_FIELDS.to_vec();
        if field.contains_key("default_gist") {
            // A text in our own words; the list only says what it is about.
            left_out.push("default");
        }
        for difference in keys(field, own, &left_out) {
            found.push(format!(".{}: {difference}", name(field)));
        }
    }
    let known: Vec<String> = wanted.iter().map(|field| name(field)).collect();
    for own in &ours {
        if !known.contains(&name(own)) {
            found.push(format!(".{}: one field more", name(own)));
        }
    }
    let order: Vec<String> = ours
        .iter()
        .map(|field| name(field))
        .filter(|name| known.contains(name))
        .collect();
    let first = order.iter().zip(&known).find(|(ours, wanted)| ours != wanted);
    if let Some((own, wanted)) = first
        && order.len() == known.len()
    {
        found.push(format!(
            ": fields are in another order, {own} where {wanted} is wanted"
        ));
    }
}

fn permissions(wanted: &Record, ours: &Record, found: &mut Vec<String>) {
    let rules = |record: &Record| {
        let mut rules: Vec<String> = list(record, "permissions").into_iter().map(rule).collect();
        rules.sort();
        rules
    };
    let (wanted, mut ours) = (rules(wanted), rules(ours));
    for rule in wanted {
        match ours.iter().position(|own| *own == rule) {
            Some(place) => {
                ours.remove(place);
            }
            None => found.push(format!(": permission rule missing: {rule}")),
        }
    }
    for rule in ours {
        found.push(format!(": one permission rule more: {rule}"));
    }
}

/// `Agent, level 1, if owner: read write`.
fn rule(record: &Record) -> String {
    let mut head = text_of(record.get("role"));
    let level = text_of(record.get("permlevel"));
    if !level.is_empty() {
        head.push_str(&format!(", level {level}"));
    }
    if !text_of(record.get("if_owner")).is_empty() {
        head.push_str(", if owner");
    }
    let rights: BTreeSet<&str> = record
        .iter()
        .filter(|(key, value)| {
            !matches!(key.as_str(), "role" | "permlevel" | "if_owner") && !text_of(Some(value)).is_empty()
        })
        .map(|(key, _)| key.as_str())
        .collect();
    format!("{head}: {}", rights.into_iter().collect::<Vec<_>>().join(" "))
}

fn list<'a>(record: &'a Record, key: &str) -> Vec<&'a Record> {
    let items = record.get(key).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_object).collect()
}

/// A value as text; what is absent, off or empty is the empty text.
fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) if text != "0" => text.clone(),
        Some(Value::Number(number)) if number.as_f64() != Some(0.0) => number.to_string(),
        Some(Value::Bool(true)) => "1".to_owned(),
        Some(other @ (Value::Array(_) | Value::Object(_))) => other.to_string(),
        _ => String::new(),
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() {
        "not set".to_owned()
    } else {
        format!("{text:?}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(value: Value) -> Record {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_absent_is_at_its_default() {
        let wanted = record(
            json!({ "name": "A", "track_changes": 0, "fields": [{ "fieldname": "a", "default": 1 }] }),
        );
        let ours = record(
            json!({ "name": "A", "sort_field": "creation", "fields": [{ "fieldname": "a", "default": "1" }] }),
        );

        assert_eq!(compare(&wanted, &ours), Vec::<String>::new());
    }

    #[test]
    fn rows_agree_in_any_order_and_form() {
        let wanted = record(json!({
            "states": [["Open", "Red"], ["Closed", "Green"]],
            "links": [{ "link_doctype": "A", "link_fieldname": "a", "hidden": 0 }],
            "custom_fields": [{ "fieldname": "x" }],
        }));
        let ours = record(json!({
            "states": [{ "title": "Closed", "color": "Green" }, { "title": "Open", "color": "Red" }],
            "links": [{ "link_fieldname": "a", "link_doctype": "A" }, { "link_doctype": "B" }],
            "custom_perms": [{ "role": "Agent", "read": 1 }],
        }));

        assert_eq!(
            compare(&wanted, &ours),
            [
                ": one link more: link_doctype=B",
                ": added field missing: fieldname=x",
                ": one added permission rule more: read=1 role=Agent",
            ]
        );
    }

    #[test]
    fn each_difference_is_one_line() {
        let wanted = record(json!({
            "autoname": "hash",
            "fields": [{ "fieldname": "a", "reqd": 1 }, { "fieldname": "b" }],
            "permissions": [{ "role": "Agent", "read": 1, "write": 1 }],
        }));
        let ours = record(json!({
            "fields": [{ "fieldname": "a", "options": "X" }, { "fieldname": "c" }],
            "permissions": [{ "role": "Agent", "read": 1 }],
        }));

        assert_eq!(
            compare(&wanted, &ours),
            [
                ": autoname is not set, wanted \"hash\"",
                ".a: options is \"X\", wanted not set",
                ".a: reqd is not set, wanted \"1\"",
                ".b: missing",
                ".c: one field more",
                ": permission rule missing: Agent: read write",
                ": one permission rule more: Agent: read",
            ]
        );
    }
}
