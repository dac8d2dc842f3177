//! Events for connected clients, carried to all servers of a site.
//!
//! What one server publishes comes to all of them, itself included, by one channel: in one order, under one id. So a
//! client that comes back to another server than it left gets there what it missed. The channel and its JSON are those of
//! the original (spec/framework-api.md §10.1), which may listen; ours stands beside in `helpdesk`.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use helpdesk_core::realtime::Message;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::link::Link;
use super::live::Word;

/// The channel of the original; all sites of a Redis share it.
pub(super) const CHANNEL: &str = "events";

/// Events that wait for Redis; what is more reaches this server's clients alone.
const MOST_WAITING: usize = 10_000;

/// Events of one round trip.
const BATCH: usize = 128;

/// Gives an event the next id and publishes it. Ids are microseconds, or one more than the last, so that they rise
/// although Redis may forget the last; they are exact in Lua and in JavaScript.
const PUBLISH: &str = "\
local now = redis.call('TIME')
local id = now[1] * 1000000 + now[2]
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if id <= last then id = last + 1 end
local text = string.format('%.0f', id)
redis.call('SET', KEYS[1], text)
redis.call('PUBLISH', ARGV[1], ARGV[2] .. text .. ARGV[3])
return 1";

/// The id that no event before this moment is above.
const LAST: &str = "\
local now = redis.call('TIME')
local id = now[1] * 1000000 + now[2]
local last = tonumber(redis.call('GET', KEYS[1]) or '0')
if id < last then id = last end
return string.format('%.0f', id)";

/// Who hands events to the clients of this server.
pub(crate) trait Receiver: Send + Sync {
    /// An event for this server's clients; without an id it is this server's alone.
    fn arrived(&self, id: Option<u64>, message: Message);

    /// Events up to this id may have been missed, and what the other servers said; from now on all arrive.
    fn listens_from(&self, id: u64);

    /// What another server says.
    fn said(&self, server: &str, word: Word);
}

/// An event on the channel.
#[derive(Debug, Deserialize)]
struct Heard {
    event: String,
    message: Value,
    room: String,
    helpdesk: Option<Origin>,
}

/// Where an event on the channel is from.
#[derive(Debug, Deserialize)]
struct Origin {
    site: String,
    node: String,
    seq: u64,
    id: u64,
}

