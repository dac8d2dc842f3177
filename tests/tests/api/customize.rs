//! A site changes its DocTypes while it is served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helpdesk_core::install::put;
use helpdesk_core::method::Verb;
use helpdesk_core::session::Session;
use helpdesk_core::site::{OpenMode, Opening, Site};
use helpdesk_tests::{Reply, TestSite};
use serde_json::{Value, json};

fn add(site: &TestSite, values: Value) -> Reply {
    let mut all = json!({ "doctype": "Custom Field", "dt": "HD Ticket", "fieldtype": "Data" });
    for (key, value) in values.as_object().unwrap() {
        all[key] = value.clone();
    }
    site.admin().call("frappe.client.insert", json!({ "doc": all }))
}

fn field<'a>(record: &'a Value, name: &str) -> &'a Value {
    let fields = record["fields"].as_array().unwrap();
    fields
        .iter()
        .find(|field| field["fieldname"] == name)
        .unwrap_or(&Value::Null)
}

/// The DocType as both metadata routes tell it.
fn shown(site: &TestSite, doctype: &str) -> [Value; 2] {
    let v2 = site
        .admin()
        .get(&format!("/api/v2/doctype/{}/meta", doctype.replace(' ', "%20")))
        .ok();
    let form = site
        .admin()
        .call_get("frappe.desk.form.load.getdoctype", json!({ "doctype": doctype }))
        .ok();
    [v2.json["data"].clone(), form.json["docs"][0].clone()]
}

#[test]
fn a_custom_field_is_used_by_the_next_request() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    let made = add(
        &site,
        json!({ "label": "Serial", "insert_after": "subject", "in_list_view": 1 }),
    )
    .ok();
    assert_eq!(made.message()["name"], "HD Ticket-custom_serial");
    let ticket = ada
        .insert("HD Ticket", json!({ "subject": "Broken", "custom_serial": "X7" }))
        .ok();
    let name = ticket.data()["name"].as_str().unwrap();
    let list = ada
        .list(
            "HD Ticket",
            json!({ "fields": json!(["name", "custom_serial"]).to_string(), "filters": json!({ "custom_serial": "X7" }).to_string() }),
        )
        .ok();
    assert_eq!(list.data(), &json!([{ "name": name, "custom_serial": "X7" }]));
    assert_eq!(ada.read("HD Ticket", name).ok().data()["custom_serial"], "X7");
    for record in shown(&site, "HD Ticket") {
        assert_eq!(field(&record, "custom_serial")["is_custom_field"], 1);
        assert_eq!(field(&record, "custom_serial")["in_list_view"], 1);
        let at = |name: &str| field(&record, name)["idx"].as_i64().unwrap();
        assert_eq!(at("custom_serial"), at("subject") + 1);
    }

    let gone = site.admin().remove("Custom Field", "HD Ticket-custom_serial");
    assert_eq!(gone.status, 202);
    let read = ada.read("HD Ticket", name).ok();
    assert!(read.data().get("custom_serial").is_none());
    let filtered = ada.list(
        "HD Ticket",
        json!({ "filters": json!({ "custom_serial": "X7" }).to_string() }),
    );
    assert_eq!(filtered.status, 417, "{filtered:?}");
    for record in shown(&site, "HD Ticket") {
        assert_eq!(field(&record, "custom_serial"), &Value::Null);
    }
}

#[test]
fn what_is_no_field_is_refused_over_http_and_leaves_no_trace() {
    let site = TestSite::start();
    let before = shown(&site, "HD Ticket");

    for (values, names) in [
        (
            json!({ "label": "x", "fieldname": "a\"; DROP TABLE \"tabHD Ticket\"; --" }),
            "special characters",
        ),
        (json!({ "label": "x", "fieldname": "subject" }), "subject"),
        (json!({ "label": "x", "fieldname": "modified" }), "modified"),
        (
            json!({ "label": "x", "fieldtype": "Link", "options": "No Such" }),
            "No Such",
        ),
        (json!({ "label": "x", "fieldtype": "No Such" }), "No Such"),
        (json!({ "label": "x", "insert_after": "nowhere" }), "nowhere"),
        (json!({ "label": "x", "dt": "No Such" }), "No Such"),
        (json!({}), "Label"),
    ] {
        let reply = add(&site, values).status(417);
        assert!(reply.text.contains(names), "{names} in {reply:?}");
    }
    let agent = site.agent("ada@desk.example");
    let refused = agent.insert("Custom Field", json!({ "dt": "HD Ticket", "label": "x" }));
    assert_eq!(refused.status, 403);

    let after = shown(&site, "HD Ticket");
    assert_eq!(after[0], before[0]);
    assert_eq!(
        site.value("Custom Field", "HD Ticket-custom_x", "name"),
        Value::Null
    );
}

