//! Lists: fields, filters, order, pages, groups.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

/// Seven tickets of two priorities, and an agent.
fn setup() -> (TestSite, TestUser) {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    for n in 1..=7 {
        site.ticket()
            .subject(&format!("Ticket {n}"))
            .raised_by(if n == 7 {
                "dina@globex.example"
            } else {
                "carl@acme.example"
            })
            .set("priority", if n % 3 == 0 { "High" } else { "Low" })
            .create();
    }
    (site, ada)
}

/// The welcome ticket of a new site is left out by this.
fn ours(mut filters: Value) -> Value {
    filters
        .as_array_mut()
        .unwrap()
        .push(json!(["subject", "like", "Ticket %"]));
    filters
}

fn subjects(reply: &Reply) -> Vec<String> {
    let rows = reply.data().as_array().unwrap();
    rows.iter()
        .map(|row| row["subject"].as_str().unwrap().replace("Ticket ", ""))
        .collect()
}

fn list(user: &TestUser, mut args: Value) -> Reply {
    let filters = args.get("filters").cloned().unwrap_or(json!([]));
    args["filters"] = ours(filters);
    for (key, value) in [("fields", json!(["subject"])), ("order_by", json!("subject asc"))] {
        if args.get(key).is_none() {
            args[key] = value;
        }
    }
    user.list("HD Ticket", args)
}

#[test]
fn filters_are_objects_or_lists_of_conditions() {
    let (_site, ada) = setup();

    let with = |filters: Value| {
        subjects(
            &ada.list(
                "HD Ticket",
                json!({ "filters": filters, "fields": ["subject"], "order_by": "subject" }),
            )
            .ok(),
        )
    };

    assert_eq!(with(json!({ "priority": "High" })), ["3", "6"]);
    assert_eq!(with(json!([["priority", "=", "High"]])), ["3", "6"]);
    assert_eq!(with(json!([["HD Ticket", "priority", "=", "High"]])), ["3", "6"]);
    assert_eq!(
        with(json!({ "subject": ["in", ["Ticket 1", "Ticket 5", "None"]] })),
        ["1", "5"]
    );
    assert_eq!(
        with(json!([["priority", "=", "High"], ["subject", "!=", "Ticket 3"]])),
        ["6"]
    );
    assert_eq!(with(json!([["subject", "like", "%ket 7"]])), ["7"]);
    assert_eq!(with(json!({ "priority": "Nothing" })), [""; 0]);
}

#[test]
fn or_filters_widen_each_other_and_not_the_filters() {
    let (_site, ada) = setup();

    let reply = list(
        &ada,
        json!({
            "filters": [["priority", "=", "Low"]],
            "or_filters": [["subject", "=", "Ticket 1"], ["subject", "=", "Ticket 3"], ["raised_by", "like", "dina%"]],
        }),
    );

    assert_eq!(subjects(&reply.ok()), ["1", "7"]);
}

#[test]
fn pages_follow_each_other() {
    let (_site, ada) = setup();
    let page = |start: u32, length: u32| {
        subjects(&list(&ada, json!({ "limit_start": start, "limit_page_length": length })).ok())
    };

    assert_eq!(page(0, 3), ["1", "2", "3"]);
    assert_eq!(page(3, 3), ["4", "5", "6"]);
    assert_eq!(page(6, 3), ["7"]);
    assert_eq!(page(9, 3), [""; 0]);
    assert_eq!(page(0, 0).len(), 7);
    assert_eq!(
        subjects(&list(&ada, json!({ "limit": 2, "order_by": "subject desc" })).ok()),
        ["7", "6"]
    );
}

#[test]
fn a_page_has_twenty_rows_unless_told() {
    let (site, ada) = setup();
    for _ in 0..20 {
        site.ticket().create();
    }

    assert_eq!(
        ada.list("HD Ticket", json!({})).data().as_array().unwrap().len(),
        20
    );
}

#[test]
fn order_takes_several_fields_with_directions() {
    let (_site, ada) = setup();

    let reply = list(&ada, json!({ "order_by": "priority asc, subject desc" }));

    assert_eq!(subjects(&reply.ok()), ["6", "3", "7", "5", "4", "2", "1"]);
}

