//! The status of a ticket and its category.
//!
//! Source: spec/helpdesk-a.md §2.2, §2.3.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;

use super::events::setting;

/// A ticket that is paused, or resolved at once, has been answered.
pub(super) fn note_first_response(ticket: &mut Document, cx: &Cx) {
    let Some(before) = &ticket.before else { return };
    if !ticket.is_empty("first_responded_on") {
        return;
    }
    let resolved_at_once =
        before.text("status_category") == "Open" && ticket.text("status_category") == "Resolved";
    if ticket.text("status_category") == "Paused" || resolved_at_once {
        ticket.set("first_responded_on", stored(cx.now()));
    }
}

/// A new ticket gets the status new tickets have, whatever was asked for. Its category stays the one of the status
/// asked for until the next save (recorded).
pub(super) fn open(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    if ticket.is_new {
        let default = default_status(cx, ticket)?;
        if !default.is_empty() {
            ticket.set("status", default);
        }
    }
    if ticket.is_empty("status_category") {
        let status = ticket.text("status").to_owned();
        if let Some(category) = category(cx, &status)? {
            ticket.set("status_category", category);
        }
    }
    Ok(())
}

/// The category of a status; `None` for an unknown one.
fn category(cx: &mut Cx, status: &str) -> Result<Option<String>> {
    Ok(storage::values(cx, "HD Ticket Status", status, &["category"])?
        .and_then(|row| row.first()?.as_str().map(str::to_owned)))
}

/// The status of tickets that begin.
pub(super) fn default_status(cx: &mut Cx, ticket: &Document) -> Result<String> {
    of_agreement(cx, ticket, "default_ticket_status")
}

/// The status of tickets that are written to again.
pub(super) fn reopen_status(cx: &mut Cx, ticket: &Document) -> Result<String> {
    of_agreement(cx, ticket, "ticket_reopen_status")
}

/// What the ticket's agreement says, else what the settings say.
fn of_agreement(cx: &mut Cx, ticket: &Document, field: &str) -> Result<String> {
    let sla = ticket.text("sla").to_owned();
    if !sla.is_empty()
        && let Some(row) = storage::values(cx, "HD Service Level Agreement", &sla, &[field])?
        && let Some(status) = row
            .first()
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    {
        return Ok(status.to_owned());
    }
    setting(cx, field)
}
