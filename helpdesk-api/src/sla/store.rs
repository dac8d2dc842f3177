//! Agreements as they are stored, and the choice among them.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::storage;
use helpdesk_core::doctype::value::{lenient_int, parse_datetime, parse_time};
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use jiff::civil::{Date, Weekday};

use super::agreement::{Agreement, Target};
use super::calendar::{Calendar, Hours};
use super::condition::holds;

const DOCTYPE: &str = "HD Service Level Agreement";

/// The agreement a ticket is under: the first enabled one, by name, whose condition holds, else the default.
///
/// An agreement holds from the start of its first day to the start of its last, and only for tickets of a priority it
/// has times for (or of none).
///
/// # Errors
/// 404 where there is no default agreement.
pub fn select(cx: &mut Cx, ticket: &Document) -> Result<String> {
    for (name, condition) in candidates(cx)? {
        if covers(cx, &name, ticket.text("priority"))? && holds(&condition, &ticket.as_dict()) {
            return Ok(name);
        }
    }
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters: json!({ "enabled": 1, "default_sla": 1 }),
            order_by: "creation desc, name asc".into(),
            length: Some(1),
            ignore_permissions: true,
            ..ListRequest::of(DOCTYPE)
        },
    )?;
    rows.first()
        .and_then(|row| row.get("name")?.as_str().map(str::to_owned))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::DoesNotExistError,
                "There is no default service level agreement that is enabled",
            )
        })
}

/// Name and condition of the agreements in force that have one.
fn candidates(cx: &mut Cx) -> Result<Vec<(String, String)>> {
    let now = cx.now();
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: ["name", "condition", "start_date", "end_date"]
                .map(Value::from)
                .to_vec(),
            filters: json!([
                ["enabled", "=", 1],
                ["default_sla", "=", 0],
                ["condition", "is", "set"]
            ]),
            order_by: "name asc".into(),
            ignore_permissions: true,
            ..ListRequest::of(DOCTYPE)
        },
    )?;
    let mut found = Vec::new();
    for row in rows {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("");
        let begun = parse_datetime(text("start_date")).is_none_or(|start| start <= now);
        let over = parse_datetime(text("end_date")).is_some_and(|end| end < now);
        if begun && !over && !text("condition").trim().is_empty() {
            found.push((text("name").to_owned(), text("condition").to_owned()));
        }
    }
    Ok(found)
}

fn covers(cx: &mut Cx, agreement: &str, priority: &str) -> Result<bool> {
    if priority.is_empty() {
        return Ok(true);
    }
    let rows = query::count(
        cx,
        &ListRequest {
            filters: json!([
                ["parent", "=", agreement],
                ["parenttype", "=", DOCTYPE],
                ["priority", "=", priority]
            ]),
            ignore_permissions: true,
            ..ListRequest::of("HD Service Level Priority")
        },
    )?;
    Ok(rows > 0)
}

/// An agreement with its hours and holidays.
///
/// # Errors
/// 404 where there is none of that name.
pub fn load(cx: &mut Cx, name: &str) -> Result<Agreement> {
    let meta = meta_of(cx, DOCTYPE)?;
    let doc = storage::get(cx, &meta, name)?;
    let holidays = holidays(cx, doc.text("holiday_list"))?;
    let text = |field: &str| Some(doc.text(field).to_owned()).filter(|text| !text.is_empty());
    Ok(Agreement {
        name: doc.name_text(),
        default_priority: text("default_priority"),
        default_ticket_status: text("default_ticket_status"),
        ticket_reopen_status: text("ticket_reopen_status"),
        applies_to_resolution: doc.is_on("apply_sla_for_resolution"),
        calendar: Calendar::new(
            cx.site().clock.zone().clone(),
            doc.rows("support_and_resolution").iter().filter_map(day),
            holidays,
        ),
        targets: doc
            .rows("priorities")
            .iter()
            .map(|row| {
                let target = Target {
                    response: lenient_int(row.get("response_time")),
                    resolution: lenient_int(row.get("resolution_time")),
                };
                (row.text("priority").to_owned(), target)
            })
            .collect(),
    })
}

fn holidays(cx: &mut Cx, list: &str) -> Result<Vec<Date>> {
    if list.is_empty() {
        return Ok(Vec::new());
    }
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["holiday_date".into()],
            filters: json!([
                ["parent", "=", list],
                ["parenttype", "=", "HD Service Holiday List"]
            ]),
            order_by: "holiday_date asc".into(),
            ignore_permissions: true,
            ..ListRequest::of("HD Holiday")
        },
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| Some(parse_datetime(row.get("holiday_date")?.as_str()?)?.date()))
        .collect())
}

fn day(row: &Document) -> Option<(Weekday, Hours)> {
    let weekday = match row.text("workday") {
        "Monday" => Weekday::Monday,
        "Tuesday" => Weekday::Tuesday,
        "Wednesday" => Weekday::Wednesday,
        "Thursday" => Weekday::Thursday,
        "Friday" => Weekday::Friday,
        "Saturday" => Weekday::Saturday,
        "Sunday" => Weekday::Sunday,
        _ => return None,
    };
    let hours = Hours {
        start: parse_time(row.text("start_time"))?,
        end: parse_time(row.text("end_time"))?,
    };
    Some((weekday, hours))
}
