//! Links to documents that the caller may not see: answered like links to documents that don't exist.

use helpdesk_core::doctype::storage;
use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

/// What a refusal tells, the name that was asked for left out.
fn told(reply: &Reply, name: &str) -> (u16, String, Vec<String>) {
    let messages = reply
        .messages()
        .iter()
        .map(|text| text.replace(name, "…"))
        .collect();
    (reply.status, reply.exc_type().to_owned(), messages)
}

/// Saves once with a hidden document and once with a missing one: refused alike, and nothing is changed.
fn refused_alike(hidden: &str, missing: &str, exc_type: &str, save: impl Fn(&str) -> Reply) {
    let reply = save(hidden);
    assert!(reply.status == 403 || reply.status == 417, "{reply:?}");
    assert_eq!(reply.exc_type(), exc_type, "{reply:?}");
    assert_eq!(told(&reply, hidden), told(&save(missing), missing), "{hidden}");
}

fn confine(site: &TestSite, user: &TestUser, doctype: &str, name: &str) {
    site.insert(
        "User Permission",
        json!({ "user": user.id(), "allow": doctype, "for_value": name, "apply_to_all_doctypes": 1 }),
    );
}

#[test]
fn user_permissions_hide_what_a_ticket_may_not_link_to() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.organisation("Acme").create();
    site.organisation("Globex").create();
    confine(&site, &ada, "HD Customer", "Acme");
    let ticket = site.ticket().organisation("Acme").create().name;
    let modified = site.value("HD Ticket", &ticket, "modified");

    refused_alike("Globex", "Nobody", "LinkValidationError", |customer| {
        ada.update("HD Ticket", &ticket, json!({ "customer": customer }))
    });
    refused_alike("Globex", "Nobody", "LinkValidationError", |customer| {
        ada.call(
            "frappe.client.set_value",
            json!({ "doctype": "HD Ticket", "name": ticket, "fieldname": "customer", "value": customer }),
        )
    });
    let tickets = site.count("HD Ticket");
    refused_alike("Globex", "Nobody", "PermissionError", |customer| {
        ada.insert("HD Ticket", json!({ "subject": "x", "customer": customer }))
    });

    assert_eq!(site.count("HD Ticket"), tickets);
    assert_eq!(site.value("HD Ticket", &ticket, "customer"), "Acme");
    assert_eq!(site.value("HD Ticket", &ticket, "modified"), modified);
    ada.update("HD Ticket", &ticket, json!({ "customer": "ACME" }))
        .ok();
    assert_eq!(site.value("HD Ticket", &ticket, "customer"), "Acme");
}

#[test]
fn an_apps_rule_hides_foreign_tickets_and_customers() {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "auto_set_customer_from_contact": 0 }));
    let (carl, dina) = (
        site.customer("carl@acme.example"),
        site.customer("dina@globex.example"),
    );
    site.organisation("Acme").member(&carl).create();
    site.organisation("Globex").member(&dina).create();
    let foreign = site.ticket().create_as(&dina).name;
    let own = site.ticket().create_as(&carl).name;

    for field in ["merged_with", "ticket_split_from"] {
        refused_alike(&foreign, "9999", "LinkValidationError", |name| {
            carl.insert("HD Ticket", json!({ "subject": "x", field: name }))
        });
    }
    refused_alike("Globex", "Nobody", "LinkValidationError", |customer| {
        carl.insert("HD Ticket", json!({ "subject": "x", "customer": customer }))
    });
    carl.insert(
        "HD Ticket",
        json!({ "subject": "x", "customer": "Acme", "ticket_split_from": own }),
    )
    .ok();
}

#[test]
fn a_ticket_s_contact_and_customer_are_refused_in_the_portal_s_words() {
    let site = TestSite::start();
    let (carl, dina) = (
        site.customer("carl@acme.example"),
        site.customer("dina@globex.example"),
    );
    site.organisation("Acme").member(&carl).create();
    site.organisation("Globex").member(&dina).create();
    let contact_of = |user: &TestUser| {
        let rows = site.admin().list(
            "Contact",
            json!({ "filters": json!({ "user": user.id() }).to_string() }),
        );
        rows.data()[0]["name"].as_str().unwrap().to_owned()
    };

    refused_alike(&contact_of(&dina), "Nobody", "PermissionError", |contact| {
        carl.insert("HD Ticket", json!({ "subject": "x", "contact": contact }))
    });
    refused_alike("Globex", "Nobody", "ValidationError", |customer| {
        carl.insert("HD Ticket", json!({ "subject": "x", "customer": customer }))
    });
    // One's own contact is one's own, whoever made it.
    let own = contact_of(&carl);
    assert_ne!(site.value("Contact", &own, "owner"), carl.id());
    carl.insert(
        "HD Ticket",
        json!({ "subject": "x", "contact": own, "customer": "Acme" }),
    )
    .ok();
}

