//! A client connects to the site's namespace, asks for things, and goes.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::time::Instant;

use helpdesk_core::realtime::room;
use helpdesk_core::site::Site;
use serde_json::Value;
use socketioxide::adapter::LocalAdapter;
use socketioxide::extract::SocketRef;
use socketioxide::handler::{ConnectHandler, MessageHandler};
use socketioxide::socket::DisconnectReason;
use socketioxide_core::Value as Packet;

use super::client::{Asked, Client, MOST_ROOMS, Resumed, Taken};
use super::hub::Hub;
use super::load::{self, Load};
use super::viewers::document_of;
use super::{Arrival, TO_CONNECT, handshake, own_rooms, requests, viewers};

type Socket = socketioxide::socket::Socket;

const FULL: &str = "Too many connections";
const TWICE: &str = "This connection is there already";

/// Lets clients in, and takes care of them from then on.
#[derive(Clone, Debug)]
pub(super) struct Connect {
    pub(super) site: Weak<Site>,
    pub(super) hub: Arc<Hub>,
}

/// What tells the implementations of `socketioxide`'s traits apart.
#[derive(Debug)]
pub(super) struct Ours;

type Admitted<'a> = Pin<Box<dyn Future<Output = Result<(), Box<dyn Display + Send>>> + Send + 'a>>;

impl ConnectHandler<LocalAdapter, Ours> for Connect {
    /// It is connected.
    fn call(&self, socket: Arc<Socket>, _: Option<Packet>) {
        let Some(client) = socket.extensions.get::<Arc<Client>>() else {
            return;
        };
        let Allowed(asked) = socket.extensions.remove().unwrap_or_default();
        client.begin(&socket);
        self.hub.add(&client, &own_rooms(&client.session.load()), &asked);
        if let Some(first) = client.next() {
            tokio::spawn(requests::work(Arc::clone(&self.hub), client, first));
        }
    }

    fn call_middleware<'a>(&'a self, socket: Arc<Socket>, auth: &'a Option<Packet>) -> Admitted<'a> {
        Box::pin(async move {
            let admitted = self.admit(&socket, auth.as_ref()).await;
            admitted.map_err(|text| Box::new(text) as Box<dyn Display + Send>)
        })
    }
}

/// The rooms a client that comes back asked for and may enter.
#[derive(Clone, Debug, Default)]
struct Allowed(Vec<String>);

impl Connect {
    /// Looks at who connects, and prepares for what it asks for at once.
    async fn admit(&self, socket: &Arc<Socket>, auth: Option<&Packet>) -> Result<(), &'static str> {
        let (Some(site), Some(arrival)) = (
            self.site.upgrade(),
            socket.req_parts().extensions.get::<Arrival>().cloned(),
        ) else {
            return Err(FULL);
        };
        if self.hub.count() >= site.config.max_sockets {
            return Err(FULL);
        }
        let parts = socket.req_parts();
        let namespace = socket.ns().trim_start_matches('/');
        let (session, credentials) =
            handshake::admit(&site, &parts.headers, arrival.address, namespace).await?;
        let resumed = resumed(auth, parts.uri.query().unwrap_or(""));
        let asked = resumed.as_ref().map(|resumed| resumed.rooms.clone());
        let client = Arc::new(Client::new(
            socket.id,
            session,
            credentials,
            resumed,
            arrival.wire,
        ));
        if self.hub.is_there(socket.id) {
            // By another name of the site, or it has not quite left yet.
            return Err(TWICE);
        }
        let mut allowed = Vec::new();
        for room in asked.unwrap_or_default() {
            if self.may_enter(&client, &room).await && !allowed.contains(&room) {
                allowed.push(room);
            }
        }
        socket.extensions.insert(Allowed(allowed));
        socket.extensions.insert(client);
        socket.on_fallback(Requests {
            hub: Arc::clone(&self.hub),
        });
        let hub = Arc::clone(&self.hub);
        socket.on_disconnect(move |socket: SocketRef, reason: DisconnectReason| {
            gone(Arc::clone(&hub), socket, reason)
        });
        Ok(())
    }

    async fn may_enter(&self, client: &Client, room: &str) -> bool {
        if let Some(task) = room.strip_prefix(room::TASK) {
            return !task.is_empty() && !client.session.load().is_guest();
        }
        match document_of(room) {
            Some((doctype, name)) => {
                (!name.is_empty() || room.starts_with(room::DOCTYPE))
                    && requests::may(&self.hub, client, doctype, name).await
            }
            None => false,
        }
    }
}

