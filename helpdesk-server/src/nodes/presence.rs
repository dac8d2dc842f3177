//! Who has documents open with the other servers, as far as this one heard.
//!
//! Each server numbers the changes of its own viewers and tells each of them, and how many there were by now every few
//! seconds. Who misses one sees it by the number and asks for the whole; who hears nothing of a server for ten seconds
//! takes it for gone, its viewers with it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often a server lets the others know that it is there.
pub(crate) const BEAT: Duration = Duration::from_secs(2);

/// A server that is silent for so long is gone.
pub(crate) const SILENCE: Duration = Duration::from_secs(10);

/// Between two questions to the same server for all its viewers.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// Who has a document open with one server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Viewers {
    /// Each user once, with the microsecond (since 1970) in which they came.
    pub(crate) users: Vec<(String, u64)>,
    /// Whether one of them opened it as any document.
    pub(crate) as_document: bool,
    /// Whether one of them opened it as a ticket; the ticket as their page writes it.
    pub(crate) as_ticket: Option<Value>,
}

/// Viewers by the room of their document.
pub(crate) type Rooms = HashMap<String, Viewers>;

#[derive(Debug)]
struct Other {
    heard: Instant,
    /// How many changes of its viewers are in `rooms`; 0 before the first.
    changes: u64,
    asked: Option<Instant>,
    rooms: Rooms,
}

/// What a server knows of the others.
#[derive(Debug, Default)]
pub(crate) struct Others {
    servers: HashMap<String, Other>,
}

/// A room whose viewers with another server are others now: who was there before, and who is.
pub(crate) type Changed = (String, Viewers, Viewers);

impl Others {
    /// A server is there and changed its viewers so often; whether it is to be asked for all of them.
    pub(crate) fn is_here(&mut self, server: &str, changes: u64, now: Instant) -> bool {
        let other = self.heard(server, now);
        other.changes != changes && other.may_ask(now)
    }

    /// The viewers of one room changed, a server's `change`th change; whether it is to be asked for all of them.
    pub(crate) fn changed(
        &mut self,
        server: &str,
        change: u64,
        room: String,
        viewers: Viewers,
        now: Instant,
    ) -> bool {
        let other = self.heard(server, now);
        if viewers.users.is_empty() {
            other.rooms.remove(&room);
        } else {
            other.rooms.insert(room, viewers);
        }
        if change == other.changes + 1 {
            other.changes = change;
            return false;
        }
        other.may_ask(now)
    }

    /// All viewers of a server after so many changes. The rooms in which that is news.
    pub(crate) fn all(&mut self, server: &str, changes: u64, rooms: Rooms, now: Instant) -> Vec<Changed> {
        let other = self.heard(server, now);
        other.changes = changes;
        let before = std::mem::replace(&mut other.rooms, rooms);
        differences(before, &other.rooms)
    }

    /// A server is gone, and with it its viewers: the rooms it had some in.
    pub(crate) fn gone(&mut self, server: &str) -> Vec<Changed> {
        let other = self.servers.remove(server);
        differences(other.map(|other| other.rooms).unwrap_or_default(), &Rooms::new())
    }

    /// The servers that were silent for too long.
    pub(crate) fn silent(&self, now: Instant) -> Vec<String> {
        let silent = self
            .servers
            .iter()
            .filter(|(_, other)| now.saturating_duration_since(other.heard) > SILENCE);
        silent.map(|(server, _)| server.clone()).collect()
    }

    /// The viewers of a room, a part a server.
    pub(crate) fn of<'s>(&'s self, room: &str) -> impl Iterator<Item = &'s Viewers> {
        self.servers
            .values()
            .filter_map(move |other| other.rooms.get(room))
    }

    fn heard(&mut self, server: &str, now: Instant) -> &mut Other {
        let other = self.servers.entry(server.to_owned()).or_insert_with(|| Other {
            heard: now,
            changes: 0,
            asked: None,
            rooms: Rooms::new(),
        });
        other.heard = now;
        other
    }
}

