//! What a new site holds: spec/helpdesk-a.md §6.

use helpdesk_tests::TestSite;
use serde_json::{Value, json};

/// Fields of all documents of a DocType, by an order.
fn rows(site: &TestSite, doctype: &str, fields: &[&str], order: &str) -> Vec<Value> {
    let args = json!({ "fields": fields, "order_by": order, "limit_page_length": 0 });
    let reply = site.admin().list(doctype, args).ok();
    let rows = reply.data().as_array().unwrap().clone();
    rows.into_iter()
        .map(|row| fields.iter().map(|field| row[field].clone()).collect())
        .collect()
}

fn document(site: &TestSite, doctype: &str, name: &str) -> Value {
    site.admin().read(doctype, name).ok().data().clone()
}

#[test]
fn statuses_and_presences() {
    let site = TestSite::start();

    let fields = [
        "name",
        "color",
        "category",
        "order",
        "enabled",
        "different_view",
        "label_customer",
    ];
    assert_eq!(
        rows(&site, "HD Ticket Status", &fields, "order asc"),
        [
            json!(["Open", "Red", "Open", 1, 1, 0, null]),
            json!(["Replied", "Blue", "Paused", 2, 1, 1, "Awaiting Response"]),
            json!(["Resolved", "Green", "Resolved", 3, 1, 0, null]),
            json!(["Closed", "Gray", "Resolved", 4, 1, 0, null]),
        ]
    );
    let fields = ["name", "color", "status_order", "category", "enable"];
    assert_eq!(
        rows(&site, "HD Agent Status", &fields, "status_order asc"),
        [
            json!(["Active", "Green", 10, "Active", 1]),
            json!(["Away", "Amber", 20, "Away", 1]),
            json!(["Unavailable", "Red", 30, "Unavailable", 1]),
        ]
    );
}

#[test]
fn the_agreement_and_its_priorities() {
    let site = TestSite::start();

    let levels = rows(&site, "HD Ticket Priority", &["name", "level"], "name asc");
    assert_eq!(
        levels,
        ["High", "Low", "Medium", "Urgent"].map(|level| json!([level, level]))
    );
    let sla = document(&site, "HD Service Level Agreement", "Default");
    assert_eq!(
        (&sla["default_sla"], &sla["enabled"], &sla["holiday_list"]),
        (&json!(1), &json!(1), &json!("Default"))
    );
    let times: Vec<Value> = sla["priorities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let seconds = |field: &str| row[field].as_f64().unwrap() as i64;
            json!([
                row["priority"],
                seconds("response_time"),
                seconds("resolution_time"),
                row["default_priority"]
            ])
        })
        .collect();
    assert_eq!(
        times,
        [
            json!(["Low", 24 * 3600, 72 * 3600, 0]),
            json!(["Medium", 8 * 3600, 24 * 3600, 1]),
            json!(["High", 3600, 4 * 3600, 0]),
            json!(["Urgent", 1800, 2 * 3600, 0]),
        ]
    );
    let days: Vec<Value> = sla["support_and_resolution"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["workday"], row["start_time"], row["end_time"]]))
        .collect();
    let days_wanted = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];
    assert_eq!(days, days_wanted.map(|day| json!([day, "10:00:00", "18:00:00"])));
    let holidays = document(&site, "HD Service Holiday List", "Default");
    let (from, to) = (
        holidays["from_date"].as_str().unwrap(),
        holidays["to_date"].as_str().unwrap(),
    );
    assert!(from.ends_with("-01-01") && to.ends_with("-01-01"), "{from} {to}");
    let year = |date: &str| date[..4].parse::<i64>().unwrap();
    assert_eq!(year(to), year(from) + 1);
    assert_eq!(holidays["holidays"], json!([]));
}

