//! `helpdesk.api.ticket`: tickets.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{self, Right};
use helpdesk_core::doctype::storage;
use helpdesk_core::frappe::desk::form::assign_to;
use helpdesk_core::prelude::*;
use helpdesk_core::rest;

/// Assign a ticket to an agent, in place of whoever has it.
///
/// Without `agent_id` the caller takes the ticket. Answers the ticket with its assignees in `_assign`.
///
/// # Errors
/// - 403 if the caller may not write the ticket
/// - 404 if there is no such ticket
/// - 417 if the assignee is no agent
///
/// Source: spec/helpdesk-a.md §2.9.
#[whitelist(methods = [POST, PUT])]
pub fn assign_ticket_to_agent(
    cx: &mut Cx,
    /// The ticket's name, `"0042"`.
    ticket_id: String,
    /// User id of the agent.
    agent_id: Option<String>,
) -> Result<Document> {
    let meta = permissions::meta_of(cx, "HD Ticket")?;
    storage::lock(cx, &meta, &ticket_id)?;
    let Some(ticket) = storage::load(cx, &meta, &ticket_id)? else {
        return Err(rest::missing(cx, &meta, &ticket_id));
    };
    permissions::require(cx, &meta, &ticket, Right::Write)?;
    let wanted = agent_id
        .filter(|agent| !agent.trim().is_empty())
        .unwrap_or_else(|| cx.user().to_owned());
    let agent = storage::values(cx, "HD Agent", &wanted, &["user", "is_active"])?
        .ok_or_else(|| invalid("Tickets can only be assigned to agents"))?;
    let user = agent
        .first()
        .and_then(Value::as_str)
        .unwrap_or(&wanted)
        .to_owned();
    if agent.get(1).and_then(Value::as_i64) == Some(0) {
        return Err(invalid(format!("{user} is not an active agent")));
    }
    let name = ticket.name_text();
    assign_to::clear(cx, "HD Ticket", &name, Some(&user))?;
    assign_to::assign_user(cx, "HD Ticket", &name, &user, "")?;
    let mut ticket = rest::readable(cx, &meta, &name)?;
    let assigned = ticket.get("_assign").clone();
    ticket.set_extra("_assign", assigned);
    Ok(ticket)
}