#[test]
fn fields_may_be_all_or_renamed_and_rows_arrays() {
    let (_site, ada) = setup();

    let all = list(&ada, json!({ "fields": ["*"], "limit": 1 })).ok();
    let renamed = list(&ada, json!({ "fields": ["subject as title"], "limit": 1 })).ok();
    let arrays = list(
        &ada,
        json!({ "fields": ["subject", "priority"], "limit": 1, "as_dict": "false" }),
    )
    .ok();

    assert!(all.data()[0].as_object().unwrap().len() > 40);
    assert_eq!(renamed.data()[0], json!({ "title": "Ticket 1" }));
    assert_eq!(arrays.data()[0], json!(["Ticket 1", "Low"]));
}

#[test]
fn groups_are_counted() {
    let (_site, ada) = setup();

    let reply = list(
        &ada,
        json!({
            "fields": ["priority", { "COUNT": "name", "as": "n" }],
            "group_by": "priority",
            "order_by": "priority",
        }),
    );

    assert_eq!(
        *reply.ok().data(),
        json!([{ "priority": "High", "n": 2 }, { "priority": "Low", "n": 5 }])
    );
}

#[test]
fn a_count_agrees_with_the_list() {
    let (_site, ada) = setup();

    let count = ada.call(
        "frappe.client.get_count",
        json!({ "doctype": "HD Ticket", "filters": ours(json!([["priority", "=", "Low"]])) }),
    );

    assert_eq!(*count.ok().message(), json!(5));
}

#[test]
fn a_method_and_the_resource_answer_the_same_list() {
    let (_site, ada) = setup();
    let args = json!({ "fields": ["name", "subject"], "order_by": "subject", "limit_page_length": 3 });
    let mut call = args.clone();
    call["doctype"] = "HD Ticket".into();

    let listed = ada.list("HD Ticket", args).ok();
    let called = ada.call("frappe.client.get_list", call).ok();

    assert_eq!(listed.data(), called.message());
    assert_eq!(listed.data().as_array().unwrap().len(), 3);
}

#[test]
fn children_are_filtered_by_their_fields() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    site.team("Payments").member(&ada).create();
    site.team("Both").member(&ada).member(&bob).create();

    let teams = |user: &str| {
        let filters = json!([["HD Team Member", "user", "=", user]]);
        ada.list("HD Team", json!({ "filters": filters, "order_by": "name" }))
            .ok()
            .data()
            .clone()
    };

    assert_eq!(
        teams("ada@desk.example"),
        json!([{ "name": "Both" }, { "name": "Payments" }])
    );
    assert_eq!(teams("bob@desk.example"), json!([{ "name": "Both" }]));
}

#[test]
fn what_is_no_field_is_refused_in_every_place() {
    let (_site, ada) = setup();

    for args in [
        json!({ "fields": ["nothing"] }),
        json!({ "filters": { "nothing": 1 } }),
        json!({ "or_filters": { "nothing": 1 } }),
        json!({ "filters": [["subject", "resembles", "a"]] }),
        json!({ "order_by": "subject sideways" }),
        json!({ "limit_page_length": -1 }),
        json!({ "limit_start": -1 }),
        json!({ "filters": "{" }),
        json!({ "fields": "[" }),
    ] {
        let reply = ada.list("HD Ticket", args.clone());
        assert_eq!(reply.status, 417, "{args}: {reply:?}");
    }
    for args in [json!({ "order_by": "nothing" }), json!({ "group_by": "nothing" })] {
        let reply = ada.list("HD Ticket", args.clone());
        assert_eq!(reply.status, 403, "{args}: {reply:?}");
    }
}

#[test]
fn secret_columns_are_not_for_lists() {
    let (_site, ada) = setup();
    ada.list("User", json!({ "fields": ["name"] })).ok();

    for field in ["password", "api_secret", "new_password", "reset_password_key"] {
        let listed = ada.list("User", json!({ "fields": ["name", field] }));
        let filtered = ada.list("User", json!({ "filters": [[field, "is", "set"]] }));
        let shown = listed.status == 200 && listed.text.contains(field);
        assert!(!shown, "{field}: {listed:?}");
        let told = filtered.status == 200 && !filtered.data().as_array().unwrap().is_empty();
        assert!(!told, "{field}: {filtered:?}");
    }
}

