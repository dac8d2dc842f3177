//! `helpdesk.api.doc`: lists as the client shows them.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

fn doc(user: &TestUser, method: &str, args: Value) -> Reply {
    user.call(&format!("helpdesk.api.doc.{method}"), args)
}

fn names(reply: &Reply) -> Vec<String> {
    reply.message()["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["name"].as_str().map(str::to_owned))
        .collect()
}

fn keys(list: &Value, key: &str) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row[key].as_str().map(str::to_owned))
        .collect()
}

#[test]
fn a_list_of_tickets_has_the_columns_of_the_desk_or_the_portal() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let own = site.ticket().create_as(&carl).name;
    site.ticket().create();

    let args = json!({ "doctype": "HD Ticket", "is_default": true, "filters": { "status": "Open" } });
    let desk = doc(&ada, "get_list_data", args.clone()).ok();
    assert_eq!(keys(&desk.message()["columns"], "key").len(), 13);
    assert_eq!(desk.message()["total_count"], desk.message()["row_count"]);
    assert_eq!(desk.message()["fields"].as_array().unwrap().len(), 50);
    assert!(desk.message()["data"][0].get("_seen").is_some());

    let mut args = args;
    args["show_customer_portal_fields"] = true.into();
    let portal = doc(&carl, "get_list_data", args).ok();
    assert_eq!(keys(&portal.message()["columns"], "key").len(), 8);
    assert_eq!(names(&portal), [own]);
    assert_eq!(
        keys(&portal.message()["fields"], "value"),
        [
            "subject",
            "status",
            "priority",
            "response_by",
            "resolution_by",
            "name",
            "creation"
        ]
    );
    doc(&site.guest(), "get_list_data", json!({ "doctype": "HD Ticket" })).status(403);
}

#[test]
fn own_columns_and_fields_are_fetched() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.ticket().subject("Printer").create();

    let reply = doc(
        &ada,
        "get_list_data",
        json!({
            "doctype": "HD Ticket", "columns": [{ "label": "S", "key": "subject" }], "rows": ["status"],
            "filters": [["subject", "=", "Printer"]], "page_length": 1, "is_default": true,
        }),
    )
    .ok();

    assert_eq!(reply.message()["data"][0]["subject"], "Printer");
    assert_eq!(
        reply.message()["columns"],
        json!([{ "label": "S", "key": "subject" }])
    );
    assert_eq!(
        reply.message()["rows"],
        json!([
            "status",
            "subject",
            "name",
            "_seen",
            "creation",
            "modified",
            "modified_by",
            "_assign",
            "owner"
        ])
    );
}

#[test]
fn what_can_not_be_listed_is_refused() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));

    for (args, status) in [
        (json!({ "doctype": "HD Ticket", "rows": ["nothing"] }), 417),
        (
            json!({ "doctype": "HD Ticket", "rows": ["name; drop table"] }),
            417,
        ),
        (
            json!({ "doctype": "HD Ticket", "filters": { "nothing": 1 } }),
            417,
        ),
        (json!({ "doctype": "HD Ticket", "filters": 5 }), 417),
        (
            json!({ "doctype": "HD Ticket", "filters": { "__assigned_on": "no date" } }),
            417,
        ),
        (json!({ "doctype": "HD Ticket", "order_by": "(select 1)" }), 417),
        (json!({ "doctype": "HD Ticket", "page_length": -1 }), 417),
        (json!({ "doctype": "HD Ticket", "view": "x" }), 417),
        (json!({ "doctype": "Nope" }), 403),
        (json!({ "doctype": "x".repeat(10_000) }), 403),
        (json!({}), 417),
    ] {
        let reply = doc(&ada, "get_list_data", args.clone());
        assert_eq!(reply.status, status, "{args} {reply:?}");
    }
    doc(&carl, "get_list_data", json!({ "doctype": "HD Saved Reply" })).status(403);
}

