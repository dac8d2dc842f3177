//! Rules of the smaller DocTypes: views, presence, templates, ratings, who may open tickets.

use helpdesk_tests::TestSite;
use serde_json::{Value, json};

#[test]
fn a_view_is_default_once_and_pinned_or_public() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let view = |more: Value| {
        let mut values = json!({ "label": "V", "dt": "HD Ticket", "type": "list", "user": ada.id() });
        values
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().cloned().unwrap());
        ada.insert("HD View", values)
    };
    let shown = |name: &str| {
        (
            site.value("HD View", name, "pinned"),
            site.value("HD View", name, "public"),
        )
    };

    view(json!({ "is_default": 1 })).ok();
    let reply = view(json!({ "is_default": 1 }));
    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
    view(json!({ "is_default": 1, "dt": "Contact" })).ok();

    let both = view(json!({ "pinned": 1, "public": 1, "is_standard": 1 })).ok();
    let name = both.data()["name"].as_str().unwrap().to_owned();
    assert_eq!(shown(&name), (json!(0), json!(0)));
    assert_eq!(site.value("HD View", &name, "is_standard"), 0);
    ada.update("HD View", &name, json!({ "pinned": 1 })).ok();
    ada.update("HD View", &name, json!({ "public": 1 })).ok();
    assert_eq!(shown(&name), (json!(0), json!(1)));
    ada.update("HD View", &name, json!({ "pinned": 1 })).ok();
    assert_eq!(shown(&name), (json!(1), json!(0)));
}

#[test]
fn standard_views_stay() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    assert_eq!(site.value("HD View", "STD-VIEW-SLA-ALERTS", "is_standard"), 1);
    let reply = ada.remove("HD View", "STD-VIEW-SLA-ALERTS");
    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
}

#[test]
fn one_status_of_presence_stays_active() {
    let site = TestSite::start();
    let admin = site.admin();
    let status = |name: &str, category: Value| {
        admin.insert(
            "HD Agent Status",
            json!({ "agent_status": name, "category": category, "enable": 1 }),
        )
    };

    for change in [json!({ "enable": 0 }), json!({ "category": "Away" })] {
        let reply = admin.update("HD Agent Status", "Active", change);
        assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
    }
    admin.remove("HD Agent Status", "Active").status(417);
    assert_eq!(
        status("Active", json!("Active")).exc_type(),
        "DuplicateEntryError"
    );
    assert_eq!(status("Nope", json!("Nope")).exc_type(), "ValidationError");
    assert_eq!(status("Blank", json!("")).exc_type(), "MandatoryError");
    status("Here", json!("Active")).ok();
    admin
        .update("HD Agent Status", "Active", json!({ "enable": 0 }))
        .ok();
    admin.remove("HD Agent Status", "Here").status(417);
    admin
        .update("HD Agent Status", "Active", json!({ "enable": 1 }))
        .ok();
    let ada = site.agent("ada@desk.example");
    ada.call(
        "helpdesk.api.agent.set_my_availability",
        json!({ "availability": "Away" }),
    )
    .ok();
    admin
        .call(
            "frappe.client.rename_doc",
            json!({ "doctype": "HD Agent Status", "old_name": "Away", "new_name": "Gone" }),
        )
        .ok();
    assert_eq!(site.value("HD Agent", ada.id(), "availability"), "Gone");
}

#[test]
fn templates_ask_for_fields_of_tickets() {
    let site = TestSite::start();
    let admin = site.admin();
    let fields = |name: &str| json!({ "fields": [{ "fieldname": name }] });

    for name in ["nothing", "status", "agreement_status", "' OR 1=1 --"] {
        let reply = admin.update("HD Ticket Template", "Default", fields(name));
        assert_eq!(
            (reply.status, reply.exc_type()),
            (417, "ValidationError"),
            "{name}"
        );
    }
    admin
        .update("HD Ticket Template", "Default", fields("priority"))
        .ok();
    let reply = admin.remove("HD Ticket Template", "Default");
    assert_eq!((reply.status, reply.exc_type()), (403, "PermissionError"));
}

#[test]
fn each_number_of_stars_keeps_an_answer() {
    let site = TestSite::start();
    let admin = site.admin();
    let args = json!({ "filters": { "rating": 0.2 }, "fields": ["name"] });
    let reply = admin.list("HD Ticket Feedback Option", args).ok();
    let options: Vec<&str> = reply
        .data()
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["name"].as_str())
        .collect();
    assert_eq!(options.len(), 2);

    for rating in [0.0, 0.3, 1.2] {
        let values = json!({ "label": "Odd", "rating": rating });
        admin.insert("HD Ticket Feedback Option", values).status(417);
    }
    admin
        .update("HD Ticket Feedback Option", options[0], json!({ "disabled": 1 }))
        .ok();
    let reply = admin.update("HD Ticket Feedback Option", options[1], json!({ "disabled": 1 }));
    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
}