#[test]
fn teams_and_rules() {
    let site = TestSite::start();

    let rules: Vec<Value> = ["Billing", "Product Experts"]
        .map(|team| json!([team, format!("{team} - Support Rotation")]))
        .into();
    assert_eq!(
        rows(&site, "HD Team", &["name", "assignment_rule"], "name asc"),
        rules
    );
    let rule = document(&site, "Assignment Rule", "Billing - Support Rotation");
    for (field, value) in [
        ("document_type", json!("HD Ticket")),
        ("priority", json!(1)),
        ("disabled", json!(0)),
        ("rule", json!("Round Robin")),
        (
            "assign_condition",
            json!("status == 'Open' and agent_group == 'Billing'"),
        ),
        ("unassign_condition", json!("agent_group != 'Billing'")),
        ("users", json!([])),
    ] {
        assert_eq!(rule[field], value, "{field}");
    }
    let json_of = |field: &str| serde_json::from_str::<Value>(rule[field].as_str().unwrap()).unwrap();
    assert_eq!(
        json_of("assign_condition_json"),
        json!([["status", "==", "Open"], "and", ["agent_group", "==", "Billing"]])
    );
    assert_eq!(
        json_of("unassign_condition_json"),
        json!([["agent_group", "!=", "Billing"]])
    );
    assert_eq!(rule["assignment_days"].as_array().unwrap().len(), 7);
    let base = document(&site, "Assignment Rule", "Support Rotation");
    assert_eq!((&base["priority"], &base["disabled"]), (&json!(0), &json!(1)));
    assert_eq!(base["assign_condition"], "status == 'Open'");
    assert_eq!(base["assignment_days"].as_array().unwrap().len(), 7);
    let settings = document(&site, "HD Settings", "HD Settings");
    assert_eq!(settings["base_support_rotation"], "Support Rotation");
}

#[test]
fn kinds_articles_and_answers() {
    let site = TestSite::start();

    let kinds = rows(&site, "HD Ticket Type", &["name", "is_system"], "name asc");
    assert_eq!(
        kinds,
        [
            json!(["Bug", 0]),
            json!(["Incident", 0]),
            json!(["Question", 0]),
            json!(["Unspecified", 1])
        ]
    );
    assert_eq!(
        document(&site, "HD Ticket Template", "Default")["fields"],
        json!([])
    );
    assert_eq!(
        rows(&site, "HD Article Category", &["category_name"], "name asc"),
        [json!(["General"])]
    );
    assert_eq!(
        rows(&site, "HD Article", &["title", "status"], "name asc"),
        [json!(["Introduction", "Draft"])]
    );
    let options = rows(
        &site,
        "HD Ticket Feedback Option",
        &["rating", "disabled"],
        "rating asc",
    );
    let wanted: Vec<Value> = [0.2, 0.2, 0.4, 0.4, 0.6, 0.6, 0.8, 0.8, 1.0, 1.0]
        .map(|rating| json!([rating, 0]))
        .into();
    assert_eq!(options, wanted);
    let folder = document(&site, "File", "Home/Helpdesk");
    assert_eq!(
        (&folder["is_folder"], &folder["folder"]),
        (&json!(1), &json!("Home"))
    );
}

#[test]
fn the_welcome_ticket() {
    let site = TestSite::start();
    let tickets = rows(
        &site,
        "HD Ticket",
        &[
            "subject",
            "raised_by",
            "contact",
            "via_customer_portal",
            "_assign",
        ],
        "name asc",
    );

    assert_eq!(
        tickets,
        [json!([
            "Welcome to Helpdesk",
            "john@example.com",
            "John Doe",
            1,
            "[\"Administrator\"]"
        ])]
    );
    assert_eq!(
        document(&site, "Contact", "John Doe")["email_id"],
        "john@example.com"
    );
}

