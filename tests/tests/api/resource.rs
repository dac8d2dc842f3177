//! `/api/resource`: documents created, read, changed and deleted.

use helpdesk_tests::TestSite;
use serde_json::{Value, json};

#[test]
fn a_document_is_created_read_changed_and_deleted() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    let created = ada
        .insert(
            "HD Ticket Type",
            json!({ "name": "Hardware", "description": "Things" }),
        )
        .status(200);
    let read = ada.read("HD Ticket Type", "Hardware").ok();
    let changed = ada
        .update("HD Ticket Type", "Hardware", json!({ "description": "Parts" }))
        .ok();
    let deleted = ada.remove("HD Ticket Type", "Hardware");

    assert_eq!(created.data()["owner"], "ada@desk.example");
    assert_eq!(read.data()["creation"], "2026-11-22 07:13:00");
    assert_eq!(read.data()["description"], "Things");
    assert_eq!(changed.data()["description"], "Parts");
    assert_eq!((deleted.status, &deleted.json), (202, &json!({ "data": "ok" })));
    assert_eq!(ada.read("HD Ticket Type", "Hardware").status, 404);
}

#[test]
fn a_created_ticket_is_numbered_and_has_its_defaults() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    let first = site.ticket().create_as(&ada);
    let second = ada.insert("HD Ticket", json!({ "subject": "Second" })).ok();

    let number: u32 = first.name.parse().unwrap();
    assert_eq!(first.name.len(), 4, "at least four digits");
    assert_eq!(second.data()["name"], json!(format!("{:04}", number + 1)));
    assert_eq!(second.data()["doctype"], "HD Ticket");
}

#[test]
fn a_missing_mandatory_field_is_named() {
    let site = TestSite::start();

    let reply = site.admin().insert("HD Article", json!({})).status(417);

    assert_eq!(reply.exc_type(), "MandatoryError");
    assert!(reply.text.contains("title"), "{reply:?}");
}

#[test]
fn a_link_to_nothing_is_refused() {
    let site = TestSite::start();

    let reply = site
        .admin()
        .insert(
            "HD Ticket",
            json!({ "subject": "a", "ticket_type": "No such type" }),
        )
        .status(417);

    assert_eq!(reply.exc_type(), "LinkValidationError");
}

#[test]
fn a_select_takes_its_choices_only() {
    let site = TestSite::start();
    let article = site.article().create();

    let reply = site
        .admin()
        .update("HD Article", &article, json!({ "status": "Perhaps" }));

    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
    assert_eq!(site.value("HD Article", &article, "status"), "Draft");
}

#[test]
fn a_name_that_is_taken_is_409() {
    let site = TestSite::start();
    let admin = site.admin();
    admin.insert("HD Ticket Type", json!({ "name": "Hardware" })).ok();

    let reply = admin.insert("HD Ticket Type", json!({ "name": "Hardware" }));

    assert_eq!((reply.status, reply.exc_type()), (409, "DuplicateEntryError"));
}

#[test]
fn a_change_of_what_was_changed_meanwhile_is_refused() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let article = site.article().create();
    let stale = json!({ "modified": "2026-01-01 00:00:00", "title": "Mine" });

    let reply = ada.update("HD Article", &article, stale).status(417);

    assert_eq!(reply.exc_type(), "TimestampMismatchError");
    assert_eq!(site.value("HD Article", &article, "title"), "How to print");
}

#[test]
fn fields_the_framework_keeps_can_not_be_set() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    let reply = ada.insert(
        "HD Ticket Type",
        json!({
            "name": "Hardware",
            "owner": "Administrator",
            "creation": "2001-01-01 00:00:00",
            "modified_by": "Administrator",
            "docstatus": 0,
            "ignore_permissions": 1,
            "flags": { "ignore_permissions": true },
        }),
    );

    let created = reply.ok();
    assert_eq!(created.data()["owner"], "ada@desk.example");
    assert_eq!(created.data()["creation"], "2026-11-22 07:13:00.000000");
    assert_eq!(created.data()["modified_by"], "ada@desk.example");
}

#[test]
fn child_rows_are_replaced_as_sent() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let team = site.team("Payments").member(&ada).member(&bob).create();
    let users = |reply: &Value| -> Vec<String> {
        let rows = reply["users"].as_array().unwrap();
        rows.iter()
            .map(|row| row["user"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = ada.read("HD Team", &team).ok();
    assert_eq!(users(before.data()), ["ada@desk.example", "bob@desk.example"]);

    let after = ada
        .update(
            "HD Team",
            &team,
            json!({ "users": [{ "user": "bob@desk.example" }] }),
        )
        .ok();

    assert_eq!(users(after.data()), ["bob@desk.example"]);
    assert_eq!(
        users(ada.read("HD Team", &team).ok().data()),
        ["bob@desk.example"]
    );
}

#[test]
fn a_name_with_slashes_blanks_and_umlauts_is_found() {
    let site = TestSite::start();
    let admin = site.admin();
    let name = "Größe / 100 % \"a\" 'b' `c`";
    admin.insert("HD Ticket Type", json!({ "name": name })).ok();

    let reply = admin.read("HD Ticket Type", name).ok();

    assert_eq!(reply.data()["name"], name);
    assert_eq!(admin.remove("HD Ticket Type", name).status, 202);
}

#[test]
fn links_are_expanded_on_request() {
    let site = TestSite::start();
    let ticket = site.ticket().set("priority", "High").create();

    let plain = site.admin().read("HD Ticket", &ticket.name).ok();
    let expanded = site
        .admin()
        .get(&format!("/api/resource/HD Ticket/{}?expand_links=1", ticket.name))
        .ok();

    assert_eq!(plain.data()["priority"], "High");
    assert_eq!(expanded.data()["priority"]["name"], "High");
}

#[test]
fn a_document_that_others_link_to_can_not_be_deleted() {
    let site = TestSite::start();
    let admin = site.admin();
    admin.insert("HD Ticket Type", json!({ "name": "Hardware" })).ok();
    site.ticket().set("ticket_type", "Hardware").create();

    let reply = admin.remove("HD Ticket Type", "Hardware");

    assert_eq!((reply.status, reply.exc_type()), (417, "LinkExistsError"));
    assert!(!site.value("HD Ticket Type", "Hardware", "name").is_null());
}

#[test]
fn deleting_what_is_not_there_is_404() {
    let site = TestSite::start();

    assert_eq!(site.admin().remove("HD Ticket", "9999").status, 404);
}

#[test]
fn an_unknown_doctype_is_403_and_for_the_administrator_404() {
    let site = TestSite::start();

    assert_eq!(site.agent("ada@desk.example").read("No Such", "x").status, 403);
    assert_eq!(site.admin().read("No Such", "x").status, 404);
}

#[test]
fn the_administrator_s_requests_are_not_sanitised_and_text_comes_back_as_sent() {
    let site = TestSite::start();
    let admin = site.admin();
    let text = "a'b\"c\\d\u{0}e\u{1f600}".replace('\u{0}', "");

    let reply = admin.insert("HD Ticket", json!({ "subject": text })).ok();

    assert_eq!(reply.data()["subject"], json!(text));
}
