//! Clients come, enter rooms, leave them and go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helpdesk_core::realtime::{may_hear, room};
use serde_json::json;
use socketioxide_core::Sid;

use super::client::{Client, MOST_ROOMS, Outgoing, Passing};
use super::hub::{Hub, State};
use super::rooms::{Left, Opened};
use super::viewers;
use super::wire::Wire;

/// The event by which a client that asked for it hears what it missed.
const RESUMED: &str = "events:resumed";

/// Rooms remembered at once, those that everybody has left included.
const MOST_REMEMBERED: usize = 100_000;

impl Hub {
    /// How many clients there are.
    pub(super) fn count(&self) -> usize {
        self.state().clients.len()
    }

    /// Whether there is a client of this id.
    pub(super) fn is_there(&self, id: Sid) -> bool {
        self.state().clients.contains_key(&id)
    }

    /// All clients.
    pub(super) fn clients(&self) -> Vec<Arc<Client>> {
        self.state().clients.values().cloned().collect()
    }

    /// Who is in a room.
    pub(super) fn members(&self, room: &str) -> Vec<Arc<Client>> {
        self.state().rooms.members(room).cloned().collect()
    }

    /// The users who have the document of a room open, each once, in the order they came; those of other servers, too.
    pub(super) fn viewers(&self, room: &str) -> Vec<String> {
        viewers::users(&self.state(), room)
    }

    /// A client is there, in the rooms it is in by itself.
    ///
    /// One that was here before gets what it missed in them, and in the rooms it names, of which the caller says
    /// whether it may enter them.
    pub(super) fn add(self: &Arc<Hub>, client: &Arc<Client>, own: &[String], asked: &[String]) {
        {
            let state = &mut *self.state();
            state.clients.insert(client.id, Arc::clone(client));
            let mut complete = true;
            let last = match &client.resumed {
                // New here: from now on.
                Some(resumed) if resumed.last == 0 => Some(state.ring.last()),
                Some(resumed) => Some(resumed.last),
                None => None,
            };
            let is_new = client.comes_back().is_none();
            let mut entered = Vec::new();
            for room in own.iter().chain(asked) {
                complete &= is_new || last.is_none_or(|last| state.is_complete(room, last));
                entered.push(state.enter(room, client, Opened::default()));
                viewers::changed(self, state, room);
            }
            if let Some(last) = last {
                state.hand_over(client, last, &entered, complete);
            }
            client.rooms.lock().extend(entered.into_iter().skip(own.len()));
        }
        self.flush(client);
        // It may have gone before it was here; nobody would ever take it out.
        if !client.is_connected() {
            self.remove(client);
        }
    }

    /// A client enters a room that it may enter; false where it is in too many. One that was here before gets what it
    /// missed in it, in the same step.
    pub(super) fn enter(self: &Arc<Hub>, client: &Arc<Client>, room: &str, opened: Opened) -> bool {
        {
            let state = &mut *self.state();
            if !state.clients.contains_key(&client.id) {
                return false;
            }
            let mut rooms = client.rooms.lock();
            let is_there = rooms.iter().any(|known| **known == *room);
            if !is_there && (rooms.len() >= MOST_ROOMS || state.rooms.len() >= MOST_REMEMBERED) {
                return false;
            }
            let complete = client
                .comes_back()
                .filter(|_| !is_there)
                .map(|last| (last, state.is_complete(room, last)));
            let entered = state.enter(room, client, opened);
            viewers::changed(self, state, room);
            if let Some((last, complete)) = complete {
                state.hand_over(client, last, std::slice::from_ref(&entered), complete);
            }
            if is_there {
                return true;
            }
            rooms.push(entered);
        }
        self.flush(client);
        true
    }

    /// A client leaves a room it asked for; how it had entered it, if it was there.
    pub(super) fn leave(&self, client: &Client, room: &str) -> Option<Opened> {
        let state = &mut *self.state();
        let mut rooms = client.rooms.lock();
        let at = rooms.iter().position(|known| **known == *room)?;
        rooms.swap_remove(at);
        let opened = state.rooms.leave(client.id, room);
        viewers::changed(self, state, room);
        opened
    }

    /// Takes a client out of a room it is in by itself.
    pub(super) fn expel(&self, client: &Client, room: &str) {
        self.state().rooms.leave(client.id, room);
    }

