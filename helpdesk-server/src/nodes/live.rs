//! What is of the moment only, carried to the clients of all servers: who has a document open, who is typing.
//!
//! Nothing of it has an id nor is kept. It goes by a channel of the site's own; a word that is lost costs no more than
//! that, since [`presence`](super::presence) notices what is missing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc;

use super::link::Link;
use super::presence::{Rooms, Viewers};

/// The channel of a site's words.
pub(super) const LIVE: &str = "live";

/// Words that wait for Redis; what is more is lost.
const MOST_WAITING: usize = 10_000;

/// Words of one round trip.
const BATCH: usize = 128;

/// What a server says to the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub(crate) enum Word {
    /// It is there, and changed its viewers so often.
    Here { changes: u64 },
    /// The viewers of one room changed, for the `change`th time.
    Viewers {
        change: u64,
        room: String,
        viewers: Viewers,
    },
    /// All its viewers after so many changes.
    All { changes: u64, rooms: Rooms },
    /// That server, or everybody, is to say all its viewers.
    Ask { of: Option<String> },
    /// It stops.
    Bye,
    /// Who is in a room is to be told there.
    Tell(Told),
    /// For everybody in a room.
    Pass {
        room: String,
        event: String,
        args: Vec<Value>,
    },
}

/// Who is in the room of an open document, to be told there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) room: String,
    /// The user who came or left; nobody where a server is gone.
    pub(crate) by: String,
    pub(crate) way: Way,
}

/// As what it is told of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// As any document; its name as a page writes it.
    Document(Value),
    /// As a ticket; its name as a page writes it.
    Ticket(Value),
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    server: String,
    #[serde(flatten)]
    word: Word,
}

/// The way of words from this server to the others.
pub(crate) struct Live {
    link: Arc<Link>,
    server: String,
    queue: mpsc::Sender<Word>,
    is_over: AtomicBool,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}

impl Live {
    /// A way on the link's runtime for a server of this name.
    pub(super) fn start(link: &Arc<Link>, server: &str) -> Arc<Live> {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let live = Arc::new(Live {
            link: Arc::clone(link),
            server: server.to_owned(),
            queue,
            is_over: AtomicBool::new(false),
        });
        link.runtime().spawn(carry(Arc::downgrade(&live), waiting));
        live
    }

    /// This server's name among the others.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// Says something to the others, after what was said before; waits for nobody.
    pub(crate) fn say(&self, word: Word) {
        if self.queue.try_send(word).is_err() {
            tracing::debug!("too much to say to the other servers");
        }
    }

    /// Says that this server stops, and nothing more from then on.
    pub(crate) async fn leave(&self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(command) = self.command(Word::Bye) {
            let _: Option<u64> = self.link.ask(&command).await;
        }
    }

    /// The server that said something on the channel, and what; this one's own is nothing.
    pub(super) fn heard(&self, text: &[u8]) -> Option<(String, Word)> {
        match serde_json::from_slice::<Line>(text) {
            Ok(line) => (line.server != self.server).then_some((line.server, line.word)),
            Err(error) => {
                tracing::debug!(%error, "something else on the channel of servers");
                None
            }
        }
    }

    fn command(&self, word: Word) -> Option<redis::Cmd> {
        let line = Line {
            server: self.server.clone(),
            word,
        };
        match serde_json::to_string(&line) {
            Ok(text) => {
                let mut command = redis::cmd("PUBLISH");
                command.arg(self.link.name(LIVE)).arg(text);
                Some(command)
            }
            Err(error) => {
                tracing::error!(%error, "a word to the other servers can't be written");
                None
            }
        }
    }
}

/// Says what waits, in order, until the server is gone.
async fn carry(live: Weak<Live>, mut waiting: mpsc::Receiver<Word>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let Some(live) = live.upgrade() else {
            return;
        };
        let mut commands = redis::pipe();
        for command in batch.drain(..).filter_map(|word| live.command(word)) {
            commands.add_command(command).ignore();
        }
        if !live.is_over.load(Ordering::Acquire) {
            live.link.ask_all(&commands).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_can_be_read_again() {
        let told = Told {
            room: "open_doc:HD Ticket/0042".to_owned(),
            by: "a@b.example".to_owned(),
            way: Way::Ticket(json!(42)),
        };
        for word in [
            Word::Here { changes: 7 },
            Word::Ask { of: None },
            Word::Ask {
                of: Some("t".to_owned()),
            },
            Word::Bye,
            Word::Tell(told),
            Word::All {
                changes: 1,
                rooms: Rooms::from([("open_doc:a/b".to_owned(), Viewers::default())]),
            },
        ] {
            let line = Line {
                server: "s".to_owned(),
                word: word.clone(),
            };
            let text = serde_json::to_string(&line).unwrap();
            assert_eq!(serde_json::from_str::<Line>(&text).unwrap().word, word, "{text}");
        }
    }
}