#[test]
fn who_may_only_select_sees_names_standard_columns_and_what_is_searched() {
    let site = TestSite::start();
    site.team("Billing").create();
    let carl = site.customer("carl@acme.example");
    let fields = [
        "name",
        "team_name",
        "owner",
        "creation",
        "modified",
        "docstatus",
        "idx",
        "assignment_rule",
        "disabled",
    ];

    let reply = carl
        .list(
            "HD Team",
            json!({ "fields": json!(fields).to_string(), "filters": "{\"name\": \"Billing\"}" }),
        )
        .ok();
    let shown: Vec<&String> = reply.data()[0].as_object().unwrap().keys().collect();
    assert_eq!(
        shown,
        [
            "name",
            "team_name",
            "owner",
            "creation",
            "modified",
            "docstatus",
            "idx"
        ]
    );
    let rows = carl.list(
        "HD Team",
        json!({ "fields": json!(["name", { "users": ["user"] }]).to_string() }),
    );
    assert_eq!(rows.status, 403);

    for fields in [
        json!([{ "MAX": "assignment_rule", "as": "m" }]),
        json!([{ "CONCAT": ["name", "assignment_rule"], "as": "m" }]),
        json!([{ "COUNT": { "IFNULL": ["assignment_rule", "'x'"] }, "as": "m" }]),
    ] {
        let reply = carl.list("HD Team", json!({ "fields": fields.to_string() }));
        assert_eq!(reply.status, 403, "{fields}");
    }
    site.ticket()
        .raised_by("carl@acme.example")
        .team("Billing")
        .create();
    let through = |field: &str| {
        carl.list(
            "HD Ticket",
            json!({ "fields": json!(["name", field]).to_string() }),
        )
    };
    assert_eq!(through("agent_group.assignment_rule").status, 403);
    assert_eq!(
        through("agent_group.team_name").ok().data()[0]["team_name"],
        "Billing"
    );

    let ada = site.agent("ada@desk.example");
    let user = ada
        .call_get("frappe.client.get_value", json!({ "doctype": "User", "fieldname": json!(["email", "user_type"]).to_string(), "filters": "carl@acme.example" }))
        .ok();
    assert_eq!(user.message(), &json!({ "email": "carl@acme.example" }));
    // As the web client asks: a picture stands beside a title.
    let agents = ada.list(
        "HD Agent",
        json!({ "fields": json!(["name", "user.full_name", "user.user_image"]).to_string() }),
    );
    let shown = agents.ok().data()[0].clone();
    assert_eq!(shown["user_image"], Value::Null);
    assert!(shown.as_object().unwrap().contains_key("user_image"), "{shown}");
    assert!(shown["full_name"].is_string(), "{shown}");
}

#[test]
fn who_may_list_nothing_learns_nothing_of_fields() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");

    for args in [
        json!({ "fields": "[\"no_such\"]" }),
        json!({ "filters": "{\"no_such\": 1}" }),
        json!({ "order_by": "no_such" }),
        json!({ "group_by": "no_such" }),
    ] {
        let reply = carl.list("Email Account", args.clone());
        assert_eq!(reply.status, 403, "{args}");
        assert!(!reply.text.contains("no_such"), "{reply:?}");
        let v2 = carl
            .request("GET", "/api/v2/document/Email%20Account")
            .query(&args)
            .send();
        assert_eq!(v2.status, 403, "{args}");
    }
}

