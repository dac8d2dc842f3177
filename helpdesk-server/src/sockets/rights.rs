//! Looks again at who is connected and who is in which room.
//!
//! - Sessions, users, roles, shares or User Permissions changed: all clients, within a second.
//! - A followed document changed: those who follow it, within a second.
//! - Every five minutes: all clients, since sessions and tokens also end by themselves.
//!
//! A client whose session is over is dropped; a room that its user may not enter any more is left.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use helpdesk_core::realtime::{may_follow, room};
use helpdesk_core::session::Session;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::client::Client;
use super::handshake;
use super::hub::Hub;
use super::rooms::Left;
use super::viewers::{self, document_of};

/// How long doubts gather before they are looked into.
const PAUSE: Duration = Duration::from_secs(1);

/// After this long everybody is looked at, whatever happened.
const AT_LEAST: Duration = Duration::from_secs(300);

/// What is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    all: AtomicBool,
    rooms: Mutex<HashSet<Arc<str>>>,
    wake: Notify,
}

impl Doubts {
    /// Everybody.
    pub(super) fn about_all(&self) {
        self.all.store(true, Ordering::Release);
        self.wake.notify_one();
    }

    /// Those in the room of a document.
    pub(super) fn about(&self, room: &Arc<str>) {
        self.rooms.lock().insert(Arc::clone(room));
        self.wake.notify_one();
    }

    /// Has [`run`] look whether it is over.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Looks into doubts until the hub is stopped.
pub(super) async fn run(hub: Arc<Hub>) {
    while !hub.is_over() {
        let woken = tokio::time::timeout(AT_LEAST, hub.doubts.wake.notified()).await;
        if woken.is_ok() {
            tokio::time::sleep(PAUSE).await;
        }
        let rooms = std::mem::take(&mut *hub.doubts.rooms.lock());
        if hub.doubts.all.swap(false, Ordering::AcqRel) || woken.is_err() {
            look_at_all(&hub).await;
        } else {
            look_at_rooms(&hub, rooms).await;
        }
    }
}

/// What was found out in one round: may this user enter this room?
type Known = HashMap<(Arc<str>, Arc<str>), bool>;

async fn look_at_all(hub: &Arc<Hub>) {
    let mut known = Known::new();
    for client in hub.clients() {
        let Some(site) = hub.site() else { return };
        let session = match handshake::again(&site, &client.credentials).await {
            Ok(Some(session)) => session,
            Ok(None) => {
                hub.drop_client(&client, "its session is over");
                continue;
            }
            // Looked at again in the next round.
            Err(error) => {
                tracing::warn!(%error, "the session of a socket could not be looked at");
                hub.doubts.about_all();
                continue;
            }
        };
        let before = client.user();
        if session.user != before {
            hub.drop_client(&client, "its credentials are another user's now");
            continue;
        }
        client.session.store(session);
        if !client.session.load().system_user {
            hub.expel(&client, room::ALL);
        }
        let rooms = client.rooms.lock().clone();
        for room in rooms {
            look(hub, &client, &room, &mut known).await;
        }
    }
}

async fn look_at_rooms(hub: &Arc<Hub>, rooms: HashSet<Arc<str>>) {
    let mut known = Known::new();
    for room in rooms {
        let Some((doctype, name)) = document_of(&room) else {
            continue;
        };
        let open = room::open_doc(doctype, name);
        for room in [&*room, &open] {
            for client in hub.members(room) {
                look(hub, &client, &Arc::from(room), &mut known).await;
            }
        }
    }
}

/// Has a client leave a room that it may not enter any more.
async fn look(hub: &Arc<Hub>, client: &Arc<Client>, room: &Arc<str>, known: &mut Known) {
    let Some((doctype, name)) = document_of(room) else {
        return;
    };
    let session: Arc<Session> = client.session.load_full();
    let key = (Arc::clone(&session.user), Arc::clone(room));
    // Tokens may be meant for less than their user may do.
    let is_shared = session.scopes.is_none();
    let may = match known.get(&key).filter(|_| is_shared) {
        Some(may) => *may,
        None => {
            let Some(site) = hub.site() else { return };
            match may_follow(&site, &session, doctype, name).await {
                Ok(may) => may,
                Err(error) => {
                    tracing::warn!(%error, "the rights of a socket could not be looked at");
                    hub.doubts.about_all();
                    return;
                }
            }
        }
    };
    if is_shared {
        known.insert(key, may);
    }
    if !may && let Some(opened) = hub.leave(client, room) {
        let left = Left {
            room: Arc::clone(room),
            opened,
        };
        viewers::left(hub, &session.user, vec![left]);
    }
}
