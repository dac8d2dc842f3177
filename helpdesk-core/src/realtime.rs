//! Events for connected clients: queued by a request, published once its commit is durable, dropped on roll-back.
//!
//! The core names event, room and payload; who carries them to sockets, or to other processes, is a [`Publisher`].
//! Source: spec/framework-api.md §10.

mod access;
mod documents;
pub mod room;

use std::fmt;
use std::sync::Arc;

use parking_lot::RwLock;
use serde_json::Value;

use crate::cx::Cx;

pub use access::{may_follow, may_hear};
pub(crate) use documents::{changed, renamed};

/// An event on its way to a room.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its name.
    pub event: Arc<str>,
    /// Who gets it: the clients in this room.
    pub room: Arc<str>,
    /// Its one argument.
    pub payload: Value,
}

/// Carries events to clients. One stands in each serving process; one that reaches several processes may stand in
/// front of it.
pub trait Publisher: Send + Sync {
    /// Whether anybody is in a room, or was of late and may come back; if not, payloads need not be made.
    fn wants(&self, room: &str) -> bool;

    /// Sends one event. Called in the order of commits of one request, outside of any transaction; must not block.
    fn publish(&self, message: Message);

    /// Sessions, users or rights changed: who is in which room is to be looked at again.
    fn rights_changed(&self);
}

/// A site's publisher, if it has one: commands have none.
#[derive(Default)]
pub struct Realtime {
    publisher: RwLock<Option<Arc<dyn Publisher>>>,
}

impl fmt::Debug for Realtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Realtime").finish_non_exhaustive()
    }
}

impl Realtime {
    /// From now on events go to `publisher`.
    pub fn set(&self, publisher: Arc<dyn Publisher>) {
        *self.publisher.write() = Some(publisher);
    }

    /// Whether an event for a room would reach anybody.
    pub fn wants(&self, room: &str) -> bool {
        let publisher = self.publisher.read();
        publisher.as_ref().is_some_and(|publisher| publisher.wants(room))
    }

    /// Publishes what a request queued, in order.
    pub(crate) fn publish(&self, messages: Vec<Message>) {
        if messages.is_empty() {
            return;
        }
        let publisher = self.publisher.read().clone();
        if let Some(publisher) = publisher {
            for message in messages {
                publisher.publish(message);
            }
        }
    }

    /// Passes on that sessions or rights changed.
    pub(crate) fn rights_changed(&self) {
        let publisher = self.publisher.read().clone();
        if let Some(publisher) = publisher {
            publisher.rights_changed();
        }
    }
}

impl Cx {
    /// Queues an event for a room; it is sent once the request is committed, one of several equal ones alone
    /// (spec/framework-api.md §10.1). Rooms: see [`room`].
    pub fn publish(&mut self, event: &str, room: &str, payload: Value) {
        self.publish_with(event, room, || payload);
    }

    /// As [`Cx::publish`] for a payload that costs something: it is made only where somebody would get it.
    pub fn publish_with(&mut self, event: &str, room: &str, payload: impl FnOnce() -> Value) {
        if !self.site().realtime.wants(room) {
            return;
        }
        let payload = payload();
        let queued = &mut self.db().out.events;
        let is_queued = queued
            .iter()
            .any(|other| &*other.event == event && &*other.room == room && other.payload == payload);
        if !is_queued {
            queued.push(Message {
                event: Arc::from(event),
                room: Arc::from(room),
                payload,
            });
        }
    }
}