#[test]
fn many_fields_come_in_one_request_or_none() {
    let site = TestSite::start();
    let doc = |label: String| json!({ "doctype": "Custom Field", "dt": "HD Ticket", "label": label, "fieldtype": "Data" });
    let mut docs: Vec<Value> = (0..20).map(|i| doc(format!("Mass {i}"))).collect();
    docs.push(doc("Subject--".to_owned()));
    docs.push(doc("Mass 3".to_owned()));

    let refused = site
        .admin()
        .call("frappe.client.insert_many", json!({ "docs": docs }))
        .status(417);
    assert!(refused.text.contains("custom_mass_3"), "{refused:?}");
    assert_eq!(
        field(&shown(&site, "HD Ticket")[0], "custom_mass_0"),
        &Value::Null
    );
    docs.pop();
    site.admin()
        .call("frappe.client.insert_many", json!({ "docs": docs }))
        .ok();
    assert_ne!(
        field(&shown(&site, "HD Ticket")[0], "custom_mass_19"),
        &Value::Null
    );
}

#[test]
fn a_property_setter_changes_what_the_next_request_meets() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let set = |property: &str, value: Value| {
        site.admin()
            .insert(
                "Property Setter",
                json!({
                    "doctype_or_field": "DocField", "doc_type": "HD Ticket Type", "field_name": "description",
                    "property": property, "value": value,
                }),
            )
            .ok()
    };

    set("reqd", json!(1));
    set("label", json!("What for"));
    set("hidden", json!("0"));
    let refused = ada.insert("HD Ticket Type", json!({ "name": "Odd" })).status(417);
    assert_eq!(refused.exc_type(), "MandatoryError");
    assert!(refused.text.contains("What for"), "{refused:?}");
    for record in shown(&site, "HD Ticket Type") {
        let description = field(&record, "description");
        assert_eq!(
            (&description["reqd"], &description["label"]),
            (&json!(1), &json!("What for"))
        );
    }
    for property in ["reqd", "label"] {
        let gone = site.admin().remove(
            "Property Setter",
            &format!("HD Ticket Type-description-{property}"),
        );
        assert_eq!(gone.status, 202);
    }
    ada.insert("HD Ticket Type", json!({ "name": "Odd" })).ok();
}

#[test]
fn a_property_setter_changes_a_doctypes_links_and_states() {
    let site = TestSite::start();
    let set = |of: &str, doctype: &str, row: &str, property: &str, value: Value| {
        site.admin().insert(
            "Property Setter",
            json!({
                "doctype_or_field": of, "doc_type": doctype, "row_name": row, "property": property, "value": value,
            }),
        )
    };
    let first = |list: &str, doctype: &str| shown(&site, doctype).map(|record| record[list][0].clone());
    let before = first("links", "User");

    let made = set("DocType Link", "User", "User-links-1", "hidden", json!(1)).ok();
    assert_eq!(made.data()["name"], "User-User-links-1-hidden");
    set("DocType Link", "User", "User-links-1", "group", json!("People")).ok();
    set(
        "DocType State",
        "User Invitation",
        "User Invitation-states-1",
        "color",
        json!("Blue"),
    )
    .ok();
    for (row, before) in first("links", "User").into_iter().zip(&before) {
        assert_eq!((&row["hidden"], &row["group"]), (&json!(1), &json!("People")));
        assert_eq!(
            (&row["name"], &row["link_doctype"]),
            (&before["name"], &before["link_doctype"])
        );
    }
    for row in first("states", "User Invitation") {
        assert_eq!(row["color"], "Blue");
    }

    for (of, row, property, value) in [
        ("DocType Link", "User-links-99", "hidden", json!(1)),
        ("DocType Action", "User-actions-1", "hidden", json!(1)),
        ("DocType Link", "User-links-1", "name", json!("x")),
        ("DocType Link", "User-links-1", "hidden", json!("perhaps")),
        ("DocType Link", "User-links-1", "link_doctype", json!("No Such")),
        ("DocType Link", "User-links-1", "link_fieldname", json!("")),
    ] {
        let refused = set(of, "User", row, property, value);
        assert_eq!(refused.status, 417, "{of} {row} {property}: {refused:?}");
    }
    let gone = site.admin().remove("Property Setter", "User-User-links-1-hidden");
    assert_eq!(gone.status, 202);
    for row in first("links", "User") {
        assert_eq!((&row["hidden"], &row["group"]), (&json!(0), &json!("People")));
    }
}

