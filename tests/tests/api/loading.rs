//! A loaded data set looks as if its documents had been saved.

use helpdesk_core::load::load;
use helpdesk_tests::TestSite;
use serde_json::{Value, json};

#[test]
fn messages_stand_in_the_comments_of_what_they_are_about() {
    let site = TestSite::start();
    let message = |name: &str, about: &str, content: &str| {
        json!({ "doctype": "Communication", "doc": {
            "name": name, "reference_doctype": "HD Ticket", "reference_name": about, "content": content,
            "sender": "carl@acme.example", "owner": "Administrator", "creation": "2026-01-01 07:00:00",
        }})
    };
    let ticket = |name: &str, more: Value| {
        let mut doc = json!({ "name": name, "subject": "a", "owner": "Administrator", "creation": "2026-01-01 07:00:00" });
        doc.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        json!({ "doctype": "HD Ticket", "doc": doc })
    };
    let comment = |name: &str, kind: &str| {
        json!({ "doctype": "Comment", "doc": {
            "name": name, "comment_type": kind, "reference_doctype": "HD Ticket", "reference_name": "0001",
            "content": "noted", "comment_email": "ada@desk.example", "owner": "ada@desk.example",
            "creation": "2026-01-02 07:00:00",
        }})
    };
    let lines = [
        ticket("0001", json!({})),
        ticket("0002", json!({ "_comments": "[]" })),
        ticket("0003", json!({ "_seen": "[\"ada@desk.example\"]" })),
        message("m1", "0001", "<p>hello</p>"),
        comment("c1", "Comment"),
        comment("c2", "Info"),
        message("m2", "0001", &"x".repeat(101)),
        message("m3", "0002", "kept out"),
        message("m4", "0009", "about nothing"),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    site.transaction(|cx| load(cx, &text, true, &mut |_| {}));

    let read = |name: &str, field: &str| {
        let text = site.value("HD Ticket", name, field);
        serde_json::from_str::<Value>(text.as_str().unwrap_or("null")).unwrap()
    };
    assert_eq!(
        read("0001", "_comments"),
        json!([
            { "comment": "<p>hello</p>", "by": "carl@acme.example", "name": "m1" },
            { "comment": "noted", "by": "ada@desk.example", "name": "c1" },
            { "comment": format!("{}...", "x".repeat(97)), "by": "carl@acme.example", "name": "m2" },
        ])
    );
    assert_eq!(read("0002", "_comments"), json!([]));
    assert_eq!(read("0003", "_comments"), Value::Null);
    assert_eq!(read("0003", "_seen"), json!(["ada@desk.example"]));
    assert_eq!(read("0001", "_seen"), json!(["Administrator"]));
}
