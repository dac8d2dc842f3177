//! What a list of holidays must be, and that the times of open tickets follow it.
//!
//! Source: spec/helpdesk-b.md §10.8.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use jiff::civil::Date;

use crate::rows;

fn date(doc: &Document, field: &str) -> Option<Date> {
    parse_datetime(doc.text(field)).map(|at| at.date())
}

#[doc_event(doctype = "HD Service Holiday List", on = "validate")]
fn validate(list: &mut Document, _: &mut Cx) -> Result<()> {
    let (from, to) = (date(list, "from_date"), date(list, "to_date"));
    if let (Some(from), Some(to)) = (from, to) {
        if from > to {
            return Err(invalid("to_date can't be before from_date"));
        }
        for (place, row) in list.rows("holidays").iter().enumerate() {
            if let Some(day) = date(row, "holiday_date")
                && (day < from || day > to)
            {
                return Err(invalid(format!(
                    "holidays, row {}: holiday_date {day} is not between {from} and {to}",
                    place + 1
                )));
            }
        }
    }
    let count = list.rows("holidays").len();
    list.set("total_holidays", count);
    Ok(())
}

/// Open tickets under an agreement with this list are saved anew, so that what is due moves.
#[doc_event(doctype = "HD Service Holiday List", on = "on_update")]
fn on_update(list: &mut Document, cx: &mut Cx) -> Result<()> {
    let name = list.name_text();
    let agreements = rows::names(cx, "HD Service Level Agreement", json!({ "holiday_list": name }))?;
    if agreements.is_empty() {
        return Ok(());
    }
    let open = json!([["sla", "in", agreements], ["status_category", "=", "Open"]]);
    let meta = meta_of(cx, "HD Ticket")?;
    for ticket in rows::names(cx, "HD Ticket", open)? {
        let mut ticket = storage::get(cx, &meta, &ticket)?;
        save::save(cx, &mut ticket)?;
    }
    Ok(())
}
