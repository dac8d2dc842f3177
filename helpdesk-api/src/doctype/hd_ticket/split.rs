//! The later part of a conversation becomes a ticket of its own.
//!
//! Source: spec/helpdesk-a.md §4.10.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;

use super::replies::{self, Reply};
use crate::permitted;
use crate::rows::{self, text};

/// Fields the new ticket begins without.
const FRESH: [&str; 21] = [
    "description",
    "status",
    "status_category",
    "key",
    "first_responded_on",
    "sla",
    "response_by",
    "resolution_by",
    "agreement_status",
    "on_hold_since",
    "total_hold_time",
    "avg_response_time",
    "resolution_date",
    "resolution_time",
    "user_resolution_time",
    "resolution_details",
    "raised_outside_working_hours",
    "is_merged",
    "merged_with",
    "attachment",
    "name",
];

/// What moves with the messages: the DocType, how it names the ticket, and what else makes it the ticket's.
const MOVED: [(&str, &str, Option<&str>); 4] = [
    ("Communication", "reference_name", Some("reference_doctype")),
    ("HD Ticket Comment", "reference_ticket", None),
    ("HD Ticket Activity", "ticket", None),
    ("File", "attached_to_name", Some("attached_to_doctype")),
];

/// Makes a ticket of a message and all that came after it; answers its name.
///
/// # Errors
/// 404 for an unknown message, 403 without the right to change its ticket, 417 for an empty subject.
pub(super) fn split(cx: &mut Cx, subject: &str, message: &str) -> Result<String> {
    let columns = ["reference_name", "reference_doctype", "creation"];
    let row = storage::values(cx, "Communication", message, &columns)?.unwrap_or_default();
    let column = |i: usize| row.get(i).and_then(Value::as_str).unwrap_or("").to_owned();
    if column(1) != "HD Ticket" {
        return Err(not_found("HD Ticket", "None"));
    }
    let (from, since) = (column(0), column(2));
    let old = permitted::document(cx, "HD Ticket", &from, Right::Write)?;
    let name = copy(cx, &old, subject)?;
    for (doctype, link, kind) in MOVED {
        let mut filters = vec![json!([link, "=", from]), json!(["creation", ">=", since])];
        if let Some(kind) = kind {
            filters.push(json!([kind, "=", "HD Ticket"]));
        }
        for row in rows::all(cx, doctype, &["name"], filters.into(), "creation asc")? {
            let changes = [(link, Value::from(name.as_str()))];
            storage::set_columns(cx, doctype, text(&row, "name"), &changes)?;
        }
    }
    let message = format!(
        "<p>A part of this conversation goes on as ticket <a href=\"/helpdesk/tickets/{name}\">#{name}</a>.</p>"
    );
    let reply = Reply {
        message: &message,
        ..Reply::default()
    };
    replies::reply(cx, &old, &reply)?;
    Ok(name)
}

/// A new ticket of the same people, priority and team.
fn copy(cx: &mut Cx, old: &Document, subject: &str) -> Result<String> {
    let meta = meta_of(cx, "HD Ticket")?;
    let mut new = Document::new(std::sync::Arc::clone(&meta));
    for column in meta.columns.iter().filter(|column| column.field.is_some()) {
        if !FRESH.contains(&column.name.as_str()) {
            new.set(&column.name, old.get(&column.name).clone());
        }
    }
    let now = stored(cx.now());
    let (day, time) = now.split_at(10);
    new.set("subject", subject);
    new.set("ticket_split_from", old.name_text());
    new.set("first_response_time", 0);
    new.set("opening_date", day);
    new.set("opening_time", time.trim());
    new.set("service_level_agreement_creation", now.clone());
    if matches!(old.text("raised_by"), "Administrator" | "Guest") {
        // Put back with the owner: others may not raise tickets in the name of a built-in user.
        new.set("raised_by", Value::Null);
    }
    new.flags.ignore_permissions = true;
    save::insert(cx, &mut new)?;
    let name = new.name_text();
    let kept = ["owner", "raised_by"].map(|field| (field, old.get(field).clone()));
    storage::set_columns(cx, "HD Ticket", &name, &kept)?;
    Ok(name)
}
