//! Service level agreements and lists of holidays: what they must be, and what follows for tickets.

use helpdesk_tests::{Reply, TestSite, TestUser};
use jiff::SignedDuration;
use serde_json::{Value, json};

const SLA: &str = "HD Service Level Agreement";

/// An agreement that can be stored.
fn agreement(name: &str, more: Value) -> Value {
    let mut values = json!({
        "service_level": name, "enabled": 1, "condition": "doc.priority == 'High'", "holiday_list": "Default",
        "apply_sla_for_resolution": 1,
        "priorities": [
            { "priority": "High", "response_time": 3600, "resolution_time": 14400, "default_priority": 1 },
            { "priority": "Low", "response_time": 7200, "resolution_time": 28800 },
        ],
        "support_and_resolution": [
            { "workday": "Monday", "start_time": "10:00:00", "end_time": "18:00:00" },
            { "workday": "Tuesday", "start_time": "10:00:00", "end_time": "18:00:00" },
        ],
    });
    for (key, value) in more.as_object().unwrap() {
        values[key] = value.clone();
    }
    values
}

fn refused(reply: &Reply, word: &str) {
    assert_eq!(
        (reply.status, reply.exc_type()),
        (417, "ValidationError"),
        "{word}"
    );
    let text = reply.messages().join(" ");
    assert!(text.contains(word), "{word}: {text}");
}

#[test]
fn times_hours_and_conditions_make_sense() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let row = |priority: &str, response: Value, resolution: Value, default: i64| {
        json!({
            "priority": priority, "response_time": response, "resolution_time": resolution,
            "default_priority": default,
        })
    };
    let day =
        |day: &str, start: &str, end: &str| json!({ "workday": day, "start_time": start, "end_time": end });

    for (more, word) in [
        (
            json!({ "priorities": [row("High", json!(1), json!(2), 1), row("Low", json!(1), json!(2), 1)] }),
            "default_priority",
        ),
        (
            json!({ "priorities": [row("High", json!(1), json!(2), 0)] }),
            "default_priority",
        ),
        (
            json!({ "priorities": [row("High", json!(0), json!(2), 1)] }),
            "response",
        ),
        (
            json!({ "priorities": [row("High", json!(1), Value::Null, 1)] }),
            "resolution_time",
        ),
        (
            json!({ "priorities": [row("High", json!(3), json!(2), 1)] }),
            "response_time",
        ),
        (
            json!({ "priorities": [row("High", json!(1), json!(2), 1), row("High", json!(1), json!(2), 0)] }),
            "twice",
        ),
        (
            json!({ "support_and_resolution": [day("Monday", "18:00:00", "10:00:00")] }),
            "start_time",
        ),
        (
            json!({ "support_and_resolution": [day("Monday", "10:00:00", "10:00:00")] }),
            "start_time",
        ),
        (
            json!({ "support_and_resolution": [
                day("Monday", "10:00:00", "12:00:00"), day("Monday", "13:00:00", "18:00:00")
            ] }),
            "workday",
        ),
        (json!({ "condition": "doc.priority ==" }), "condition"),
        (json!({ "condition": "import os" }), "condition"),
        (json!({ "condition": "'a' * 1000000000" }), "condition"),
        (json!({ "condition_json": "[[" }), "condition_json"),
    ] {
        let reply = maya.insert(SLA, agreement("Odd", more.clone()));
        if word == "response" {
            assert_eq!(reply.status, 417, "{more}");
        } else {
            refused(&reply, word);
        }
    }
    assert_eq!(site.count(SLA), 1);

    // Without a promise for resolutions there need be no time for it.
    let free = json!({
        "apply_sla_for_resolution": 0, "priorities": [row("High", json!(3600), Value::Null, 1)],
        "condition_json": "[[\"priority\", \"==\", \"High\"]]",
    });
    let reply = maya.insert(SLA, agreement("Free", free)).ok();
    assert_eq!(reply.data()["default_priority"], "High");
    // Priorities without times are told of.
    let told = reply.messages().join(" ");
    assert!(told.contains("Urgent") && told.contains("Medium"), "{told}");
}