    /// A client is gone. The rooms it asked for and was in; empty if it was gone already.
    pub(super) fn remove(&self, client: &Client) -> Vec<Left> {
        let left = {
            let state = &mut *self.state();
            // One that left and came again has the same id.
            let known = state.clients.get(&client.id);
            if !known.is_some_and(|known| std::ptr::eq(&raw const **known, client)) {
                return Vec::new();
            }
            state.clients.remove(&client.id);
            let mut left = Vec::new();
            for room in std::mem::take(&mut *client.rooms.lock()) {
                if let Some(opened) = state.rooms.leave(client.id, &room) {
                    viewers::changed(self, state, &room);
                    left.push(Left { room, opened });
                }
            }
            let own = super::own_rooms(&client.session.load());
            for room in own.iter().map(String::as_str).chain([room::ALL]) {
                state.rooms.leave(client.id, room);
            }
            left
        };
        client.end();
        left
    }

    /// Has a client go, for a reason that the log tells.
    pub(super) fn drop_client(self: &Arc<Hub>, client: &Arc<Client>, why: &'static str) {
        let rooms = self.remove(client);
        if let Some(socket) = client.socket().filter(|socket| socket.connected()) {
            tracing::info!(id = %client.id, user = %client.user(), "a socket is dropped: {why}");
            let _ = socket.disconnect();
            // Who does not go when told, goes with its connection.
            self.end_soon(client, Duration::from_millis(500));
        }
        viewers::left(self, &client.user(), rooms);
    }

    /// Ends the connection of a client that is gone, unless it comes again before: it would hold a place for nothing.
    pub(super) fn end_soon(self: &Arc<Hub>, client: &Client, patience: Duration) {
        let (hub, id, first) = (Arc::downgrade(self), client.id, client.wire.clone());
        tokio::spawn(async move {
            tokio::time::sleep(patience).await;
            let Some(hub) = hub.upgrade().filter(|hub| !hub.is_there(id)) else {
                return;
            };
            let second = {
                let state = &mut *hub.state();
                // What polls is not one connection: it is not answered any more, so that it is given up.
                state.ended.insert(id.to_string(), Instant::now());
                state.upgrades.remove(&id.to_string())
            };
            for wire in [first, second].into_iter().flatten() {
                if let Some(wire) = wire.upgrade() {
                    wire.cut();
                }
            }
        });
    }

    /// Whether the connection of this id was ended.
    pub(super) fn is_ended(&self, id: &str) -> bool {
        self.state().ended.contains_key(id)
    }

    /// The connection that a client changed over to.
    pub(super) fn upgraded(&self, id: &str, wire: &Arc<Wire>) {
        let state = &mut *self.state();
        if state.upgrades.len() > 2 * state.clients.len() + 1_000 {
            state.upgrades.retain(|_, wire| wire.strong_count() > 0);
        }
        state.upgrades.insert(id.to_owned(), Arc::downgrade(wire));
    }
}

impl State {
    /// Whether all that happened in a room after `last` is still here.
    fn is_complete(&self, room: &str, last: u64) -> bool {
        let since = self.rooms.since(room);
        last <= self.ring.last()
            && last >= self.ring.floor()
            && (self.hears_all || since.is_some_and(|since| last >= since))
    }

    fn enter(&mut self, room: &str, client: &Arc<Client>, opened: Opened) -> Arc<str> {
        self.rooms.enter(room, client, opened, self.ring.last())
    }

    /// Puts what a client missed in some rooms on its way: first what it is, then the events. Those that are not
    /// carried yet come by themselves.
    fn hand_over(&self, client: &Client, last: u64, rooms: &[Arc<str>], complete: bool) {
        let missed: Vec<_> = self
            .ring
            .after(last)
            .take_while(|event| event.id <= self.carried)
            .filter(|event| rooms.contains(&event.message.room))
            .filter(|event| may_hear(&client.session.load(), &event.message))
            .collect();
        let told = json!({
            "last_event_id": self.ring.last(),
            "rooms": rooms.iter().map(|room| &**room).collect::<Vec<_>>(),
            "missed": missed.len(),
            "complete": complete,
        });
        let told = Passing::new(RESUMED, vec![told], self.ring.load());
        client.push(Outgoing::Passing(told));
        for event in missed {
            client.push(Outgoing::Event(Arc::clone(event)));
        }
    }
}
