//! What happens when a ticket is made, changed or deleted.
//!
//! Source: spec/helpdesk-a.md §2.2.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::storage;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;

use super::{activity, agreement, contact, messages, notices, queries, status};
use crate::agents::is_agent;

/// Text of a setting; empty where unset.
pub(super) fn setting(cx: &mut Cx, field: &str) -> Result<String> {
    let value = single(cx, "HD Settings", field)?;
    Ok(value.as_str().unwrap_or("").to_owned())
}

/// Whether a setting is on.
pub(super) fn setting_is_on(cx: &mut Cx, field: &str) -> Result<bool> {
    Ok(is_true(Some(&single(cx, "HD Settings", field)?)))
}

/// The key by which whoever raised the ticket is known in mails; never the client's choice.
#[doc_event(doctype = "HD Ticket", on = "before_insert")]
fn before_insert(ticket: &mut Document, _: &mut Cx) -> Result<()> {
    ticket.set("key", uuid::Uuid::new_v4().to_string());
    Ok(())
}

/// The order of the steps is the contract's: the agreement is chosen before the customer is known.
#[doc_event(doctype = "HD Ticket", on = "before_validate")]
fn before_validate(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    refuse_frozen(ticket, cx)?;
    fill(ticket, cx)?;
    status::note_first_response(ticket, cx);
    rate(ticket, cx)?;
    status::open(ticket, cx)?;
    let sla = crate::sla::select(cx, ticket)?;
    ticket.set("sla", sla);
    contact::guard(ticket, cx)?;
    contact::find(ticket, cx)?;
    contact::set_customer(ticket, cx)
}

/// Customers don't change tickets of the portal that are closed or rated.
fn refuse_frozen(ticket: &Document, cx: &mut Cx) -> Result<()> {
    let Some(before) = &ticket.before else {
        return Ok(());
    };
    if !ticket.is_on("via_customer_portal") || is_agent(cx)? {
        return Ok(());
    }
    if before.text("status") == "Closed" || !before.is_empty("feedback") {
        return Err(forbidden(
            "Tickets that are closed or rated cannot be changed any more.",
        ));
    }
    Ok(())
}

/// Type, address and priority where none is given.
fn fill(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    if ticket.is_empty("ticket_type") {
        let default = setting(cx, "default_ticket_type")?;
        ticket.set("ticket_type", default);
    }
    if ticket.is_empty("raised_by") {
        ticket.set("raised_by", cx.user().to_owned());
    }
    if ticket.is_empty("priority") {
        let kind = ticket.text("ticket_type").to_owned();
        let of_kind = storage::values(cx, "HD Ticket Type", &kind, &["priority"])?
            .and_then(|row| row.first()?.as_str().map(str::to_owned))
            .filter(|priority| !priority.is_empty());
        let priority = match of_kind {
            Some(priority) => priority,
            None => setting(cx, "default_priority")?,
        };
        if !priority.is_empty() {
            ticket.set("priority", priority);
        }
    }
    Ok(())
}

/// The rating of the feedback the customer chose.
fn rate(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    if ticket.is_empty("feedback") {
        return Ok(());
    }
    let feedback = ticket.text("feedback").to_owned();
    let row = storage::values(cx, "HD Ticket Feedback Option", &feedback, &["rating"])?;
    if let Some(rating) = row.and_then(|row| row.into_iter().next()) {
        ticket.set("feedback_rating", rating);
    }
    Ok(())
}

/// Customers rate a ticket they resolve, if they were answered and the settings want it.
#[doc_event(doctype = "HD Ticket", on = "validate")]
fn validate(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    let is_rated = ticket.get("feedback_rating").as_f64().unwrap_or(0.0) > 0.0;
    if is_rated
        || ticket.text("status_category") != "Resolved"
        || !setting_is_on(cx, "is_feedback_mandatory")?
        || is_agent(cx)?
    {
        return Ok(());
    }
    if queries::is_answered(cx, ticket.name())? {
        return Err(invalid("Please rate the ticket before you resolve it."));
    }
    Ok(())
}

#[doc_event(doctype = "HD Ticket", on = "before_save")]
fn before_save(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    let sla = ticket.text("sla").to_owned();
    let sla = crate::sla::load(cx, &sla)?;
    agreement::apply(ticket, &sla, cx)?;
    if ticket.before.is_some() {
        activity::log_changes(ticket, cx)?;
        notices::ask_for_feedback(ticket, cx)?;
    }
    if ticket.is_new {
        let outside = !sla.calendar.is_open(cx.now());
        ticket.set("raised_outside_working_hours", i64::from(outside));
    }
    Ok(())
}

#[doc_event(doctype = "HD Ticket", on = "after_insert")]
fn after_insert(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    if !ticket.is_empty("ticket_split_from") {
        let from = ticket.text("ticket_split_from").to_owned();
        activity::log(cx, ticket.name(), &format!("split the ticket from #{from}"))?;
    }
    if !ticket.is_empty("description") {
        messages::open(ticket, cx)?;
    }
    notices::acknowledge(ticket, cx)
}

/// Agents who have the ticket hear that it is open again; then it leaves those who are not in its team.
#[doc_event(doctype = "HD Ticket", on = "on_update")]
fn on_update(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    notices::tell_reopened(ticket, cx)?;
    crate::assignment::leave_other_teams(ticket, cx)
}

#[doc_event(doctype = "HD Ticket", on = "on_trash")]
fn on_trash(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    queries::delete_belongings(cx, &ticket.name_text())
}
