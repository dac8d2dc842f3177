//! Likes, tags, shares, comments, versions and who has seen a document.

use helpdesk_core::cx::Cx;
use helpdesk_core::db::{Kind, Query};
use helpdesk_core::doctype::permissions::{Right, Rights};
use helpdesk_core::doctype::shares::{self, With};
use helpdesk_core::doctype::{comments, likes, save, storage, tags};
use serde_json::{Value, json};

use crate::harness::{Desk, databases, user};

fn column(cx: &mut Cx, name: &str) -> Value {
    let row = storage::values(cx, "Deal", "A", &[name]).unwrap().unwrap();
    row.into_iter().next().unwrap()
}

fn count(cx: &mut Cx, table: &'static str) -> i64 {
    let mut query = Query::new();
    query.sql("SELECT count(*) FROM ").ident(table);
    cx.db().count(query).unwrap()
}

fn furnished() -> Vec<Desk> {
    let all = databases();
    for desk in &all {
        desk.make("Deal", json!({"name": "A", "subject": "Old"}));
        desk.make(
            "User",
            json!({"email": "bob@desk.example", "first_name": "Bob", "user_type": "", "name": "bob@desk.example"}),
        );
    }
    all
}

#[test]
fn likes_and_their_entries_come_and_go() {
    for desk in furnished() {
        let mut cx = desk.context(user("ada@desk.example", &["Reader"]));

        likes::toggle(&mut cx, "Deal", "A", true).unwrap();
        likes::toggle(&mut cx, "Deal", "A", true).unwrap();
        assert_eq!(column(&mut cx, "_liked_by"), r#"["ada@desk.example"]"#);
        assert_eq!(count(&mut cx, "tabComment"), 1);

        likes::toggle(&mut cx, "Deal", "A", false).unwrap();
        assert_eq!(column(&mut cx, "_liked_by"), "[]");
        assert_eq!(count(&mut cx, "tabComment"), 0);

        let mut stranger = desk.context(user("eve@desk.example", &[]));
        let refused = likes::toggle(&mut stranger, "Deal", "A", true).unwrap_err();
        assert_eq!(refused.kind().status(), 403);
    }
}

#[test]
fn tags_need_the_right_to_write() {
    for desk in furnished() {
        let mut cx = desk.context(user("ada@desk.example", &["Writer"]));
        tags::add(&mut cx, "Deal", "A", "vip").unwrap();
        tags::add(&mut cx, "Deal", "A", "VIP").unwrap();
        tags::add(&mut cx, "Deal", "A", "late").unwrap();
        assert_eq!(column(&mut cx, "_user_tags"), ",vip,late");
        assert_eq!(count(&mut cx, "tabTag Link"), 2);

        tags::remove(&mut cx, "Deal", "A", "vip").unwrap();
        assert_eq!(column(&mut cx, "_user_tags"), ",late");
        assert_eq!(count(&mut cx, "tabTag Link"), 1);
        assert_eq!(
            tags::add(&mut cx, "Deal", "A", "a,b")
                .unwrap_err()
                .kind()
                .status(),
            417
        );

        let mut reader = desk.context(user("ada@desk.example", &["Reader"]));
        drop(cx);
        assert_eq!(
            tags::add(&mut reader, "Deal", "A", "x")
                .unwrap_err()
                .kind()
                .status(),
            403
        );
    }
}

#[test]
fn shares_give_no_more_than_their_giver_has() {
    for desk in furnished() {
        let bob = With::User("bob@desk.example");
        let all = Rights::NONE.with(Right::Write).with(Right::Share);
        let owner = || user("ada@desk.example", &["Writer"]);

        let by_reader = desk.run(user("ada@desk.example", &["Reader"]), |cx| {
            shares::add(cx, "Deal", "A", bob, Rights::NONE, false)
        });
        assert_eq!(by_reader.unwrap_err().kind().status(), 403);
        let submit = desk.run(owner(), |cx| {
            shares::add(cx, "Deal", "A", bob, Rights::NONE.with(Right::Submit), false)
        });
        assert_eq!(submit.unwrap_err().kind().status(), 403);

        desk.run(owner(), |cx| shares::add(cx, "Deal", "A", bob, all, false))
            .unwrap();
        let changed = desk.run(user("bob@desk.example", &[]), |cx| {
            let meta = cx.site().meta("Deal").unwrap();
            save::update(cx, &meta, "A", json!({"subject": "New"}).as_object().unwrap())
        });
        assert_eq!(changed.unwrap().text("subject"), "New");

        let left = desk
            .run(owner(), |cx| {
                shares::set(cx, "Deal", "A", bob, Right::Read, false)
            })
            .unwrap();
        assert!(left.is_none());
        let refused = desk.run(user("bob@desk.example", &[]), |cx| {
            likes::toggle(cx, "Deal", "A", true)
        });
        assert_eq!(refused.unwrap_err().kind().status(), 403);
    }
}

#[test]
fn users_have_a_share_of_themselves() {
    for desk in furnished() {
        let mut cx = desk.context(user("bob@desk.example", &[]));
        let users = shares::list(&mut cx, "User", "bob@desk.example").unwrap();
        assert_eq!(
            (&users[0]["user"], &users[0]["write"]),
            (&json!("bob@desk.example"), &json!(1))
        );
    }
}

#[test]
fn comments_stand_in_the_document_and_are_cleaned() {
    for desk in furnished() {
        let mut cx = desk.context(user("ada@desk.example", &["Reader"]));
        let text = "<p onclick=\"x()\">Hé</p><script>x()</script>";
        let comment = comments::add(&mut cx, "Deal", "A", "Comment", text).unwrap();
        comments::add(&mut cx, "Deal", "A", "Info", "not listed").unwrap();

        assert_eq!(comment.text("content"), "<p>Hé</p>");
        assert_eq!(
            column(&mut cx, "_comments"),
            format!(
                r#"[{{"comment": "<p>H\u00e9</p>", "by": "ada@desk.example", "name": "{}"}}]"#,
                comment.name()
            )
        );
        let meta = comment.meta().clone();
        save::delete_with(&mut cx, &meta, comment.name(), true).unwrap();
        assert_eq!(column(&mut cx, "_comments"), "[]");
    }
}

#[test]
fn saves_leave_versions_and_are_seen_by_their_writer() {
    for desk in furnished() {
        let mut cx = desk.context(user("ada@desk.example", &["Writer", "Unmasked"]));
        let meta = cx.site().meta("Deal").unwrap();
        let change = |cx: &mut Cx, values: Value| {
            save::update(cx, &meta, "A", values.as_object().unwrap()).unwrap();
        };
        change(&mut cx, json!({"subject": "Old"}));
        assert_eq!(count(&mut cx, "tabVersion"), 0);

        change(
            &mut cx,
            json!({"subject": "New", "due": "2026-01-05", "amount": 1234.5, "rows": [{"amount": 1}]}),
        );
        assert_eq!(column(&mut cx, "_seen"), r#"["ada@desk.example"]"#);
        let mut query = Query::new();
        query.sql("SELECT data FROM ").ident("tabVersion");
        let row = cx.db().row(query, &[Kind::Text]).unwrap().unwrap();
        let data: Value = serde_json::from_str(row[0].as_str().unwrap()).unwrap();
        assert_eq!(
            data["changed"],
            json!([
                ["subject", "Old", "New"],
                ["amount", 0, "1,234.500"],
                ["due", null, "2026-01-05"]
            ])
        );
        assert_eq!(data["added"][0][0], "rows");
        assert_eq!(data["added"][0][1]["amount"], 1.0);
    }
}
