//! One connected client: who it is, what waits to be sent to it, what it asked for.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use helpdesk_core::session::Session;
use hyper::HeaderMap;
use parking_lot::Mutex;
use serde_json::{Value, json};
use socketioxide::{SendError, SocketError};
use socketioxide_core::Sid;

use super::load::{Held, Load};
use super::payload;
use super::ring::Event;
use super::wire::Wire;

type Socket = socketioxide::socket::Socket;

/// Events that may wait for a client; more than a whole ring of them.
const MOST_WAITING: usize = 12_000;

/// Bytes of them; more than a whole ring's.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// How long a client may take nothing at all while something waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is tried again while the connection takes no more.
const AGAIN: Duration = Duration::from_millis(20);

/// Requests that may wait for their turn.
const MOST_ASKED: usize = 64;

/// Requests a client may send at once, and each second from then on.
const AT_ONCE: f64 = 120.0;
const A_SECOND: f64 = 30.0;

/// How long after it came back a client gets what it missed in rooms that it enters.
const COMES_BACK: Duration = Duration::from_secs(60);

/// Rooms a client may be in beside those it is in by itself.
pub(super) const MOST_ROOMS: usize = 200;

/// Something on its way to one client.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// Published, with an id.
    Event(Arc<Event>),
    /// Of the moment only: not numbered, not kept.
    Passing(Arc<Passing>),
}

impl Outgoing {
    fn bytes(&self) -> usize {
        match self {
            Outgoing::Event(event) => event.held.bytes(),
            Outgoing::Passing(passing) => passing.held.bytes(),
        }
    }
}

/// Something of the moment.
#[derive(Debug)]
pub(super) struct Passing {
    event: String,
    args: Vec<Value>,
    held: Held,
}

impl Passing {
    /// An event with its arguments, as part of a load.
    pub(super) fn new(event: &str, args: Vec<Value>, load: &Arc<Load>) -> Arc<Passing> {
        let bytes = args.iter().map(payload::size).sum();
        Arc::new(Passing {
            event: event.to_owned(),
            args,
            held: load.hold(bytes),
        })
    }
}

/// What a client asks for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) event: String,
    pub(super) args: Vec<Value>,
    /// The bytes of its packet, until it is done.
    pub(super) _held: Held,
}

/// How somebody showed who they are; looked at again while they are connected.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) sid: Option<String>,
    /// The `Authorization` header alone.
    pub(super) headers: HeaderMap,
    pub(super) address: IpAddr,
}

/// A client that wants to know the ids of events, and the last one it saw.
#[derive(Clone, Debug)]
pub(super) struct Resumed {
    /// 0: it was not here before.
    pub(super) last: u64,
    /// Rooms it was in and asks for at once.
    pub(super) rooms: Vec<String>,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Outgoing>,
    bytes: usize,
    is_retried: bool,
    is_over: bool,
}

impl Waiting {
    fn clear(&mut self) {
        self.events.clear();
        self.bytes = 0;
    }
}

#[derive(Debug)]
struct Inbox {
    asked: VecDeque<Asked>,
    is_busy: bool,
    tokens: f64,
    filled: Instant,
}

/// What came of handing in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It waits its turn behind others.
    Queued,
    /// Nobody works for this client at the moment: the caller has to.
    Start,
    /// Too many: the client is to be dropped.
    Flood,
}

/// One connected client.
pub(crate) struct Client {
    /// Its id.
    pub(super) id: Sid,
    /// Whose it is now; rights change while it is connected.
    pub(super) session: ArcSwap<Session>,
    pub(super) credentials: Credentials,
    pub(super) resumed: Option<Resumed>,
    /// The rooms it asked for and is in.
    pub(super) rooms: Mutex<Vec<Arc<str>>>,
    since: Instant,
    /// The connection that its first request came by.
    pub(super) wire: Option<Weak<Wire>>,
    socket: OnceLock<Weak<Socket>>,
    waiting: Mutex<Waiting>,
    inbox: Mutex<Inbox>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client that is not connected yet: what it asks for waits until [`Client::begin`].
    pub(super) fn new(
        id: Sid,
        session: Arc<Session>,
        credentials: Credentials,
        resumed: Option<Resumed>,
        wire: Option<Weak<Wire>>,
    ) -> Client {
        Client {
            id,
            session: ArcSwap::new(session),
            credentials,
            resumed,
            rooms: Mutex::default(),
            since: Instant::now(),
            wire,
            socket: OnceLock::new(),
            waiting: Mutex::default(),
            inbox: Mutex::new(Inbox {
                asked: VecDeque::new(),
                is_busy: true,
                tokens: AT_ONCE,
                filled: Instant::now(),
            }),
        }
    }

