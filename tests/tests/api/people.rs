//! Contacts, customers, agents and teams: who they are, and who may change them.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

fn contact(user: &TestUser, method: &str, args: Value) -> Reply {
    user.call(&format!("helpdesk.api.contact.{method}"), args)
}

fn on_customer(user: &TestUser, customer: &str, method: &str, args: Value) -> Reply {
    user.call(
        "run_doc_method",
        json!({ "dt": "HD Customer", "dn": customer, "method": method, "args": args }),
    )
}

fn roles(site: &TestSite, user: &str) -> Vec<String> {
    let reply = site.admin().read("User", user).ok();
    let mut roles: Vec<String> = reply.data()["roles"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["role"].as_str().map(str::to_owned))
        .collect();
    roles.sort();
    roles
}

fn members(site: &TestSite, customer: &str) -> Vec<(String, i64)> {
    let reply = site.admin().read("HD Customer", customer).ok();
    reply.data()["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["contact_name"].as_str().unwrap().to_owned(),
                row["is_manager"].as_i64().unwrap(),
            )
        })
        .collect()
}

/// A contact nobody can log in as.
fn stranger(site: &TestSite, name: &str, email: &str) -> String {
    site.insert(
        "Contact",
        json!({
            "name": name, "first_name": name, "email_id": email,
            "email_ids": [{ "email_id": email, "is_primary": 1 }],
        }),
    )
}

#[test]
fn contacts_are_found_by_name_and_address() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    stranger(&site, "Zoe", "zoe@hooli.example");
    stranger(&site, "Yan", "yan@hooli.example");
    let search = |args: Value| -> Vec<Value> {
        let reply = ada.call_get("helpdesk.api.contact.search_contacts", args).ok();
        reply
            .message()
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["name"].clone())
            .collect()
    };

    assert_eq!(search(json!({ "txt": "zo" })), ["Zoe"]);
    assert_eq!(search(json!({ "txt": "hooli" })), ["Yan", "Zoe"]);
    let filters = json!([
        ["Contact", "email_id", "like", "yan%"],
        ["nonsense"],
        ["nothing", "=", 1]
    ]);
    assert_eq!(
        search(json!({ "txt": "hooli", "additional_filters": filters })),
        ["Yan"]
    );
    assert_eq!(
        search(json!({ "txt": "hooli", "additional_filters": "no json" })),
        ["Yan", "Zoe"]
    );
    assert!(search(json!({ "txt": "%' OR 1=1 --" })).is_empty());
    contact(&ada, "search_contacts", json!({ "txt": "x" })).status(403);
    let carl = site.customer("carl@acme.example");
    let own = carl
        .call_get("helpdesk.api.contact.search_contacts", json!({ "txt": "zo" }))
        .ok();
    assert_eq!(own.message(), &json!([]));
}

#[test]
fn a_contact_is_made_and_invited() {
    let site = TestSite::start();
    let manager = site.agent_manager("maya@desk.example");
    site.organisation("Hooli").create();

    let doc = json!({
        "first_name": "Nora", "last_name": "Newman", "email": "nora@hooli.example",
        "phone": "+4930123456", "customer": "Hooli",
    });
    let reply = contact(&manager, "create_contact", json!({ "doc": doc, "invite": true })).ok();
    assert_eq!(reply.message(), "Nora Newman");
    assert_eq!(site.value("Contact", "Nora Newman", "mobile_no"), "+4930123456");
    let info = manager
        .call_get(
            "helpdesk.api.contact.get_contact_info",
            json!({ "name": "Nora Newman" }),
        )
        .ok();
    assert_eq!(info.message()["invitation"]["status"], "Pending");
    assert_eq!(site.value("User", "nora@hooli.example", "name"), Value::Null);
    let pending = on_customer(&manager, "Hooli", "get_pending_invites", json!({})).ok();
    assert_eq!(pending.message()[0]["email"], "nora@hooli.example");
    assert_eq!(pending.message()[0]["roles"], json!(["HD Customer"]));
}

