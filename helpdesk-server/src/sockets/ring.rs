//! The events of the last minutes, numbered, for clients that were away.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helpdesk_core::realtime::Message;

use super::load::{Held, Load};

/// Events kept.
const MOST: usize = 10_000;

/// Bytes of payloads kept.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// How long events are kept, and how long a room is remembered that everybody has left.
pub(super) const KEPT: Duration = Duration::from_secs(300);

/// A published event.
#[derive(Debug)]
pub(super) struct Event {
    /// Larger than those of all events before it, those before a restart included; exact in a JavaScript number.
    pub(super) id: u64,
    /// Name, room, payload.
    pub(super) message: Message,
    /// The bytes of its payload.
    pub(super) held: Held,
    at: Instant,
}

/// The newest events in order.
#[derive(Debug)]
pub(super) struct Ring {
    load: Arc<Load>,
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    last: u64,
    /// The newest event that may have been and is not here: events up to it can't be made up for.
    floor: u64,
}

impl Ring {
    /// An empty ring whose first event has the id after `start`, and whose events are part of a load.
    pub(super) fn new(start: u64, load: &Arc<Load>) -> Ring {
        Ring {
            load: Arc::clone(load),
            events: VecDeque::new(),
            bytes: 0,
            last: start,
            floor: start,
        }
    }

    /// What its events are part of.
    pub(super) fn load(&self) -> &Arc<Load> {
        &self.load
    }

    /// Id of the newest event.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// The newest event that can't be made up for.
    pub(super) fn floor(&self) -> u64 {
        self.floor
    }

    /// Adds an event with a payload of so many bytes.
    pub(super) fn push(&mut self, message: Message, bytes: usize, now: Instant) {
        self.push_as(None, message, bytes, now);
    }

    /// Adds an event that has an id already; a larger one where that is not above all others.
    pub(super) fn push_as(&mut self, id: Option<u64>, message: Message, bytes: usize, now: Instant) {
        self.last = id.unwrap_or(0).max(self.last + 1);
        self.bytes += bytes;
        self.events.push_back(Arc::new(Event {
            id: self.last,
            message,
            held: self.load.hold(bytes),
            at: now,
        }));
        while self.events.len() > MOST || self.bytes > MOST_BYTES {
            self.drop_first();
        }
    }

    /// Other events up to this id may have been, and are not here.
    pub(super) fn lacks_until(&mut self, id: u64) {
        self.last = self.last.max(id);
        self.floor = self.floor.max(id);
    }

    /// Drops what is too old.
    pub(super) fn forget(&mut self, now: Instant) {
        while self
            .events
            .front()
            .is_some_and(|event| now.saturating_duration_since(event.at) > KEPT)
        {
            self.drop_first();
        }
    }

    fn drop_first(&mut self) {
        if let Some(event) = self.events.pop_front() {
            self.bytes -= event.held.bytes();
            self.floor = event.id;
        }
    }

    /// The events after `id`, in order.
    pub(super) fn after(&self, id: u64) -> impl Iterator<Item = &Arc<Event>> {
        let from = self.events.partition_point(|event| event.id <= id);
        self.events.range(from..)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids(ring: &Ring, after: u64) -> Vec<u64> {
        ring.after(after).map(|event| event.id).collect()
    }

    fn push(ring: &mut Ring, bytes: usize, now: Instant) {
        let message = Message {
            event: Arc::from("e"),
            room: Arc::from("website"),
            payload: json!({}),
        };
        ring.push(message, bytes, now);
    }

    #[test]
    fn what_came_after_an_id_is_found() {
        let mut ring = Ring::new(100, &Arc::default());
        let now = Instant::now();
        for _ in 0..3 {
            push(&mut ring, 1, now);
        }
        assert_eq!(ids(&ring, 101), [102, 103]);
        assert_eq!((ids(&ring, 0).len(), ids(&ring, 103).len()), (3, 0));
        assert_eq!((ring.last(), ring.floor()), (103, 100));
    }

    #[test]
    fn age_count_and_bytes_are_bounded() {
        let mut ring = Ring::new(0, &Arc::default());
        let now = Instant::now();
        push(&mut ring, 1, now);
        push(&mut ring, 1, now + KEPT);
        ring.forget(now + KEPT + Duration::from_secs(1));
        assert_eq!((ids(&ring, 0), ring.floor()), (vec![2], 1));

        push(&mut ring, MOST_BYTES, now + KEPT);
        assert_eq!((ids(&ring, 0), ring.floor()), (vec![3], 2));
        for _ in 0..MOST + 5 {
            push(&mut ring, 0, now);
        }
        assert_eq!(ids(&ring, 0).len(), MOST);
    }
}
