//! `helpdesk.api.ticket`.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const ASSIGN: &str = "helpdesk.api.ticket.assign_ticket_to_agent";

fn assign(user: &TestUser, ticket: &str, agent: Option<&str>) -> Reply {
    let mut args = json!({ "ticket_id": ticket });
    if let Some(agent) = agent {
        args["agent_id"] = agent.into();
    }
    user.call(ASSIGN, args)
}

fn open_todos(site: &TestSite, ticket: &str) -> Value {
    let filters = json!({ "reference_name": ticket, "status": "Open" });
    site.admin()
        .list(
            "ToDo",
            json!({ "filters": filters, "fields": ["allocated_to", "assigned_by"] }),
        )
        .ok()
        .data()
        .clone()
}

#[test]
fn an_agent_takes_a_ticket() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().subject("Printer").create();

    let reply = assign(&ada, &ticket.name, None).ok();

    assert_eq!(reply.message()["subject"], "Printer");
    assert_eq!(reply.message()["doctype"], "HD Ticket");
    assert_eq!(reply.message()["_assign"], r#"["ada@desk.example"]"#);
    assert_eq!(
        site.value("HD Ticket", &ticket.name, "_assign"),
        r#"["ada@desk.example"]"#
    );
    assert_eq!(
        open_todos(&site, &ticket.name),
        json!([{ "allocated_to": "ada@desk.example", "assigned_by": "ada@desk.example" }])
    );
}

#[test]
fn an_agent_gives_a_ticket_to_another_in_place_of_who_has_it() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let ticket = site.ticket().create();
    assign(&ada, &ticket.name, None).ok();

    let reply = assign(&ada, &ticket.name, Some(bob.id())).ok();

    assert_eq!(reply.message()["_assign"], r#"["bob@desk.example"]"#);
    assert_eq!(
        open_todos(&site, &ticket.name),
        json!([{ "allocated_to": "bob@desk.example", "assigned_by": "ada@desk.example" }])
    );
}

#[test]
fn assigning_twice_changes_nothing_more() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create();
    assign(&ada, &ticket.name, None).ok();
    let todos = site.count("ToDo");

    assign(&ada, &ticket.name, Some("ada@desk.example")).ok();

    assert_eq!(site.count("ToDo"), todos);
}

#[test]
fn somebody_who_is_no_agent_gets_no_ticket() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let carl = site.customer("carl@acme.example");
    let ticket = site.ticket().create();

    for nobody in [
        carl.id(),
        "Administrator",
        "nobody@desk.example",
        "%",
        "' OR 1=1 --",
    ] {
        let reply = assign(&ada, &ticket.name, Some(nobody)).status(417);
        assert_eq!(
            reply.messages(),
            ["Tickets can only be assigned to agents"],
            "{nobody}"
        );
    }
    assert_eq!(site.value("HD Ticket", &ticket.name, "_assign"), Value::Null);
    assert_eq!(open_todos(&site, &ticket.name), json!([]));
}

#[test]
fn an_agent_who_is_not_active_gets_no_ticket() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let bob = site.agent("bob@desk.example");
    let ticket = site.ticket().create();
    site.change("HD Agent", bob.id(), json!({ "is_active": 0 }));

    let reply = assign(&ada, &ticket.name, Some(bob.id()));

    assert_eq!(reply.status, 417);
    assert_eq!(site.value("HD Ticket", &ticket.name, "_assign"), Value::Null);
}

#[test]
fn a_customer_can_not_assign_the_ticket_of_another() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let carl = site.customer("carl@acme.example");
    let ticket = site.ticket().raised_by("dina@globex.example").create();

    let reply = assign(&carl, &ticket.name, Some(ada.id()));

    assert_eq!((reply.status, reply.exc_type()), (403, "PermissionError"));
    assert_eq!(site.value("HD Ticket", &ticket.name, "_assign"), Value::Null);
}

#[test]
fn a_customer_can_not_take_the_own_ticket() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");
    let ticket = site.ticket().raised_by(carl.id()).create();

    let reply = assign(&carl, &ticket.name, None);

    assert_eq!(reply.status, 417, "{reply:?}");
    assert_eq!(site.value("HD Ticket", &ticket.name, "_assign"), Value::Null);
}

#[test]
fn a_guest_can_not_assign() {
    let site = TestSite::start();
    let ticket = site.ticket().create();

    let reply = assign(&site.guest(), &ticket.name, None);

    assert_eq!((reply.status, reply.exc_type()), (403, "PermissionError"));
}

#[test]
fn a_missing_ticket_is_404() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    let reply = assign(&ada, "9999", None);

    assert_eq!((reply.status, reply.exc_type()), (404, "DoesNotExistError"));
}

#[test]
fn get_does_not_assign() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create();

    let reply = ada.call_get(ASSIGN, json!({ "ticket_id": ticket.name }));

    assert_eq!((reply.status, reply.exc_type()), (403, "PermissionError"));
    assert_eq!(site.value("HD Ticket", &ticket.name, "_assign"), Value::Null);
}

#[test]
fn a_ticket_that_somebody_was_told_of_can_be_deleted() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create();
    assign(&ada, &ticket.name, None).ok();
    site.insert(
        "HD Ticket Comment",
        json!({ "reference_ticket": ticket.name, "commented_by": ada.id(), "content": "Look" }),
    );
    site.insert(
        "HD Notification",
        json!({
            "user_from": "Administrator", "user_to": ada.id(), "notification_type": "Mention",
            "reference_ticket": ticket.name,
        }),
    );

    let deleted = site.admin().remove("HD Ticket", &ticket.name);

    assert_eq!(deleted.status, 202, "{deleted:?}");
    assert_eq!(ada.read("HD Ticket", &ticket.name).status, 404);
    assert_eq!(site.count("HD Notification"), 1, "what one was told stays told");
}
