//! Versions: what each save changed, for DocTypes that track changes.
//!
//! Source: spec/framework-data.md §5.11.

use jiff::civil::{Date, Time};
use serde_json::{Map, Value, json};

use super::document::{Document, equal};
use super::field::{Field, FieldType};
use super::value::{parse_datetime, parse_time};
use super::{naming, save, storage, system};
use crate::cx::Cx;
use crate::error::Result;
use crate::site::Settings;

/// Writes the row of a save that changed something.
///
/// # Errors
/// A database failure.
pub(crate) fn record(cx: &mut Cx, doc: &Document) -> Result<()> {
    let Some(before) = doc.before.as_deref().filter(|_| doc.meta().track_changes) else {
        return Ok(());
    };
    let Some(meta) = cx.site().meta(system::VERSION) else {
        return Ok(());
    };
    let Some(data) = difference(before, doc, &cx.site().settings()) else {
        return Ok(());
    };
    let mut version = Document::new(meta);
    save::stamp_new(cx, &mut version);
    version.set("name", naming::hash(cx));
    version.set("ref_doctype", doc.doctype());
    version.set("docname", doc.name_text());
    version.set("data", data.to_string());
    storage::insert_row(cx, &version)
}

/// The contract's form of what differs; `None` where nothing does.
fn difference(old: &Document, new: &Document, settings: &Settings) -> Option<Value> {
    let (mut added, mut removed, mut row_changed) = (Vec::new(), Vec::new(), Vec::new());
    for (field, rows) in new.tables() {
        let known = old.rows(field);
        for (place, row) in rows.iter().enumerate() {
            match known.iter().find(|old| equal(old.get("name"), row.get("name"))) {
                None => added.push(json!([field, sorted(row)])),
                Some(old) => {
                    let changed = changed_fields(old, row, settings);
                    if !changed.is_empty() {
                        row_changed.push(json!([field, place, row.get("name"), changed]));
                    }
                }
            }
        }
        for gone in known {
            if !rows.iter().any(|row| equal(row.get("name"), gone.get("name"))) {
                removed.push(json!([field, sorted(gone)]));
            }
        }
    }
    let mut changed = changed_fields(old, new, settings);
    if !equal(old.get("docstatus"), new.get("docstatus")) {
        changed.push(json!(["docstatus", old.get("docstatus"), new.get("docstatus")]));
    }
    let lists = [&added, &changed, &removed, &row_changed];
    if lists.into_iter().all(Vec::is_empty) {
        return None;
    }
    // Keys stand in the alphabet's order (recorded).
    Some(json!({
        "added": added,
        "changed": changed,
        "data_import": null,
        "removed": removed,
        "row_changed": row_changed,
        "updater_reference": null,
    }))
}

fn changed_fields(old: &Document, new: &Document, settings: &Settings) -> Vec<Value> {
    let meta = new.meta();
    meta.fields
        .iter()
        .filter(|field| field.fieldtype.is_column() && !field.is_virtual)
        // Passwords are nobody's to read, not even as they were.
        .filter(|field| field.fieldtype != FieldType::Password)
        .filter_map(|field| {
            let (old, new) = (old.get(&field.fieldname), new.get(&field.fieldname));
            if equal(old, new) {
                return None;
            }
            let (old, new) = (shown(field, old, settings), shown(field, new, settings));
            (old != new).then(|| json!([field.fieldname, old, new]))
        })
        .collect()
}

/// A row as a dict with its keys sorted, as the recorded rows have them.
fn sorted(row: &Document) -> Value {
    let Ok(Value::Object(dict)) = serde_json::to_value(row.as_dict()) else {
        return Value::Null;
    };
    let mut entries: Vec<_> = dict
        .into_iter()
        .filter(|(key, _)| !key.starts_with("__"))
        .collect();
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Value::Object(entries.into_iter().collect::<Map<_, _>>())
}

/// A value as people read it; empty values stay as they are.
fn shown(field: &Field, value: &Value, settings: &Settings) -> Value {
    match value {
        Value::String(text) if text.is_empty() => return value.clone(),
        Value::Null => return Value::Null,
        Value::Number(number) if number.as_f64() == Some(0.0) => return Value::from(0),
        _ => {}
    }
    let text = value.as_str().unwrap_or("");
    let number = value.as_f64().unwrap_or(0.0);
    match field.fieldtype {
        FieldType::Date => parse_datetime(text).map(|at| date(at.date(), settings)),
        FieldType::Datetime => parse_datetime(text)
            .map(|at| format!("{} {}", date(at.date(), settings), time(at.time(), settings))),
        FieldType::Time => parse_time(text).map(|at| time(at, settings)),
        FieldType::Duration => Some(duration(number)),
        FieldType::Float | FieldType::Currency => Some(grouped(number)),
        FieldType::Percent => Some(format!("{}%", rounded(number, 2))),
        FieldType::Text | FieldType::SmallText if !text.contains('<') => Some(text.replace('\n', "<br>")),
        _ => None,
    }
    .map_or_else(|| value.clone(), Value::from)
}

fn date(date: Date, settings: &Settings) -> String {
    settings
        .date_format
        .replace("yyyy", &format!("{:04}", date.year()))
        .replace("mm", &format!("{:02}", date.month()))
        .replace("dd", &format!("{:02}", date.day()))
}

fn time(time: Time, settings: &Settings) -> String {
    let seconds = if settings.time_format.contains("ss") {
        format!(":{:02}", time.second())
    } else {
        String::new()
    };
    format!("{:02}:{:02}{seconds}", time.hour(), time.minute())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, and a length of time is far below"
)]
fn duration(seconds: f64) -> String {
    let total = seconds.round() as i64;
    let parts = [
        (total / 86_400, "d"),
        (total % 86_400 / 3_600, "h"),
        (total % 3_600 / 60, "m"),
        (total % 60, "s"),
    ];
    let shown: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number != 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    shown.join(" ")
}

/// Digits in groups of three; no fraction where there is none, else three places.
fn grouped(number: f64) -> String {
    let places = if number.fract() == 0.0 { 0 } else { 3 };
    let text = format!("{:.places$}", number.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{out}{dot}{fraction}")
}

fn rounded(number: f64, places: i32) -> f64 {
    let scale = 10_f64.powi(places);
    (number * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(fieldtype: FieldType, value: Value) -> Value {
        let field = Field {
            fieldtype,
            ..Field::default()
        };
        shown(&field, &value, &Settings::default())
    }

    #[test]
    fn values_are_shown_as_people_read_them() {
        assert_eq!(
            show(FieldType::Datetime, json!("2026-01-06 06:08:31.000000")),
            "2026-01-06 06:08:31"
        );
        assert_eq!(show(FieldType::Duration, json!(93_784.0)), "1d 2h 3m 4s");
        assert_eq!(show(FieldType::Duration, json!(0.0)), 0);
        assert_eq!(show(FieldType::Float, json!(12_345.5)), "12,345.500");
        assert_eq!(show(FieldType::Float, json!(1_000.0)), "1,000");
        assert_eq!(show(FieldType::Datetime, Value::Null), Value::Null);
        assert_eq!(show(FieldType::Check, json!(1)), 1);
    }
}
