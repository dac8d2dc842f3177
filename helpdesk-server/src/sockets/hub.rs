//! Who is connected, who is in which room, and what is on its way to them.
//!
//! Published events get a number and wait in the ring; one task carries them from there to the clients of their rooms,
//! so that whoever publishes waits for nobody. A client that comes back gets what is still there of the time it was
//! away: entering a room and taking what it missed is one step, and nothing comes twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use helpdesk_core::realtime::{Message, Publisher, may_hear, room};
use helpdesk_core::site::Site;
use indexmap::IndexMap;
use parking_lot::Mutex;
use serde_json::{Value, json};
use socketioxide_core::Sid;
use tokio::sync::{Notify, Semaphore};

use super::burst::Bursts;
use super::client::{Client, Entered, MOST_ROOMS, Opened, Outgoing};
use super::payload;
use super::rights::Doubts;
use super::ring::{KEPT, Ring};
use super::wire::Wire;
use crate::nodes::{Events, Receiver};

/// The event by which a client that asked for it hears what it missed.
const RESUMED: &str = "events:resumed";

/// Rooms remembered at once, those that everybody has left included.
const MOST_REMEMBERED: usize = 100_000;

/// Checks of rights under way at once.
const MOST_CHECKS: usize = 16;

/// How often what is too old is forgotten.
const TIDY: Duration = Duration::from_secs(10);

/// Everybody who is connected to this process.
pub(crate) struct Hub {
    /// The site; weak, since the site has the hub as its publisher.
    site: Weak<Site>,
    state: Mutex<State>,
    wake: Notify,
    pub(super) doubts: Doubts,
    /// Checks of rights that may be under way at once.
    pub(super) turns: Semaphore,
    /// The way of events to all servers of the site, where there are several.
    outlet: OnceLock<Arc<Events>>,
    is_over: AtomicBool,
}

struct State {
    clients: HashMap<Sid, Arc<Client>>,
    rooms: HashMap<Arc<str>, Room>,
    ring: Ring,
    bursts: Bursts,
    /// The newest event that was handed to the clients of its room.
    carried: u64,
    /// Whether the events of all rooms are kept, with members or without: those of other servers' clients are.
    hears_all: bool,
    /// The connections that clients changed over to, by the id of their first one.
    upgrades: HashMap<String, Weak<Wire>>,
}

#[derive(Default)]
struct Room {
    /// In the order in which they came.
    members: IndexMap<Sid, Arc<Client>>,
    /// The newest event when the room was made; what came before was not kept for it.
    since: u64,
    /// When the last client left.
    left: Option<Instant>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

impl Publisher for Hub {
    fn wants(&self, room: &str) -> bool {
        // Whoever is in it may be with another server.
        self.outlet.get().is_some() || self.state.lock().rooms.contains_key(room)
    }

    fn publish(&self, message: Message) {
        let Some((message, bytes)) = payload::fitted(message) else {
            return;
        };
        let now = Instant::now();
        {
            let mut state = self.state.lock();
            if !state.rooms.contains_key(&message.room) && self.outlet.get().is_none() {
                return;
            }
            self.doubt(&state, &message);
            if let Some(message) = state.bursts.offer(message, now) {
                self.release(&mut state, message, bytes, now);
            }
        }
        self.wake.notify_one();
    }

    fn rights_changed(&self) {
        self.doubts.about_all();
    }
}

impl Receiver for Hub {
    fn arrived(&self, id: Option<u64>, message: Message) {
        let Some((message, bytes)) = payload::fitted(message) else {
            return;
        };
        {
            let mut state = self.state.lock();
            self.doubt(&state, &message);
            state.ring.push_as(id, message, bytes, Instant::now());
        }
        self.wake.notify_one();
    }

    fn listens_from(&self, id: u64) {
        let state = &mut *self.state.lock();
        state.ring.lacks_until(id);
        state.hears_all = true;
    }
}

impl Hub {
    /// From now on events go to all servers by `outlet`, and come back by it.
    pub(super) fn share(&self, outlet: Arc<Events>) {
        if self.outlet.set(outlet).is_err() {
            tracing::error!("events have a way to the other servers already");
        }
    }

