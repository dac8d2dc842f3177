//! Reports: who may run them, what they are asked for, what they count.

use helpdesk_core::doctype::storage;
use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const RUN: &str = "frappe.desk.query_report.run";

fn run(user: &TestUser, report: &str, filters: Value) -> Reply {
    user.call(RUN, json!({ "report_name": report, "filters": filters }))
}

/// What a report shows.
fn shown(user: &TestUser, report: &str, filters: Value) -> Value {
    run(user, report, filters).ok().message().clone()
}

/// Somebody who may run all reports.
fn sue(site: &TestSite) -> TestUser {
    site.user_with("sue@desk.example", "System User", &["Agent", "Support Team"])
}

/// A ticket with columns as they are given.
fn ticket(site: &TestSite, columns: Value) -> String {
    let name = site.ticket().create().name;
    let columns: Vec<(&str, Value)> = columns
        .as_object()
        .unwrap()
        .iter()
        .map(|(column, value)| (column.as_str(), value.clone()))
        .collect();
    site.transaction(|cx| storage::set_columns(cx, "HD Ticket", &name, &columns));
    name
}

/// No ticket but those of the test.
fn empty(site: &TestSite) {
    site.transaction(|cx| {
        use helpdesk_core::doctype::{permissions::meta_of, save};
        let all = helpdesk_core::query::ListRequest::of("HD Ticket");
        let meta = meta_of(cx, "HD Ticket")?;
        for row in helpdesk_core::query::list_values(cx, &all)? {
            save::delete(cx, &meta, row["name"].as_str().unwrap())?;
        }
        Ok(())
    });
}

fn fieldnames(shown: &Value) -> Vec<&str> {
    let columns = shown["columns"].as_array().unwrap().iter();
    columns
        .map(|column| column["fieldname"].as_str().unwrap())
        .collect()
}

const YEAR: [&str; 2] = ["2026-01-01", "2026-12-31"];

#[test]
fn a_new_site_has_five_reports() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    let list = ada.list(
        "Report",
        json!({ "fields": ["name", "ref_doctype", "report_type", "add_total_row"], "order_by": "name asc" }),
    );

    let of = |name, total| json!({ "name": name, "ref_doctype": "HD Ticket", "report_type": "Script Report", "add_total_row": total });
    assert_eq!(
        *list.ok().data(),
        json!([
            of("First Response Time for Tickets", 0),
            of("Support Hour Distribution", 0),
            of("Ticket Analytics", 1),
            of("Ticket Summary", 0),
            of("Ticket-Search Analysis", 0),
        ])
    );
    let doc = ada.read("Report", "Support Hour Distribution").ok();
    let roles: Vec<&Value> = doc.data()["roles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["role"])
        .collect();
    assert_eq!(roles, ["Support Team", "System Manager"]);
}

#[test]
fn first_responses_by_day_newest_first() {
    let site = TestSite::start();
    empty(&site);
    for (creation, seconds) in [
        ("2026-03-01 23:59:59.5", json!(100.0)),
        ("2026-03-01 08:00:00", json!(50.0)),
        ("2026-03-02 00:00:00", json!(30.0)),
        ("2026-03-02 09:00:00", json!(0.0)),
        ("2026-03-02 09:00:00", Value::Null),
        ("2026-03-03 00:00:00", json!(7.0)),
    ] {
        ticket(
            &site,
            json!({ "creation": creation, "first_response_time": seconds }),
        );
    }

    let report = shown(
        &sue(&site),
        "First Response Time for Tickets",
        json!({ "from_date": "2026-03-01", "to_date": "2026-03-02" }),
    );

    assert_eq!(
        report["result"],
        json!([
            { "creation_date": "2026-03-02", "first_response_time": 30.0 },
            { "creation_date": "2026-03-01", "first_response_time": 75.0 },
        ])
    );
    assert_eq!(report["columns"][0]["fieldtype"], "Date");
    assert_eq!(report["columns"][1]["fieldtype"], "Duration");
    for key in ["message", "chart", "report_summary", "status"] {
        assert_eq!(report[key], Value::Null, "{key}");
    }
    assert_eq!(report["add_total_row"], 0);
}

