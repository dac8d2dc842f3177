//! Who has a document open: told to the others who have.
//!
//! Source: spec/framework-api.md §10.3, §10.4.

use std::sync::Arc;

use helpdesk_core::realtime::room;
use serde_json::{Value, json};

use super::client::Entered;
use super::hub::Hub;

/// The DocType of tickets, which have events of their own.
pub(super) const TICKET: &str = "HD Ticket";

/// Tells a room of an open document who is there, unless nobody but `by` is.
pub(super) fn tell_document(hub: &Arc<Hub>, by: &str, doctype: &str, name: &Value, room: &str) {
    let users = hub.users(room);
    if users.iter().all(|user| &**user == by) {
        return;
    }
    let users: Vec<&str> = users.iter().map(|user| &**user).collect();
    let payload = json!({ "doctype": doctype, "docname": name, "users": users });
    hub.pass(room, None, "doc_viewers", vec![payload]);
}

/// Who has a ticket open; `ticket` goes back as the client wrote it.
pub(super) fn of_ticket(hub: &Hub, ticket: &Value, room: &str) -> Value {
    let users = hub.users(room);
    let users: Vec<Value> = users.iter().map(|user| Value::from(&**user)).collect();
    let total = users.len();
    json!({ "ticket_id": ticket, "users": Value::from(users).to_string(), "total_viewers": total })
}

/// Tells a ticket's room who is there.
pub(super) fn tell_ticket(hub: &Arc<Hub>, ticket: &Value, room: &str) {
    let payload = of_ticket(hub, ticket, room);
    hub.pass(room, None, "ticket_viewers", vec![payload]);
}

/// Somebody who was in these rooms is gone, and those who are left hear of it.
pub(super) fn left(hub: &Arc<Hub>, user: &str, rooms: Vec<Entered>) {
    for Entered { room, opened } in rooms {
        if opened.as_document
            && let Some((doctype, name)) = document_of(&room)
        {
            tell_document(hub, user, doctype, &Value::from(name), &room);
        }
        if let Some(ticket) = &opened.as_ticket {
            tell_ticket(hub, ticket, &room);
        }
    }
}

/// DocType and name of the document a room is about; no name for the room of a DocType.
pub(super) fn document_of(room: &str) -> Option<(&str, &str)> {
    if let Some(doctype) = room.strip_prefix(room::DOCTYPE) {
        return Some((doctype, ""));
    }
    let document = room
        .strip_prefix(room::OPEN_DOC)
        .or_else(|| room.strip_prefix(room::DOC))?;
    document.split_once('/')
}
