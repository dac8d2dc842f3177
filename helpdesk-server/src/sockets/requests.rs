//! What clients may ask for, one after the other.
//!
//! Source: spec/framework-api.md §10.3, §10.4. What is refused is refused silently; unknown events do nothing.

use std::sync::Arc;
use std::time::Duration;

use helpdesk_core::realtime::{may_follow, room};
use serde_json::{Value, json};

use super::client::{Asked, Client, Passing};
use super::hub::Hub;
use super::rooms::Opened;
use super::viewers::{self, TICKET};
use crate::nodes::Way;

/// Longest name of a DocType, document or task, in bytes.
const LONGEST: usize = 560;

/// Does what a client asks for, and what it asks for meanwhile.
pub(super) async fn work(hub: Arc<Hub>, client: Arc<Client>, first: Asked) {
    let mut next = Some(first);
    while let Some(asked) = next {
        answer(&hub, &client, &asked).await;
        next = client.next();
    }
}

async fn answer(hub: &Arc<Hub>, client: &Arc<Client>, asked: &Asked) {
    let name = |at: usize| asked.args.get(at).and_then(name_of);
    match asked.event.as_str() {
        "ping" => {
            // The framework answers, and the app does.
            let pong = Passing::new("pong", Vec::new(), &hub.load);
            hub.pass_to(client, &pong);
            hub.pass_to(client, &pong);
        }
        "doctype_subscribe" => {
            if let Some(doctype) = name(0) {
                enter(
                    hub,
                    client,
                    &doctype,
                    "",
                    &room::doctype(&doctype),
                    Opened::default(),
                )
                .await;
            }
        }
        "doctype_unsubscribe" => {
            if let Some(doctype) = name(0) {
                hub.leave(client, &room::doctype(&doctype));
            }
        }
        "doc_subscribe" => {
            if let (Some(doctype), Some(name)) = (name(0), name(1)) {
                let room = room::doc(&doctype, &name);
                enter(hub, client, &doctype, &name, &room, Opened::default()).await;
            }
        }
        "doc_unsubscribe" => {
            if let (Some(doctype), Some(name)) = (name(0), name(1)) {
                hub.leave(client, &room::doc(&doctype, &name));
            }
        }
        "doc_open" => {
            if let (Some(doctype), Some(name)) = (name(0), name(1)) {
                open(hub, client, &doctype, &name, &asked.args[1]).await;
            }
        }
        "doc_close" => {
            if let (Some(doctype), Some(name)) = (name(0), name(1)) {
                let room = room::open_doc(&doctype, &name);
                if hub.leave(client, &room).is_some() {
                    viewers::tell(hub, &room, &client.user(), Way::Document(asked.args[1].clone()));
                }
            }
        }
        // Ids of tasks are long and random; who knows one may wait for it, guests aside.
        "task_subscribe" | "progress_subscribe" => {
            if let Some(task) = name(0).filter(|_| !client.session.load().is_guest()) {
                hub.enter(client, &room::task(&task), Opened::default());
            }
        }
        "task_unsubscribe" | "progress_unsubscribe" => {
            if let Some(task) = name(0) {
                hub.leave(client, &room::task(&task));
            }
        }
        _ => of_tickets(hub, client, asked).await,
    }
}

