//! The life of a ticket: its statuses, and what its agreement makes of them, with the times of spec/helpdesk-a.md §8.
//!
//! The agreement is that of a new site: Monday to Friday 10:00 to 18:00; High 1 h and 4 h, Urgent 30 min and 2 h, Low 24 h
//! and 72 h. The week is the one that begins on Monday, 2026-11-16.

use helpdesk_tests::TestSite;
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A site whose clock stands at a time, without mails.
fn at(now: &str) -> TestSite {
    let site = TestSite::builder().now(&format!("{now}:00Z")).start();
    site.set("HD Settings", json!({ "skip_email_workflow": 1 }));
    site
}

fn later(site: &TestSite, minutes: i64) {
    site.site().clock.forward(SignedDuration::from_mins(minutes));
}

fn of(site: &TestSite, priority: &str) -> String {
    site.ticket().set("priority", priority).create().name
}

fn set(site: &TestSite, ticket: &str, status: &str) {
    site.change("HD Ticket", ticket, json!({ "status": status }));
}

/// Saves a ticket without changing what its agreement looks at.
fn resave(site: &TestSite, ticket: &str) {
    site.change("HD Ticket", ticket, json!({ "subject": "Looked at again" }));
}

#[track_caller]
fn is(site: &TestSite, ticket: &str, field: &str, wanted: impl Into<Value>) {
    let value = site.value("HD Ticket", ticket, field);
    // Durations are kept as decimal numbers.
    let value = match value.as_f64() {
        Some(number) if number.fract() == 0.0 => json!(number as i64),
        _ => value,
    };
    assert_eq!(value, wanted.into(), "{field}");
}

#[track_caller]
fn is_set(site: &TestSite, ticket: &str, field: &str, wanted: bool) {
    let value = site.value("HD Ticket", ticket, field);
    assert_eq!(!value.is_null(), wanted, "{field}: {value}");
}

#[test]
fn due_times_are_counted_in_working_hours() {
    for (created, priority, response, resolution) in [
        (
            "2026-11-16T11:00",
            "High",
            "2026-11-16 12:00:00",
            "2026-11-16 15:00:00",
        ),
        (
            "2026-11-16T08:00",
            "High",
            "2026-11-16 11:00:00",
            "2026-11-16 14:00:00",
        ),
        (
            "2026-11-16T20:00",
            "Urgent",
            "2026-11-17 10:30:00",
            "2026-11-17 12:00:00",
        ),
        (
            "2026-11-21T15:00",
            "Low",
            "2026-11-25 18:00:00",
            "2026-12-03 18:00:00",
        ),
        (
            "2026-11-20T17:00",
            "Urgent",
            "2026-11-20 17:30:00",
            "2026-11-23 11:00:00",
        ),
        (
            "2026-11-20T19:00",
            "High",
            "2026-11-23 11:00:00",
            "2026-11-23 14:00:00",
        ),
    ] {
        let site = at(created);
        let ticket = of(&site, priority);

        is(&site, &ticket, "response_by", response);
        is(&site, &ticket, "resolution_by", resolution);
    }
}

fn holidays(site: &TestSite, days: &[&str]) {
    let days: Vec<Value> = days
        .iter()
        .map(|day| json!({ "holiday_date": day, "description": "Closed" }))
        .collect();
    site.change("HD Service Holiday List", "Default", json!({ "holidays": days }));
}

#[test]
fn holidays_are_no_working_time() {
    let site = at("2026-11-19T15:00");
    holidays(&site, &["2026-11-19", "2026-11-20"]);
    let ticket = of(&site, "Urgent");

    is(&site, &ticket, "response_by", "2026-11-23 10:30:00");
    is(&site, &ticket, "resolution_by", "2026-11-23 12:00:00");
}

#[test]
fn time_on_hold_moves_what_is_due() {
    for (held, due) in [(3600, "2026-11-19 18:00:00"), (3601, "2026-11-20 10:00:01")] {
        let site = at("2026-11-19T15:00");
        let ticket = of(&site, "Urgent");
        site.change(
            "HD Ticket",
            &ticket,
            json!({ "status": "Replied", "total_hold_time": held }),
        );

        is(&site, &ticket, "resolution_by", due);
    }
}