/// The way of events from this server to all.
pub(crate) struct Events {
    link: Arc<Link>,
    site: String,
    node: String,
    namespace: String,
    receiver: Arc<dyn Receiver>,
    queue: mpsc::Sender<(u64, Message)>,
    /// The number of the next event of this server.
    next: AtomicU64,
    is_listening: AtomicBool,
    /// Events of this server that its clients have although they were not heard; should they be heard after all, they
    /// are not handed on again.
    taken: Mutex<HashSet<u64>>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events")
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl Events {
    /// A way that is open as soon as somebody [`hears`](Events::hear), on the link's runtime.
    pub(super) fn start(
        link: &Arc<Link>,
        site: &str,
        node: &str,
        namespace: &str,
        receiver: Arc<dyn Receiver>,
    ) -> Arc<Events> {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let events = Arc::new(Events {
            link: Arc::clone(link),
            site: site.to_owned(),
            node: node.to_owned(),
            namespace: namespace.to_owned(),
            receiver,
            queue,
            next: AtomicU64::new(1),
            is_listening: AtomicBool::new(false),
            taken: Mutex::default(),
        });
        link.runtime().spawn(carry(Arc::downgrade(&events), waiting));
        events
    }

    /// Sends an event to all servers.
    ///
    /// # Errors
    /// The event, where the caller is to hand it to this server's clients itself.
    pub(crate) fn send(&self, message: Message) -> Result<(), Message> {
        let seq = self.next.fetch_add(1, Ordering::Relaxed);
        if self.is_listening.load(Ordering::Acquire) {
            return self.queue.try_send((seq, message)).map_err(|full| match full {
                mpsc::error::TrySendError::Full((_, message))
                | mpsc::error::TrySendError::Closed((_, message)) => message,
            });
        }
        self.take(seq);
        // Others may hear it.
        let _ = self.queue.try_send((seq, message.clone()));
        Err(message)
    }

    /// Notes that this server's clients get an event otherwise than by hearing it; whether that is new.
    fn take(&self, seq: u64) -> bool {
        let mut taken = self.taken.lock();
        if taken.len() > 2 * MOST_WAITING {
            taken.clear();
        }
        taken.insert(seq)
    }

    fn command(&self, seq: u64, message: &Message) -> serde_json::Result<[String; 2]> {
        let origin = json!({ "site": self.site, "node": self.node, "seq": seq });
        let all = json!({
            "event": &*message.event,
            "message": message.payload,
            "room": &*message.room,
            "namespace": self.namespace,
            "helpdesk": origin,
        });
        let mut head = serde_json::to_string(&all)?;
        // The id goes in where the two objects end.
        head.truncate(head.len() - 2);
        head.push_str(",\"id\":");
        Ok([head, "}}".to_owned()])
    }

    /// What another server says by the channel of what is of the moment.
    pub(super) fn pass_on(&self, server: &str, word: Word) {
        self.receiver.said(server, word);
    }

    /// A message of the channel.
    pub(super) fn hear(&self, text: &[u8]) {
        let heard: Heard = match serde_json::from_slice(text) {
            Ok(heard) => heard,
            Err(error) => {
                tracing::debug!(%error, "something else on the channel of events");
                return;
            }
        };
        let Some(origin) = heard.helpdesk.filter(|origin| origin.site == self.site) else {
            return;
        };
        if origin.node == self.node && self.taken.lock().remove(&origin.seq) {
            return;
        }
        let message = Message {
            event: Arc::from(heard.event),
            room: Arc::from(heard.room),
            payload: heard.message,
        };
        self.receiver.arrived(Some(origin.id), message);
    }

    /// The channel is heard from now on; false where Redis doesn't say from which id on.
    pub(super) async fn is_heard(&self) -> bool {
        let mut command = redis::cmd("EVAL");
        command.arg(LAST).arg(1).arg(self.link.name("event"));
        let last: Option<String> = self.link.ask(&command).await;
        let Some(last) = last.and_then(|last| last.parse().ok()) else {
            return false;
        };
        self.receiver.listens_from(last);
        self.is_listening.store(true, Ordering::Release);
        true
    }

    /// The channel is not heard any more.
    pub(super) fn is_deaf(&self) {
        self.is_listening.store(false, Ordering::Release);
    }
}

/// Publishes what waits, in order, until the server is gone.
async fn carry(events: std::sync::Weak<Events>, mut waiting: mpsc::Receiver<(u64, Message)>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let Some(events) = events.upgrade() else {
            return;
        };
        let mut commands = redis::pipe();
        for (seq, message) in &batch {
            match events.command(*seq, message) {
                Ok([head, tail]) => {
                    let command = commands.cmd("EVAL").arg(PUBLISH).arg(1);
                    command.arg(events.link.name("event"));
                    command.arg(CHANNEL).arg(head).arg(tail).ignore();
                }
                Err(error) => tracing::error!(%error, event = %message.event, "an event can't be written"),
            }
        }
        if events.link.ask_all(&commands).await.is_none() {
            for (seq, message) in batch.drain(..) {
                if events.take(seq) {
                    events.receiver.arrived(None, message);
                }
            }
        }
        batch.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_published_can_be_read() {
        let text = r#"{"event":"list_update","message":{"doctype":"X"},"room":"doctype:X","namespace":"a","helpdesk":{"site":"s","node":"n","seq":7,"id":1790000000000001}}"#;
        let heard: Heard = serde_json::from_str(text).unwrap();
        let origin = heard.helpdesk.unwrap();

        assert_eq!((&*heard.event, &*heard.room), ("list_update", "doctype:X"));
        assert_eq!((origin.seq, origin.id), (7, 1_790_000_000_000_001));
        // The original's own.
        let other: Heard =
            serde_json::from_str(r#"{"event":"e","message":null,"room":"all","namespace":"a"}"#).unwrap();
        assert!(other.helpdesk.is_none());
    }
}
