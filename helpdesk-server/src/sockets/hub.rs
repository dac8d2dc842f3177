//! What is on its way to the clients of this server.
//!
//! Published events get a number and wait in the ring; one task carries them from there to the clients of their rooms,
//! so that whoever publishes waits for nobody. A client that comes back gets what is still there of the time it was
//! away: entering a room and taking what it missed is one step, and nothing comes twice.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use helpdesk_core::realtime::{Message, Publisher, may_hear, room};
use helpdesk_core::site::Site;
use indexmap::IndexMap;
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;
use socketioxide_core::Sid;
use tokio::sync::{Notify, Semaphore};

use super::burst::Bursts;
use super::client::{Client, Outgoing, Passing};
use super::load::{self, Load};
use super::rights::Doubts;
use super::ring::Ring;
use super::rooms::{Rooms, micros};
use super::wire::Wire;
use super::{payload, viewers};
use crate::nodes::{Others, Outlet, Receiver, Word};

/// Checks of rights under way at once.
const MOST_CHECKS: usize = 16;

/// How often what is too old is forgotten.
const TIDY: Duration = Duration::from_secs(10);

/// Within this time the transport forgets a connection that answers no ping.
const FORGOTTEN: Duration = Duration::from_secs(120);

/// Everybody who is connected to this process.
pub(crate) struct Hub {
    /// The site; weak, since the site has the hub as its publisher.
    site: Weak<Site>,
    /// Itself, for what other servers have it do.
    me: Weak<Hub>,
    state: Mutex<State>,
    wake: Notify,
    /// What is kept of events.
    pub(super) load: Arc<Load>,
    /// What is kept of requests.
    pub(super) asked: Arc<Load>,
    pub(super) doubts: Doubts,
    /// Checks of rights that may be under way at once.
    pub(super) turns: Semaphore,
    /// The way to all servers of the site, where there are several.
    outlet: OnceLock<Outlet>,
    is_over: AtomicBool,
    /// Told once it is.
    pub(super) over: Notify,
}

/// What the hub keeps under one lock; the lock of a client's rooms is taken within it.
pub(super) struct State {
    pub(super) clients: HashMap<Sid, Arc<Client>>,
    pub(super) rooms: Rooms,
    pub(super) ring: Ring,
    bursts: Bursts,
    /// The newest event that was handed to the clients of its room.
    pub(super) carried: u64,
    /// Whether the events of all rooms are kept, with members or without: those of other servers' clients are.
    pub(super) hears_all: bool,
    /// How often the viewers of a document changed here.
    pub(super) changes: u64,
    /// Who has which document open with the other servers.
    pub(super) others: Others,
    /// The connections that clients changed over to, by the id of their first one.
    pub(super) upgrades: HashMap<String, Weak<Wire>>,
    /// Connections that are not answered any more, by their id, until the transport has forgotten them.
    pub(super) ended: HashMap<String, Instant>,
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

impl Publisher for Hub {
    fn wants(&self, room: &str) -> bool {
        // Whoever is in it may be with another server.
        self.outlet.get().is_some() || self.state().rooms.contains(room)
    }

    fn publish(&self, message: Message) {
        let Some((message, bytes)) = payload::fitted(message) else {
            return;
        };
        let now = Instant::now();
        {
            let mut state = self.state();
            if !state.rooms.contains(&message.room) && self.outlet.get().is_none() {
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
            let mut state = self.state();
            self.doubt(&state, &message);
            state.ring.push_as(id, message, bytes, Instant::now());
        }
        self.wake.notify_one();
    }

    fn listens_from(&self, id: u64) {
        {
            let state = &mut *self.state();
            state.ring.lacks_until(id);
            state.hears_all = true;
        }
        // Nor did either side hear of the other's viewers meanwhile.
        viewers::say_all(self);
        self.say(|| Word::Ask { of: None });
    }

    fn said(&self, server: &str, word: Word) {
        if let Some(hub) = self.me.upgrade() {
            viewers::said(&hub, server, word);
        }
    }
}

impl Hub {
    /// From now on events go to all servers by `outlet`, and come back by it; the others hear what is of the moment.
    pub(super) fn share(&self, outlet: Outlet) {
        if self.outlet.set(outlet).is_err() {
            tracing::error!("events have a way to the other servers already");
        }
    }

    /// An event of a document may tell of one that somebody may not see any more.
    fn doubt(&self, state: &State, message: &Message) {
        if message.room.starts_with(room::DOC) && state.rooms.is_followed(&message.room) {
            self.doubts.about(&message.room);
        }
    }

    /// An event that waits for nothing more goes to all servers, or to this one's clients.
    fn release(&self, state: &mut State, message: Message, bytes: usize, now: Instant) {
        let sent = match self.outlet.get() {
            Some(outlet) => outlet.events.send(message),
            None => Err(message),
        };
        if let Err(message) = sent {
            state.ring.push(message, bytes, now);
        }
    }