#[test]
fn there_is_always_one_default_agreement() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");

    refused(
        &maya.update(SLA, "Default", json!({ "default_sla": 0 })),
        "default_sla",
    );
    refused(&maya.update(SLA, "Default", json!({ "enabled": 0 })), "enabled");
    refused(&maya.remove(SLA, "Default"), "default");

    let gold = agreement("Gold", json!({ "default_sla": 1, "condition": null }));
    let reply = maya.insert(SLA, gold).ok();
    assert!(
        reply.messages().join(" ").contains("Default"),
        "{:?}",
        reply.messages()
    );
    assert_eq!(site.value(SLA, "Default", "default_sla"), 0);
    refused(&maya.remove(SLA, "Gold"), "default");
    maya.update(SLA, "Default", json!({ "default_sla": 1 })).ok();
    assert_eq!(site.value(SLA, "Gold", "default_sla"), 0);
    maya.update(SLA, "Gold", json!({ "enabled": 0 })).ok();
    maya.remove(SLA, "Gold").ok();
}

#[test]
fn an_agreement_with_tickets_is_turned_off_not_deleted() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    maya.insert(SLA, agreement("High", json!({}))).ok();
    let ticket = site.ticket().set("priority", "High").create().name;
    assert_eq!(site.value("HD Ticket", &ticket, "sla"), "High");

    let reply = maya.remove(SLA, "High");

    assert_eq!((reply.status, reply.exc_type()), (417, "LinkExistsError"));
    assert_eq!(site.count(SLA), 2);
}

#[test]
fn conditions_choose_and_blank_ones_never_do() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let rows = json!([
        { "priority": "High", "response_time": 60, "resolution_time": 120, "default_priority": 1 },
        { "priority": "Urgent", "response_time": 60, "resolution_time": 120 },
        { "priority": "Low", "response_time": 60, "resolution_time": 120 },
    ]);
    for priority in ["High", "Urgent", "Low"] {
        let more = json!({ "condition": format!("doc.priority == '{priority}'"), "priorities": rows });
        maya.insert(SLA, agreement(&format!("For {priority}"), more)).ok();
    }
    for (name, condition) in [
        ("Blank", json!("")),
        ("Spaces", json!("  ")),
        ("None", Value::Null),
    ] {
        maya.insert(SLA, agreement(name, json!({ "condition": condition })))
            .ok();
    }
    let chosen = |priority: &str| {
        let ticket = site.ticket().set("priority", priority).create().name;
        site.value("HD Ticket", &ticket, "sla")
    };

    for priority in ["High", "Urgent", "Low"] {
        assert_eq!(chosen(priority), format!("For {priority}"));
    }
    assert_eq!(chosen("Medium"), "Default");
}

#[test]
fn holidays_lie_within_their_list_and_are_counted() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let list = |from: &str, to: &str, days: &[&str]| {
        let days: Vec<Value> = days
            .iter()
            .map(|day| json!({ "holiday_date": day, "description": "Off" }))
            .collect();
        let values = json!({
            "holiday_list_name": "Ours", "from_date": from, "to_date": to, "holidays": days, "total_holidays": 99,
        });
        maya.insert("HD Service Holiday List", values)
    };

    refused(&list("2026-02-01", "2026-01-01", &[]), "to_date");
    refused(&list("2026-01-01", "2026-01-31", &["2026-02-01"]), "holiday_date");
    refused(&list("2026-01-01", "2026-01-31", &["2025-12-31"]), "holiday_date");
    let reply = list("2026-01-01", "2026-01-31", &["2026-01-01", "2026-01-31"]).ok();
    assert_eq!(reply.data()["total_holidays"], 2);
}

/// A Thursday, within working hours.
const THURSDAY: &str = "2026-01-08T15:00:00Z";

/// By when a ticket is to be answered and resolved, to the second.
fn due(site: &TestSite, ticket: &str) -> (String, String) {
    let at = |field: &str| site.value("HD Ticket", ticket, field).as_str().unwrap()[..19].to_owned();
    (at("response_by"), at("resolution_by"))
}

fn give_holidays(maya: &TestUser, days: &[&str]) {
    let days: Vec<Value> = days
        .iter()
        .map(|day| json!({ "holiday_date": day, "description": "Off" }))
        .collect();
    maya.update("HD Service Holiday List", "Default", json!({ "holidays": days }))
        .ok();
}