    /// It is connected now.
    pub(super) fn begin(&self, socket: &Arc<Socket>) {
        let _ = self.socket.set(Arc::downgrade(socket));
    }

    /// The last event it saw, while it is coming back.
    pub(super) fn comes_back(&self) -> Option<u64> {
        let resumed = self.resumed.as_ref().filter(|resumed| resumed.last > 0)?;
        (self.since.elapsed() < COMES_BACK).then_some(resumed.last)
    }

    /// Its socket, while there is one.
    pub(super) fn socket(&self) -> Option<Arc<Socket>> {
        self.socket.get()?.upgrade()
    }

    /// Whether its socket is connected.
    pub(super) fn is_connected(&self) -> bool {
        self.socket().is_some_and(|socket| socket.connected())
    }

    /// User id.
    pub(super) fn user(&self) -> Arc<str> {
        Arc::clone(&self.session.load().user)
    }

    /// Hands in a request of the client.
    pub(super) fn ask(&self, asked: Asked, now: Instant) -> Taken {
        let mut inbox = self.inbox.lock();
        let since = now.saturating_duration_since(inbox.filled).as_secs_f64();
        inbox.filled = now;
        inbox.tokens = (inbox.tokens + since * A_SECOND).min(AT_ONCE) - 1.0;
        if inbox.tokens < 0.0 || inbox.asked.len() >= MOST_ASKED {
            return Taken::Flood;
        }
        inbox.asked.push_back(asked);
        if std::mem::replace(&mut inbox.is_busy, true) {
            Taken::Queued
        } else {
            Taken::Start
        }
    }

    /// The next request; `None` also says that nobody works for this client any more.
    pub(super) fn next(&self) -> Option<Asked> {
        let mut inbox = self.inbox.lock();
        let next = inbox.asked.pop_front();
        inbox.is_busy = next.is_some();
        next
    }

    /// Puts something behind what waits already; false if too much does, or the client is gone.
    pub(super) fn push(&self, outgoing: Outgoing) -> bool {
        let mut waiting = self.waiting.lock();
        if waiting.is_over || waiting.events.len() >= MOST_WAITING || waiting.bytes > MOST_BYTES {
            return false;
        }
        waiting.bytes += outgoing.bytes();
        waiting.events.push_back(outgoing);
        true
    }

    /// Sends what waits, as far as the connection takes it; false if it takes nothing for too long.
    pub(super) fn flush(self: &Arc<Client>, on_stuck: impl FnOnce() + Send + 'static) {
        if self.try_flush() || !self.start_retrying() {
            return;
        }
        let client = Arc::clone(self);
        tokio::spawn(async move {
            let (mut left, mut since) = (client.waiting.lock().events.len(), Instant::now());
            loop {
                tokio::time::sleep(AGAIN).await;
                if client.try_flush() && client.stop_retrying() {
                    return;
                }
                let now_left = client.waiting.lock().events.len();
                if now_left != left {
                    (left, since) = (now_left, Instant::now());
                } else if since.elapsed() > PATIENCE {
                    on_stuck();
                    return;
                }
            }
        });
    }

    fn start_retrying(&self) -> bool {
        let mut waiting = self.waiting.lock();
        !waiting.events.is_empty() && !std::mem::replace(&mut waiting.is_retried, true)
    }

    /// Whether there is nothing more to try.
    fn stop_retrying(&self) -> bool {
        let mut waiting = self.waiting.lock();
        if waiting.events.is_empty() {
            waiting.is_retried = false;
        }
        waiting.events.is_empty()
    }

    /// Nothing is sent any more, and nothing kept for it.
    pub(super) fn end(&self) {
        let mut waiting = self.waiting.lock();
        waiting.is_over = true;
        waiting.events = VecDeque::new();
        waiting.bytes = 0;
    }