#[test]
fn a_contact_that_can_not_be_is_not_made() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let count = site.count("Contact");

    let reply = contact(
        &ada,
        "create_contact",
        json!({ "doc": { "first_name": "N", "phone": "<b>abc" } }),
    );
    assert_eq!((reply.status, reply.exc_type()), (417, "InvalidPhoneNumberError"));
    let reply = contact(
        &ada,
        "create_contact",
        json!({ "doc": { "first_name": "N", "email": "nobody" } }),
    );
    assert_eq!(reply.status, 417);
    // An agent may make contacts, but not invite them.
    let doc = json!({ "first_name": "N", "email": "n@x.example" });
    contact(&ada, "create_contact", json!({ "doc": doc, "invite": true })).status(403);
    contact(&site.guest(), "create_contact", json!({ "doc": doc })).status(403);
    assert_eq!((site.count("Contact"), site.count("User Invitation")), (count, 0));
    contact(&ada, "create_contact", json!({ "doc": {} })).ok();
}

#[test]
fn a_contact_is_changed_with_its_user() {
    let site = TestSite::start();
    let manager = site.agent_manager("maya@desk.example");
    let carl = site.customer("carl@acme.example");
    site.change(
        "User",
        carl.id(),
        json!({ "user_image": "/old.png", "time_zone": "Asia/Tokyo" }),
    );

    contact(
        &manager,
        "edit_contact",
        json!({
            "name": carl.id(),
            "doc": {
                "last_name": "Case", "timezone": "Europe/Berlin",
                "phone_nos": [{ "phone": "+49 30 123456", "is_primary": 1 }],
            },
        }),
    )
    .ok();

    assert_eq!(site.value("Contact", carl.id(), "last_name"), "Case");
    assert_eq!(site.value("Contact", carl.id(), "mobile_no"), "+49 30 123456");
    assert_eq!(site.value("User", carl.id(), "time_zone"), "Europe/Berlin");
    assert_eq!(site.value("User", carl.id(), "user_image"), "");
    let info = manager
        .call_get(
            "helpdesk.api.contact.get_contact_info",
            json!({ "name": carl.id() }),
        )
        .ok();
    assert_eq!(info.message()["timezone"], "Europe/Berlin");

    contact(
        &manager,
        "edit_contact",
        json!({ "name": carl.id(), "doc": { "phone_nos": "x" } }),
    )
    .status(417);
    contact(&manager, "edit_contact", json!({ "name": "nobody", "doc": {} })).status(404);
    let ada = site.agent("ada@desk.example");
    let own = contact(&ada, "create_contact", json!({ "doc": { "first_name": "Own" } })).ok();
    contact(
        &ada,
        "edit_contact",
        json!({ "name": own.message(), "doc": { "last_name": "x" } }),
    )
    .status(403);
    manager
        .call_get(
            "helpdesk.api.contact.edit_contact",
            json!({ "name": carl.id(), "doc": "{}" }),
        )
        .status(403);
}

#[test]
fn a_contact_goes_and_its_tickets_stay_or_go_too() {
    let site = TestSite::start();
    let manager = site.agent_manager("maya@desk.example");
    let carl = site.customer("carl@acme.example");
    site.organisation("Acme").manager(&carl).create();
    site.change("HD Customer", "Acme", json!({ "primary_contact": carl.id() }));
    let ticket = site.ticket().create_as(&carl).name;
    let ada = site.agent("ada@desk.example");

    contact(&ada, "delete_contact", json!({ "name": carl.id() })).status(403);
    contact(&carl, "delete_contact", json!({ "name": carl.id() })).status(403);
    contact(&manager, "delete_contact", json!({ "name": "nobody" })).ok();
    contact(&manager, "delete_contact", json!({ "name": carl.id() })).ok();

    assert_eq!(site.value("Contact", carl.id(), "name"), Value::Null);
    assert_eq!(site.value("HD Ticket", &ticket, "contact"), Value::Null);
    assert_eq!(site.value("HD Customer", "Acme", "primary_contact"), Value::Null);
    assert!(members(&site, "Acme").is_empty());

    let dina = site.customer("dina@acme.example");
    let ticket = site.ticket().create_as(&dina).name;
    contact(
        &manager,
        "delete_contact",
        json!({ "name": dina.id(), "delete_tickets": true }),
    )
    .ok();
    assert_eq!(site.value("HD Ticket", &ticket, "name"), Value::Null);
}