#[test]
fn hours_of_the_day_add_up() {
    let site = TestSite::start();
    empty(&site);
    for creation in [
        "2026-03-01 00:00:00",
        "2026-03-01 02:59:59",
        "2026-03-01 03:00:00",
        "2026-03-01 23:30:00",
        "2026-03-03 12:00:00.000001",
    ] {
        ticket(&site, json!({ "creation": creation }));
    }
    let boss = site.user_with("boss@desk.example", "System User", &["System Manager"]);

    let report = shown(
        &boss,
        "Support Hour Distribution",
        json!({ "from_date": "2026-03-01", "to_date": "2026-03-03" }),
    );

    assert_eq!(
        fieldnames(&report),
        [
            "date",
            "12AM - 3AM",
            "3AM - 6AM",
            "6AM - 9AM",
            "9AM - 12PM",
            "12PM - 3PM",
            "3PM - 6PM",
            "6PM - 9PM",
            "9PM - 12AM"
        ]
    );
    let rows = report["result"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        rows[0],
        json!({ "date": "2026-03-01", "12AM - 3AM": 2, "3AM - 6AM": 1, "6AM - 9AM": 0, "9AM - 12PM": 0,
            "12PM - 3PM": 0, "3PM - 6PM": 0, "6PM - 9PM": 0, "9PM - 12AM": 1 })
    );
    assert_eq!(rows[1]["12AM - 3AM"], 0);
    assert_eq!(rows[2]["12PM - 3PM"], 1);
    assert_eq!(report["chart"]["type"], "line");
    assert_eq!(
        report["chart"]["data"]["datasets"][0]["values"],
        json!([2, 1, 0, 0, 1, 0, 0, 1])
    );
}

fn of_a_year(site: &TestSite) {
    empty(site);
    for (opened, priority, assign, status, agreement, first) in [
        (
            "2026-01-10",
            "High",
            "[\"ada@desk.example\"]",
            "Open",
            "Failed",
            json!(60.0),
        ),
        (
            "2026-01-20",
            "High",
            "[\"ada@desk.example\", \"ben@desk.example\"]",
            "Closed",
            "Fulfilled",
            json!(30.0),
        ),
        (
            "2026-02-10",
            "Low",
            "[\"ben@desk.example\"]",
            "Closed",
            "Paused",
            Value::Null,
        ),
        ("2026-02-11", "Low", "[]", "Replied", "", Value::Null),
        ("2025-12-31", "Low", "[]", "Open", "Failed", json!(1.0)),
    ] {
        ticket(
            site,
            json!({ "opening_date": opened, "priority": priority, "_assign": assign, "status": status,
                "agreement_status": agreement, "first_response_time": first, "resolution_time": null,
                "avg_response_time": null, "total_hold_time": null, "user_resolution_time": null }),
        );
    }
}

