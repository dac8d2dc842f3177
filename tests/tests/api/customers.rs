//! Customers: what a save makes and leaves alone, odd names, and what is left when one goes.

use helpdesk_tests::TestSite;
use serde_json::{Value, json};

fn contact(site: &TestSite, first_name: &str, email: &str) -> String {
    let emails = json!([{ "email_id": email, "is_primary": 1 }]);
    site.insert(
        "Contact",
        json!({ "first_name": first_name, "email_ids": emails }),
    )
}

#[test]
fn a_save_makes_no_users_and_invites_nobody() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let zoe = contact(&site, "Zoe", "zoe@acme.example");
    let users = site.count("User");

    let values = json!({
        "customer_name": "Acme", "primary_contact": zoe, "contacts": [{ "contact_name": zoe, "is_manager": 1 }],
    });
    maya.insert("HD Customer", values).ok();
    maya.update("HD Customer", "Acme", json!({ "domain": "acme.example" }))
        .ok();

    assert_eq!(site.count("User"), users);
    assert_eq!(site.count("User Invitation"), 0);
    assert_eq!(site.value("HD Customer", "Acme", "email_id"), "zoe@acme.example");
}

#[test]
fn names_may_hold_an_apostrophe() {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    let (carl, eve) = (site.customer("carl@acme.example"), site.customer("eve@x.example"));
    let name = site.organisation("O'Hara's \"Best\" % _").manager(&carl).create();
    site.organisation("Other").manager(&eve).create();
    let ticket = site
        .ticket()
        .raised_by("dina@acme.example")
        .organisation(&name)
        .create()
        .name;
    let tickets = json!({ "filters": { "raised_by": "dina@acme.example" } });

    assert_eq!(
        carl.list("HD Customer", json!({})).ok().data(),
        &json!([{ "name": name }])
    );
    assert_eq!(
        carl.list("HD Ticket", tickets.clone()).ok().data(),
        &json!([{ "name": ticket }])
    );
    carl.read("HD Ticket", &ticket).ok();
    assert_eq!(eve.list("HD Ticket", tickets).ok().data(), &json!([]));
    assert_eq!(
        site.agent("ada@desk.example")
            .list("HD Customer", json!({}))
            .ok()
            .data()
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn invitations_outlive_their_customer_and_contact() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let zoe = contact(&site, "Zoe", "zoe@acme.example");
    site.organisation("Acme").create();
    let args = json!({
        "dt": "HD Customer", "dn": "Acme", "method": "add_contacts", "args": { "contacts": [zoe], "role": "HD Customer" },
    });
    maya.call("run_doc_method", args).ok();
    let links = || {
        let args = json!({ "fields": ["customer", "contact", "status"] });
        site.admin().list("User Invitation", args).ok().data()[0].clone()
    };
    assert_eq!(
        links(),
        json!({ "customer": "Acme", "contact": zoe, "status": "Pending" })
    );

    maya.call("helpdesk.api.customer.delete_customer", json!({ "name": "Acme" }))
        .ok();
    assert_eq!(
        links(),
        json!({ "customer": null, "contact": zoe, "status": "Pending" })
    );
    maya.call("helpdesk.api.contact.delete_contact", json!({ "name": zoe }))
        .ok();
    assert_eq!(
        links(),
        json!({ "customer": null, "contact": null, "status": "Pending" })
    );
}

#[test]
fn the_primary_contact_manages_and_is_never_listed_twice() {
    let site = TestSite::start();
    let [carl, dina] = ["carl@acme.example", "dina@acme.example"].map(|id| site.customer(id));
    site.organisation("Acme").member(&carl).member(&dina).create();
    let admin = site.admin();

    let twice = json!([{ "contact_name": carl.id() }, { "contact_name": carl.id() }]);
    admin
        .update("HD Customer", "Acme", json!({ "contacts": twice }))
        .status(417);
    let unlisted = json!({ "primary_contact": dina.id(), "contacts": [{ "contact_name": carl.id() }] });
    admin.update("HD Customer", "Acme", unlisted).status(417);
    admin
        .update("HD Customer", "Acme", json!({ "primary_contact": dina.id() }))
        .ok();

    let shown = admin.read("HD Customer", "Acme").ok();
    let members: Vec<Value> = shown.data()["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["contact_name"], row["is_manager"]]))
        .collect();
    assert_eq!(members, [json!([carl.id(), 0]), json!([dina.id(), 1])]);
    admin
        .update("HD Customer", "Acme", json!({ "contacts": [] }))
        .ok();
    for field in ["primary_contact", "email_id"] {
        assert_eq!(site.value("HD Customer", "Acme", field), Value::Null, "{field}");
    }
}
