//! Communications of a ticket, and what they do to it.
//!
//! Source: spec/helpdesk-a.md §2.4, §4.9.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;

use super::events::{setting, setting_is_on};
use super::queries::is_answered;
use super::{replies, status};
use crate::attachments;

/// Tickets followed from a merged one before it is taken for a circle.
const LONGEST_CHAIN: usize = 100;

/// The description of a new ticket becomes its first message.
pub(super) fn open(ticket: &Document, cx: &mut Cx) -> Result<()> {
    let description = ticket.text("description").to_owned();
    let mut message = replies::message_on(cx, ticket, "Received", &description)?;
    message.flags.ignore_mandatory = true;
    save::insert(cx, &mut message)?;
    attachments::attach_media(cx, &description, &ticket.name_text())
}

/// A message on a ticket moves the ticket on.
#[doc_event(doctype = "Communication", on = "on_update")]
fn on_communication(message: &mut Document, cx: &mut Cx) -> Result<()> {
    if message.text("reference_doctype") != "HD Ticket" || message.is_empty("reference_name") {
        return Ok(());
    }
    let meta = meta_of(cx, "HD Ticket")?;
    let name = message.text("reference_name").to_owned();
    let Some(mut ticket) = storage::load_to_change(cx, &meta, &name)? else {
        return Ok(());
    };
    let is_received = message.text("sent_or_received") == "Received";
    if is_received
        && ticket.is_on("is_merged")
        && let Some(target) = merge_target(cx, &ticket)?
    {
        let moved = target.get("name").clone();
        storage::set_columns(
            cx,
            "Communication",
            &message.name_text(),
            &[("reference_name", moved.clone())],
        )?;
        message.set("reference_name", moved);
        ticket = target;
    }
    if is_received {
        receive(cx, &mut ticket)?;
    } else if message.text("communication_type") == "Automated Message" {
        return Ok(());
    } else {
        answer(cx, &mut ticket)?;
    }
    if ticket.is_empty("description") {
        ticket.set("description", message.get("content").clone());
    }
    // Guests may raise a ticket, not change it: its first message is a part of raising it.
    ticket.flags.ignore_permissions = cx.session().is_guest();
    save::save(cx, &mut ticket)
}

/// The ticket a merged one ended up in; `None` where that leads nowhere.
fn merge_target(cx: &mut Cx, merged: &Document) -> Result<Option<Document>> {
    let meta = meta_of(cx, "HD Ticket")?;
    let mut seen = vec![merged.name_text()];
    let mut next = merged.text("merged_with").to_owned();
    while !next.is_empty() && !seen.contains(&next) && seen.len() < LONGEST_CHAIN {
        let Some(ticket) = storage::load_to_change(cx, &meta, &next)? else {
            return Ok(None);
        };
        if !ticket.is_on("is_merged") {
            return Ok(Some(ticket));
        }
        seen.push(next);
        next = ticket.text("merged_with").to_owned();
    }
    Ok(None)
}

fn receive(cx: &mut Cx, ticket: &mut Document) -> Result<()> {
    let status = if is_answered(cx, ticket.name())? {
        status::reopen_status(cx, ticket)?
    } else {
        status::default_status(cx, ticket)?
    };
    if !status.is_empty() {
        ticket.set("status", status);
    }
    ticket.set("last_customer_response", stored(cx.now()));
    Ok(())
}

fn answer(cx: &mut Cx, ticket: &mut Document) -> Result<()> {
    let now = stored(cx.now());
    if ticket.is_empty("first_responded_on") {
        ticket.set("first_responded_on", now.clone());
    }
    ticket.set("last_agent_response", now);
    if setting_is_on(cx, "auto_update_status")? {
        let status = setting(cx, "update_status_to")?;
        if !status.is_empty() {
            ticket.set("status", status);
        }
    }
    Ok(())
}