#[test]
fn new_holidays_move_what_open_tickets_are_due() {
    let site = TestSite::builder().now(THURSDAY).start();
    let maya = site.agent_manager("maya@desk.example");
    let open = site.ticket().set("priority", "Urgent").create().name;
    let replied = site.ticket().set("priority", "Urgent").create().name;
    site.change("HD Ticket", &replied, json!({ "status": "Replied" }));
    let before = due(&site, &replied);
    assert_eq!(
        due(&site, &open),
        ("2026-01-08 15:30:00".to_owned(), "2026-01-08 17:00:00".to_owned())
    );

    give_holidays(&maya, &["2026-01-08", "2026-01-09"]);

    assert_eq!(
        due(&site, &open),
        ("2026-01-12 10:30:00".to_owned(), "2026-01-12 12:00:00".to_owned())
    );
    assert_eq!(due(&site, &replied), before);
}

#[test]
fn settings_that_need_each_other_fit() {
    let site = TestSite::start();
    let admin = site.admin();
    let set = |values: Value| admin.update("HD Settings", "HD Settings", values);
    let close = |days: i64| json!({ "auto_close_tickets": 1, "auto_close_status": "Closed", "auto_close_after_days": days });

    refused(&set(close(0)), "auto_close_after_days");
    refused(&set(close(-3)), "auto_close_after_days");
    set(close(1)).ok();
    let feedback =
        |status: &str| json!({ "enable_email_ticket_feedback": 1, "send_email_feedback_on_status": status });
    refused(&set(feedback("Open")), "send_email_feedback_on_status");
    refused(&set(feedback("Replied")), "send_email_feedback_on_status");
    set(feedback("Resolved")).ok();
    for field in [
        "feedback_email_content",
        "acknowledgement_email_content",
        "reply_email_to_agent_content",
        "reply_via_agent_email_content",
    ] {
        refused(&set(json!({ field: "{% if %}" })), "template");
    }
}

#[test]
fn the_rights_of_guests_are_for_system_managers_to_set() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let set = |values: Value| maya.update("HD Settings", "HD Settings", values);

    for values in [
        json!({ "brand_name": "Ours" }),
        json!({ "allow_anyone_to_create_tickets": 1 }),
    ] {
        let reply = set(values);
        assert_eq!((reply.status, reply.exc_type()), (403, "PermissionError"));
    }
    site.set("HD Settings", json!({ "allow_anyone_to_create_tickets": 1 }));
    set(json!({ "brand_name": "Ours" })).ok();
    set(json!({ "allow_anyone_to_create_tickets": 0 })).status(403);
    let keeper = site.user_with("sam@desk.example", "System User", &["System Manager"]);
    keeper
        .update(
            "HD Settings",
            "HD Settings",
            json!({ "allow_anyone_to_create_tickets": 0, "brand_name": "Theirs" }),
        )
        .ok();
}

#[test]
fn customers_are_shared_only_with_an_erpnext_that_is_there() {
    let site = TestSite::start();
    let doctype = "ERPNext HD Settings";

    refused(
        &site.admin().update(doctype, doctype, json!({ "enabled": 1 })),
        "enabled",
    );
}

#[test]
fn a_priority_is_the_ticket_s_own_else_its_type_s_else_the_agreement_s() {
    let site = TestSite::start();
    site.insert("HD Ticket Type", json!({ "name": "Fire", "priority": "Urgent" }));
    let priority = |values: &[(&str, &str)]| {
        let ticket = values
            .iter()
            .fold(site.ticket(), |ticket, (field, value)| ticket.set(field, *value))
            .create();
        site.value("HD Ticket", &ticket.name, "priority")
    };

    assert_eq!(priority(&[]), "Medium");
    assert_eq!(priority(&[("ticket_type", "Fire")]), "Urgent");
    assert_eq!(priority(&[("ticket_type", "Fire"), ("priority", "Low")]), "Low");
}

#[test]
fn an_agreement_that_time_broke_says_so_when_the_ticket_is_saved() {
    let site = TestSite::builder().now("2026-01-05T11:00:00Z").start();
    let ticket = site.ticket().set("priority", "High").create().name;
    let saved = |minutes: i64| {
        site.site().clock.forward(SignedDuration::from_mins(minutes));
        site.change(
            "HD Ticket",
            &ticket,
            json!({ "subject": format!("after {minutes} minutes") }),
        );
        site.value("HD Ticket", &ticket, "agreement_status")
    };

    assert_eq!(
        site.value("HD Ticket", &ticket, "agreement_status"),
        "First Response Due"
    );
    assert_eq!(saved(59), "First Response Due");
    assert_eq!(saved(2), "Failed");
    assert_eq!(saved(120), "Failed");
}