    /// A hub without clients.
    pub(super) fn new(site: Weak<Site>) -> Arc<Hub> {
        // Larger than all ids of an earlier run: no process publishes a million events a second for long.
        let start = micros();
        let load = Arc::default();
        Arc::new_cyclic(|me| Hub {
            site,
            me: Weak::clone(me),
            state: Mutex::new(State {
                clients: HashMap::new(),
                rooms: Rooms::default(),
                ring: Ring::new(start, &load),
                bursts: Bursts::default(),
                carried: start,
                hears_all: false,
                changes: 0,
                others: Others::default(),
                upgrades: HashMap::new(),
                ended: HashMap::new(),
            }),
            wake: Notify::new(),
            load,
            asked: Arc::default(),
            doubts: Doubts::default(),
            turns: Semaphore::new(MOST_CHECKS),
            outlet: OnceLock::new(),
            is_over: AtomicBool::new(false),
            over: Notify::new(),
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

    /// Ends [`Hub::run`], and takes the viewers of this server along; the others are told so.
    pub(super) async fn stop(&self) {
        self.is_over.store(true, Ordering::Release);
        self.wake.notify_one();
        self.over.notify_one();
        self.doubts.wake();
        if let Some(outlet) = self.outlet.get() {
            outlet.live.leave().await;
        }
    }

    /// What is kept under the lock.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Says something to the other servers, where there may be some.
    pub(super) fn say(&self, word: impl FnOnce() -> Word) {
        if let Some(outlet) = self.outlet.get() {
            outlet.live.say(word());
        }
    }

    /// Whether this is the other servers' name of this one.
    pub(super) fn is_called(&self, server: &str) -> bool {
        self.outlet
            .get()
            .is_some_and(|outlet| outlet.live.server() == server)
    }

    /// Hands new events to the clients of their rooms; when to come again for a burst.
    fn carry(self: &Arc<Hub>, now: Instant) -> Option<Instant> {
        let mut touched: IndexMap<Sid, Arc<Client>> = IndexMap::new();
        let mut overrun = Vec::new();
        let next = {
            let state = &mut *self.state();
            for message in state.bursts.due(now) {
                if let Some((message, bytes)) = payload::fitted(message) {
                    self.release(state, message, bytes, now);
                }
            }
            for event in state.ring.after(state.carried) {
                for client in state.rooms.members(&event.message.room) {
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
        self.relieve(load::MOST_EVENTS);
        next
    }

    /// Sends what waits for a client, as far as its connection takes it.
    pub(super) fn flush(self: &Arc<Hub>, client: &Arc<Client>) {
        let hub = Arc::downgrade(self);
        let stuck = Arc::clone(client);
        client.flush(move || {
            if let Some(hub) = hub.upgrade() {
                hub.drop_client(&stuck, "it does not read");
            }
        });
    }

    /// Drops who is furthest behind while more than so many bytes are kept.
    fn relieve(self: &Arc<Hub>, most: usize) {
        while self.load.bytes() > most {
            let furthest = self.clients().into_iter().max_by_key(|client| client.waiting());
            let Some(client) = furthest.filter(|client| client.waiting() > 0) else {
                return;
            };
            self.drop_client(&client, "all clients together are too far behind");
        }
    }

    fn tidy(&self, now: Instant) {
        let state = &mut *self.state();
        state.ring.forget(now);
        state.rooms.forget(now);
        state.upgrades.retain(|_, wire| wire.strong_count() > 0);
        state
            .ended
            .retain(|_, ended| now.duration_since(*ended) <= FORGOTTEN);
    }

    /// Sends something of the moment to a room of all servers, but not to `except`; it has no id and is not kept.
    pub(super) fn pass(self: &Arc<Hub>, room: &str, except: Option<Sid>, event: &str, args: Vec<Value>) {
        self.say(|| Word::Pass {
            room: room.to_owned(),
            event: event.to_owned(),
            args: args.clone(),
        });
        self.pass_here(room, except, event, args);
    }

    /// As [`pass`](Hub::pass), to the clients of this server alone.
    pub(super) fn pass_here(self: &Arc<Hub>, room: &str, except: Option<Sid>, event: &str, args: Vec<Value>) {
        let passing = Passing::new(event, args, &self.load);
        for client in self.members(room) {
            if Some(client.id) != except {
                self.pass_to(&client, &passing);
            }
        }
    }

    /// Sends something of the moment to one client.
    pub(super) fn pass_to(self: &Arc<Hub>, client: &Arc<Client>, passing: &Arc<Passing>) {
        if client.push(Outgoing::Passing(Arc::clone(passing))) {
            self.flush(client);
        } else {
            self.drop_client(client, "it takes its events too slowly");
        }
        self.relieve(load::MOST_EVENTS);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_is_furthest_behind_goes_when_all_together_keep_too_much() {
        let hub = Hub::new(Weak::new());
        let push = |client: &Arc<Client>, letters: usize| {
            let passing = Passing::new("e", vec![json!("x".repeat(letters))], &hub.load);
            assert!(client.push(Outgoing::Passing(passing)));
        };
        let clients: Vec<_> = (0..3).map(|_| Arc::new(Client::of_a_test())).collect();
        for (client, letters) in clients.iter().zip([1_000, 3_000, 2_000]) {
            hub.state().clients.insert(client.id, Arc::clone(client));
            push(client, letters);
        }

        hub.relieve(10_000);
        assert_eq!(hub.count(), 3);
        hub.relieve(4_000);
        assert!(hub.count() == 2 && !hub.is_there(clients[1].id));
        hub.relieve(100);
        assert_eq!((hub.count(), hub.load.bytes()), (0, 0));
    }
}