    /// An event of a document may tell of one that somebody may not see any more.
    fn doubt(&self, state: &State, message: &Message) {
        let is_followed = || {
            let room = state.rooms.get(&message.room);
            room.is_some_and(|room| !room.members.is_empty())
        };
        if message.room.starts_with(room::DOC) && is_followed() {
            self.doubts.about(&message.room);
        }
    }

    /// An event that waits for nothing more goes to all servers, or to this one's clients.
    fn release(&self, state: &mut State, message: Message, bytes: usize, now: Instant) {
        let sent = match self.outlet.get() {
            Some(outlet) => outlet.send(message),
            None => Err(message),
        };
        if let Err(message) = sent {
            state.ring.push(message, bytes, now);
        }
    }

    /// A hub without clients.
    pub(super) fn new(site: &Arc<Site>) -> Arc<Hub> {
        // Larger than all ids of an earlier run: no process publishes a million events a second for long.
        let start = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_micros());
        let start = u64::try_from(start).unwrap_or(0);
        Arc::new(Hub {
            site: Arc::downgrade(site),
            state: Mutex::new(State {
                clients: HashMap::new(),
                rooms: HashMap::new(),
                ring: Ring::new(start),
                bursts: Bursts::default(),
                carried: start,
                hears_all: false,
                upgrades: HashMap::new(),
            }),
            wake: Notify::new(),
            doubts: Doubts::default(),
            turns: Semaphore::new(MOST_CHECKS),
            outlet: OnceLock::new(),
            is_over: AtomicBool::new(false),
        })
    }

    /// The site, while it is served.
    pub(super) fn site(&self) -> Option<Arc<Site>> {
        self.site.upgrade()
    }

    /// Carries events until [`Hub::stop`].
    pub(super) async fn run(self: Arc<Hub>) {
        let mut tidied = Instant::now();
        while !self.is_over() {
            let now = Instant::now();
            let next = self.carry(now);
            if now.duration_since(tidied) >= TIDY {
                tidied = now;
                self.tidy(now);
            }
            let until = next.unwrap_or(now + TIDY).min(now + TIDY);
            let _ = tokio::time::timeout_at(until.into(), self.wake.notified()).await;
        }
    }

    /// Whether it was stopped.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Ends [`Hub::run`].
    pub(super) fn stop(&self) {
        self.is_over.store(true, Ordering::Release);
        self.wake.notify_one();
        self.doubts.wake();
    }

    /// Hands new events to the clients of their rooms; when to come again for a burst.
    fn carry(self: &Arc<Hub>, now: Instant) -> Option<Instant> {
        let mut touched: IndexMap<Sid, Arc<Client>> = IndexMap::new();
        let mut overrun = Vec::new();
        let next = {
            let state = &mut *self.state.lock();
            for message in state.bursts.due(now) {
                if let Some((message, bytes)) = payload::fitted(message) {
                    self.release(state, message, bytes, now);
                }
            }
            for event in state.ring.after(state.carried) {
                let Some(room) = state.rooms.get(&event.message.room) else {
                    continue;
                };
                for client in room.members.values() {
                    if !may_hear(&client.session.load(), &event.message) {
                        continue;
                    }
                    if client.push(Outgoing::Event(Arc::clone(event))) {
                        touched.entry(client.id).or_insert_with(|| Arc::clone(client));
                    } else {
                        overrun.push(Arc::clone(client));
                    }
                }
            }
            state.carried = state.ring.last();
            state.bursts.next()
        };
        for client in touched.values() {
            self.flush(client);
        }
        for client in &overrun {
            self.drop_client(client, "it takes its events too slowly");
        }
        next
    }

    fn flush(self: &Arc<Hub>, client: &Arc<Client>) {
        let hub = Arc::downgrade(self);
        let stuck = Arc::clone(client);
        client.flush(move || {
            if let Some(hub) = hub.upgrade() {
                hub.drop_client(&stuck, "it does not read");
            }
        });
    }