#[test]
fn analytics_count_by_period_and_end_in_a_total_row() {
    let site = TestSite::start();
    of_a_year(&site);
    let sue = sue(&site);
    let filters = |based_on| json!({ "based_on": based_on, "from_date": "2026-01-01", "to_date": "2026-02-28", "range": "Monthly" });

    let report = shown(&sue, "Ticket Analytics", filters("Ticket Priority"));

    assert_eq!(fieldnames(&report), ["priority", "jan", "feb", "total"]);
    assert_eq!(
        report["columns"][0],
        json!({ "fieldname": "priority", "label": "Priority", "fieldtype": "Link", "options": "HD Ticket Priority",
            "width": 200 })
    );
    assert_eq!(
        report["result"],
        json!([
            { "priority": "High", "jan": 2.0, "feb": 0.0, "total": 2.0 },
            { "priority": "Low", "jan": 0.0, "feb": 2.0, "total": 2.0 },
            ["Total", 2.0, 2.0, 4.0],
        ])
    );
    assert_eq!(report["add_total_row"], true);
    assert_eq!(
        report["chart"],
        json!({ "type": "line", "data": { "labels": ["Jan", "Feb"], "datasets": [] } })
    );

    let report = shown(&sue, "Ticket Analytics", filters("Assigned To"));
    assert_eq!(
        report["result"],
        json!([
            { "user": "ada@desk.example", "jan": 2.0, "feb": 0.0, "total": 2.0 },
            { "user": "ben@desk.example", "jan": 1.0, "feb": 1.0, "total": 2.0 },
            ["Total", 3.0, 1.0, 4.0],
        ])
    );

    let mut one = filters("Contact");
    one["assigned_to"] = "ben@desk.example".into();
    one["priority"] = "High".into();
    let report = shown(&sue, "Ticket Analytics", one);
    assert_eq!(report["result"][0]["contact"], "Not Specified");
    assert_eq!(report["result"][0]["total"], 1.0);
    // Half a name is nobody's.
    let mut none = filters("Contact");
    none["assigned_to"] = "ben@".into();
    assert_eq!(shown(&sue, "Ticket Analytics", none)["result"], json!([]));
}

#[test]
fn a_summary_has_statuses_agreements_and_times() {
    let site = TestSite::start();
    of_a_year(&site);
    let sue = sue(&site);
    let filters = |based_on| json!({ "based_on": based_on, "from_date": YEAR[0], "to_date": YEAR[1] });

    let report = shown(&sue, "Ticket Summary", filters("Ticket Priority"));

    assert_eq!(
        fieldnames(&report),
        [
            "priority",
            "open",
            "replied",
            "resolved",
            "closed",
            "total_tickets",
            "failed",
            "fulfilled",
            "ongoing",
            "avg_first_response_time",
            "avg_response_time",
            "avg_hold_time",
            "avg_resolution_time",
            "avg_user_resolution_time"
        ]
    );
    let rows = report["result"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        rows[0],
        json!({ "priority": "High", "open": 1.0, "replied": 0.0, "resolved": 0.0, "closed": 1.0,
            "total_tickets": 2.0, "failed": 1.0, "fulfilled": 1.0, "ongoing": 0.0,
            "avg_first_response_time": 45.0, "avg_response_time": 0.0, "avg_hold_time": 0.0,
            "avg_resolution_time": 0.0, "avg_user_resolution_time": 0.0 })
    );
    assert_eq!(rows[1]["ongoing"], 1.0);
    assert_eq!(report["chart"]["type"], "bar");
    assert_eq!(report["chart"]["data"]["labels"], json!(["High", "Low"]));
    assert_eq!(
        report["chart"]["data"]["datasets"][3],
        json!({ "name": "Closed", "values": [1.0, 1.0] })
    );
    assert_eq!(report["chart"]["colors"].as_array().unwrap().len(), 4);
    let summary = report["report_summary"].as_array().unwrap();
    let indicators: Vec<&Value> = summary.iter().map(|figure| &figure["indicator"]).collect();
    assert_eq!(indicators, ["Red", "Orange", "Green", "Green"]);
    assert_eq!(
        summary[3],
        json!({ "value": 2.0, "label": "Closed", "datatype": "Int", "indicator": "Green" })
    );

    // Ada's two tickets: 60 and 30 seconds. Ben's: 30 and none, which counts as 0.
    let report = shown(&sue, "Ticket Summary", filters("Assigned To"));
    assert_eq!(report["result"][0]["avg_first_response_time"], 45.0);
    assert_eq!(report["result"][1]["avg_first_response_time"], 15.0);
}

