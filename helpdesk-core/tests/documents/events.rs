//! Events for connected clients: what is sent, and when.

use std::sync::Arc;

use helpdesk_core::doctype::{comments, likes, rename, save, storage};
use helpdesk_core::error::invalid;
use helpdesk_core::realtime::{Message, Publisher, room};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::harness::{Desk, databases};

/// Keeps what is published; wants everything but what goes to some rooms.
#[derive(Default)]
struct Kept {
    messages: Mutex<Vec<Message>>,
    unwanted: &'static str,
}

impl Publisher for Kept {
    fn wants(&self, room: &str) -> bool {
        self.unwanted.is_empty() || !room.starts_with(self.unwanted)
    }

    fn publish(&self, message: Message) {
        self.messages.lock().push(message);
    }

    fn rights_changed(&self) {}
}

impl Kept {
    fn on(desk: &Desk, unwanted: &'static str) -> Arc<Kept> {
        let kept = Arc::new(Kept {
            messages: Mutex::default(),
            unwanted,
        });
        desk.site.realtime.set(Arc::<Kept>::clone(&kept));
        kept
    }

    /// What came since the last look, as `room event`.
    fn names(&self) -> Vec<String> {
        let messages = std::mem::take(&mut *self.messages.lock());
        let name = |message: &Message| format!("{} {}", message.room, message.event);
        messages.iter().map(name).collect()
    }
}

fn set_subject(desk: &Desk, subject: &str) {
    desk.admin(|cx| {
        let meta = cx.site().meta("Deal").unwrap();
        let changes = json!({ "subject": subject });
        save::update(cx, &meta, "A", changes.as_object().unwrap()).map(drop)
    })
    .unwrap();
}

#[test]
fn who_follows_a_document_or_its_doctype_hears_of_changes() {
    for desk in databases() {
        let kept = Kept::on(&desk, "");
        desk.make("Deal", json!({"name": "A", "subject": "Old"}));
        assert_eq!(
            kept.names(),
            ["doc:Deal/A doc_update", "doctype:Deal list_update"]
        );

        set_subject(&desk, "New");
        let sent = std::mem::take(&mut *kept.messages.lock());
        let modified = desk
            .admin(|cx| {
                Ok(storage::values(cx, "Deal", "A", &["modified"])?
                    .unwrap()
                    .remove(0))
            })
            .unwrap();
        let shown = modified.as_str().unwrap().trim_end_matches(".000000");
        assert_eq!(
            sent[0].payload,
            json!({"modified": shown, "doctype": "Deal", "name": "A"})
        );
        assert_eq!(
            sent[1].payload,
            json!({"doctype": "Deal", "name": "A", "user": "Administrator"})
        );

        desk.admin(|cx| save::delete(cx, &cx.site().meta("Deal").unwrap(), "A"))
            .unwrap();
        assert_eq!(
            kept.names(),
            ["doc:Deal/A doc_update", "doctype:Deal list_update"]
        );
    }
}

#[test]
fn who_follows_a_document_hears_that_it_is_named_otherwise() {
    for desk in databases() {
        desk.make("Region", json!({"title": "A"}));
        let kept = Kept::on(&desk, "doctype:");
        desk.admin(|cx| {
            let meta = cx.site().meta("Region").unwrap();
            rename::rename(cx, &meta, "A", "B", false).map(drop)
        })
        .unwrap();
        let messages = kept.messages.lock();
        let renamed = messages.iter().find(|message| &*message.event == "doc_rename");
        let renamed = renamed.unwrap();
        assert_eq!(&*renamed.room, "doc:Region/A");
        assert_eq!(
            renamed.payload,
            json!({"doctype": "Region", "old": "A", "new": "B"})
        );
    }
}

#[test]
fn what_is_rolled_back_tells_nobody_and_equal_events_are_one() {
    for desk in databases() {
        let kept = Kept::on(&desk, "");
        let refused: Result<(), _> = desk.admin(|cx| {
            cx.publish("hello", room::WEBSITE, json!({}));
            Err(invalid("no"))
        });
        assert!(refused.is_err() && kept.names().is_empty());

        desk.admin(|cx| {
            for payload in [1, 2, 1] {
                cx.publish("hello", room::WEBSITE, json!(payload));
            }
            let undone: Result<(), _> = cx.savepoint(|cx| {
                cx.publish("undone", room::WEBSITE, json!({}));
                Err(invalid("no"))
            });
            assert!(undone.is_err() && kept.messages.lock().is_empty());
            cx.publish("hello", room::ALL, json!(1));
            Ok(())
        })
        .unwrap();
        assert_eq!(kept.names(), ["website hello", "website hello", "all hello"]);
    }
}

#[test]
fn entries_of_the_timeline_come_whole() {
    for desk in databases() {
        desk.make("Deal", json!({"name": "A", "subject": "Old"}));
        let kept = Kept::on(&desk, "doctype:");
        let comment = desk
            .admin(|cx| comments::add(cx, "Deal", "A", "Assigned", "to Bob"))
            .unwrap();
        let about = |message: &Message| &*message.room == "doc:Deal/A";
        let sent: Vec<Message> = std::mem::take(&mut *kept.messages.lock())
            .into_iter()
            .filter(about)
            .collect();
        let keys = |message: &Message| (message.payload["key"].clone(), message.payload["action"].clone());
        assert_eq!(
            sent.iter().map(keys).collect::<Vec<_>>(),
            [
                (json!("assignment_logs"), json!("add")),
                (json!("assignment_logs"), json!("update")),
            ]
        );
        let doc = &sent[0].payload["doc"];
        assert_eq!(doc["name"], comment.name());
        assert_eq!((&doc["subject"], &doc["__unsaved"]), (&Value::Null, &json!(1)));

        desk.admin(|cx| {
            likes::toggle(cx, "Deal", "A", true)?;
            likes::toggle(cx, "Deal", "A", false)?;
            comments::add(cx, "Deal", "A", "Info", "not told").map(drop)
        })
        .unwrap();
        let sent = std::mem::take(&mut *kept.messages.lock());
        let actions = sent.iter().filter(|message| about(message)).map(keys);
        assert_eq!(
            actions.collect::<Vec<_>>(),
            [
                (json!("like_logs"), json!("add")),
                (json!("like_logs"), json!("update")),
                (json!("like_logs"), json!("delete")),
            ]
        );
    }
}

#[test]
fn nothing_is_made_for_rooms_that_nobody_wants() {
    for desk in databases() {
        let kept = Kept::on(&desk, "doc");
        desk.make("Deal", json!({"name": "A", "subject": "Old"}));
        desk.admin(|cx| {
            cx.publish_with("costly", &room::doc("Deal", "A"), || unreachable!());
            Ok(())
        })
        .unwrap();
        assert!(kept.names().is_empty());
    }
}