#[test]
fn a_customer_is_made_with_its_primary_contact() {
    let site = TestSite::start();
    let manager = site.agent_manager("maya@desk.example");
    let create = |name: &str, person: Value| {
        manager.call(
            "helpdesk.api.customer.create_customer",
            json!({ "customer": { "customer_name": name, "domain": "x.example" }, "primary_contact": person }),
        )
    };

    let reply = create(
        "Bistro",
        json!({ "first_name": "Pia", "email": "pia@bistro.example" }),
    )
    .ok();
    assert_eq!(
        reply.message(),
        &json!({ "name": "Bistro", "invited_emails": ["pia@bistro.example"] })
    );
    assert_eq!(members(&site, "Bistro"), [("Pia".to_owned(), 1)]);
    assert_eq!(site.value("HD Customer", "Bistro", "primary_contact"), "Pia");

    // Who can log in already is not invited, with a contact or without one.
    let carl = site.customer("carl@acme.example");
    let reply = create("Acme", json!({ "first_name": "Carl", "email": carl.id() })).ok();
    assert_eq!(reply.message()["invited_emails"], json!([]));
    assert_eq!(members(&site, "Acme"), [(carl.id().to_owned(), 1)]);
    assert_eq!(roles(&site, carl.id()), ["HD Customer", "HD Customer Manager"]);
    let dina = site.user_with("dina@globex.example", "Website User", &[]);
    create("Globex", json!({ "first_name": "Dina", "email": dina.id() })).ok();
    assert_eq!(site.value("Contact", "Dina", "user"), dina.id());
    assert_eq!(roles(&site, dina.id()), ["HD Customer", "HD Customer Manager"]);

    let reply = create("Acme", Value::Null);
    assert_eq!((reply.status, reply.exc_type()), (409, "DuplicateEntryError"));
    for user in [site.agent("ada@desk.example"), carl, site.guest()] {
        user.call(
            "helpdesk.api.customer.create_customer",
            json!({ "customer": { "customer_name": "Mine" } }),
        )
        .status(403);
    }
    assert_eq!(site.value("HD Customer", "Mine", "name"), Value::Null);
}

#[test]
fn a_customer_goes_and_its_tickets_stay_or_go_too() {
    let site = TestSite::start();
    let manager = site.agent_manager("maya@desk.example");
    let carl = site.customer("carl@acme.example");
    let delete = |user: &TestUser, args: Value| user.call("helpdesk.api.customer.delete_customer", args);
    for name in ["One", "Two"] {
        site.organisation(name).create();
    }
    let kept = site.ticket().organisation("One").create().name;
    let gone = site.ticket().organisation("Two").create().name;

    delete(&site.agent("ada@desk.example"), json!({ "name": "One" })).status(403);
    delete(&carl, json!({ "name": "One" })).status(403);
    delete(&manager, json!({ "name": "One" })).ok();
    delete(&manager, json!({ "name": "Two", "delete_tickets": true })).ok();
    delete(&manager, json!({ "name": "Nope" })).ok();

    assert_eq!(site.value("HD Customer", "One", "name"), Value::Null);
    assert_eq!(site.value("HD Ticket", &kept, "customer"), Value::Null);
    assert_ne!(site.value("HD Ticket", &kept, "name"), Value::Null);
    assert_eq!(site.value("HD Ticket", &gone, "name"), Value::Null);
    assert_ne!(site.value("Contact", carl.id(), "name"), Value::Null);
}