#[test]
fn a_status_may_be_called_like_a_column() {
    let site = TestSite::start();
    empty(&site);
    site.insert(
        "HD Ticket Status",
        json!({ "label_agent": "Failed", "enabled": 1, "order": 9, "category": "Paused", "color": "Pink" }),
    );
    ticket(
        &site,
        json!({ "opening_date": "2026-02-01", "status": "Failed", "agreement_status": "Failed" }),
    );
    ticket(
        &site,
        json!({ "opening_date": "2026-02-01", "status": "Failed", "agreement_status": "Fulfilled" }),
    );

    let report = shown(
        &sue(&site),
        "Ticket Summary",
        json!({ "based_on": "Contact", "from_date": YEAR[0], "to_date": YEAR[1] }),
    );

    assert_eq!(report["result"][0]["failed_status"], 2.0);
    assert_eq!(report["result"][0]["failed"], 1.0);
}

#[test]
fn a_search_analysis_names_headings() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.team("FC Support").member(&ada).create();
    site.team("Others").member(&ada).create();
    site.article()
        .set("title", "Printers")
        .set("content", "<h2>Paper jam</h2><p>Open the tray.</p>")
        .set("status", "Published")
        .create();
    site.ticket()
        .subject("Paper stuck in the tray")
        .team("FC Support")
        .create();
    site.ticket().subject("Paper again").team("Others").create();

    let report = shown(&ada, "Ticket-Search Analysis", json!({}));

    let rows = report["result"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["subject"], "Paper stuck in the tray");
    assert_eq!(rows[0]["headings"], "Paper jam");
    assert!(rows[0]["score"].as_f64().unwrap() > 0.0);
}

#[test]
fn tickets_that_are_not_the_callers_to_see_don_t_count() {
    let site = TestSite::start();
    empty(&site);
    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    let sue = sue(&site);
    let ben = site.agent("ben@desk.example");
    site.insert(
        "HD Agent",
        json!({ "user": "sue@desk.example", "agent_name": "Sue" }),
    );
    site.team("Tier One").member(&sue).create();
    site.team("Tier Two").member(&ben).create();
    for team in ["Tier One", "Tier Two", "Tier Two"] {
        ticket(
            &site,
            json!({ "agent_group": team, "opening_date": "2026-02-01", "creation": "2026-02-01 01:00:00",
                "first_response_time": if team == "Tier One" { 10.0 } else { 90.0 } }),
        );
    }
    let days = json!({ "from_date": YEAR[0], "to_date": YEAR[1] });
    let with = |more: Value| {
        let mut all = days.clone();
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        all
    };

    let report = shown(
        &sue,
        "Ticket Summary",
        with(json!({ "based_on": "Ticket Priority" })),
    );
    assert_eq!(report["result"][0]["total_tickets"], 1.0);
    let report = shown(
        &sue,
        "Ticket Analytics",
        with(json!({ "based_on": "Contact", "range": "Yearly" })),
    );
    assert_eq!(report["result"][0]["total"], 1.0);
    // Who sets up the site sees all figures, although the list shows nobody's tickets but their own.
    let boss = site.user_with(
        "boss@desk.example",
        "System User",
        &["System Manager", "Support Team"],
    );
    let report = shown(
        &boss,
        "Ticket Summary",
        with(json!({ "based_on": "Ticket Priority" })),
    );
    assert_eq!(report["result"][0]["total_tickets"], 3.0);
    let report = shown(&sue, "First Response Time for Tickets", days.clone());
    assert_eq!(report["result"][0]["first_response_time"], 10.0);
    let report = shown(
        &sue,
        "Support Hour Distribution",
        json!({ "from_date": "2026-02-01", "to_date": "2026-02-01" }),
    );
    assert_eq!(report["result"][0]["12AM - 3AM"], 1);
}