impl Other {
    fn may_ask(&mut self, now: Instant) -> bool {
        let may = self
            .asked
            .is_none_or(|asked| now.saturating_duration_since(asked) >= ASK_AGAIN);
        if may {
            self.asked = Some(now);
        }
        may
    }
}

fn differences(mut before: Rooms, after: &Rooms) -> Vec<Changed> {
    let mut changed = Vec::new();
    for (room, viewers) in after {
        let was = before.remove(room).unwrap_or_default();
        if was.users != viewers.users {
            changed.push((room.clone(), was, viewers.clone()));
        }
    }
    changed.extend(
        before
            .into_iter()
            .map(|(room, was)| (room, was, Viewers::default())),
    );
    changed
}

/// All users of several parts, each once, in the order in which they came.
pub(crate) fn together<'v>(parts: impl Iterator<Item = &'v Viewers>) -> Vec<&'v str> {
    let mut first: HashMap<&str, u64> = HashMap::new();
    for (user, came) in parts.flat_map(|part| &part.users) {
        let known = first.entry(user).or_insert(*came);
        *known = (*known).min(*came);
    }
    let mut users: Vec<(u64, &str)> = first.into_iter().map(|(user, came)| (came, user)).collect();
    users.sort_unstable();
    users.into_iter().map(|(_, user)| user).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewers(users: &[(&str, u64)]) -> Viewers {
        Viewers {
            users: users
                .iter()
                .map(|(user, came)| ((*user).to_owned(), *came))
                .collect(),
            as_document: true,
            as_ticket: None,
        }
    }

    fn users(others: &Others, room: &str) -> Vec<String> {
        together(others.of(room)).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn users_stand_in_the_order_they_came_whatever_their_server() {
        let mut others = Others::default();
        let now = Instant::now();
        assert!(!others.changed("one", 1, "r".to_owned(), viewers(&[("b", 2), ("c", 5)]), now));
        assert!(!others.changed("two", 1, "r".to_owned(), viewers(&[("a", 3), ("c", 1)]), now));
        assert_eq!(users(&others, "r"), ["c", "b", "a"]);

        assert!(!others.changed("two", 2, "r".to_owned(), Viewers::default(), now));
        assert_eq!(users(&others, "r"), ["b", "c"]);
    }

    #[test]
    fn a_missed_change_is_noticed_and_asked_for_once_a_second() {
        let mut others = Others::default();
        let now = Instant::now();
        assert!(!others.is_here("one", 0, now));
        assert!(others.is_here("one", 2, now));
        assert!(!others.is_here("one", 2, now), "it was asked just now");
        assert!(others.is_here("one", 2, now + ASK_AGAIN));

        let rooms = Rooms::from([("r".to_owned(), viewers(&[("a", 1)]))]);
        let changed = others.all("one", 2, rooms.clone(), now);
        assert_eq!(
            changed,
            [("r".to_owned(), Viewers::default(), viewers(&[("a", 1)]))]
        );
        assert!(!others.is_here("one", 2, now + ASK_AGAIN * 2));
        assert!(others.all("one", 2, rooms, now).is_empty(), "the same is no news");
        assert!(others.changed(
            "one",
            4,
            "s".to_owned(),
            viewers(&[("a", 1)]),
            now + ASK_AGAIN * 3
        ));
    }

    #[test]
    fn a_silent_server_takes_its_viewers_along() {
        let mut others = Others::default();
        let now = Instant::now();
        others.changed("one", 1, "r".to_owned(), viewers(&[("a", 1)]), now);
        assert!(others.silent(now + SILENCE).is_empty());
        let later = now + SILENCE + Duration::from_millis(1);
        assert_eq!(others.silent(later), ["one"]);

        let changed = others.gone("one");
        assert_eq!(changed[0].1, viewers(&[("a", 1)]));
        assert!(users(&others, "r").is_empty() && others.silent(later).is_empty());
    }
}
