//! `helpdesk.api.ticket_stats` and `helpdesk.api.agent_home`: figures of tickets.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

fn stats(user: &TestUser, method: &str, args: Value) -> Reply {
    user.call(&format!("helpdesk.api.ticket_stats.{method}"), args)
}

fn home(user: &TestUser, method: &str, args: Value) -> Reply {
    user.call(&format!("helpdesk.api.agent_home.agent_home.{method}"), args)
}

/// A ticket as if it had been made `days` days ago, with values its hooks would set.
fn old(site: &TestSite, days: i64, agent: &str, values: Value) -> String {
    let name = site.ticket().create().name;
    site.transaction(|cx| {
        use jiff::ToSpan as _;
        let at = cx.now().checked_sub(days.days()).unwrap();
        let mut changes = vec![
            ("creation", Value::from(helpdesk_core::clock::stored(at))),
            ("_assign", json!([agent]).to_string().into()),
        ];
        let object = values.as_object().cloned().unwrap();
        for (field, value) in &object {
            changes.push((field.as_str(), value.clone()));
        }
        helpdesk_core::doctype::storage::set_columns(cx, "HD Ticket", &name, &changes)
    });
    name
}

#[test]
fn tickets_are_counted_by_day() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    for days in [2, 10, 40] {
        old(&site, days, ada.id(), json!({}));
    }
    old(&site, 1, "other-ada@desk.example", json!({}));

    for (period, total, points) in [
        ("last week", 1, 7),
        ("Last 7 Days", 1, 7),
        ("last month", 2, 30),
        ("last 3 months", 3, 90),
        ("nonsense", 2, 30),
    ] {
        let reply = home(&ada, "get_agent_tickets", json!({ "period": period })).ok();
        assert_eq!(reply.message()["total"], total, "{period}");
        assert_eq!(
            reply.message()["data"].as_array().unwrap().len(),
            points,
            "{period}"
        );
    }
}

#[test]
fn averages_are_compared_with_the_days_before() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.organisation("Acme").create();
    let answered = |seconds: i64| {
        json!({
            "first_response_time": seconds, "resolution_time": seconds, "status": "Resolved", "customer": "Acme",
            "first_responded_on": "2026-11-01 10:00:00",
        })
    };
    old(&site, 2, ada.id(), answered(30));
    old(&site, 3, ada.id(), answered(60));
    old(&site, 40, ada.id(), answered(30));
    old(
        &site,
        3,
        ada.id(),
        json!({ "resolution_time": 9000, "customer": "Acme" }),
    );

    for reply in [
        home(&ada, "get_avg_first_response_time", json!({})).ok(),
        home(&ada, "get_avg_resolution_time", json!({})).ok(),
        stats(
            &ada,
            "get_avg_first_response_time",
            json!({ "dt": "HD Customer", "dn": "Acme" }),
        )
        .ok(),
        stats(
            &ada,
            "get_avg_resolution_time",
            json!({ "dt": "HD Customer", "dn": "Acme" }),
        )
        .ok(),
    ] {
        assert_eq!(reply.message()["average"], 45.0);
        assert_eq!(reply.message()["percentage_change"], 50.0);
        assert_eq!(reply.message()["data"].as_array().unwrap().len(), 30);
    }
    let all = stats(
        &ada,
        "get_ticket_stats",
        json!({ "dt": "HD Customer", "dn": "Acme", "period": "last week" }),
    )
    .ok();
    assert_eq!(
        all.message()["avg_first_response_time"]["data"]
            .as_array()
            .unwrap()
            .len(),
        7
    );
    assert_eq!(all.message()["sla_violations"]["total"], 0);
}

#[test]
fn broken_agreements_are_counted_by_day_week_or_month() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.organisation("Acme").create();
    let failed = json!({ "agreement_status": "Failed", "customer": "Acme" });
    for days in [0, 10, 35] {
        old(&site, days, ada.id(), failed.clone());
    }

    for (period, total, buckets, last) in [
        ("last week", 1, 7, "2026-11-22"),
        ("last month", 2, 5, "Nov 16 – Nov 22"),
        ("last 6 months", 3, 6, "Nov 2026"),
    ] {
        let args = json!({ "dt": "HD Customer", "dn": "Acme", "period": period });
        let reply = stats(&ada, "get_sla_violations", args).ok();
        assert_eq!(reply.message()["total"], total, "{period}");
        let data = reply.message()["data"].as_array().unwrap();
        assert_eq!(data.len(), buckets, "{period}");
        assert_eq!(data.last().unwrap()["date"], last);
    }
    let reply = stats(&ada, "get_sla_violations", json!({ "dt": "HD Team", "dn": "x" }));
    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
}