#[test]
fn a_report_needs_its_role_and_the_right() {
    let site = TestSite::start();
    let report = "First Response Time for Tickets";
    run(&site.agent("ada@desk.example"), report, json!({})).status(403);
    // The role alone gives no right to tickets.
    let alone = site.user_with("max@desk.example", "System User", &["Support Team"]);
    let refused = run(&alone, report, json!({})).status(403);
    assert!(refused.text.contains("get a report on: HD Ticket"), "{refused:?}");
    // Neither does the right alone open a report.
    run(&site.customer("carl@acme.example"), report, json!({})).status(403);
    run(&site.guest(), report, json!({})).status(403);
    let sue = sue(&site);
    run(&sue, report, json!({})).ok();
    run(&site.admin(), report, json!({})).ok();
    sue.call(RUN, json!({ "report_name": report, "user": "Administrator" }))
        .status(403);
    sue.call_get(RUN, json!({ "report_name": report, "filters": "{}" }))
        .ok();

    // The document's roles count, and whether it is on.
    site.change(
        "Report",
        report,
        json!({ "roles": [{ "role": "System Manager" }] }),
    );
    run(&sue, report, json!({})).status(403);
    site.change(
        "Report",
        report,
        json!({ "roles": [{ "role": "Support Team" }], "disabled": 1 }),
    );
    run(&sue, report, json!({})).status(417);
    site.change(
        "Report",
        report,
        json!({ "disabled": 0, "ref_doctype": "System Settings" }),
    );
    run(&sue, report, json!({})).status(403);
}

#[test]
fn reports_of_a_site_have_no_code() {
    let site = TestSite::start();
    let boss = site.user_with("boss@desk.example", "System User", &["System Manager"]);
    let made = boss.insert(
        "Report",
        json!({ "report_name": "Mine", "ref_doctype": "ToDo", "is_standard": "No", "report_type": "Query Report",
            "query": "DELETE FROM `tabToDo`" }),
    );
    made.ok();

    let refused = run(&boss, "Mine", json!({})).status(417);

    assert_eq!(refused.exc_type(), "ValidationError");
    run(&boss, "Nothing", json!({})).status(404);
    boss.call(RUN, json!({})).status(417);
}

#[test]
fn filters_that_don_t_fit_are_named() {
    let site = TestSite::start();
    let sue = sue(&site);
    let good = json!({ "based_on": "Contact", "from_date": YEAR[0], "to_date": YEAR[1], "range": "Monthly" });
    for (filter, value, named) in [
        ("from_date", json!("2026-13-01"), "From Date"),
        ("from_date", json!("' OR 1=1 --"), "From Date"),
        ("from_date", json!({ "x": 1 }), "From Date"),
        ("from_date", json!("2027-01-01"), "From Date"),
        ("to_date", json!("9999-12-31"), "ten years"),
        ("to_date", json!(""), "To Date"),
        ("based_on", json!("owner"), "Based On"),
        ("based_on", Value::Null, "Based On"),
        ("range", json!("Daily"), "Range"),
        ("priority", json!(["High"]), "Priority"),
        ("name; DROP TABLE x", json!(1), "name; DROP TABLE x"),
    ] {
        let mut filters = good.clone();
        filters[filter] = value;
        let refused = run(&sue, "Ticket Analytics", filters.clone()).status(417);
        assert!(refused.text.contains(named), "{filters} {refused:?}");
    }
    for filters in [json!("{"), json!([1]), json!("5"), json!(5)] {
        run(&sue, "Ticket Analytics", filters).status(417);
    }
    // Values are values.
    for value in ["' OR 1=1 --", "%", "\u{0}", "\"; DROP TABLE \"tabHD Ticket\"; --"] {
        let mut filters = good.clone();
        filters["contact"] = value.into();
        let reply = run(&sue, "Ticket Analytics", filters);
        if reply.status == 200 {
            assert_eq!(reply.message()["result"], json!([]));
        } else {
            reply.status(417);
        }
    }
    sue.call(
        RUN,
        json!({ "report_name": "Ticket Analytics", "filters": good, "custom_columns": [{ "fieldname": "x" }] }),
    )
    .status(417);
}