#[test]
fn contacts_are_added_or_invited() {
    let site = TestSite::start();
    let manager = site.agent_manager("maya@desk.example");
    let carl = site.customer("carl@acme.example");
    stranger(&site, "Zoe", "zoe@acme.example");
    site.organisation("Acme").create();
    let add = |user: &TestUser, contacts: Value, role: &str| {
        on_customer(
            user,
            "Acme",
            "add_contacts",
            json!({ "contacts": contacts, "role": role }),
        )
    };

    let reply = add(
        &manager,
        json!([carl.id(), "Zoe", "new@acme.example"]),
        "HD Customer Manager",
    )
    .ok();
    let result = reply.message();
    assert_eq!(result["added"], json!([carl.id()]));
    assert_eq!(
        result["invite_result"]["invited_emails"],
        json!(["zoe@acme.example", "new@acme.example"])
    );
    assert_eq!(members(&site, "Acme"), [(carl.id().to_owned(), 1)]);
    assert!(roles(&site, carl.id()).contains(&"HD Customer Manager".to_owned()));
    let zoe =
        json!({ "filters": { "email": "zoe@acme.example" }, "fields": ["contact", "customer", "status"] });
    assert_eq!(
        site.admin().list("User Invitation", zoe).ok().data(),
        &json!([{ "contact": "Zoe", "customer": "Acme", "status": "Pending" }])
    );
    assert_eq!(site.value("User", "zoe@acme.example", "name"), Value::Null);

    let again = add(&manager, json!([carl.id(), "Zoe"]), "HD Customer").ok();
    assert_eq!(again.message()["added"], json!([]));
    assert_eq!(
        again.message()["invite_result"]["pending_invite_emails"],
        json!(["zoe@acme.example"])
    );
    assert_eq!(members(&site, "Acme").len(), 1);

    add(&manager, json!([carl.id()]), "System Manager").status(417);
    add(&manager, json!([]), "HD Customer").status(417);
    add(&manager, json!(["no address"]), "HD Customer").status(417);
    let ada = site.agent("ada@desk.example");
    add(&ada, json!([carl.id()]), "HD Customer").status(403);
    add(&carl, json!([carl.id()]), "HD Customer").status(403);
    on_customer(&ada, "Acme", "get_pending_invites", json!({})).status(403);
}

#[test]
fn roles_follow_who_manages() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");
    site.organisation("Acme").manager(&carl).create();
    site.organisation("Globex").manager(&carl).create();
    let manages = || roles(&site, carl.id()).contains(&"HD Customer Manager".to_owned());
    let demote = |customer: &str| {
        let contacts = json!([{ "contact_name": carl.id(), "is_manager": 0 }]);
        site.change("HD Customer", customer, json!({ "contacts": contacts }));
    };

    assert!(manages());
    demote("Acme");
    assert!(manages());
    demote("Globex");
    assert!(!manages());
    assert!(roles(&site, carl.id()).contains(&"HD Customer".to_owned()));
    site.change("HD Customer", "Acme", json!({ "primary_contact": carl.id() }));
    assert!(manages());
    assert_eq!(members(&site, "Acme"), [(carl.id().to_owned(), 1)]);
}

#[test]
fn members_are_listed_once_and_the_primary_one_is_a_member() {
    let site = TestSite::start();
    let (carl, dina) = (
        site.customer("carl@acme.example"),
        site.customer("dina@acme.example"),
    );
    site.organisation("Acme").member(&carl).create();
    let twice = json!([{ "contact_name": carl.id() }, { "contact_name": carl.id() }]);

    for change in [
        json!({ "contacts": twice }),
        json!({ "primary_contact": dina.id() }),
    ] {
        let reply = site.admin().update("HD Customer", "Acme", change);
        assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
    }
    site.change("HD Customer", "Acme", json!({ "primary_contact": carl.id() }));
    site.change("HD Customer", "Acme", json!({ "contacts": [] }));
    assert_eq!(site.value("HD Customer", "Acme", "primary_contact"), Value::Null);
}