/// What the pages of tickets ask for. A ticket goes back as it was written: the pages compare strictly.
async fn of_tickets(hub: &Arc<Hub>, client: &Arc<Client>, asked: &Asked) {
    let Some(written) = asked.args.first() else { return };
    let Some(ticket) = name_of(written) else { return };
    let room = room::open_doc(TICKET, &ticket);
    match asked.event.as_str() {
        "view_ticket" => {
            let opened = Opened {
                as_ticket: Some(written.clone()),
                ..Opened::default()
            };
            if enter(hub, client, TICKET, &ticket, &room, opened).await {
                viewers::tell(hub, &room, &client.user(), Way::Ticket(written.clone()));
            }
        }
        "stop_view_ticket" if hub.leave(client, &room).is_some() => {
            viewers::tell(hub, &room, &client.user(), Way::Ticket(written.clone()));
        }
        "ticket_get_viewers" => tell_viewers(hub, client, &ticket, written, &room).await,
        "notify_ticket_update" => {
            let [_, field, value, ..] = asked.args.as_slice() else {
                return;
            };
            if matches!(field, Value::Null | Value::Bool(false)) || field == "" {
                return;
            }
            let payload = json!({
                "ticket_id": written, "user": &*client.user(), "field": field, "value": value
            });
            speak(hub, client, &ticket, &room, "ticket_update", payload).await;
        }
        event @ ("helpdesk_ticket_typing" | "helpdesk_ticket_typing_stopped") => {
            let payload = json!({ "ticket_id": written, "user": &*client.user() });
            speak(hub, client, &ticket, &room, event, payload).await;
        }
        _ => {}
    }
}

/// A name: a text or a whole number; what is empty, 0 or too long names nothing.
fn name_of(value: &Value) -> Option<String> {
    let name = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() && number.as_i64() != Some(0) => number.to_string(),
        _ => return None,
    };
    (!name.is_empty() && name.len() <= LONGEST && !name.contains('\0')).then_some(name)
}

async fn open(hub: &Arc<Hub>, client: &Arc<Client>, doctype: &str, name: &str, written: &Value) {
    let room = room::open_doc(doctype, name);
    let opened = Opened {
        as_document: true,
        ..Opened::default()
    };
    if enter(hub, client, doctype, name, &room, opened).await {
        viewers::tell(hub, &room, &client.user(), Way::Document(written.clone()));
    }
}

async fn enter(
    hub: &Arc<Hub>,
    client: &Arc<Client>,
    doctype: &str,
    name: &str,
    room: &str,
    opened: Opened,
) -> bool {
    may(hub, client, doctype, name).await && hub.enter(client, room, opened)
}

/// Tells all pages of a client's user who has a ticket open.
async fn tell_viewers(hub: &Arc<Hub>, client: &Arc<Client>, ticket: &str, written: &Value, room: &str) {
    if may(hub, client, TICKET, ticket).await {
        let payload = viewers::of_ticket(hub, written, room);
        hub.pass(&room::user(&client.user()), None, "ticket_viewers", vec![payload]);
    }
}

/// Passes on what a client says of a ticket to the others who have it open: from whoever has it open, or could.
async fn speak(hub: &Arc<Hub>, client: &Arc<Client>, ticket: &str, room: &str, event: &str, payload: Value) {
    let is_there = client.rooms.lock().iter().any(|known| **known == *room);
    if is_there || may(hub, client, TICKET, ticket).await {
        hub.pass(room, Some(client.id), event, vec![payload]);
    }
}

/// Whether a client may follow a document; tried again where the database has too much to do.
pub(super) async fn may(hub: &Hub, client: &Client, doctype: &str, name: &str) -> bool {
    for wait in [0, 50, 250, 1_000] {
        if wait > 0 {
            tokio::time::sleep(Duration::from_millis(wait)).await;
        }
        // Thousands that come back at once take turns, and leave the database to others, too.
        let _turn = hub.turns.acquire().await;
        let Some(site) = hub.site() else { return false };
        let session = client.session.load_full();
        match may_follow(&site, &session, doctype, name).await {
            Ok(may) => return may,
            Err(error) => tracing::warn!(%error, "the rights of a socket could not be told"),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_texts_and_whole_numbers() {
        assert_eq!(name_of(&json!("0042")), Some("0042".to_owned()));
        assert_eq!(name_of(&json!(42)), Some("42".to_owned()));
        for bad in [
            json!(""),
            json!(0),
            json!(null),
            json!(1.5),
            json!(["a"]),
            json!({}),
            json!("a\0b"),
        ] {
            assert_eq!(name_of(&bad), None, "{bad}");
        }
        assert_eq!(name_of(&json!("x".repeat(LONGEST + 1))), None);
    }
}