#[test]
fn guests_open_tickets_where_the_settings_say_so() {
    let site = TestSite::start();
    let guest = site.guest();
    let admin = site.admin();
    let open = || {
        guest.insert(
            "HD Ticket",
            json!({ "subject": "Hello", "description": "x", "raised_by": "g@x.example" }),
        )
    };

    open().status(403);
    admin
        .update(
            "HD Settings",
            "HD Settings",
            json!({ "allow_anyone_to_create_tickets": 1 }),
        )
        .ok();
    let reply = open().ok();
    let name = reply.data()["name"].as_str().unwrap().to_owned();
    assert_eq!(site.value("HD Ticket", &name, "raised_by"), "g@x.example");
    // All guests are one user: none sees what another one wrote.
    assert!(matches!(guest.read("HD Ticket", &name).status, 403 | 404));
    let listed = guest.list("HD Ticket", json!({}));
    assert!(listed.status == 403 || listed.data() == &json!([]), "{listed:?}");
    assert!(matches!(
        guest.update("HD Ticket", &name, json!({ "subject": "x" })).status,
        403 | 404
    ));
    // Those who had rights keep them.
    let ada = site.agent("ada@desk.example");
    ada.read("HD Ticket", &name).ok();

    admin
        .update(
            "HD Settings",
            "HD Settings",
            json!({ "allow_anyone_to_create_tickets": 0 }),
        )
        .ok();
    open().status(403);
    ada.read("HD Ticket", &name).ok();
}

#[test]
fn the_status_closed_keeps_its_name() {
    let site = TestSite::start();
    let rename = |old: &str, new: &str| {
        site.admin().call(
            "frappe.client.rename_doc",
            json!({ "doctype": "HD Ticket Status", "old_name": old, "new_name": new }),
        )
    };

    let reply = rename("Closed", "Done");
    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
    rename("Replied", "Answered").ok();
    assert_eq!(site.value("HD Ticket Status", "Answered", "category"), "Paused");
}

#[test]
fn the_app_is_for_agents_and_customers() {
    let site = TestSite::start();
    let shows = |user: &helpdesk_tests::TestUser| {
        let reply = user.call("frappe.apps.get_apps", json!({})).ok();
        reply
            .message()
            .as_array()
            .unwrap()
            .iter()
            .any(|app| app["name"] == "helpdesk")
    };

    for user in [
        site.admin(),
        site.agent("ada@desk.example"),
        site.agent_manager("maya@desk.example"),
        site.customer("carl@acme.example"),
    ] {
        assert!(shows(&user), "{user:?}");
    }
    assert!(!shows(&site.user_with("paul@x.example", "Website User", &[])));
}

#[test]
fn assignments_lead_to_the_ticket_s_page() {
    let site = TestSite::builder()
        .config(|config| config.host_name = "https://help.example/".to_owned())
        .start();
    let ada = site.agent("ada@desk.example");
    let log = |kind: &str| {
        let values = json!({
            "subject": "x", "for_user": ada.id(), "type": kind, "document_type": "HD Ticket", "document_name": "0042",
        });
        let name = site.insert("Notification Log", values);
        site.value("Notification Log", &name, "link")
    };

    assert_eq!(log("Assignment"), "https://help.example/helpdesk/tickets/0042");
    assert_eq!(log("Mention"), Value::Null);
}

#[test]
fn each_category_keeps_a_status() {
    let site = TestSite::start();
    let admin = site.admin();
    let change = |status: &str, values: Value| {
        let reply = admin.update("HD Ticket Status", status, values);
        (reply.status, reply.exc_type().to_owned())
    };
    let refused = (417, "ValidationError".to_owned());

    assert_eq!(change("Open", json!({ "category": "Paused" })), refused);
    assert_eq!(change("Replied", json!({ "enabled": 0 })), refused);
    assert_eq!(
        change("Resolved", json!({ "enabled": 0 })),
        refused,
        "Closed does not count"
    );
    assert_eq!(change("Closed", json!({})), refused, "saved as it is");
    assert_eq!(change("Closed", json!({ "enabled": 0 })), refused);
    assert_eq!(change("Closed", json!({ "color": "Red" })).0, 200);
    let new = json!({ "label_agent": "New", "category": "Open", "color": "Blue", "enabled": 1 });
    admin.insert("HD Ticket Status", new).ok();
    assert_eq!(
        change("Open", json!({ "enabled": 0 })),
        refused,
        "tickets begin in it"
    );
    assert_eq!(change("New", json!({ "enabled": 0 })).0, 200);
}