#[test]
fn the_standard_views() {
    let site = TestSite::start();
    let fields = [
        "name",
        "label",
        "icon",
        "order_by",
        "dt",
        "type",
        "is_standard",
        "public",
        "is_default",
        "pinned",
        "route_name",
        "user",
    ];
    let view = |name: &str, label: &str, icon: &str, order: &str| {
        json!([
            name,
            label,
            icon,
            order,
            "HD Ticket",
            "list",
            1,
            1,
            0,
            0,
            "TicketsAgent",
            "Administrator"
        ])
    };

    assert_eq!(
        rows(&site, "HD View", &fields, "name asc"),
        [
            view(
                "STD-VIEW-ALL-FEEDBACK",
                "My Feedback",
                "star",
                "feedback_rating desc"
            ),
            view(
                "STD-VIEW-PENDING-TICKETS",
                "Pending Tickets",
                "hourglass",
                "last_customer_response asc"
            ),
            view(
                "STD-VIEW-RECENTLY-ASSIGNED-TICKETS",
                "Recently Assigned Tickets",
                "user-check",
                "creation desc"
            ),
            view(
                "STD-VIEW-SLA-ALERTS",
                "SLA Alerts",
                "clock-alert",
                "response_by asc"
            ),
        ]
    );
    let parsed = |name: &str, field: &str| -> Value {
        serde_json::from_str(document(&site, "HD View", name)[field].as_str().unwrap()).unwrap()
    };
    let keys = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    for (name, wanted) in [
        (
            "STD-VIEW-SLA-ALERTS",
            &[
                "sla",
                "agreement_status",
                "status_category",
                "_assign",
                "creation",
            ][..],
        ),
        (
            "STD-VIEW-RECENTLY-ASSIGNED-TICKETS",
            &["__assigned_on", "status_category", "_assign"],
        ),
        (
            "STD-VIEW-PENDING-TICKETS",
            &["_assign", "status_category", "last_customer_response", "creation"],
        ),
        ("STD-VIEW-ALL-FEEDBACK", &["_assign", "feedback_rating"]),
    ] {
        assert_eq!(keys(&parsed(name, "filters")), wanted, "{name}");
    }
    let columns = |name: &str| -> Vec<String> {
        let columns = parsed(name, "columns");
        columns
            .as_array()
            .unwrap()
            .iter()
            .map(|column| column["key"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        columns("STD-VIEW-ALL-FEEDBACK"),
        [
            "name",
            "subject",
            "feedback_rating",
            "contact",
            "feedback",
            "feedback_extra",
            "response_by",
            "resolution_by"
        ]
    );
    assert_eq!(columns("STD-VIEW-SLA-ALERTS").len(), 13);
    assert_eq!(parsed("STD-VIEW-SLA-ALERTS", "columns")[0]["width"], "5rem");
    let rows_of = parsed("STD-VIEW-ALL-FEEDBACK", "rows");
    assert_eq!(rows_of.as_array().unwrap().len(), 14);
}

#[test]
fn roles_rights_and_settings() {
    let site = TestSite::start();

    for (role, desk, home) in [
        ("Agent", 1, Value::Null),
        ("Agent Manager", 1, Value::Null),
        ("HD Customer", 0, json!("/helpdesk")),
        ("HD Customer Manager", 0, json!("/helpdesk")),
    ] {
        let shown = document(&site, "Role", role);
        assert_eq!(
            (&shown["desk_access"], &shown["home_page"]),
            (&json!(desk), &home),
            "{role}"
        );
    }
    let portal = document(&site, "Portal Settings", "Portal Settings");
    assert_eq!(portal["default_role"], "HD Customer");
    assert_eq!(portal["default_portal_home"], "/helpdesk");

    let (agent, manager) = ("Agent", "Agent Manager");
    for (role, doctype, rights) in [
        (agent, "File", &["read"][..]),
        (agent, "Contact", &["read"]),
        (agent, "Email Account", &["read"]),
        (agent, "Communication", &["read"]),
        (manager, "User Invitation", &["read", "create", "write"]),
        (manager, "Role", &["read"]),
        (manager, "Assignment Rule", &["read", "create", "write", "delete"]),
        (manager, "Email Account", &["read", "create", "write", "delete"]),
        (manager, "File", &["read", "create", "write", "delete"]),
        (
            manager,
            "Contact",
            &["read", "create", "write", "delete", "select"],
        ),
        (manager, "Communication", &["read", "create", "write", "delete"]),
        (
            "System Manager",
            "Website Settings",
            &["read", "create", "write", "delete"],
        ),
    ] {
        let args = json!({
            "filters": { "parent": doctype, "role": role, "permlevel": 0 },
            "fields": ["read", "write", "create", "delete", "select", "export"],
        });
        let found = site.admin().list("Custom DocPerm", args).ok();
        let row = &found.data()[0];
        for right in rights.iter().chain(&["export"]) {
            assert_eq!(row[right], 1, "{role} {right} {doctype}: {row}");
        }
    }

    let settings = document(&site, "HD Settings", "HD Settings");
    for (field, value) in [
        ("default_ticket_status", json!("Open")),
        ("ticket_reopen_status", json!("Open")),
        ("auto_set_customer_from_contact", json!(1)),
        ("is_feedback_mandatory", json!(1)),
        ("enable_reply_email_via_agent", json!(1)),
        ("enable_reply_email_to_agent", json!(1)),
        ("auto_close_after_days", json!(14)),
    ] {
        assert_eq!(settings[field], value, "{field}");
    }
    for off in [
        "auto_close_tickets",
        "auto_update_status",
        "send_acknowledgement_email",
        "enable_email_ticket_feedback",
        "skip_email_workflow",
        "instantly_send_email",
        "restrict_tickets_by_agent_group",
        "do_not_restrict_tickets_without_an_agent_group",
        "assign_within_team",
        "enable_comment_reactions",
        "enable_outside_hours_banner",
        "allow_anyone_to_create_tickets",
        "persona_captured",
        "show_customer_portal_permission_notice",
    ] {
        assert_eq!(settings[off], 0, "{off}");
    }
    for unset in ["default_ticket_type", "default_priority"] {
        assert!(settings[unset].as_str().is_none_or(str::is_empty), "{unset}");
    }
}

#[test]
fn fields_and_properties_of_other_apps() {
    let site = TestSite::start();

    let fields = ["dt", "fieldname", "fieldtype", "options"];
    let custom = rows(&site, "Custom Field", &fields, "name asc");
    for wanted in [
        json!(["Assignment Rule", "assign_condition_json", "Code", null]),
        json!(["Assignment Rule", "unassign_condition_json", "Code", null]),
        json!(["User Invitation", "contact", "Link", "Contact"]),
        json!(["User Invitation", "customer", "Link", "HD Customer"]),
    ] {
        let known = custom
            .iter()
            .any(|row| row[0] == wanted[0] && row[1] == wanted[1] && row[2] == wanted[2]);
        assert!(known, "{wanted}: {custom:?}");
    }
    let properties = rows(
        &site,
        "Property Setter",
        &["doc_type", "field_name", "property", "value"],
        "name asc",
    );
    let known = |doctype: &str, field: Value, property: &str| {
        properties
            .iter()
            .any(|row| row[0] == doctype && row[1] == field && row[2] == property)
    };
    assert!(known("Contact", Value::Null, "search_fields"), "{properties:?}");
    for field in ["assign_condition", "unassign_condition"] {
        assert!(
            known("Assignment Rule", json!(field), "depends_on"),
            "{properties:?}"
        );
    }
    let forms = rows(
        &site,
        "Web Form",
        &["name", "route", "doc_type", "published", "login_required"],
        "name asc",
    );
    assert_eq!(
        forms,
        [
            json!(["email-feedback", "ticket-feedback", "HD Email Feedback", 1, 0]),
            json!(["tickets", "tickets", "HD Ticket", 0, 1]),
        ]
    );
}