async fn gone(hub: Arc<Hub>, socket: SocketRef, reason: DisconnectReason) {
    if let Some(client) = socket.extensions.remove::<Arc<Client>>() {
        let rooms = hub.remove(&client);
        viewers::left(&hub, &client.user(), rooms);
        if reason == DisconnectReason::ClientNSDisconnect {
            hub.end_soon(&client, TO_CONNECT);
        }
    }
}

/// What a client says of an earlier connection: `last_event_id` in its `auth` or in the query, and `rooms` it was in.
fn resumed(auth: Option<&Packet>, query: &str) -> Option<Resumed> {
    let auth: Value = match auth {
        Some(Packet::Str(text, _)) => serde_json::from_str(text.as_str()).unwrap_or_default(),
        _ => Value::Null,
    };
    let in_query = form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "last_event_id")
        .map(|(_, value)| Value::from(value.into_owned()));
    let last = match auth.get("last_event_id").cloned().or(in_query)? {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    let rooms = auth.get("rooms").and_then(Value::as_array);
    let rooms = rooms.into_iter().flatten().filter_map(Value::as_str);
    Some(Resumed {
        last,
        rooms: rooms.take(MOST_ROOMS).map(str::to_owned).collect(),
    })
}

/// Takes in whatever a client sends, in its order.
struct Requests {
    hub: Arc<Hub>,
}

impl MessageHandler<LocalAdapter, Ours> for Requests {
    fn call(&self, socket: Arc<Socket>, packet: Packet, _: Option<i64>) {
        let Some(client) = socket.extensions.get::<Arc<Client>>() else {
            return;
        };
        let Some(asked) = asked(&packet, &self.hub.asked) else {
            return;
        };
        if self.hub.asked.bytes() > load::MOST_ASKED {
            self.hub
                .drop_client(&client, "all clients together ask for too much");
            return;
        }
        match client.ask(asked, Instant::now()) {
            Taken::Queued => {}
            Taken::Start => {
                if let Some(first) = client.next() {
                    // What `next` says of an empty queue holds for this one, too.
                    tokio::spawn(requests::work(Arc::clone(&self.hub), client, first));
                }
            }
            Taken::Flood => self.hub.drop_client(&client, "it asks for too much"),
        }
    }
}

/// Event and arguments of a packet, as part of a load.
fn asked(packet: &Packet, load: &Arc<Load>) -> Option<Asked> {
    let Packet::Str(text, _) = packet else { return None };
    let mut args: Vec<Value> = serde_json::from_str(text.as_str()).ok()?;
    if args.is_empty() {
        return None;
    }
    let Value::String(event) = args.remove(0) else {
        return None;
    };
    Some(Asked {
        event,
        args,
        _held: load.hold(text.as_str().len()),
    })
}

#[cfg(test)]
mod tests {
    use socketioxide_core::Str;

    use super::*;

    fn packet(text: &str) -> Packet {
        Packet::Str(Str::copy_from_slice(text), None)
    }

    #[test]
    fn the_last_event_is_named_in_auth_or_query() {
        let of = |auth: &str, query| resumed(Some(&packet(auth)), query).map(|resumed| resumed.last);
        assert_eq!(of(r#"{"last_event_id": 7}"#, ""), Some(7));
        assert_eq!(of(r#"{"last_event_id": "8"}"#, "last_event_id=9"), Some(8));
        assert_eq!(of("{}", "EIO=4&last_event_id=9"), Some(9));
        for none in [
            "{}",
            "[]",
            "7",
            r#"{"last_event_id": -1}"#,
            r#"{"last_event_id": {}}"#,
            "{",
        ] {
            assert_eq!(of(none, "EIO=4"), None, "{none}");
        }
        let rooms = resumed(
            Some(&packet(r#"{"last_event_id": 0, "rooms": ["a", 1, "b"]}"#)),
            "",
        );
        assert_eq!(rooms.unwrap().rooms, ["a", "b"]);
    }

    #[test]
    fn packets_are_events_with_arguments() {
        let load = Arc::default();
        let asked = asked(&packet(r#"["doc_open","HD Ticket",42]"#), &load).unwrap();
        assert_eq!((asked.event.as_str(), asked.args.len()), ("doc_open", 2));
        for bad in ["[]", "{}", "[1]", "nonsense"] {
            assert!(super::asked(&packet(bad), &load).is_none(), "{bad}");
        }
    }
}