#[test]
fn functions_come_under_their_text_unless_they_are_named() {
    let (site, ada) = setup();
    let first = site.value("HD Ticket", "0001", "creation");
    let creation = first.as_str().unwrap();
    let ask = |fields: Value| {
        ada.list(
            "HD Ticket",
            json!({ "fields": fields.to_string(), "filters": "{\"name\": \"0001\"}" }),
        )
    };

    let reply = ask(json!([{ "COUNT": "*" }, { "COUNT": "name" }, { "DIV": [{ "SUM": "idx" }, 2] }, { "IFNULL": ["customer", "'none'"] }])).ok();
    let keys: Vec<&String> = reply.data()[0].as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "COUNT(*)",
            "COUNT(`name`)",
            "SUM(`idx`)/2",
            "IFNULL(`customer`,'none')"
        ]
    );
    let parts = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE"]
        .map(|part| json!({ "EXTRACT": [part, "creation"], "as": part.to_lowercase() }));
    let reply = ask(Value::from(parts.to_vec())).ok();
    let row = &reply.data()[0];
    let shown = format!(
        "{}-{:02}-{:02} {:02}:{:02}",
        row["year"],
        row["month"].as_i64().unwrap(),
        row["day"].as_i64().unwrap(),
        row["hour"].as_i64().unwrap(),
        row["minute"].as_i64().unwrap()
    );
    assert_eq!(shown, creation[..16]);
    let reply = ask(json!([{ "MONTHNAME": "creation", "as": "month" }, { "EXTRACT": ["quarter", "creation"], "as": "quarter" }])).ok();
    let month: usize = creation[5..7].parse().unwrap();
    assert!(
        ["January", "February", "March"].contains(&reply.data()[0]["month"].as_str().unwrap())
            == (month <= 3)
    );
    assert_eq!(reply.data()[0]["quarter"], month.div_ceil(3));
    for fields in [
        json!([{ "EXTRACT": ["moon", "creation"] }]),
        json!([{ "EXTRACT": ["year", "subject"] }]),
        json!([{ "EXTRACT": ["hour", "opening_date"] }]),
        json!([{ "EXTRACT": "creation" }]),
        json!([{ "SUM": { "COUNT": "*" } }]),
        json!([{ "MAX": { "DIV": [{ "SUM": "idx" }, 2] } }]),
        json!([{ "MONTHNAME": ["creation", 1] }]),
    ] {
        assert_eq!(ask(fields.clone()).status, 417, "{fields}");
    }
}

#[test]
fn groups_of_a_report_carry_a_figure() {
    let (site, ada) = setup();
    let ask = |function: &str, field: &str| {
        ada.call_get(
            "frappe.desk.reportview.get_list",
            json!({
                "doctype": "HD Ticket", "fields": json!(["priority"]).to_string(), "group_by": "priority", "order_by": "priority",
                "aggregate_function": function, "aggregate_on_doctype": "HD Ticket", "aggregate_on_field": field,
            }),
        )
    };

    let reply = ask("count", "name").ok();
    let counted: i64 = reply
        .message()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["_aggregate_column"].as_i64().unwrap())
        .sum();
    assert_eq!(counted, site.count("HD Ticket"));
    assert_eq!(ask("max", "name").status, 417);
    assert_eq!(ask("sum", "no_such").status, 417);
}

#[test]
fn one_condition_may_stand_in_lists_of_its_own() {
    let (_site, ada) = setup();
    let v2 = |filters: Value| {
        let args = json!({ "fields": "[\"name\"]", "filters": filters.to_string() });
        let reply = ada
            .request("GET", "/api/v2/document/HD%20Ticket")
            .query(&args)
            .send()
            .ok();
        reply.data().as_array().unwrap().len()
    };

    assert_eq!(v2(json!([[["name", "=", "0001"]]])), 1);
    assert_eq!(
        v2(json!([[["name", "=", "0001"]], "or", [["name", "=", "0002"]]])),
        2
    );
    // In v1 a bare word is read as letters.
    let v1 = |filters: Value| ada.list("HD Ticket", json!({ "filters": filters.to_string() }));
    assert_eq!(
        v1(json!([["name", "=", "0001"], "and", ["name", "=", "0001"]])).exc_type(),
        "DataError"
    );
    assert_eq!(
        v1(json!([["name", "=", "0001"], "or", ["name", "=", "0002"]])).status,
        403
    );
}

#[test]
fn a_value_alone_is_a_name() {
    let (site, ada) = setup();
    let count = |filters: Value| {
        let reply = ada.call(
            "frappe.client.get_count",
            json!({ "doctype": "HD Ticket", "filters": filters }),
        );
        reply.ok().message().as_i64().unwrap()
    };

    assert_eq!(count(json!("0001")), 1);
    assert_eq!(count(json!("\"0001\"")), 1);
    assert_eq!(count(json!("no JSON")), 0);
    let broken = json!({ "doctype": "HD Ticket", "filters": "[no JSON" });
    assert_eq!(ada.call("frappe.client.get_count", broken).status, 417);
    assert_eq!(count(json!("")), site.count("HD Ticket"));
    let list = ada.list("HD Ticket", json!({ "filters": "\"0002\"" })).ok();
    assert_eq!(list.data(), &json!([{ "name": "0002" }]));
    assert_eq!(
        count(json!({ "customer": ["like", null] })),
        count(json!({ "customer": null }))
    );
}