#[test]
fn an_agreement_stands_as_the_ticket_does() {
    let site = at("2026-11-16T12:00");
    let ticket = of(&site, "High");
    is(&site, &ticket, "agreement_status", "First Response Due");

    later(&site, 5);
    set(&site, &ticket, "Replied");
    is(&site, &ticket, "agreement_status", "Paused");
    is(&site, &ticket, "first_responded_on", "2026-11-16 12:05:00");
    later(&site, 5);
    set(&site, &ticket, "Open");
    is(&site, &ticket, "agreement_status", "Resolution Due");
    later(&site, 5);
    set(&site, &ticket, "Resolved");
    is(&site, &ticket, "agreement_status", "Fulfilled");
    later(&site, 5);
    set(&site, &ticket, "Closed");
    is(&site, &ticket, "agreement_status", "Fulfilled");
    is(&site, &ticket, "status_category", "Resolved");
}

#[test]
fn waiting_for_the_customer_is_no_time_of_resolving() {
    let site = at("2026-11-16T12:00");
    let ticket = of(&site, "High");
    later(&site, 30);
    set(&site, &ticket, "Replied");
    is(&site, &ticket, "first_responded_on", "2026-11-16 12:30:00");
    later(&site, 30);
    set(&site, &ticket, "Open");
    is(&site, &ticket, "resolution_by", "2026-11-16 16:30:00");
    later(&site, 30);
    set(&site, &ticket, "Resolved");

    is(&site, &ticket, "resolution_time", 3600);
}

#[test]
fn a_hold_over_a_holiday_and_a_weekend_counts_working_time() {
    for (paused, resolved) in [("Replied", "Resolved"), ("Waiting", "Done")] {
        let site = at("2026-11-19T17:30");
        for (status, category) in [("Waiting", "Paused"), ("Done", "Resolved")] {
            site.insert(
                "HD Ticket Status",
                json!({ "label_agent": status, "category": category, "color": "Blue", "enabled": 1 }),
            );
        }
        holidays(&site, &["2026-11-20"]);
        let ticket = of(&site, "High");
        later(&site, 20);
        set(&site, &ticket, paused);
        // To Monday, 12:30.
        later(&site, 3 * 24 * 60 + 18 * 60 + 40);
        set(&site, &ticket, "Open");
        is(&site, &ticket, "total_hold_time", 9600);
        later(&site, 30);
        set(&site, &ticket, resolved);

        is(&site, &ticket, "resolution_time", 12_600 - 9600);
    }
}

#[test]
fn closing_leaves_the_time_of_resolving() {
    let site = at("2026-11-16T12:00");
    let ticket = of(&site, "High");
    later(&site, 30);
    set(&site, &ticket, "Resolved");
    is(&site, &ticket, "resolution_time", 1800);
    later(&site, 24 * 60);
    set(&site, &ticket, "Closed");

    is(&site, &ticket, "resolution_time", 1800);
}

/// What happens to an urgent ticket of Monday, 10:00, minutes after that: a status it gets, or a save alone.
type Steps = &'static [(i64, Option<&'static str>)];

#[test]
fn agreements_are_kept_or_broken() {
    let cases: [(Steps, &str); 7] = [
        (&[(60, None)], "Failed"),
        (
            &[(10, Some("Replied")), (20, Some("Open")), (135, None)],
            "Failed",
        ),
        (&[(180, None)], "Failed"),
        (&[(10, Some("Replied"))], "Paused"),
        (&[], "First Response Due"),
        (&[(10, Some("Replied")), (20, Some("Open"))], "Resolution Due"),
        (&[(10, Some("Resolved"))], "Fulfilled"),
    ];
    for (steps, wanted) in cases {
        let site = at("2026-11-16T10:00");
        let ticket = of(&site, "Urgent");
        let mut now = 0;
        for (minute, status) in steps {
            later(&site, minute - now);
            now = *minute;
            match status {
                Some(status) => set(&site, &ticket, status),
                None => resave(&site, &ticket),
            }
        }

        is(&site, &ticket, "agreement_status", wanted);
        if wanted == "Paused" {
            is_set(&site, &ticket, "first_responded_on", true);
            is_set(&site, &ticket, "on_hold_since", true);
            is_set(&site, &ticket, "resolution_date", false);
        }
    }
}

