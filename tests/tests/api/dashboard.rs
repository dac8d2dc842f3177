//! `helpdesk.api.dashboard`.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

fn data(user: &TestUser, kind: &str, filters: Value) -> Reply {
    user.call(
        "helpdesk.api.dashboard.get_dashboard_data",
        json!({ "dashboard_type": kind, "filters": filters }),
    )
}

/// October 2026.
fn october() -> Value {
    json!({ "from_date": "2026-10-01", "to_date": "2026-10-31" })
}

/// A ticket with values its hooks would set.
fn stored(site: &TestSite, creation: &str, values: Value) -> String {
    let name = site.ticket().create().name;
    site.transaction(|cx| {
        let mut object = values.as_object().cloned().unwrap();
        object.entry("agreement_status").or_insert(Value::Null);
        object.insert("creation".to_owned(), creation.into());
        let changes: Vec<(&str, Value)> = object
            .iter()
            .map(|(field, value)| (field.as_str(), value.clone()))
            .collect();
        helpdesk_core::doctype::storage::set_columns(cx, "HD Ticket", &name, &changes)
    });
    name
}

/// Value and difference of the card of a title.
fn card(reply: &Reply, title: &str) -> (Value, Value) {
    let cards = reply.message().as_array().unwrap();
    let card = cards.iter().find(|card| card["title"] == title).unwrap();
    (card["value"].clone(), card["delta"].clone())
}

#[test]
fn cards_compare_with_as_many_days_before() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let closed = |rating: f64| {
        json!({
            "status": "Resolved", "agreement_status": "Fulfilled", "feedback_rating": rating,
            "first_responded_on": "2026-10-20 09:00:00", "first_response_time": 1800, "resolution_time": 90_000,
            "resolution_date": "2026-10-31 23:00:00",
        })
    };
    stored(&site, "2026-10-01 00:00:00", closed(0.8));
    stored(&site, "2026-10-31 23:59:59.5", closed(0.4));
    // Outside; and the month before, which is thirty days long.
    stored(&site, "2026-11-01 00:00:00", closed(1.0));
    stored(&site, "2026-09-01 00:00:00", json!({ "status": "Resolved" }));
    stored(&site, "2026-08-31 23:59:59", json!({}));

    let reply = data(&maya, "number_card", october()).ok();

    assert_eq!(card(&reply, "Tickets"), (json!(2), json!(100.0)));
    assert_eq!(card(&reply, "% SLA Fulfilled"), (json!(100.0), json!(100.0)));
    assert_eq!(card(&reply, "Avg. First Response"), (json!(0.5), json!(0.5)));
    assert_eq!(card(&reply, "Avg. Resolution"), (json!(2.0), json!(2.0)));
    // By the day they were resolved, so the third one counts.
    assert_eq!(
        card(&reply, "Avg. Feedback Rating"),
        (json!(3.666_665), json!(3.666_665))
    );
}

#[test]
fn without_tickets_all_cards_are_zero() {
    let site = TestSite::start();

    let reply = data(&site.admin(), "number_card", october()).ok();

    let cards = reply.message().as_array().unwrap();
    assert_eq!(cards.len(), 5);
    for card in cards {
        assert_eq!((&card["value"], &card["delta"]), (&json!(0), &json!(0)), "{card}");
    }
}

#[test]
fn trends_have_a_row_for_each_day_with_tickets() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    stored(&site, "2026-10-02 08:00:00", json!({ "status": "Open" }));
    stored(
        &site,
        "2026-10-02 09:00:00",
        json!({ "status": "Closed", "agreement_status": "Fulfilled" }),
    );
    stored(
        &site,
        "2026-10-05 09:00:00",
        json!({ "status": "Replied", "feedback_rating": 0.6, "resolution_date": "2026-10-06 10:00:00" }),
    );

    let reply = data(&maya, "trend", october()).ok();

    let charts = reply.message();
    assert_eq!(
        charts[0]["data"],
        json!([
            { "date": "2026-10-02", "Open": 1, "Closed": 1, "SLA Fulfilled": 1 },
            { "date": "2026-10-05", "Open": 0, "Closed": 0, "SLA Fulfilled": 0 },
        ])
    );
    assert_eq!(
        charts[1]["data"],
        json!([{ "date": "2026-10-06", "Rating": 3.0, "Rated Tickets": 1 }])
    );
    assert_eq!(
        charts[1]["y2Axis"],
        json!({ "title": "Rating", "yMin": 0, "yMax": 5 })
    );
}

