//! What connected clients hear of tickets, comments, agents and settings.
//!
//! Source: spec/helpdesk-a.md §5.6, spec/helpdesk-b.md §17.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;
use helpdesk_core::realtime::room;

const TICKET: &str = "HD Ticket";

/// Before what the ticket's first message brings along (recorded order).
#[doc_event(doctype = "HD Ticket", on = "after_insert", order = -1)]
fn ticket_made(_: &mut Document, cx: &mut Cx) -> Result<()> {
    cx.publish("helpdesk:new-ticket", room::WEBSITE, json!({}));
    Ok(())
}

#[doc_event(doctype = "HD Ticket", on = "on_update", order = 1)]
fn ticket_changed(ticket: &mut Document, cx: &mut Cx) -> Result<()> {
    to_readers(
        cx,
        "helpdesk:ticket-update",
        &ticket.name_text(),
        |ticket| json!({ "ticket_id": ticket }),
    );
    Ok(())
}

#[doc_event(doctype = "HD Ticket Comment", on = "after_insert")]
fn commented(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    to_readers(
        cx,
        "helpdesk:ticket-comment",
        comment.text("reference_ticket"),
        |ticket| json!({ "ticket_id": ticket }),
    );
    Ok(())
}

#[doc_event(doctype = "HD Ticket Comment", on = "after_delete")]
fn comment_deleted(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    commented(comment, cx)
}

#[doc_event(doctype = "HD Settings", on = "on_update")]
fn settings_changed(_: &mut Document, cx: &mut Cx) -> Result<()> {
    cx.publish("helpdesk:settings-updated", room::WEBSITE, json!({}));
    Ok(())
}

/// Somebody reacted to a comment, or took it back.
pub(crate) fn reacted(cx: &mut Cx, comment: &Document) {
    let name = comment.name_text();
    to_readers(
        cx,
        "helpdesk:comment-reaction-update",
        comment.text("reference_ticket"),
        |ticket| json!({ "comment": name, "ticket_id": ticket }),
    );
}

/// An agent came or went.
pub(crate) fn availability_changed(cx: &mut Cx, agent: &str, availability: &str, on: &str) {
    let payload = json!({ "agent": agent, "availability": availability, "availability_changed_on": on });
    cx.publish("agent_availability_updated", room::WEBSITE, payload);
}

/// Tells who has a ticket open.
fn to_readers(cx: &mut Cx, event: &str, ticket: &str, payload: impl FnOnce(&str) -> Value) {
    let room = room::open_doc(TICKET, ticket);
    cx.publish_with(event, &room, || payload(ticket));
}