#[test]
fn agents_see_the_members_and_their_open_tickets() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let (carl, dina, eve) = (
        site.customer("carl@acme.example"),
        site.customer("dina@acme.example"),
        site.customer("eve@acme.example"),
    );
    site.organisation("Acme")
        .member(&carl)
        .manager(&dina)
        .member(&eve)
        .create();
    site.change("HD Customer", "Acme", json!({ "primary_contact": eve.id() }));
    for status in ["Open", "Replied", "Closed"] {
        let ticket = site.ticket().create_as(&carl).name;
        site.change(
            "HD Ticket",
            &ticket,
            json!({ "subject": status, "status": status }),
        );
    }

    let reply = on_customer(&ada, "Acme", "get_contacts", json!({})).ok();
    let shown: Vec<(&str, i64)> = reply
        .message()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["contact_name"].as_str().unwrap(),
                row["ticket_count"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(shown, [(eve.id(), 0), (dina.id(), 0), (carl.id(), 2)]);
    on_customer(&dina, "Acme", "get_contacts", json!({})).status(403);
    on_customer(&ada, "Nope", "get_contacts", json!({})).status(404);
}

#[test]
fn agents_are_made_of_addresses() {
    let site = TestSite::start();
    let invite = |user: &TestUser, emails: Value| {
        user.call(
            "helpdesk.api.agent.sent_invites",
            json!({ "emails": emails, "send_welcome_mail_to_user": false }),
        )
    };
    let ada = site.agent("ada@desk.example");

    invite(&site.admin(), json!(["new@desk.example"])).ok();
    assert_eq!(
        site.value("HD Agent", "new@desk.example", "availability"),
        "Active"
    );
    assert!(roles(&site, "new@desk.example").contains(&"Agent".to_owned()));

    let reply = invite(&site.admin(), json!(["other@desk.example", ada.id()]));
    assert_eq!((reply.status, reply.exc_type()), (409, "DuplicateEntryError"));
    assert_eq!(site.value("User", "other@desk.example", "name"), Value::Null);
    invite(&site.admin(), json!(["<b>nobody"])).status(417);
    invite(&ada, json!(["x@desk.example"])).status(403);
    invite(&site.customer("carl@acme.example"), json!(["x@desk.example"])).status(403);
}

#[test]
fn agents_make_no_agents_of_others() {
    let site = TestSite::start();
    let (ada, max) = (
        site.agent("ada@desk.example"),
        site.agent_manager("max@desk.example"),
    );
    let carl = site.customer("carl@acme.example");
    site.user_with("noel@desk.example", "System User", &["Agent"]);
    let record = |user: &str| json!({ "user": user, "agent_name": "Somebody" });

    ada.insert("HD Agent", record(carl.id())).status(403);

    assert!(!roles(&site, carl.id()).contains(&"Agent".to_owned()));
    assert_eq!(site.value("User", carl.id(), "user_type"), "Website User");
    assert_eq!(site.value("HD Agent", carl.id(), "name"), Value::Null);
    ada.insert("HD Agent", record("noel@desk.example")).ok();
    max.insert("HD Agent", record(carl.id())).ok();
    assert!(roles(&site, carl.id()).contains(&"Agent".to_owned()));
}

#[test]
fn presence_is_said_by_agents_for_themselves() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let say = |user: &TestUser, what: &str| {
        user.call(
            "helpdesk.api.agent.set_my_availability",
            json!({ "availability": what }),
        )
    };

    assert_eq!(
        say(&ada, "Away").ok().message(),
        &json!({ "availability": "Away" })
    );
    let reply = ada.call("helpdesk.api.auth.get_user", json!({})).ok();
    assert_eq!(reply.message()["availability"], "Away");
    assert_eq!(reply.message()["availability_changed_on"], "2026-11-22 07:13:00");
    site.insert(
        "HD Agent Status",
        json!({ "agent_status": "Lunch", "category": "Away", "enable": 0 }),
    );
    for unknown in ["Zzz", "", "Lunch", "' OR 1=1 --"] {
        let reply = say(&ada, unknown);
        assert_eq!(
            (reply.status, reply.exc_type()),
            (417, "ValidationError"),
            "{unknown}"
        );
    }
    // The Administrator counts as an agent, but is none.
    assert_eq!(say(&site.admin(), "Away").status, 417);
    say(&site.customer("carl@acme.example"), "Away").status(403);
}