#[test]
fn a_link_that_a_property_setter_turns_elsewhere_holds_documents_there() {
    let site = TestSite::start();
    site.insert("HD Ticket Type", json!({ "name": "Odd" }));
    site.insert("HD Ticket Priority", json!({ "name": "Odd", "integer_value": 9 }));
    add(
        &site,
        json!({ "dt": "HD Ticket Feedback Option", "label": "About", "fieldtype": "Link", "options": "HD Ticket Type" }),
    )
    .ok();
    site.insert(
        "HD Ticket Feedback Option",
        json!({ "label": "Fine", "rating": 1.0, "custom_about": "Odd" }),
    );

    let held = site.admin().remove("HD Ticket Type", "Odd").status(417);
    assert_eq!(held.exc_type(), "LinkExistsError");
    site.admin()
        .insert(
            "Property Setter",
            json!({
                "doctype_or_field": "DocField", "doc_type": "HD Ticket Feedback Option", "field_name": "custom_about",
                "property": "options", "value": "HD Ticket Priority",
            }),
        )
        .ok();
    assert_eq!(site.admin().remove("HD Ticket Type", "Odd").status, 202);
    let held = site.admin().remove("HD Ticket Priority", "Odd").status(417);
    assert_eq!(held.exc_type(), "LinkExistsError");
}

#[test]
fn a_permission_rule_changes_who_may_do_what() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    ada.insert("HD Ticket Type", json!({ "name": "Odd" })).ok();

    let rule = site
        .admin()
        .insert(
            "Custom DocPerm",
            json!({ "parent": "HD Ticket Type", "role": "System Manager", "read": 1, "write": 1, "create": 1 }),
        )
        .ok();
    assert_eq!(ada.read("HD Ticket Type", "Odd").status, 403);
    assert_eq!(
        ada.insert("HD Ticket Type", json!({ "name": "Even" })).status,
        403
    );
    for record in shown(&site, "HD Ticket Type") {
        let rules = record["permissions"].as_array().unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0]["role"], "System Manager");
    }
    let name = rule.data()["name"].as_str().unwrap().to_owned();
    assert_eq!(site.admin().remove("Custom DocPerm", &name).status, 202);
    ada.read("HD Ticket Type", "Odd").ok();
}

#[test]
fn another_process_on_the_site_is_followed() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    ada.read("User", "ada@desk.example");
    // A second site object on the same database, as a command beside the server has it.
    let other = Site::open(Opening {
        folder: site.folder().to_owned(),
        config: site.site().config.clone(),
        clock: Some(site.site().clock.clone()),
        mode: OpenMode::Beside,
    })
    .unwrap();
    let mut cx = other
        .context(Arc::new(Session::administrator()), Verb::Post)
        .unwrap();
    put(
        &mut cx,
        "Custom Field",
        json!({ "dt": "HD Ticket", "label": "Beside", "fieldtype": "Data" }),
    )
    .unwrap();
    other.finish(cx).unwrap();

    let begin = Instant::now();
    loop {
        let ticket = ada
            .insert("HD Ticket", json!({ "subject": "a", "custom_beside": "here" }))
            .ok();
        if ticket.data()["custom_beside"] == "here" {
            break;
        }
        assert!(begin.elapsed().as_secs() < 20, "the server does not notice");
        std::thread::sleep(Duration::from_millis(200));
    }
}
