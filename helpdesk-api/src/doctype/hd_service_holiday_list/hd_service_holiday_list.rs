//! `helpdesk.helpdesk.doctype.hd_service_holiday_list.hd_service_holiday_list`: holidays for a calendar, and rows made
//! by rule.
//!
//! Source: spec/helpdesk-b.md §10.8.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use serde_json::Map;

use crate::rows::Row;

/// Rows that one list has, at most.
const MOST: usize = 5_000;

/// Holidays between two days, neither included, of the lists the caller may see: `name` of the list, `holiday_date`,
/// `description`, `color` and `allDay`, which is 1.
///
/// # Errors
/// - 403 for a caller who may see no lists of holidays
/// - 417 for a day that is none, or filters that can't be read
#[whitelist]
pub fn get_events(
    cx: &mut Cx,
    start: String,
    end: String,
    /// JSON: filters of HD Service Holiday List.
    filters: Option<String>,
) -> Result<Vec<Row>> {
    let (start, end) = (day("start", &start)?, day("end", &end)?);
    let mut all = match filters.filter(|text| !text.trim().is_empty()) {
        None => Vec::new(),
        Some(text) => match serde_json::from_str(&text) {
            Ok(Value::Array(list)) => list,
            Ok(Value::Null) => Vec::new(),
            Ok(object @ Value::Object(_)) => vec![object],
            _ => return Err(invalid("filters is a JSON list or object")),
        },
    };
    all.push(json!(["HD Holiday", "holiday_date", ">", start.to_string()]));
    all.push(json!(["HD Holiday", "holiday_date", "<", end.to_string()]));
    let fields = ["name", "holidays.holiday_date", "holidays.description", "color"];
    let mut rows = query::list_values(
        cx,
        &ListRequest {
            fields: fields.map(Value::from).to_vec(),
            filters: all.into(),
            ..ListRequest::of("HD Service Holiday List")
        },
    )?;
    for row in &mut rows {
        row.insert("allDay".to_owned(), 1.into());
    }
    Ok(rows)
}

fn day(name: &str, text: &str) -> Result<Date> {
    parse_datetime(text.trim())
        .map(|at| at.date())
        .ok_or_else(|| invalid(format!("{name} is no date")))
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "Monday" => Weekday::Monday,
        "Tuesday" => Weekday::Tuesday,
        "Wednesday" => Weekday::Wednesday,
        "Thursday" => Weekday::Thursday,
        "Friday" => Weekday::Friday,
        "Saturday" => Weekday::Saturday,
        "Sunday" => Weekday::Sunday,
        _ => return None,
    })
}

/// Adds each day of the week that `weekly_off` names, from the list's first day to its last one, but for days it has.
/// The list is answered, not stored.
///
/// # Errors
/// 417 without a day of the week, or without two days, or for far too many rows
#[doc_method(doctype = "HD Service Holiday List")]
fn get_weekly_off_dates(list: &mut Document, _: &mut Cx) -> Result<()> {
    let name = list.text("weekly_off").to_owned();
    let weekday = weekday(&name).ok_or_else(|| invalid("weekly_off: please choose a day of the week"))?;
    let (from, to) = (
        day("from_date", list.text("from_date"))?,
        day("to_date", list.text("to_date"))?,
    );
    if from > to {
        return Err(invalid("to_date can't be before from_date"));
    }
    let known: Vec<String> = list
        .rows("holidays")
        .iter()
        .filter_map(|row| row.text("holiday_date").get(..10).map(str::to_owned))
        .collect();
    let mut rows: Vec<Map<String, Value>> = list
        .rows("holidays")
        .iter()
        .map(|row| {
            let mut values = Map::new();
            for key in ["name", "holiday_date", "weekly_off", "description"] {
                values.insert(key.to_owned(), row.get(key).clone());
            }
            values
        })
        .collect();
    let until = i64::from(from.weekday().until(weekday));
    let mut next = from.saturating_add(until.days());
    while next <= to {
        let date = next.to_string();
        if !known.contains(&date) {
            if rows.len() >= MOST {
                return Err(invalid(format!("A list has {MOST} holidays at most")));
            }
            rows.push(Map::from_iter([
                ("description".to_owned(), name.clone().into()),
                ("holiday_date".to_owned(), date.into()),
                ("weekly_off".to_owned(), 1.into()),
            ]));
        }
        match next.checked_add(7.days()) {
            Ok(later) => next = later,
            Err(_) => break,
        }
    }
    set_rows(list, rows);
    Ok(())
}

/// Takes all holidays out of the list. The list is answered, not stored.
///
/// # Errors
/// None of its own.
#[doc_method(doctype = "HD Service Holiday List")]
fn clear_table(list: &mut Document, _: &mut Cx) -> Result<()> {
    set_rows(list, Vec::new());
    Ok(())
}

/// Rows in this order; new ones say where they belong, as stored ones do.
fn set_rows(list: &mut Document, rows: Vec<Map<String, Value>>) {
    let parent = list.get("name").clone();
    list.set_rows("holidays", rows);
    if let Some(rows) = list.rows_mut("holidays") {
        for (place, row) in rows.iter_mut().enumerate() {
            row.set("idx", place + 1);
            row.set("docstatus", 0);
            row.set("parent", parent.clone());
            row.set("parentfield", "holidays");
            row.set("parenttype", "HD Service Holiday List");
        }
    }
}