    fn tidy(&self, now: Instant) {
        let state = &mut *self.state.lock();
        state.ring.forget(now);
        state.rooms.retain(|_, room| {
            !room.members.is_empty() || room.left.is_some_and(|left| now.duration_since(left) <= KEPT)
        });
        state.upgrades.retain(|_, wire| wire.strong_count() > 0);
    }

    /// How many clients there are.
    pub(super) fn count(&self) -> usize {
        self.state.lock().clients.len()
    }

    /// All clients.
    pub(super) fn clients(&self) -> Vec<Arc<Client>> {
        self.state.lock().clients.values().cloned().collect()
    }

    /// Who is in a room.
    pub(super) fn members(&self, room: &str) -> Vec<Arc<Client>> {
        let state = self.state.lock();
        let members = state.rooms.get(room).map(|room| room.members.values().cloned());
        members.into_iter().flatten().collect()
    }

    /// The users in a room, each once, in the order they came.
    pub(super) fn users(&self, room: &str) -> Vec<Arc<str>> {
        let mut users: Vec<Arc<str>> = Vec::new();
        for client in self.members(room) {
            let user = client.user();
            if !users.contains(&user) {
                users.push(user);
            }
        }
        users
    }

    /// A client is there, in the rooms it is in by itself.
    ///
    /// One that was here before gets what it missed in them, and in the rooms it names, of which the caller says
    /// whether it may enter them.
    pub(super) fn add(self: &Arc<Hub>, client: &Arc<Client>, own: &[String], asked: &[String]) {
        {
            let state = &mut *self.state.lock();
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
                entered.push(state.enter(room, client));
            }
            if let Some(last) = last {
                state.hand_over(client, last, &entered, complete);
            }
            let mut rooms = client.rooms.lock();
            rooms.extend(entered.into_iter().skip(own.len()).map(|room| Entered {
                room,
                opened: Opened::default(),
            }));
        }
        self.flush(client);
        // It may have gone before it was here; nobody would ever take it out.
        if !client.is_connected() {
            self.remove(client);
        }
    }

    /// A client enters a room that it may enter; false where it is in too many. One that was here before gets what it
    /// missed in it, in the same step.
    pub(super) fn enter(self: &Arc<Hub>, client: &Arc<Client>, room: &str, opened: &Opened) -> bool {
        {
            let state = &mut *self.state.lock();
            if !state.clients.contains_key(&client.id) {
                return false;
            }
            let mut rooms = client.rooms.lock();
            if let Some(known) = rooms.iter_mut().find(|known| &*known.room == room) {
                known.opened.as_document |= opened.as_document;
                if opened.as_ticket.is_some() {
                    known.opened.as_ticket.clone_from(&opened.as_ticket);
                }
                return true;
            }
            if rooms.len() >= MOST_ROOMS || state.rooms.len() >= MOST_REMEMBERED {
                return false;
            }
            let complete = client
                .comes_back()
                .map(|last| (last, state.is_complete(room, last)));
            let entered = state.enter(room, client);
            if let Some((last, complete)) = complete {
                state.hand_over(client, last, std::slice::from_ref(&entered), complete);
            }
            rooms.push(Entered {
                room: entered,
                opened: opened.clone(),
            });
        }
        self.flush(client);
        true
    }

    /// A client leaves a room it asked for; how it had entered it, if it was there.
    pub(super) fn leave(&self, client: &Client, room: &str) -> Option<Opened> {
        let state = &mut *self.state.lock();
        let mut rooms = client.rooms.lock();
        let at = rooms.iter().position(|known| &*known.room == room)?;
        let known = rooms.swap_remove(at);
        state.leave(client.id, room);
        Some(known.opened)
    }

    /// Takes a client out of a room it is in by itself.
    pub(super) fn expel(&self, client: &Client, room: &str) {
        self.state.lock().leave(client.id, room);
    }

    /// A client is gone. The rooms it asked for and was in; empty if it was gone already.
    pub(super) fn remove(&self, client: &Client) -> Vec<Entered> {
        let rooms = {
            let state = &mut *self.state.lock();
            if state.clients.remove(&client.id).is_none() {
                return Vec::new();
            }
            let rooms = std::mem::take(&mut *client.rooms.lock());
            let own = super::own_rooms(&client.session.load());
            for room in rooms.iter().map(|known| &*known.room) {
                state.leave(client.id, room);
            }
            for room in own.iter().map(String::as_str).chain([room::ALL]) {
                state.leave(client.id, room);
            }
            state.upgrades.remove(&client.id.to_string());
            rooms
        };
        client.end();
        rooms
    }

    /// Has a client go, for a reason that the log tells.
    pub(super) fn drop_client(self: &Arc<Hub>, client: &Arc<Client>, why: &'static str) {
        let wire = self
            .state
            .lock()
            .upgrades
            .get(&client.id.to_string())
            .and_then(Weak::upgrade);
        let rooms = self.remove(client);
        if let Some(socket) = client.socket().filter(|socket| socket.connected()) {
            tracing::info!(id = %client.id, user = %client.user(), "a socket is dropped: {why}");
            let first = client.wire.as_ref().and_then(Weak::upgrade);
            tokio::spawn(async move {
                let _ = socket.disconnect();
                // Who does not go when told, goes with its connection.
                tokio::time::sleep(Duration::from_millis(500)).await;
                for wire in [first, wire].into_iter().flatten() {
                    wire.cut();
                }
            });
        }
        super::viewers::left(self, &client.user(), rooms);
    }

    /// The connection that a client changed over to.
    pub(super) fn upgraded(&self, id: &str, wire: &Arc<Wire>) {
        let state = &mut *self.state.lock();
        if state.upgrades.len() > 2 * state.clients.len() + 1_000 {
            state.upgrades.retain(|_, wire| wire.strong_count() > 0);
        }
        state.upgrades.insert(id.to_owned(), Arc::downgrade(wire));
    }

    /// Sends something of the moment to a room, but not to `except`; it has no id and is not kept.
    pub(super) fn pass(self: &Arc<Hub>, room: &str, except: Option<Sid>, event: &str, args: Vec<Value>) {
        let passing = Arc::new((event.to_owned(), args));
        for client in self.members(room) {
            if Some(client.id) != except {
                self.pass_to(&client, &passing);
            }
        }
    }

    /// Sends something of the moment to one client.
    pub(super) fn pass_to(self: &Arc<Hub>, client: &Arc<Client>, passing: &Arc<(String, Vec<Value>)>) {
        if client.push(Outgoing::Passing(Arc::clone(passing))) {
            self.flush(client);
        } else {
            self.drop_client(client, "it takes its events too slowly");
        }
    }
}

