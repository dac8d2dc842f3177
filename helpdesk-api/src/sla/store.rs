//! Agreements as they are stored, and the choice among them.

use std::sync::Arc;

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::storage;
use helpdesk_core::doctype::value::{lenient_int, parse_datetime, parse_time};
use helpdesk_core::kept_sources;
use helpdesk_core::prelude::*;
use helpdesk_core::site::kept;
use jiff::civil::{Date, DateTime, Weekday};

use super::agreement::{Agreement, Target};
use super::calendar::{Calendar, Hours};
use super::condition::holds;
use crate::rows::{self, text};

const DOCTYPE: &str = "HD Service Level Agreement";

kept_sources! {
    "HD Service Level Agreement",
    "HD Service Level Priority",
    "HD Service Day",
    "HD Service Holiday List",
    "HD Holiday",
}

/// The enabled agreements that a ticket may be under.
struct Choice {
    /// Those with a condition, by name.
    conditional: Vec<Conditional>,
    /// The default one.
    default: Option<String>,
}

struct Conditional {
    name: String,
    condition: String,
    start: Option<DateTime>,
    end: Option<DateTime>,
    /// It has times for these.
    priorities: Vec<String>,
}

/// The agreement a ticket is under: the first enabled one, by name, whose condition holds, else the default.
///
/// An agreement holds from the start of its first day to the start of its last, and only for tickets of a priority it
/// has times for (or of none).
///
/// # Errors
/// 404 where there is no default agreement.
pub fn select(cx: &mut Cx, ticket: &Document) -> Result<String> {
    let now = cx.now();
    let choice = kept(cx, "", choice)?;
    let priority = ticket.text("priority");
    let fitting = choice.conditional.iter().find(|agreement| {
        agreement.start.is_none_or(|start| start <= now)
            && agreement.end.is_none_or(|end| end >= now)
            && (priority.is_empty() || agreement.priorities.iter().any(|known| known == priority))
            && holds(&agreement.condition, &ticket.as_dict())
    });
    fitting
        .map(|agreement| &agreement.name)
        .or(choice.default.as_ref())
        .cloned()
        .ok_or_else(|| {
            Error::new(
                ErrorKind::DoesNotExistError,
                "There is no default service level agreement that is enabled",
            )
        })
}

fn choice(cx: &mut Cx) -> Result<Choice> {
    let agreements = rows::all(
        cx,
        DOCTYPE,
        &["name", "condition", "start_date", "end_date"],
        json!([
            ["enabled", "=", 1],
            ["default_sla", "=", 0],
            ["condition", "is", "set"]
        ]),
        "name asc",
    )?;
    let mut conditional = Vec::new();
    for row in agreements {
        if text(&row, "condition").trim().is_empty() {
            continue;
        }
        let priorities = rows::all(
            cx,
            "HD Service Level Priority",
            &["priority"],
            json!({ "parent": text(&row, "name"), "parenttype": DOCTYPE }),
            "idx asc",
        )?;
        conditional.push(Conditional {
            name: text(&row, "name").to_owned(),
            condition: text(&row, "condition").to_owned(),
            start: parse_datetime(text(&row, "start_date")),
            end: parse_datetime(text(&row, "end_date")),
            priorities: priorities
                .iter()
                .map(|row| text(row, "priority").to_owned())
                .collect(),
        });
    }
    let defaults = rows::all(
        cx,
        DOCTYPE,
        &["name"],
        json!({ "enabled": 1, "default_sla": 1 }),
        "creation desc, name asc",
    )?;
    Ok(Choice {
        conditional,
        default: defaults.first().map(|row| text(row, "name").to_owned()),
    })
}

/// An agreement with its hours and holidays.
///
/// # Errors
/// 404 where there is none of that name.
pub fn load(cx: &mut Cx, name: &str) -> Result<Arc<Agreement>> {
    kept(cx, name, |cx| read(cx, name))
}

fn read(cx: &mut Cx, name: &str) -> Result<Agreement> {
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
    let rows = rows::all(
        cx,
        "HD Holiday",
        &["holiday_date"],
        json!({ "parent": list, "parenttype": "HD Service Holiday List" }),
        "holiday_date asc",
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| Some(parse_datetime(text(row, "holiday_date"))?.date()))
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