#[test]
fn lateness_is_counted() {
    let site = at("2026-11-16T10:00");
    let ada = site.agent("ada@desk.example");
    let (answered, resolved) = (of(&site, "Urgent"), of(&site, "Urgent"));
    later(&site, 39);
    let reply = json!({
        "dt": "HD Ticket", "dn": answered, "method": "reply_via_agent", "args": { "message": "<p>Sorry</p>" },
    });
    ada.call("run_doc_method", reply).ok();
    later(&site, 10);
    set(&site, &answered, "Replied");
    is(&site, &answered, "agreement_status", "Failed");
    is(&site, &answered, "first_response_failed_by", 540);

    later(&site, 135 - 49);
    set(&site, &resolved, "Resolved");
    is(&site, &resolved, "agreement_status", "Failed");
    is(&site, &resolved, "resolution_failed_by", 900);
}

#[test]
fn an_answer_after_hours_is_late_by_working_time_alone() {
    let site = at("2026-11-16T17:55");
    let ticket = of(&site, "Urgent");
    later(&site, 10);
    set(&site, &ticket, "Replied");

    is_set(&site, &ticket, "first_response_failed_by", false);
}

#[test]
fn a_priority_is_given_or_the_types_or_the_agreements() {
    let site = at("2026-11-16T12:00");
    site.insert(
        "HD Ticket Type",
        json!({ "name": "Outage", "priority": "Urgent" }),
    );
    site.insert("HD Ticket Type", json!({ "name": "Wish" }));
    let ticket = |kind: Option<&str>, priority: Option<&str>| {
        let values = [("ticket_type", kind), ("priority", priority)];
        let given = values
            .into_iter()
            .filter_map(|(field, value)| Some((field, value?)));
        let built = given.fold(site.ticket(), |ticket, (field, value)| ticket.set(field, value));
        let name = built.create().name;
        site.value("HD Ticket", &name, "priority")
    };

    assert_eq!(ticket(Some("Outage"), Some("Low")), "Low");
    assert_eq!(ticket(Some("Outage"), None), "Urgent");
    assert_eq!(ticket(Some("Wish"), None), "Medium");
    assert_eq!(ticket(None, None), "Medium");
    site.set(
        "HD Settings",
        json!({ "default_priority": "High", "default_ticket_type": "Outage" }),
    );
    assert_eq!(ticket(Some("Wish"), None), "High");
    assert_eq!(ticket(None, None), "Urgent");
}

#[test]
fn a_new_default_status_is_for_new_tickets() {
    let site = at("2026-11-16T12:00");
    let carl = site.customer("carl@acme.example");
    let old = of(&site, "High");
    site.insert(
        "HD Ticket Status",
        json!({ "label_agent": "New", "category": "Open", "color": "Blue", "enabled": 1 }),
    );
    site.set("HD Settings", json!({ "default_ticket_status": "New" }));
    let new = site.ticket().raised_by(carl.id()).create_as(&carl).name;
    is(&site, &old, "status", "Open");
    is(&site, &new, "status", "New");

    // Nobody answered yet, so that there is nothing to open again.
    let message = json!({
        "dt": "HD Ticket", "dn": new, "method": "create_communication_via_contact",
        "args": { "message": "<p>One thing more</p>" },
    });
    carl.call("run_doc_method", message).ok();
    is(&site, &new, "status", "New");
}

#[test]
fn what_changes_is_told_in_the_history() {
    let site = at("2026-11-16T12:00");
    let ada = site.agent("ada@desk.example");
    let team = site.team("Night Shift").member(&ada).create();
    let ticket = of(&site, "High");
    let changes =
        json!({ "status": "Replied", "priority": "Low", "agent_group": team, "ticket_type": "Bug" });
    ada.update("HD Ticket", &ticket, changes).ok();
    ada.update("HD Ticket", &ticket, json!({ "agent_group": "" }))
        .ok();

    let args = json!({
        "filters": { "ticket": ticket }, "fields": ["action", "owner"], "order_by": "creation asc, name asc",
        "limit_page_length": 0,
    });
    let rows = site.admin().list("HD Ticket Activity", args).ok();
    let told: Vec<&str> = rows
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["action"].as_str().unwrap())
        .collect();
    for action in [
        "set status to Replied",
        "set priority to Low",
        "set team to Night Shift",
        "set type to Bug",
        "cleared team",
    ] {
        assert!(told.contains(&action), "{action}: {told:?}");
    }
    assert!(
        rows.data()
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["owner"] == ada.id())
    );
}
