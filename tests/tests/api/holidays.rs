//! HD Service Holiday List, and whether customers are shared with `ERPNext`.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const EVENTS: &str = "helpdesk.helpdesk.doctype.hd_service_holiday_list.hd_service_holiday_list.get_events";
const SYNC: &str = "helpdesk.integrations.erpnext.api.get_sync_info";

fn list(site: &TestSite) -> String {
    site.insert(
        "HD Service Holiday List",
        json!({
            "holiday_list_name": "Our days", "from_date": "2026-01-01", "to_date": "2026-01-31", "color": "#ff0000",
            "holidays": [
                { "holiday_date": "2026-01-01", "description": "New Year" },
                { "holiday_date": "2026-01-10", "description": "A Saturday" },
            ],
        }),
    )
}

fn run(user: &TestUser, name: &str, method: &str, changes: Value) -> Reply {
    let mut doc = user.read("HD Service Holiday List", name).ok().data().clone();
    for (key, value) in changes.as_object().unwrap() {
        doc[key] = value.clone();
    }
    user.call(
        "run_doc_method",
        json!({ "docs": doc.to_string(), "method": method }),
    )
}

/// The days of the answered list.
fn days(reply: &Reply) -> Vec<String> {
    let rows = reply.json["docs"][0]["holidays"].as_array().unwrap();
    for (place, row) in rows.iter().enumerate() {
        assert_eq!(row["idx"], json!(place + 1), "{row}");
    }
    rows.iter()
        .map(|row| row["holiday_date"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn days_of_the_week_are_added_but_for_those_there_are_and_not_stored() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let name = list(&site);

    let reply = run(
        &maya,
        &name,
        "get_weekly_off_dates",
        json!({ "weekly_off": "Saturday" }),
    )
    .ok();

    assert_eq!(
        days(&reply),
        [
            "2026-01-01",
            "2026-01-10",
            "2026-01-03",
            "2026-01-17",
            "2026-01-24",
            "2026-01-31"
        ]
    );
    let added = &reply.json["docs"][0]["holidays"][2];
    assert_eq!(
        (&added["parent"], &added["parentfield"], &added["parenttype"]),
        (
            &json!(name),
            &json!("holidays"),
            &json!("HD Service Holiday List")
        )
    );
    assert_eq!(
        (&added["description"], &added["weekly_off"]),
        (&json!("Saturday"), &json!(1))
    );
    assert_eq!(site.count("HD Holiday"), 2);

    // The first day counts, too.
    let reply = run(
        &maya,
        &name,
        "get_weekly_off_dates",
        json!({ "weekly_off": "Thursday" }),
    )
    .ok();
    assert_eq!(days(&reply).len(), 2 + 4);
}

#[test]
fn a_list_is_emptied_and_not_stored() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let name = list(&site);

    let reply = run(&maya, &name, "clear_table", json!({})).ok();

    assert_eq!(days(&reply), Vec::<String>::new());
    assert_eq!(site.count("HD Holiday"), 2);
}

#[test]
fn days_of_the_week_need_a_day_and_a_range() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let name = list(&site);

    for changes in [
        json!({}),
        json!({ "weekly_off": "Someday" }),
        json!({ "weekly_off": "Monday", "from_date": "2026-02-01" }),
        json!({ "weekly_off": "Monday", "from_date": null }),
        json!({ "weekly_off": "Monday", "from_date": "1000-01-01", "to_date": "9999-12-31" }),
    ] {
        run(&maya, &name, "get_weekly_off_dates", changes).status(417);
    }
    let docs = json!({ "doctype": "HD Service Holiday List", "name": name }).to_string();
    for user in [
        site.agent("ada@desk.example"),
        site.customer("carl@acme.example"),
        site.guest(),
    ] {
        let args = json!({ "docs": docs, "method": "clear_table" });
        user.call("run_doc_method", args).status(403);
    }
}

#[test]
fn a_calendar_shows_holidays_between_two_days() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let name = list(&site);
    let events = |args: Value| maya.call_get(EVENTS, args).ok().message().clone();

    let shown = events(json!({ "start": "2026-01-01", "end": "2026-01-31" }));
    assert_eq!(
        shown,
        json!([{
            "name": name, "holiday_date": "2026-01-10", "description": "A Saturday", "color": "#ff0000", "allDay": 1,
        }])
    );

    let both = json!({ "start": "2025-12-31", "end": "2026-01-31" });
    assert_eq!(events(both.clone()).as_array().unwrap().len(), 2);
    for filters in [json!({ "color": "#00ff00" }), json!([["color", "=", "#00ff00"]])] {
        let mut args = both.clone();
        args["filters"] = filters.to_string().into();
        assert_eq!(events(args), json!([]), "{filters}");
    }
}

#[test]
fn a_calendar_needs_days_filters_and_the_right_to_see_lists() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let args = json!({ "start": "2026-01-01", "end": "2026-01-31" });

    for user in [
        site.agent("ada@desk.example"),
        site.customer("carl@acme.example"),
        site.guest(),
    ] {
        user.call_get(EVENTS, args.clone()).status(403);
    }
    for args in [
        json!({ "start": "soon", "end": "2026-01-31" }),
        json!({ "start": "2026-01-01" }),
        json!({ "start": "2026-01-01", "end": "2026-01-31", "filters": "[" }),
        json!({ "start": "2026-01-01", "end": "2026-01-31", "filters": "{\"nothing\": 1}" }),
    ] {
        let status = maya.call_get(EVENTS, args.clone()).status;
        assert!(matches!(status, 417 | 403), "{args}: {status}");
    }
}

#[test]
fn customers_are_shared_where_erpnext_is_there_and_switched_on() {
    let site = TestSite::start();
    let (admin, carl) = (site.admin(), site.customer("carl@acme.example"));
    let info = |user: &TestUser| user.call_get(SYNC, json!({})).ok().message().clone();
    assert_eq!(info(&carl), json!({ "enabled": false, "in_sync": false }));
    site.guest().call_get(SYNC, json!({})).status(403);

    site.insert(
        "Installed Application",
        json!({ "app_name": "erpnext", "app_version": "16.0.0", "git_branch": "version-16" }),
    );
    assert_eq!(info(&admin), json!({ "enabled": false }));
    site.set("ERPNext HD Settings", json!({ "enabled": 1 }));
    assert_eq!(info(&admin), json!({ "enabled": true, "in_sync": true }));
    assert_eq!(info(&carl), json!({ "enabled": false }));
    site.organisation("Acme").create();
    assert_eq!(info(&admin), json!({ "enabled": true, "in_sync": false }));
}

#[test]
fn a_day_outside_the_list_is_told_with_its_row() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let rows = json!([
        { "holiday_date": "2026-01-01", "description": "New Year" },
        { "holiday_date": "2026-02-01", "description": "Too late" },
    ]);

    let reply = maya
        .update(
            "HD Service Holiday List",
            &list(&site),
            json!({ "holidays": rows }),
        )
        .status(417);

    assert_eq!(reply.exc_type(), "ValidationError");
    assert!(
        reply.messages()[0].contains("row 2: holiday_date 2026-02-01"),
        "{:?}",
        reply.messages()
    );
}