#[test]
fn filters_know_the_caller_and_the_day_of_assignment() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let (mine, other) = (site.ticket().create().name, site.ticket().create().name);
    for (agent, ticket) in [(&ada, &mine), (&bob, &other)] {
        agent
            .call(
                "helpdesk.api.ticket.assign_ticket_to_agent",
                json!({ "ticket_id": ticket }),
            )
            .ok();
    }
    let list = |filters: Value| {
        names(
            &doc(
                &ada,
                "get_list_data",
                json!({ "doctype": "HD Ticket", "filters": filters }),
            )
            .ok(),
        )
    };

    for filters in [
        json!({ "_assign": ["like", "%@me%"] }),
        json!([["_assign", "like", "%@me%"]]),
        json!([["HD Ticket", "_assign", "like", "%@me%"]]),
        json!({ "__assigned_on": "2026-11-22" }),
        json!([["__assigned_on", "=", "2026-11-22"]]),
        json!({ "__assigned_on": [">=", "2026-11-22"] }),
        json!({ "__assigned_on": ["timespan", "last 7 days"] }),
        json!({ "__assigned_on": ["is", "set"] }),
        json!({ "__assigned_on": ["!=", "2026-11-21"] }),
        json!([
            ["__assigned_on", "=", "2026-11-22"],
            ["name", "in", [mine, other]]
        ]),
    ] {
        assert_eq!(list(filters.clone()), std::slice::from_ref(&mine), "{filters}");
    }
    for filters in [
        json!({ "__assigned_on": "2026-11-21" }),
        json!({ "__assigned_on": ["<", "2026-11-22"] }),
        json!([["__assigned_on", "=", "2026-11-22"], ["name", "in", [other]]]),
    ] {
        assert!(list(filters.clone()).is_empty(), "{filters}");
    }
}

#[test]
fn the_default_view_says_what_is_shown() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site
        .ticket()
        .subject("Printer")
        .set("priority", "High")
        .create()
        .name;
    site.ticket().subject("Scanner").create();
    ada.insert(
        "HD View",
        json!({
            "label": "Mine", "dt": "HD Ticket", "user": ada.id(), "is_default": 1, "type": "list",
            "columns": "[{\"label\": \"S\", \"key\": \"subject\"}]", "rows": "[\"subject\"]",
        }),
    )
    .ok();

    let args = json!({ "doctype": "HD Ticket", "is_default": true, "default_filters": { "priority": ["=", "High"] } });
    let reply = doc(&ada, "get_list_data", args).ok();
    assert_eq!(keys(&reply.message()["columns"], "key"), ["subject"]);
    assert_eq!(names(&reply), [ticket]);
}

#[test]
fn a_list_is_grouped_by_the_values_of_its_rows() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    for (priority, times) in [("High", 2), ("Low", 1)] {
        for _ in 0..times {
            site.ticket().subject("g").set("priority", priority).create();
        }
    }
    let grouped = |field: &str, more: Value| {
        let mut view = json!({ "view_type": "group_by", "group_by_field": field });
        view.as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        doc(
            &ada,
            "get_list_data",
            json!({ "doctype": "HD Ticket", "filters": { "subject": "g" }, "view": view }),
        )
        .ok()
    };

    let reply = grouped(
        "priority",
        json!({ "label_doc": "HD Ticket Priority", "label_field": "level" }),
    );
    assert_eq!(
        reply.message()["group_by_field"],
        json!({
            "label": "Priority", "name": "priority", "type": "Link",
            "options": [{ "label": "High", "value": "High" }, { "label": "Low", "value": "Low" }],
        })
    );
    let reply = grouped("agent_group", json!({}));
    assert_eq!(
        reply.message()["group_by_field"]["options"],
        json!([{ "label": "", "value": "" }])
    );
    let reply = grouped("agreement_status", json!({}));
    assert!(
        reply.message()["group_by_field"]["options"]
            .as_array()
            .unwrap()
            .contains(&json!("Failed"))
    );
}