#[test]
fn stars_are_added_up() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let manager = site.agent_manager("maya@desk.example");
    for (days, rating) in [(1, 1.0), (10, 0.6), (100, 0.2)] {
        old(&site, days, ada.id(), json!({ "feedback_rating": rating }));
    }

    let reply = home(&ada, "get_recent_feedback", json!({})).ok();
    let feedback = reply.message();
    assert_eq!(
        (&feedback["average_rating"], &feedback["total_feedbacks"]),
        (&json!(3.0), &json!(3))
    );
    assert_eq!(
        feedback["rating_distribution"],
        json!({ "1": 1, "2": 0, "3": 1, "4": 0, "5": 1 })
    );
    let stars = |args: Value| -> Vec<f64> {
        let reply = home(&ada, "get_recent_feedback", args).ok();
        let rows = reply.message()["recent_feedbacks"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["star_rating"].as_f64().unwrap())
            .collect()
    };
    assert_eq!(stars(json!({})), [5.0, 3.0, 1.0]);
    assert_eq!(stars(json!({ "sort_order": "negative_first" })), [1.0, 3.0, 5.0]);
    assert_eq!(stars(json!({ "period": "last_week" })), [5.0]);
    assert_eq!(stars(json!({ "period": "last_month" })), [5.0, 3.0]);
    let range = json!({ "period": "custom_range", "from_date": "2026-11-10", "to_date": "2026-11-15" });
    assert_eq!(stars(range), [3.0]);
    home(
        &ada,
        "get_recent_feedback",
        json!({ "period": "custom_range", "from_date": "x" }),
    )
    .status(417);

    let own = json!({ "scope": "agent", "value": "" });
    assert_eq!(
        stats(&ada, "get_feedback_received", own).ok().message()["total"],
        3
    );
    let of_ada = json!({ "scope": "agent", "value": ada.id() });
    stats(&bob, "get_feedback_received", of_ada.clone()).status(403);
    assert_eq!(
        stats(&manager, "get_feedback_received", of_ada).ok().message()["average"],
        3.0
    );
    let nobody = json!({ "scope": "customer", "value": "' OR 1=1 --" });
    assert_eq!(
        stats(&bob, "get_feedback_received", nobody).ok().message()["total"],
        0
    );
    stats(
        &bob,
        "get_feedback_received",
        json!({ "scope": "team", "value": "x" }),
    )
    .status(417);
}

#[test]
fn times_are_averaged_by_month() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    for (days, first, resolution) in [(10, 10, 20), (100, 20, 40)] {
        old(
            &site,
            days,
            ada.id(),
            json!({
                "first_response_time": first, "resolution_time": resolution, "status": "Resolved",
                "first_responded_on": "2026-11-01 10:00:00",
            }),
        );
    }

    for (period, first, resolution, months) in [
        ("3m", 10.0, 20.0, 4),
        ("6m", 15.0, 30.0, 7),
        ("1y", 15.0, 30.0, 13),
    ] {
        let reply = home(&ada, "get_avg_time_metrics", json!({ "period": period })).ok();
        assert_eq!(
            reply.message()["averages"],
            json!({ "first_response": first, "resolution": resolution }),
            "{period}"
        );
        assert_eq!(
            reply.message()["data"].as_array().unwrap().len(),
            months,
            "{period}"
        );
        assert_eq!(
            reply.message()["data"].as_array().unwrap().last().unwrap(),
            &json!(["Nov", 10, 20])
        );
    }
    let ages = json!({ "period": "custom_range", "from_date": "1900-01-01", "to_date": "2026-01-01" });
    home(&ada, "get_avg_time_metrics", ages).status(417);
}