#[test]
fn managers_of_the_system_make_managers() {
    let site = TestSite::start();
    let (ada, manager) = (
        site.agent("ada@desk.example"),
        site.agent_manager("maya@desk.example"),
    );
    let change = |user: &TestUser, whom: &str, role: &str| {
        user.call(
            "helpdesk.helpdesk.doctype.hd_agent.hd_agent.update_agent_role",
            json!({ "user": whom, "new_role": role }),
        )
    };

    change(&site.admin(), ada.id(), "Manager").ok();
    assert_eq!(
        roles(&site, ada.id()),
        ["Agent", "Agent Manager", "System Manager"]
    );
    change(&site.admin(), ada.id(), "Agent").ok();
    assert_eq!(roles(&site, ada.id()), ["Agent"]);
    change(&ada, ada.id(), "Manager").status(403);
    // An Agent Manager may not change users: nobody gives oneself the System Manager's role.
    change(&manager, manager.id(), "Manager").status(403);
    change(&site.admin(), "nobody@x.example", "Manager").status(404);
    change(&site.admin(), ada.id(), "Emperor").status(417);
    assert_eq!(roles(&site, ada.id()), ["Agent"]);
}

#[test]
fn members_of_teams_are_for_agents() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    site.team("One").member(&bob).member(&ada).create();
    let members = |user: &TestUser, team: &str| {
        user.call(
            "helpdesk.helpdesk.doctype.hd_team.hd_team.get_team_members",
            json!({ "team": team }),
        )
    };

    assert_eq!(members(&ada, "One").ok().message(), &json!([bob.id(), ada.id()]));
    assert_eq!(members(&ada, "Nope").ok().message(), &json!([]));
    members(&site.customer("carl@acme.example"), "One").status(403);
}

#[test]
fn who_manages_a_customer_sees_its_tickets_at_once() {
    let site = TestSite::start();
    let (carl, dina) = (
        site.customer("carl@acme.example"),
        site.customer("dina@acme.example"),
    );
    site.organisation("Acme").member(&carl).member(&dina).create();
    let own = site.ticket().create_as(&carl).name;
    let colleague = site.ticket().create_as(&dina).name;
    let elsewhere = site.ticket().raised_by(carl.id()).create().name;
    let sees = || -> Vec<String> {
        let reply = carl.list("HD Ticket", json!({ "order_by": "name asc" })).ok();
        let rows = reply.data().as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let manages = |on: i64| {
        let contacts = json!([
            { "contact_name": carl.id(), "is_manager": on }, { "contact_name": dina.id(), "is_manager": 0 },
        ]);
        site.change("HD Customer", "Acme", json!({ "contacts": contacts }));
    };

    assert_eq!(sees(), [own.clone(), elsewhere.clone()]);
    manages(1);
    assert_eq!(sees(), [own.clone(), colleague, elsewhere.clone()]);
    carl.update("HD Customer", "Acme", json!({ "domain": "acme.example" }))
        .ok();
    manages(0);
    assert_eq!(sees(), [own, elsewhere]);
    carl.update("HD Customer", "Acme", json!({ "domain": "x.example" }))
        .status(403);
    carl.read("HD Customer", "Acme").ok();
    let stranger = site.customer("eve@globex.example");
    stranger.read("HD Customer", "Acme").status(403);
    assert_eq!(stranger.list("HD Customer", json!({})).ok().data(), &json!([]));
}