impl State {
    /// Whether all that happened in a room after `last` is still here.
    fn is_complete(&self, room: &str, last: u64) -> bool {
        let since = self.rooms.get(room).map(|room| room.since);
        last <= self.ring.last()
            && last >= self.ring.floor()
            && (self.hears_all || since.is_some_and(|since| last >= since))
    }

    fn enter(&mut self, room: &str, client: &Arc<Client>) -> Arc<str> {
        let since = self.ring.last();
        let entry = match self.rooms.entry(Arc::from(room)) {
            Entry::Occupied(entry) => entry,
            Entry::Vacant(entry) => entry.insert_entry(Room {
                since,
                ..Room::default()
            }),
        };
        let name = Arc::clone(entry.key());
        let room = entry.into_mut();
        room.left = None;
        room.members.insert(client.id, Arc::clone(client));
        name
    }

    fn leave(&mut self, id: Sid, room: &str) {
        if let Some(room) = self.rooms.get_mut(room)
            && room.members.shift_remove(&id).is_some()
            && room.members.is_empty()
        {
            room.left = Some(Instant::now());
        }
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
        client.push(Outgoing::Passing(Arc::new((RESUMED.to_owned(), vec![told]))));
        for event in missed {
            client.push(Outgoing::Event(Arc::clone(event)));
        }
    }
}