#[test]
fn breakdowns_are_pies_until_there_are_too_many_kinds() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    for _ in 0..2 {
        stored(&site, "2026-10-02 08:00:00", json!({ "via_customer_portal": 1 }));
    }
    stored(
        &site,
        "2026-10-02 08:00:00",
        json!({ "agent_group": "T1", "via_customer_portal": 0 }),
    );

    let reply = data(&maya, "master", october()).ok();
    let charts = reply.message();
    assert_eq!(charts[0]["type"], "pie");
    assert_eq!(
        charts[0]["data"],
        json!([{ "team": "No Team", "count": 2 }, { "team": "T1", "count": 1 }])
    );
    assert_eq!(
        charts[3]["data"],
        json!([{ "channel": "Portal", "count": 2 }, { "channel": "Email", "count": 1 }])
    );

    for team in 2..=6 {
        stored(
            &site,
            "2026-10-03 08:00:00",
            json!({ "agent_group": format!("T{team}") }),
        );
    }
    let reply = data(&maya, "master", october()).ok();
    let chart = &reply.message()[0];
    assert_eq!(chart["type"], "axis");
    assert_eq!(chart["xAxis"]["key"], "team");
    assert_eq!(chart["data"].as_array().unwrap().len(), 7);
}

#[test]
fn tickets_of_a_team_or_an_agent_can_be_asked_for() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let ada = site.agent("ada@desk.example");
    let has = |user: &str| json!({ "_assign": json!([user]).to_string(), "agent_group": "T1" });
    stored(&site, "2026-10-02 08:00:00", has(ada.id()));
    stored(&site, "2026-10-02 08:00:00", has("other-ada@desk.example"));
    stored(&site, "2026-10-02 08:00:00", has(maya.id()));
    stored(&site, "2026-10-02 08:00:00", json!({}));
    let count = |user: &TestUser, key: &str, value: &str| {
        let mut filters = october();
        filters[key] = value.into();
        card(&data(user, "number_card", filters).ok(), "Tickets").0
    };

    assert_eq!(count(&maya, "team", "T1"), 3);
    assert_eq!(count(&maya, "agent", ada.id()), 1);
    assert_eq!(count(&maya, "agent", "@me"), 1);
    assert_eq!(count(&ada, "agent", ada.id()), 1);
}

#[test]
fn agents_ask_for_their_own_tickets_alone_and_customers_for_none() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let carl = site.customer("carl@acme.example");
    let own = json!({ "agent": "ada@desk.example" });

    for filters in [
        Value::Null,
        october(),
        json!({ "agent": "@me" }),
        json!({ "agent": "ben@desk.example" }),
        json!({ "agent": "ada@desk.example", "team": "T1" }),
    ] {
        for kind in ["number_card", "trend", "master", "nonsense"] {
            let reply = data(&ada, kind, filters.clone()).status(403);
            assert_eq!(reply.exc_type(), "PermissionError", "{kind} {filters}");
        }
    }
    data(&ada, "master", own.clone()).ok();
    data(&carl, "master", own.clone()).status(403);
    data(&site.guest(), "master", own).status(403);
}

#[test]
fn other_types_are_null_and_bad_filters_are_refused() {
    let site = TestSite::start();
    let admin = site.admin();

    assert_eq!(data(&admin, "nonsense", Value::Null).ok().json, json!({}));
    for filters in [
        json!({ "from_date": "soon" }),
        json!({ "to_date": 7 }),
        json!({ "team": ["T1"] }),
        json!("{}"),
    ] {
        data(&admin, "trend", filters).status(417);
    }
    // The last day before the first one: no tickets.
    let none = json!({ "from_date": "2026-10-31", "to_date": "2026-10-01" });
    let reply = data(&admin, "trend", none).ok();
    assert_eq!(reply.message()[0]["data"], json!([]));
}
