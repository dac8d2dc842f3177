//! Joins bursts: of the events that tell the same of a document in a room, one in 100 ms.
//!
//! The first goes at once. What comes within the window waits for its end, and only the last of it is sent, so that
//! the last state always arrives. Requests that commit at the same time publish in any order; what tells of an older
//! state than was told already is left out.

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

/// When the document was changed that an event tells of, if it says so; later times are greater as texts, too.
fn state(message: &Message) -> &str {
    let modified = message.payload.get("modified").and_then(Value::as_str);
    modified.unwrap_or("")
}

/// What is known of a window.
#[derive(Debug)]
struct Window {
    /// The latest state that was told or waits.
    latest: String,
    held: Option<Message>,
}

/// The open windows.
#[derive(Debug, Default)]
pub(super) struct Bursts {
    windows: HashMap<Key, Window>,
    ends: VecDeque<(Instant, Key)>,
}

impl Bursts {
    /// The event, if it goes at once.
    pub(super) fn offer(&mut self, message: Message, now: Instant) -> Option<Message> {
        let Some(about) = about(&message) else {
            return Some(message);
        };
        let key = (Arc::clone(&message.room), Arc::clone(&message.event), about);
        if let Some(window) = self.windows.get_mut(&key) {
            if state(&message) >= window.latest.as_str() {
                state(&message).clone_into(&mut window.latest);
                window.held = Some(message);
            }
            return None;
        }
        if self.ends.len() < MOST {
            self.open(key, &message, now);
        }
        Some(message)
    }

    fn open(&mut self, key: Key, told: &Message, now: Instant) {
        let window = Window {
            latest: state(told).to_owned(),
            held: None,
        };
        self.windows.insert(key.clone(), window);
        self.ends.push_back((now + WINDOW, key));
    }

    /// What waited in windows that have ended. Its own window begins then.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Message> {
        let mut due = Vec::new();
        while self.ends.front().is_some_and(|(end, _)| *end <= now) {
            let Some((_, key)) = self.ends.pop_front() else {
                break;
            };
            if let Some(message) = self.windows.remove(&key).and_then(|window| window.held) {
                self.open(key, &message, now);
                due.push(message);
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

    fn update(name: &str, second: u32) -> Message {
        Message {
            event: Arc::from("doc_update"),
            room: Arc::from(format!("doc:Deal/{name}")),
            payload: json!({ "name": name, "modified": format!("2026-11-22 07:00:0{second}") }),
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
        assert!(bursts.next().is_none() && bursts.windows.is_empty());
        assert!(bursts.offer(update("A", 5), at(301)).is_some());
    }

    #[test]
    fn an_older_state_never_comes_after_a_later_one() {
        let mut bursts = Bursts::default();
        let now = Instant::now();
        assert!(bursts.offer(update("A", 5), now).is_some());
        assert!(bursts.offer(update("A", 7), now).is_none());
        assert!(bursts.offer(update("A", 6), now).is_none());
        assert_eq!(bursts.due(now + WINDOW), [update("A", 7)]);
        assert!(bursts.offer(update("A", 4), now + WINDOW).is_none());
        assert!(bursts.due(now + 2 * WINDOW).is_empty());
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
        assert_eq!(bursts.windows.len(), MOST);
    }
}