    /// Bytes of what waits to be sent to it.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.lock().bytes
    }

    /// Sends until nothing waits (true) or the connection takes no more.
    fn try_flush(&self) -> bool {
        let mut waiting = self.waiting.lock();
        let Some(socket) = self.socket() else {
            waiting.clear();
            return true;
        };
        while let Some(first) = waiting.events.front() {
            match self.send(&socket, first) {
                Ok(()) => {
                    waiting.bytes -= first.bytes();
                    waiting.events.pop_front();
                }
                Err(SendError::Socket(SocketError::InternalChannelFull)) => return false,
                // Gone; it will be told so, or is so already.
                Err(_) => waiting.clear(),
            }
        }
        if waiting.events.capacity() > 64 {
            waiting.events.shrink_to(0);
        }
        true
    }

    fn send(&self, socket: &Socket, outgoing: &Outgoing) -> Result<(), SendError> {
        match outgoing {
            // A second argument for those who asked for it; others get what the contract says.
            Outgoing::Event(event) if self.resumed.is_some() => {
                let id = json!({ "id": event.id });
                socket.emit(&*event.message.event, &(&event.message.payload, id))
            }
            Outgoing::Event(event) => socket.emit(&*event.message.event, &event.message.payload),
            Outgoing::Passing(passing) => match passing.args.as_slice() {
                [] => socket.emit(&passing.event, &[(); 0]),
                [one] => socket.emit(&passing.event, one),
                [one, two, ..] => socket.emit(&passing.event, &(one, two)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Client {
        /// A guest without a connection.
        pub(in crate::sockets) fn of_a_test() -> Client {
            let credentials = Credentials {
                sid: None,
                headers: HeaderMap::new(),
                address: IpAddr::from([127, 0, 0, 1]),
            };
            Client::new(Sid::new(), Arc::new(Session::guest()), credentials, None, None)
        }
    }

    fn client() -> Client {
        Client::of_a_test()
    }

    fn asked() -> Asked {
        Asked {
            event: "ping".to_owned(),
            args: Vec::new(),
            _held: Arc::<Load>::default().hold(2),
        }
    }

    #[test]
    fn requests_wait_for_the_connection_and_for_each_other() {
        let client = client();
        let now = Instant::now();
        assert_eq!(client.ask(asked(), now), Taken::Queued);
        assert!(client.next().is_some() && client.next().is_none());
        assert_eq!(client.ask(asked(), now), Taken::Start);
        assert_eq!(client.ask(asked(), now), Taken::Queued);
    }

    #[test]
    fn a_flood_is_noticed_and_patience_pays() {
        let client = client();
        let now = Instant::now();
        let first = (0..300).position(|_| {
            let flood = client.ask(asked(), now) == Taken::Flood;
            client.next();
            flood
        });
        assert_eq!(first, Some(120));
        assert_eq!(client.ask(asked(), now + Duration::from_secs(60)), Taken::Start);

        let lazy = self::client();
        let first = (0..300).position(|_| lazy.ask(asked(), now) == Taken::Flood);
        assert_eq!(first, Some(MOST_ASKED));
    }

    #[test]
    fn what_waits_for_a_client_is_bounded() {
        let client = client();
        let load = Arc::<Load>::default();
        let passing = Passing::new("e", Vec::new(), &load);
        let pushed = (0..MOST_WAITING + 5).filter(|_| client.push(Outgoing::Passing(Arc::clone(&passing))));
        assert_eq!(pushed.count(), MOST_WAITING);
        client.end();
        assert!(!client.push(Outgoing::Passing(passing)));
        assert!(client.waiting.lock().events.is_empty());

        let client = self::client();
        let large = Passing::new("e", vec![Value::from("x".repeat(1024 * 1024))], &load);
        let pushed = (0..100).filter(|_| client.push(Outgoing::Passing(Arc::clone(&large))));
        assert_eq!(pushed.count(), 32);
        // All of them wait for the same.
        assert!(load.bytes() < 2 * 1024 * 1024 && client.waiting() > MOST_BYTES);
        client.end();
        drop(large);
        assert_eq!((client.waiting(), load.bytes()), (0, 0));
    }
}
