//! A ticket's fields as an agreement sees them, and back.
//!
//! Source: spec/helpdesk-b.md §10.3.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::value::{lenient_int, parse_datetime};
use helpdesk_core::message::Message;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use jiff::civil::DateTime;

use crate::sla::{Agreement, Category, StatusChange, Timing};

/// Applies an agreement to a ticket about to be stored.
pub(super) fn apply(ticket: &mut Document, agreement: &Agreement, cx: &mut Cx) -> Result<()> {
    let now = cx.now();
    if ticket.is_new {
        if ticket.is_empty("service_level_agreement_creation") {
            ticket.set("service_level_agreement_creation", stored(now));
        }
        if ticket.is_empty("priority") {
            ticket.set("priority", agreement.default_priority.clone().unwrap_or_default());
        }
    }
    let mut timing = read(ticket);
    let status = agreement.apply(&mut timing, ticket.text("priority"), change(ticket), now)?;
    write(ticket, &timing);
    ticket.set("agreement_status", status.as_str());
    tell_uncovered(cx, agreement)
}

/// The move to another status, if the running save is one.
fn change(ticket: &Document) -> Option<StatusChange> {
    let before = ticket.before.as_ref()?;
    ticket.has_value_changed("status").then(|| StatusChange {
        from: Category::parse(before.text("status_category")),
        to: Category::parse(ticket.text("status_category")),
        to_closed: ticket.text("status") == "Closed",
        resolved_before: time(before, "resolution_date"),
    })
}

fn time(ticket: &Document, field: &str) -> Option<DateTime> {
    parse_datetime(ticket.text(field))
}

fn read(ticket: &Document) -> Timing {
    let seconds = |field: &str| (!ticket.is_empty(field)).then(|| lenient_int(ticket.get(field)));
    Timing {
        creation: time(ticket, "service_level_agreement_creation"),
        first_responded_on: time(ticket, "first_responded_on"),
        response_by: time(ticket, "response_by"),
        resolution_by: time(ticket, "resolution_by"),
        resolution_date: time(ticket, "resolution_date"),
        on_hold_since: time(ticket, "on_hold_since"),
        total_hold_time: seconds("total_hold_time"),
        first_response_time: seconds("first_response_time"),
        first_response_failed_by: seconds("first_response_failed_by"),
        resolution_time: seconds("resolution_time"),
        resolution_failed_by: seconds("resolution_failed_by"),
    }
}

/// Writes what an agreement changes; the rest of the times are the ticket's own.
fn write(ticket: &mut Document, timing: &Timing) {
    for (field, at) in [
        ("response_by", timing.response_by),
        ("resolution_by", timing.resolution_by),
        ("resolution_date", timing.resolution_date),
        ("on_hold_since", timing.on_hold_since),
    ] {
        ticket.set(field, at.map(stored));
    }
    for (field, seconds) in [
        ("total_hold_time", timing.total_hold_time),
        ("first_response_time", timing.first_response_time),
        ("first_response_failed_by", timing.first_response_failed_by),
        ("resolution_time", timing.resolution_time),
        ("resolution_failed_by", timing.resolution_failed_by),
    ] {
        ticket.set(field, seconds);
    }
}

/// Tells of priorities in use that an agreement has no times for.
fn tell_uncovered(cx: &mut Cx, agreement: &Agreement) -> Result<()> {
    let priorities = ListRequest {
        filters: json!({ "disabled": 0 }),
        order_by: "name asc".into(),
        ignore_permissions: true,
        ..ListRequest::of("HD Ticket Priority")
    };
    for row in query::list_values(cx, &priorities)? {
        let Some(priority) = row.get("name").and_then(Value::as_str) else {
            continue;
        };
        if agreement.target(priority).is_none() {
            cx.msgprint(Message::plain(format!(
                "The service level agreement {} has no times for the priority {priority}.",
                agreement.name
            )));
        }
    }
    Ok(())
}
