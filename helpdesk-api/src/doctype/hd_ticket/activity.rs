//! HD Ticket Activity: one line for each thing that happened to a ticket.
//!
//! Source: spec/helpdesk-a.md §2.6.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::save;
use helpdesk_core::prelude::*;

/// Fields whose changes are told, and what they are called there.
const TOLD: [(&str, &str); 6] = [
    ("status", "status"),
    ("priority", "priority"),
    ("agent_group", "team"),
    ("contact", "contact"),
    ("ticket_type", "type"),
    ("sla", "SLA"),
];

/// Adds a line, by the caller.
pub(super) fn log(cx: &mut Cx, ticket: &str, action: &str) -> Result<()> {
    let mut row = Document::new(meta_of(cx, "HD Ticket Activity")?);
    row.set("ticket", ticket);
    row.set("action", action);
    row.flags.ignore_permissions = true;
    save::insert(cx, &mut row)
}

/// Adds a line for each change of the running save.
pub(super) fn log_changes(ticket: &Document, cx: &mut Cx) -> Result<()> {
    for (field, word) in TOLD {
        if !ticket.has_value_changed(field) {
            continue;
        }
        let action = match ticket.text(field) {
            "" => format!("cleared {word}"),
            value => format!("set {word} to {value}"),
        };
        log(cx, ticket.name(), &action)?;
    }
    Ok(())
}
