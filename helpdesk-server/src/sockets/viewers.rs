//! Who has a document open: told to the others who have, whatever their server.
//!
//! Each server tells its own clients, of its own and of the others' (`nodes::presence`): who comes or goes has all
//! servers tell, so that the last that is told is what all of them know. Source: spec/framework-api.md §10.3, §10.4.

use std::sync::Arc;
use std::time::Instant;

use helpdesk_core::realtime::room;
use serde_json::{Value, json};

use super::hub::{Hub, State};
use super::rooms::{Left, has_viewers};
use crate::nodes::{BEAT, Changed, Told, Way, Word, together};

/// The DocType of tickets, which have events of their own.
pub(super) const TICKET: &str = "HD Ticket";

/// Somebody came to an open document, or left it: everybody who has it open hears who is there.
pub(super) fn tell(hub: &Arc<Hub>, room: &str, by: &str, way: Way) {
    let told = Told {
        room: room.to_owned(),
        by: by.to_owned(),
        way,
    };
    tell_here(hub, &told);
    hub.say(|| Word::Tell(told));
}

/// Tells the clients of this server alone. Nobody is told that they are alone with themselves.
fn tell_here(hub: &Arc<Hub>, told: &Told) {
    match &told.way {
        Way::Document(name) => {
            let users = hub.viewers(&told.room);
            let Some((doctype, _)) = document_of(&told.room) else {
                return;
            };
            if users.iter().any(|user| *user != told.by) {
                let payload = json!({ "doctype": doctype, "docname": name, "users": users });
                hub.pass_here(&told.room, None, "doc_viewers", vec![payload]);
            }
        }
        Way::Ticket(ticket) => {
            let payload = of_ticket(hub, ticket, &told.room);
            hub.pass_here(&told.room, None, "ticket_viewers", vec![payload]);
        }
    }
}

/// Who has a ticket open; `ticket` goes back as the client wrote it.
pub(super) fn of_ticket(hub: &Hub, ticket: &Value, room: &str) -> Value {
    let users = hub.viewers(room);
    let total = users.len();
    json!({ "ticket_id": ticket, "users": Value::from(users).to_string(), "total_viewers": total })
}

/// Somebody who was in these rooms is gone, and those who are left hear of it.
pub(super) fn left(hub: &Arc<Hub>, user: &str, rooms: Vec<Left>) {
    for Left { room, opened } in rooms {
        if opened.as_document
            && let Some((_, name)) = document_of(&room)
        {
            tell(hub, &room, user, Way::Document(Value::from(name)));
        }
        if let Some(ticket) = opened.as_ticket {
            tell(hub, &room, user, Way::Ticket(ticket));
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

/// Lets the other servers know that this one is there, and forgets those that are not, until the hub is stopped.
pub(super) async fn keep(hub: Arc<Hub>) {
    while !hub.is_over() {
        let changes = hub.state().changes;
        hub.say(|| Word::Here { changes });
        let silent = hub.state().others.silent(Instant::now());
        for server in silent {
            tracing::warn!(%server, "a server is silent: whoever had documents open with it is gone");
            let changed = hub.state().others.gone(&server);
            tell_changed(&hub, changed);
        }
        let _ = tokio::time::timeout(BEAT, hub.over.notified()).await;
    }
}

/// What another server says.
pub(super) fn said(hub: &Arc<Hub>, server: &str, word: Word) {
    let now = Instant::now();
    let is_behind = match word {
        Word::Here { changes } => hub.state().others.is_here(server, changes, now),
        Word::Viewers {
            change,
            room,
            viewers,
        } => hub.state().others.changed(server, change, room, viewers, now),
        Word::All { changes, rooms } => {
            let changed = hub.state().others.all(server, changes, rooms, now);
            tell_changed(hub, changed);
            false
        }
        Word::Ask { of } => {
            if of.is_none_or(|server| hub.is_called(&server)) {
                say_all(hub);
            }
            false
        }
        Word::Bye => {
            let changed = hub.state().others.gone(server);
            tell_changed(hub, changed);
            false
        }
        Word::Tell(told) => {
            tell_here(hub, &told);
            false
        }
        Word::Pass { room, event, args } => {
            hub.pass_here(&room, None, &event, args);
            false
        }
    };
    if is_behind {
        hub.say(|| Word::Ask {
            of: Some(server.to_owned()),
        });
    }
}

/// Says all viewers of this server.
pub(super) fn say_all(hub: &Hub) {
    // Within the lock: what changes afterwards is said afterwards.
    let state = hub.state();
    hub.say(|| Word::All {
        changes: state.changes,
        rooms: state.rooms.all_viewers(),
    });
}

/// The viewers of a room changed: the others are to know, before anybody is told.
pub(super) fn changed(hub: &Hub, state: &mut State, room: &str) {
    if has_viewers(room) {
        hub.say(|| {
            state.changes += 1;
            Word::Viewers {
                change: state.changes,
                room: room.to_owned(),
                viewers: state.rooms.viewers(room),
            }
        });
    }
}

/// Tells rooms whose viewers with another server are others now, without a word of whoever came or left.
fn tell_changed(hub: &Arc<Hub>, changed: Vec<Changed>) {
    for (room, before, after) in changed {
        let parts = [&before, &after];
        if parts.iter().any(|part| part.as_document)
            && let Some((_, name)) = document_of(&room)
        {
            let told = Told {
                room: room.clone(),
                by: String::new(),
                way: Way::Document(Value::from(name)),
            };
            tell_here(hub, &told);
        }
        if let Some(ticket) = parts.iter().find_map(|part| part.as_ticket.clone()) {
            let told = Told {
                room,
                by: String::new(),
                way: Way::Ticket(ticket),
            };
            tell_here(hub, &told);
        }
    }
}

/// The users of several servers' parts of a room, in the order in which they came.
pub(super) fn users(state: &State, room: &str) -> Vec<String> {
    let here = state.rooms.viewers(room);
    let parts = std::iter::once(&here).chain(state.others.of(room));
    together(parts).into_iter().map(str::to_owned).collect()
}
