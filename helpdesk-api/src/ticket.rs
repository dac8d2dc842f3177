//! `helpdesk.api.ticket`: tickets.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{self, Right};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::frappe::desk::form::assign_to;
use helpdesk_core::prelude::*;
use helpdesk_core::rest;

use crate::agents::require_agent;
use crate::doctype::hd_ticket::replies::{self, Reply};
use crate::{attachments, permitted};

/// Tickets that one call answers, at most.
const MOST_REPLIES: usize = 500;

/// Assign a ticket to an agent, in place of whoever has it.
///
/// Without `agent_id` the caller takes the ticket. Answers the ticket with its assignees in `_assign`.
///
/// # Errors
/// - 403 if the caller is no agent, or may not write the ticket
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
    // Customers may change their tickets, but not whose work they are.
    require_agent(cx)?;
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

/// Answers several tickets with the same words, each to whoever raised it.
///
/// # Errors
/// - 403 if the caller is no agent, may not change one of the tickets, or may not attach a file; then none is answered
/// - 404 if one of the tickets is missing
#[whitelist]
pub fn bulk_reply(
    cx: &mut Cx,
    /// Names of tickets.
    ticket_ids: List<StrOrInt>,
    /// HTML.
    message: String,
    /// Names of files.
    attachments: Option<List>,
) -> Result<()> {
    require_agent(cx)?;
    let mut names: Vec<String> = Vec::new();
    for id in ticket_ids.0 {
        let name = id.to_string();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > MOST_REPLIES {
        return Err(invalid(format!(
            "At most {MOST_REPLIES} tickets can be answered at once"
        )));
    }
    let mut tickets = Vec::with_capacity(names.len());
    for name in &names {
        tickets.push(permitted::document(cx, "HD Ticket", name, Right::Write)?);
    }
    let files = attachments::named(cx, &attachments.unwrap_or_default().0)?;
    for ticket in tickets {
        let to = ticket.text("raised_by").to_owned();
        let reply = Reply {
            message: &message,
            to: &to,
            files: files.clone(),
            ..Reply::default()
        };
        // One ticket that can't be answered must not keep the others from being answered.
        match cx.savepoint(|cx| replies::reply(cx, &ticket, &reply)) {
            Ok(()) => {}
            Err(error) if error.kind().status() < 500 => {
                tracing::warn!(ticket = ticket.name(), %error, "a ticket was left out of a bulk reply");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Deletes a ticket with all that belongs to it, whatever links to it. A missing one is no error.
///
/// # Errors
/// 403 for everybody but the Administrator.
#[whitelist]
pub fn delete_ticket(
    cx: &mut Cx,
    /// The ticket's name.
    name: String,
) -> Result<()> {
    if !cx.session().is_administrator() {
        return Err(forbidden("Only administrators can delete tickets.").title("Not Allowed"));
    }
    if storage::exists(cx, "HD Ticket", &name)?.is_none() {
        return Ok(());
    }
    let meta = permissions::meta_of(cx, "HD Ticket")?;
    save::delete_with(cx, &meta, &name, true)
}
