//! Who is in which room of this server.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use helpdesk_core::realtime::room;
use indexmap::IndexMap;
use serde_json::Value;
use socketioxide_core::Sid;

use super::client::Client;
use super::ring::KEPT;
use crate::nodes::Viewers;

/// How a room of an open document was entered.
#[derive(Clone, Debug, Default)]
pub(super) struct Opened {
    /// By `doc_open`.
    pub(super) as_document: bool,
    /// By `view_ticket`, with the ticket as the client wrote it.
    pub(super) as_ticket: Option<Value>,
}

impl Opened {
    /// Takes over how it was entered once more.
    fn add(&mut self, more: Opened) {
        self.as_document |= more.as_document;
        if more.as_ticket.is_some() {
            self.as_ticket = more.as_ticket;
        }
    }
}

/// A room that a client was in, and how it had entered it.
#[derive(Clone, Debug)]
pub(super) struct Left {
    pub(super) room: Arc<str>,
    pub(super) opened: Opened,
}

/// A client in a room.
pub(super) struct Member {
    pub(super) client: Arc<Client>,
    opened: Opened,
    /// The microsecond in which it came.
    came: u64,
}

#[derive(Default)]
struct Room {
    /// In the order in which they came.
    members: IndexMap<Sid, Member>,
    /// The newest event when the room was made; what came before was not kept for it.
    since: u64,
    /// When the last client left.
    left: Option<Instant>,
}

/// All rooms, those that everybody has left a short while ago included.
#[derive(Default)]
pub(super) struct Rooms {
    rooms: HashMap<Arc<str>, Room>,
    /// When somebody entered one, in microseconds since 1970; no two at the same.
    entered: u64,
}

/// Whether a room is that of an open document: the other servers are told who is in it.
pub(super) fn has_viewers(room: &str) -> bool {
    room.starts_with(room::OPEN_DOC)
}

/// Microseconds since 1970.
pub(super) fn micros() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_micros());
    u64::try_from(since).unwrap_or(0)
}

impl Rooms {
    /// Whether there is such a room, with somebody in it or not.
    pub(super) fn contains(&self, room: &str) -> bool {
        self.rooms.contains_key(room)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.rooms.len()
    }

    /// Whether anybody is in it.
    pub(super) fn is_followed(&self, room: &str) -> bool {
        self.rooms.get(room).is_some_and(|room| !room.members.is_empty())
    }

    /// Who is in it, in the order in which they came.
    pub(super) fn members(&self, room: &str) -> impl Iterator<Item = &Arc<Client>> {
        let members = self.rooms.get(room).map(|room| room.members.values());
        members.into_iter().flatten().map(|member| &member.client)
    }

    /// The newest event when the room was made.
    pub(super) fn since(&self, room: &str) -> Option<u64> {
        self.rooms.get(room).map(|room| room.since)
    }

    /// A client enters a room, or enters it once more; `last` is the newest event.
    pub(super) fn enter(&mut self, room: &str, client: &Arc<Client>, opened: Opened, last: u64) -> Arc<str> {
        let entry = match self.rooms.entry(Arc::from(room)) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(entry) => entry.insert_entry(Room {
                since: last,
                ..Room::default()
            }),
        };
        let name = Arc::clone(entry.key());
        let room = entry.into_mut();
        room.left = None;
        match room.members.get_mut(&client.id) {
            Some(member) => member.opened.add(opened),
            None => {
                self.entered = micros().max(self.entered + 1);
                let member = Member {
                    client: Arc::clone(client),
                    opened,
                    came: self.entered,
                };
                room.members.insert(client.id, member);
            }
        }
        name
    }

    /// A client leaves a room; how it had entered it, if it was in it.
    pub(super) fn leave(&mut self, id: Sid, room: &str) -> Option<Opened> {
        let room = self.rooms.get_mut(room)?;
        let member = room.members.shift_remove(&id)?;
        if room.members.is_empty() {
            room.left = Some(Instant::now());
        }
        Some(member.opened)
    }

    /// Who has the document of a room open.
    pub(super) fn viewers(&self, room: &str) -> Viewers {
        self.rooms.get(room).map(Room::viewers).unwrap_or_default()
    }

    /// Who has which document open.
    pub(super) fn all_viewers(&self) -> HashMap<String, Viewers> {
        let rooms = self.rooms.iter();
        rooms
            .filter(|(name, room)| has_viewers(name) && !room.members.is_empty())
            .map(|(name, room)| (name.to_string(), room.viewers()))
            .collect()
    }

    /// Drops rooms that everybody left a while ago.
    pub(super) fn forget(&mut self, now: Instant) {
        self.rooms.retain(|_, room| {
            !room.members.is_empty() || room.left.is_some_and(|left| now.duration_since(left) <= KEPT)
        });
    }
}

impl Room {
    fn viewers(&self) -> Viewers {
        let mut viewers = Viewers::default();
        for member in self.members.values() {
            let user = member.client.user();
            if viewers.users.iter().all(|(known, _)| **known != *user) {
                viewers.users.push((user.to_string(), member.came));
            }
            viewers.as_document |= member.opened.as_document;
            if member.opened.as_ticket.is_some() {
                viewers.as_ticket.clone_from(&member.opened.as_ticket);
            }
        }
        viewers
    }
}