#[test]
fn owner_rules_hide_others_contacts_from_the_rows_of_a_customer() {
    let site = TestSite::start();
    let maya = site.customer("maya@acme.example");
    let (carl, dina) = (
        site.customer("carl@acme.example"),
        site.customer("dina@globex.example"),
    );
    site.organisation("Acme").manager(&maya).member(&carl).create();
    site.organisation("Globex").member(&dina).create();
    let rows = |of: &str| -> Vec<Value> {
        let customer = site.admin().read("HD Customer", of).ok();
        customer.data()["contacts"].as_array().unwrap().clone()
    };
    let foreign = rows("Globex")[0]["contact_name"].as_str().unwrap().to_owned();
    let stored = rows("Acme");

    refused_alike(&foreign, "Nobody", "LinkValidationError", |contact| {
        let mut rows = stored.clone();
        rows.push(json!({ "contact_name": contact }));
        maya.update("HD Customer", "Acme", json!({ "contacts": rows }))
    });
    // Of a stored row, too, which then leads elsewhere.
    refused_alike(&foreign, "Nobody", "LinkValidationError", |contact| {
        let mut rows = stored.clone();
        rows[1]["contact_name"] = contact.into();
        maya.update("HD Customer", "Acme", json!({ "contacts": rows }))
    });
    // Nothing of a hidden contact is fetched by a link to it.
    refused_alike(&foreign, "Nobody", "LinkValidationError", |contact| {
        maya.update("HD Customer", "Acme", json!({ "primary_contact": contact }))
    });
    assert_eq!(rows("Acme"), stored);

    // The rows that are there lead to contacts Maya may not read either, and stay.
    let reply = maya
        .update(
            "HD Customer",
            "Acme",
            json!({ "domain": "acme.example", "contacts": stored }),
        )
        .ok();
    assert_eq!(reply.data()["contacts"].as_array().unwrap().len(), 2);
}

#[test]
fn dynamic_links_and_hidden_teams_tickets() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let bob = site.agent("bob@desk.example");
    let team = site.team("Payments").member(&bob).create();
    site.team("Shipping").member(&ada).create();
    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    let hidden = site.ticket().team(&team).create().name;
    let own = site.ticket().create_as(&ada).name;

    let todo = |name: &str| {
        json!({
            "description": "x", "allocated_to": ada.id(), "reference_type": "HD Ticket", "reference_name": name,
        })
    };
    refused_alike(&hidden, "9999", "LinkValidationError", |name| {
        ada.insert("ToDo", todo(name))
    });
    let made = ada.insert("ToDo", todo(&own)).ok();
    let made = made.data()["name"].as_str().unwrap().to_owned();
    refused_alike(&hidden, "9999", "LinkValidationError", |name| {
        ada.update("ToDo", &made, json!({ "reference_name": name }))
    });
    assert_eq!(site.value("ToDo", &made, "reference_name"), own.as_str());
}

#[test]
fn what_a_hook_or_an_earlier_save_set_stays() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");
    site.organisation("Globex").create();
    // The agreement is none that customers have a right to; hooks choose it.
    let ticket = site.ticket().create_as(&carl).name;
    assert_ne!(site.value("HD Ticket", &ticket, "sla"), Value::Null);
    site.transaction(|cx| storage::set_columns(cx, "HD Ticket", &ticket, &[("customer", "Globex".into())]));

    carl.update("HD Ticket", &ticket, json!({ "subject": "y" })).ok();
    let mut whole = carl.read("HD Ticket", &ticket).ok().data().clone();
    whole["subject"] = "z".into();
    carl.update("HD Ticket", &ticket, whole).ok();
    assert_eq!(site.value("HD Ticket", &ticket, "subject"), "z");
    assert_eq!(site.value("HD Ticket", &ticket, "customer"), "Globex");
}

#[test]
fn built_in_users_may_be_linked_to() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create_as(&ada).name;

    ada.call(
        "run_doc_method",
        json!({ "dt": "HD Ticket", "dn": ticket, "method": "assign_agent", "args": { "agent": "Administrator" } }),
    )
    .ok();

    assert_eq!(site.value("HD Ticket", &ticket, "_assign"), "[\"Administrator\"]");
}

#[test]
fn a_setting_holds_the_document_it_leads_to() {
    let site = TestSite::start();
    site.insert("HD Ticket Priority", json!({ "name": "Odd", "integer_value": 9 }));
    site.set("HD Settings", json!({ "default_priority": "Odd" }));

    let refused = site.admin().remove("HD Ticket Priority", "Odd").status(417);
    assert_eq!(refused.exc_type(), "LinkExistsError");
    assert!(
        refused.messages()[0].contains("is linked with HD Settings HD Settings"),
        "{refused:?}"
    );
    site.set("HD Settings", json!({ "default_priority": "Medium" }));
    assert_eq!(site.admin().remove("HD Ticket Priority", "Odd").status, 202);
}

#[test]
fn what_is_named_by_prompt_takes_the_name_that_a_form_typed() {
    let site = TestSite::start();

    let made = site
        .admin()
        .insert("HD Ticket Type", json!({ "__newname": "Odd" }))
        .ok();
    assert_eq!(made.data()["name"], "Odd");
    let todo = site
        .admin()
        .insert("ToDo", json!({ "description": "a", "__newname": "Odd" }))
        .ok();
    assert_ne!(todo.data()["name"], "Odd");
}

#[test]
fn a_link_to_a_doctype_that_is_not_built_says_what_it_said_or_says_by_itself() {
    let site = TestSite::start();
    let settings = |values: Value| {
        site.admin()
            .update("Website Settings", "Website Settings", values)
    };

    settings(json!({ "website_theme": "Standard" })).ok();
    settings(json!({ "app_name": "Help" })).ok();

    let stored = site.admin().read("Website Settings", "Website Settings").ok();
    assert_eq!(stored.data()["website_theme"], "Standard");
    let refused = settings(json!({ "website_theme": "Mine" })).status(417);
    assert_eq!(refused.exc_type(), "LinkValidationError");
}
