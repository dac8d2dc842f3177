//! HD Email Feedback: what customers answer to the mail that asks them for feedback.

use helpdesk_tests::{Reply, TestSite};
use serde_json::{Value, json};

const DOCTYPE: &str = "HD Email Feedback";

fn give(site: &TestSite, values: Value) -> Reply {
    site.admin().insert(DOCTYPE, values)
}

#[test]
fn feedback_closes_the_ticket_of_its_key() {
    let site = TestSite::start();
    let ticket = site.ticket().create().name;
    let key = site.value("HD Ticket", &ticket, "key");

    let given = give(
        &site,
        json!({ "key": key, "feedback_rating": 0.8, "feedback_extra": "Fine" }),
    )
    .ok();

    assert_eq!(given.data()["ticket"], json!(ticket));
    for (field, value) in [
        ("status", json!("Closed")),
        ("feedback_rating", json!(0.8)),
        ("feedback_extra", json!("Fine")),
    ] {
        assert_eq!(site.value("HD Ticket", &ticket, field), value, "{field}");
    }
}

#[test]
fn feedback_is_given_once_and_by_a_key_alone() {
    let site = TestSite::start();
    let ticket = site.ticket().create().name;
    let key = site.value("HD Ticket", &ticket, "key");
    let given = give(&site, json!({ "key": key, "feedback_rating": 1 })).ok();
    let name = given.data()["name"].as_str().unwrap();

    for values in [
        json!({ "feedback_rating": 0.2 }),
        json!({ "key": "", "feedback_rating": 0.2 }),
        json!({ "key": ticket, "feedback_rating": 0.2 }),
        json!({ "key": key, "feedback_rating": 0.2 }),
    ] {
        let reply = give(&site, values.clone()).status(417);
        assert_eq!(reply.exc_type(), "ValidationError", "{values}");
    }
    let again = site
        .admin()
        .update(DOCTYPE, name, json!({ "feedback_rating": 0.2 }));
    assert_eq!(again.status, 417);

    assert_eq!(site.value("HD Ticket", &ticket, "feedback_rating"), json!(1.0));
    assert_eq!(site.count(DOCTYPE), 1);
}

#[test]
fn feedback_is_no_document_of_agents_or_customers() {
    let site = TestSite::start();
    let ticket = site.ticket().create().name;
    let key = site.value("HD Ticket", &ticket, "key");

    for user in [
        site.guest(),
        site.customer("carl@acme.example"),
        site.agent("ada@desk.example"),
    ] {
        user.insert(DOCTYPE, json!({ "key": key, "feedback_rating": 1 }))
            .status(403);
    }
    assert_eq!(site.value("HD Ticket", &ticket, "status"), "Open");
}
