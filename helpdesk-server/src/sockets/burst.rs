//! Joins bursts: of the events that tell the same of a document in a room, one in 100 ms.
//!
//! The first goes at once. What comes within the window waits for its end, and only the last of it is sent, so that
//! the last state always arrives.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use helpdesk_core::realtime::Message;
use serde_json::Value;

/// Length of a window.
const WINDOW: Duration = Duration::from_millis(100);

/// Windows open at once; events beyond them are sent as they are.
const MOST: usize = 10_000;

/// Which document, in which room, is told of by which event.
type Key = (Arc<str>, Arc<str>, String);

/// What an event that may be joined is about. Only those may be that say no more than that something is not as it was;
/// what adds to a list (comments, messages) always arrives.
fn about(message: &Message) -> Option<String> {
    let payload = &message.payload;
    let text = |key: &str| payload.get(key).map(Value::to_string).unwrap_or_default();
    Some(match &*message.event {
        "doc_update" | "list_update" => text("name"),
        "helpdesk:ticket-update" => text("ticket_id"),
        "helpdesk:new-ticket" | "helpdesk:settings-updated" => String::new(),
        "helpdesk:comment-reaction-update" => text("comment"),
        _ => return None,
    })
}

/// The open windows.
#[derive(Debug, Default)]
pub(super) struct Bursts {
    held: HashMap<Key, Option<Message>>,
    ends: VecDeque<(Instant, Key)>,
}

impl Bursts {
    /// The event, if it goes at once.
    pub(super) fn offer(&mut self, message: Message, now: Instant) -> Option<Message> {
        let Some(about) = about(&message) else {
            return Some(message);
        };
        let key = (Arc::clone(&message.room), Arc::clone(&message.event), about);
        if let Some(held) = self.held.get_mut(&key) {
            *held = Some(message);
            return None;
        }
        if self.ends.len() < MOST {
            self.open(key, now);
        }
        Some(message)
    }

    fn open(&mut self, key: Key, now: Instant) {
        self.held.insert(key.clone(), None);
        self.ends.push_back((now + WINDOW, key));
    }

    /// What waited in windows that have ended. Its own window begins then.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Message> {
        let mut due = Vec::new();
        while self.ends.front().is_some_and(|(end, _)| *end <= now) {
            let Some((_, key)) = self.ends.pop_front() else {
                break;
            };
            if let Some(message) = self.held.remove(&key).flatten() {
                due.push(message);
                self.open(key, now);
            }
        }
        due
    }

    /// When the next window ends.
    pub(super) fn next(&self) -> Option<Instant> {
        self.ends.front().map(|(end, _)| *end)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn update(name: &str, modified: u32) -> Message {
        Message {
            event: Arc::from("doc_update"),
            room: Arc::from(format!("doc:Deal/{name}")),
            payload: json!({ "name": name, "modified": modified }),
        }
    }

    #[test]
    fn the_first_goes_at_once_and_the_last_always_arrives() {
        let mut bursts = Bursts::default();
        let now = Instant::now();
        let at = |ms| now + Duration::from_millis(ms);

        assert!(bursts.offer(update("A", 1), at(0)).is_some());
        assert!(bursts.offer(update("A", 2), at(10)).is_none());
        assert!(bursts.offer(update("B", 1), at(20)).is_some());
        assert!(bursts.offer(update("A", 3), at(90)).is_none());
        assert_eq!(bursts.next(), Some(at(100)));
        assert!(bursts.due(at(99)).is_empty());
        assert_eq!(bursts.due(at(100)), [update("A", 3)]);
        // Its own window: nothing more within 100 ms, then all is as at the start.
        assert!(bursts.offer(update("A", 4), at(150)).is_none());
        assert_eq!(bursts.due(at(200)), [update("A", 4)]);
        assert!(bursts.due(at(300)).is_empty());
        assert!(bursts.next().is_none() && bursts.held.is_empty());
        assert!(bursts.offer(update("A", 5), at(301)).is_some());
    }

    #[test]
    fn what_adds_something_is_never_joined() {
        let mut bursts = Bursts::default();
        for _ in 0..2 {
            let added = Message {
                event: Arc::from("docinfo_update"),
                room: Arc::from("doc:Deal/A"),
                payload: json!({ "action": "add" }),
            };
            assert!(bursts.offer(added, Instant::now()).is_some());
        }
    }

    #[test]
    fn no_more_windows_than_fit() {
        let mut bursts = Bursts::default();
        let now = Instant::now();
        for i in 0..MOST + 10 {
            assert!(bursts.offer(update(&i.to_string(), 1), now).is_some());
        }
        assert_eq!(bursts.held.len(), MOST);
    }
}
