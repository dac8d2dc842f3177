//! Who gets a document: by hand, by assignment rules, by the team of a ticket.
//!
//! Source: spec/helpdesk-a.md §2.9 and §5.3, spec/helpdesk-b.md §8.

mod choice;
mod hooks;
mod rules;

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::storage;
use helpdesk_core::frappe::desk::form::assign_to::{self, Assignment};
use helpdesk_core::prelude::*;

use crate::notifications::{self, Notice};
use crate::rows;

/// Assigns a ticket to one user more, and tells the user, unless it is the caller.
///
/// # Errors
/// 417 for an unknown user.
pub(crate) fn assign(cx: &mut Cx, ticket: &Document, user: &str) -> Result<()> {
    assign_to::give(cx, ticket, &[user.to_owned()], &Assignment::default())?;
    if user.eq_ignore_ascii_case(cx.user()) {
        return Ok(());
    }
    let notice = Notice {
        to: user,
        kind: "Assignment",
        ticket: &ticket.name_text(),
        ..Notice::default()
    };
    notifications::tell(cx, &notice)
}

/// An open ticket that goes to another team leaves its assignees, where the first of them is an agent who is not in
/// the team and the team's rule can find another.
///
/// # Errors
/// A database failure.
pub(crate) fn leave_other_teams(ticket: &Document, cx: &mut Cx) -> Result<()> {
    if ticket.before.is_none()
        || ticket.is_empty("agent_group")
        || !ticket.has_value_changed("agent_group")
        || ticket.text("status_category") != "Open"
    {
        return Ok(());
    }
    let name = ticket.name_text();
    let assigned = assign_to::assignees(cx, "HD Ticket", &name)?;
    let Some(first) = assigned.first() else {
        return Ok(());
    };
    if storage::exists(cx, "HD Agent", first)?.is_none() {
        return Ok(());
    }
    let team = ticket.text("agent_group").to_owned();
    let is_member = rows::names(
        cx,
        "HD Team",
        json!([["name", "=", team], ["users.user", "=", first]]),
    )?;
    if !is_member.is_empty() {
        return Ok(());
    }
    let rule = rows::value_text(cx, "HD Team", &team, "assignment_rule")?;
    if rules::can_choose(cx, &rule)? {
        assign_to::clear(cx, "HD Ticket", &name, None)?;
    }
    Ok(())
}
