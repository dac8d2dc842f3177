//! What becomes of tickets by itself: those nobody writes on any more are closed, and the clock fails agreements.
//!
//! Source: spec/helpdesk-a.md §5.2, spec/helpdesk-b.md §10.6.

use std::collections::HashMap;
use std::sync::Arc;

use helpdesk_core::clock::stored;
use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::value::{lenient_int, parse_datetime};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::jobs;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use jiff::ToSpan;
use jiff::civil::DateTime;

use super::activity;
use super::events::{setting, setting_is_on};
use crate::rows::{self, Row};
use crate::sla::{self, Agreement, Timing};

/// Closes tickets that are in the status the settings name and whose last message is older than the settings' days.
/// Tickets without messages stay open.
///
/// # Errors
/// A database failure. A ticket that can't be closed has an Error Log, and the others are closed.
#[scheduled(daily)]
pub fn close_tickets_after_n_days(cx: &mut Cx) -> Result<()> {
    if !setting_is_on(cx, "auto_close_tickets")? {
        return Ok(());
    }
    let status = setting(cx, "auto_close_status")?;
    let days = lenient_int(&single(cx, "HD Settings", "auto_close_after_days")?);
    if status.is_empty() || status == "Closed" || days < 1 {
        return Ok(());
    }
    let Ok(before) = cx.now().checked_sub(days.days()) else {
        return Ok(());
    };
    let tickets = idle(cx, &status, before, None)?;
    jobs::each(cx, tickets, |cx, name| {
        let meta = meta_of(cx, "HD Ticket")?;
        storage::lock(cx, &meta, name)?;
        // Somebody may have written meanwhile.
        if idle(cx, &status, before, Some(name))?.is_empty() {
            return Ok(());
        }
        let mut ticket = storage::get(cx, &meta, name)?;
        ticket.set("status", "Closed");
        ticket.flags.ignore_permissions = true;
        ticket.flags.skip_validate_hooks = true;
        save::save(cx, &mut ticket)?;
        let plural = if days == 1 { "" } else { "s" };
        let action = format!("automatically closed the ticket after {days} day{plural} of inactivity");
        activity::log(cx, name, &action)
    })?;
    Ok(())
}

/// The tickets of a status whose last message is older than a time; or the one of them that is asked for.
fn idle(cx: &mut Cx, status: &str, before: DateTime, name: Option<&str>) -> Result<Vec<String>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT t.name FROM ")
        .ident("tabHD Ticket")
        .sql(" AS t WHERE t.status = ")
        .text(status.to_owned());
    query
        .sql(" AND (SELECT max(coalesce(c.communication_date, c.creation)) FROM ")
        .ident("tabCommunication");
    query
        .sql(" AS c WHERE c.reference_doctype = ")
        .text("HD Ticket")
        .sql(" AND c.reference_name = t.name) < ")
        .bind(Kind::DateTime, Scalar::Text(stored(before).into()));
    if let Some(name) = name {
        query.sql(" AND t.name = ").text(name.to_owned());
    }
    query.sql(" ORDER BY t.name");
    let rows = cx.db().rows(query, &[Kind::Text])?;
    Ok(rows
        .iter()
        .filter_map(|row| row.first()?.as_str().map(str::to_owned))
        .collect())
}

const FIELDS: [&str; 8] = [
    "name",
    "sla",
    "agreement_status",
    "first_responded_on",
    "response_by",
    "resolution_by",
    "resolution_date",
    "on_hold_since",
];

/// Brings up to date how the agreements of open tickets stand, which time alone changes. Nothing else of the tickets
/// changes, `modified` neither.
///
/// # Errors
/// A database failure. A ticket whose agreement can't be read has an Error Log, and the others are done.
#[scheduled(hourly, queue = "long")]
pub fn update_sla_status_in_ticket(cx: &mut Cx) -> Result<()> {
    let now = cx.now();
    let open = json!([["status_category", "=", "Open"], ["sla", "is", "set"]]);
    let mut agreements = HashMap::new();
    let mut stale = Vec::new();
    for row in rows::all(cx, "HD Ticket", &FIELDS, open, "name asc")? {
        let is_stale = match agreement(cx, &mut agreements, rows::text(&row, "sla"))? {
            Some(agreement) => standing(&row, agreement, now) != rows::text(&row, "agreement_status"),
            // Told with the others that fail.
            None => true,
        };
        if is_stale {
            stale.push(rows::text(&row, "name").to_owned());
        }
    }
    jobs::each(cx, stale, |cx, name| {
        storage::lock(cx, &*meta_of(cx, "HD Ticket")?, name)?;
        let filters = json!({ "name": name, "status_category": "Open" });
        let found = rows::all(cx, "HD Ticket", &FIELDS, filters, "name asc")?;
        let Some(row) = found.first() else { return Ok(()) };
        let name_of_agreement = rows::text(row, "sla");
        let Some(agreement) = agreement(cx, &mut agreements, name_of_agreement)? else {
            return Err(invalid(format!(
                "there is no service level agreement {name_of_agreement}"
            )));
        };
        let status = standing(row, agreement, now);
        storage::set_columns(cx, "HD Ticket", name, &[("agreement_status", status.into())])?;
        Ok(())
    })?;
    Ok(())
}

/// An agreement by name, read once a run; `None` for one that is not there.
fn agreement<'a>(
    cx: &mut Cx,
    known: &'a mut HashMap<String, Option<Arc<Agreement>>>,
    name: &str,
) -> Result<Option<&'a Agreement>> {
    if !known.contains_key(name) {
        let found = match sla::load(cx, name) {
            Ok(agreement) => Some(agreement),
            Err(error) if error.kind() == ErrorKind::DoesNotExistError => None,
            Err(error) => return Err(error),
        };
        known.insert(name.to_owned(), found);
    }
    Ok(known.get(name).and_then(Option::as_deref))
}

fn standing(row: &Row, agreement: &Agreement, now: DateTime) -> &'static str {
    let time = |field: &str| parse_datetime(rows::text(row, field));
    let timing = Timing {
        first_responded_on: time("first_responded_on"),
        response_by: time("response_by"),
        resolution_by: time("resolution_by"),
        resolution_date: time("resolution_date"),
        on_hold_since: time("on_hold_since"),
        ..Timing::default()
    };
    agreement.status(&timing, now).as_str()
}