#[test]
fn lists_offer_fields_for_filters_and_sorting() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let fields = |user: &TestUser, args: Value| {
        keys(
            doc(user, "get_filterable_fields", args).ok().message(),
            "fieldname",
        )
    };

    let desk = fields(&ada, json!({ "doctype": "HD Ticket" }));
    for name in ["subject", "_assign", "agent_group", "owner", "__assigned_on"] {
        assert!(desk.iter().any(|field| field == name), "{name}");
    }
    for name in ["attachment", "opening_time", "service_level_agreement_creation"] {
        assert!(!desk.iter().any(|field| field == name), "{name}");
    }
    let portal = fields(
        &carl,
        json!({ "doctype": "HD Ticket", "show_customer_portal_fields": true }),
    );
    assert!(portal.contains(&"customer".to_owned()) && !portal.contains(&"_assign".to_owned()));
    assert!(!portal.contains(&"key".to_owned()));
    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    let restricted = fields(&ada, json!({ "doctype": "HD Ticket" }));
    assert!(!restricted.contains(&"agent_group".to_owned()));
    let all = fields(
        &ada,
        json!({ "doctype": "HD Ticket", "ignore_team_restrictions": true }),
    );
    assert!(all.contains(&"agent_group".to_owned()));

    let sort = doc(&ada, "sort_options", json!({ "doctype": "HD Customer" })).ok();
    assert_eq!(
        sort.message().as_array().unwrap().last().unwrap(),
        &json!({ "label": "Owner", "value": "owner" })
    );
    let quick = doc(&ada, "get_quick_filters", json!({ "doctype": "HD Ticket" })).ok();
    assert_eq!(keys(quick.message(), "name"), ["name", "subject", "customer"]);
    let quick = doc(
        &carl,
        "get_quick_filters",
        json!({ "doctype": "HD Ticket", "show_customer_portal_fields": true }),
    )
    .ok();
    assert_eq!(keys(quick.message(), "name"), ["name", "subject"]);
    for method in ["get_filterable_fields", "sort_options", "get_quick_filters"] {
        for doctype in ["HD Saved Reply", "User Permission", "Nope"] {
            doc(&carl, method, json!({ "doctype": doctype })).status(403);
        }
        doc(&site.guest(), method, json!({ "doctype": "HD Ticket" })).status(403);
    }
    // Agents may know how a list is made that they may not see.
    for method in ["sort_options", "get_quick_filters"] {
        doc(&ada, method, json!({ "doctype": "TP Call Log" })).ok();
        doc(&ada, method, json!({ "doctype": "Nope" })).status(403);
    }
    doc(&ada, "get_filterable_fields", json!({ "doctype": "TP Call Log" })).status(403);
}

#[test]
fn what_is_sorted_by_are_all_values_and_what_customers_see_with_the_standard_fields() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let values = |user: &TestUser, args: Value| {
        let reply = doc(user, "sort_options", args).ok();
        keys(reply.message(), "value")
    };
    let portal = json!({ "doctype": "HD Ticket", "show_customer_portal_fields": true });
    assert_eq!(
        values(&carl, portal.clone()),
        [
            "subject",
            "status",
            "priority",
            "response_by",
            "resolution_by",
            "name",
            "creation",
            "modified",
            "modified_by",
            "owner"
        ]
    );
    assert_eq!(
        values(&ada, portal),
        values(
            &carl,
            json!({ "doctype": "HD Ticket", "show_customer_portal_fields": 1 })
        )
    );
    assert_eq!(
        values(&ada, json!({ "doctype": "HD Article" })),
        [
            "title",
            "status",
            "published_on",
            "views",
            "category",
            "author",
            "title_slug",
            "content",
            "name",
            "creation",
            "modified",
            "modified_by",
            "owner"
        ]
    );
}

#[test]
fn lists_of_articles_show_title_status_author_and_time() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.article().title("How to").create();

    let list = doc(
        &ada,
        "get_list_data",
        json!({ "doctype": "HD Article", "is_default": true }),
    )
    .ok();

    let columns = list.message()["columns"].clone();
    assert_eq!(keys(&columns, "key"), ["title", "status", "author", "modified"]);
    assert_eq!(keys(&columns, "type"), ["Data", "status", "Link", "Datetime"]);
    assert_eq!(keys(&columns, "width"), ["20rem", "10rem", "17rem", "8rem"]);
    let row = list.message()["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["title"] == "How to")
        .unwrap();
    assert_eq!(
        (&row["status"], &row["author"]),
        (&json!("Draft"), &json!("Administrator"))
    );
}

#[test]
fn assignments_end_for_the_users_named() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let ticket = site.ticket().create().name;
    for user in [ada.id(), bob.id()] {
        ada.call(
            "run_doc_method",
            json!({ "dt": "HD Ticket", "dn": ticket, "method": "assign_agent", "args": { "agent": user } }),
        )
        .ok();
    }
    let remove = |user: &TestUser, assignees: Value| {
        doc(
            user,
            "remove_assignments",
            json!({ "doctype": "HD Ticket", "name": ticket, "assignees": assignees }),
        )
    };

    remove(&site.customer("carl@acme.example"), json!([bob.id()])).status(403);
    remove(&ada, json!([])).ok();
    remove(&ada, json!("x")).status(417);
    remove(&ada, json!([bob.id(), "nobody@x.example"])).ok();
    assert_eq!(
        site.value("HD Ticket", &ticket, "_assign"),
        r#"["ada@desk.example"]"#
    );
    let args = json!({ "doctype": "HD Ticket", "name": "77777", "assignees": ["a"] });
    doc(&ada, "remove_assignments", args).status(404);
}