#[test]
fn what_waits_is_the_agent_s_own() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let due = old(
        &site,
        0,
        ada.id(),
        json!({ "response_by": "2026-11-22 10:13:00" }),
    );
    let late = old(
        &site,
        1,
        ada.id(),
        json!({
            "agreement_status": "Resolution Due", "resolution_by": "2026-11-22 06:13:00",
            "response_by": "2026-11-22 05:00:00", "last_customer_response": "2026-11-20 07:13:00",
        }),
    );
    old(&site, 0, "other@desk.example", json!({}));
    old(&site, 0, ada.id(), json!({ "status_category": "Resolved" }));
    let pending = |kind: &str| home(&ada, "get_pending_tickets", json!({ "ticket_type": kind }));
    let reasons = |reply: &Reply| -> Vec<(String, String)> {
        reply.message()["tickets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|ticket| {
                (
                    ticket["name"].as_str().unwrap().to_owned(),
                    ticket["reason"]["text"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    };

    let reply = pending("upcoming_sla").ok();
    assert_eq!(
        reasons(&reply),
        [
            (late.clone(), "Resolution overdue".to_owned()),
            (due, "Response due in 3h".to_owned())
        ]
    );
    assert_eq!(
        reply.message()["tickets"][0]["reason"]["seconds_until_due"],
        -3600.0
    );
    let reply = pending("pending").ok();
    assert!(reasons(&reply).contains(&(late, "Pending for 2d".to_owned())));

    assert_eq!(
        pending("new_tickets").ok().message(),
        &json!({ "tickets": [], "total_pending_tickets": 0 })
    );
    for _ in 0..3 {
        let ticket = site.ticket().create().name;
        ada.call(
            "helpdesk.api.ticket.assign_ticket_to_agent",
            json!({ "ticket_id": ticket }),
        )
        .ok();
    }
    let reply = pending("new_tickets").ok();
    assert_eq!(reply.message()["total_pending_tickets"], 3);
    assert_eq!(reasons(&reply)[0].1, "Recently assigned");
    pending("new").status(417);
}

#[test]
fn recent_activity_is_once_a_ticket() {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "skip_email_workflow": 1 }));
    let ada = site.agent("ada@desk.example");
    let first = site.ticket().subject("First").create().name;
    let second = site.ticket().subject("Second").create().name;
    ada.call(
        "run_doc_method",
        json!({ "dt": "HD Ticket", "dn": first, "method": "new_comment", "args": { "content": "x" } }),
    )
    .ok();
    ada.update("HD Ticket", &first, json!({ "status": "Resolved" }))
        .ok();
    ada.call(
        "run_doc_method",
        json!({ "dt": "HD Ticket", "dn": second, "method": "reply_via_agent", "args": { "message": "x" } }),
    )
    .ok();

    let reply = home(&ada, "get_recent_activity", json!({})).ok();
    let shown: Vec<(&str, &str, &Value)> = reply
        .message()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["subject"].as_str().unwrap(),
                row["activity_type"].as_str().unwrap(),
                &row["text"],
            )
        })
        .collect();
    assert_eq!(shown.len(), 2);
    assert!(
        shown.contains(&("First", "updated", &json!("Set status to Resolved"))),
        "{shown:?}"
    );
    assert!(shown.contains(&("Second", "replied", &Value::Null)), "{shown:?}");
}

#[test]
fn the_page_is_as_the_agent_left_it() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    let reply = home(&ada, "get_dashboard", json!({})).ok();
    let page = reply.message();
    assert_eq!(
        (page["layout"].as_array().unwrap().len(), &page["dashboard_id"]),
        (7, &Value::Null)
    );
    let default: Value = serde_json::from_str(page["default_layout"].as_str().unwrap()).unwrap();
    assert_eq!(default[0]["chart"], "avg_resolution_time");

    let layout = json!([
        { "chart": "agent_tickets", "layout": {} }, { "chart": "dashboard" }, { "chart": "os.system" },
    ]);
    let stored = ada
        .insert(
            "HD Field Layout",
            json!({ "user": ada.id(), "document_type": "HD Ticket", "type": "Landing Page", "layout": layout.to_string() }),
        )
        .ok();
    let reply = home(&ada, "get_dashboard", json!({})).ok();
    assert_eq!(reply.message()["dashboard_id"], stored.data()["name"]);
    assert_eq!(reply.message()["layout"][0]["data"]["total"], 0);
    assert_eq!(reply.message()["layout"][1]["data"], Value::Null);
    assert_eq!(reply.message()["layout"][2]["data"], Value::Null);
    let reply = home(&ada, "get_dashboard", json!({ "reset_layout": true })).ok();
    assert_eq!(reply.message()["layout"].as_array().unwrap().len(), 7);
}

#[test]
fn figures_are_for_agents() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");
    let whose = json!({ "dt": "HD Customer", "dn": "x" });

    for user in [carl, site.guest()] {
        for method in [
            "get_dashboard",
            "get_agent_tickets",
            "get_avg_first_response_time",
            "get_avg_resolution_time",
            "get_recent_feedback",
            "get_avg_time_metrics",
            "get_pending_tickets",
            "get_recent_activity",
        ] {
            home(&user, method, json!({})).status(403);
        }
        for method in [
            "get_sla_violations",
            "get_avg_first_response_time",
            "get_avg_resolution_time",
            "get_ticket_stats",
        ] {
            stats(&user, method, whose.clone()).status(403);
        }
        stats(
            &user,
            "get_feedback_received",
            json!({ "scope": "agent", "value": "" }),
        )
        .status(403);
    }
}
