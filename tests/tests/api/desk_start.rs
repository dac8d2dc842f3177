//! What the client asks when it starts: who the caller is, how the site looks, what is new.

use helpdesk_tests::TestSite;
use serde_json::{Value, json};

#[test]
fn everybody_knows_the_looks_of_the_site() {
    let site = TestSite::start();
    let config = |user: helpdesk_tests::TestUser| user.call("helpdesk.api.config.get_config", json!({})).ok();

    let reply = config(site.guest());
    assert_eq!(reply.message().as_object().unwrap().len(), 12);
    assert_eq!(reply.message()["favicon"], "/assets/helpdesk/desk/favicon.svg");
    assert_eq!(reply.message()["brand_name"], Value::Null);
    assert_eq!(reply.message()["is_feedback_mandatory"], 1);
    site.set(
        "HD Settings",
        json!({ "favicon": "/own.ico", "brand_name": "Acme" }),
    );
    let reply = config(site.customer("carl@acme.example"));
    assert_eq!(
        (&reply.message()["favicon"], &reply.message()["brand_name"]),
        (&json!("/own.ico"), &json!("Acme"))
    );
}

#[test]
fn callers_learn_who_they_are() {
    let site = TestSite::start();
    let (ada, carl) = (
        site.agent_manager("ada@desk.example"),
        site.customer("carl@acme.example"),
    );
    site.team("One").member(&ada).create();
    let off = site.team("Off").member(&ada).create();
    site.change("HD Team", &off, json!({ "disabled": 1 }));

    let reply = ada.call("helpdesk.api.auth.get_user", json!({})).ok();
    let me = reply.message();
    assert_eq!(me["user_id"], ada.id());
    for (key, value) in [
        ("has_desk_access", json!(true)),
        ("is_admin", json!(false)),
        ("is_agent", json!(true)),
        ("has_agent_record", json!(true)),
        ("is_manager", json!(true)),
        ("user_teams", json!(["One"])),
        ("availability", json!("Active")),
        ("persona_captured", json!(false)),
    ] {
        assert_eq!(me[key], value, "{key}");
    }
    let reply = carl.call("helpdesk.api.auth.get_user", json!({})).ok();
    assert_eq!(
        (&reply.message()["is_agent"], &reply.message()["availability"]),
        (&json!(false), &Value::Null)
    );
    site.guest()
        .call("helpdesk.api.auth.get_user", json!({}))
        .status(403);
}

#[test]
fn agents_learn_which_accounts_they_can_write_from() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    for (name, on) in [("Out", 1), ("In", 0)] {
        let values = json!({
            "name": name, "email_account_name": name, "email_id": format!("{name}@desk.example"), "enable_outgoing": on,
        });
        site.insert("Email Account", values);
    }
    let rows = json!([
        { "email_account": "Out", "email_id": "Out@desk.example" },
        { "email_account": "In", "email_id": "In@desk.example" },
    ]);
    site.change("User", ada.id(), json!({ "user_emails": rows }));

    let reply = ada
        .call("helpdesk.api.auth.get_current_user_email_info", json!({}))
        .ok();
    assert_eq!(reply.message()["email"], ada.id());
    assert_eq!(
        reply.message()["outgoing_emails"],
        json!([{ "email_account": "Out", "email_id": "Out@desk.example" }])
    );
    assert_eq!(
        reply.message()["available_emails"],
        json!([{ "name": "Out", "email_id": "Out@desk.example" }])
    );
    site.customer("carl@acme.example")
        .call("helpdesk.api.auth.get_current_user_email_info", json!({}))
        .status(403);
}

#[test]
fn agents_see_who_is_who() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.agent_manager("maya@desk.example");
    let carl = site.customer("carl@acme.example");

    let reply = ada.call("helpdesk.api.session.get_users", json!({})).ok();
    let role = |name: &str| -> Value {
        let users = reply.message().as_array().unwrap();
        users.iter().find(|user| user["name"] == name).unwrap().clone()
    };
    assert_eq!(role("ada@desk.example")["role"], "Agent");
    assert_eq!(role("ada@desk.example")["session_user"], true);
    assert_eq!(role("maya@desk.example")["role"], "Manager");
    assert_eq!(role("Administrator")["role"], "Guest");
    assert_eq!(role(carl.id()).get("role"), None);
    carl.call("helpdesk.api.session.get_users", json!({})).status(403);
}

#[test]
fn words_come_in_the_caller_s_language() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");
    site.insert(
        "Language",
        json!({ "language_code": "de", "language_name": "Deutsch" }),
    );
    site.insert(
        "Translation",
        json!({ "language": "de", "source_text": "Ticket", "translated_text": "Anfrage" }),
    );
    let words = |user: &helpdesk_tests::TestUser| {
        user.call_get("helpdesk.api.general.get_translations", json!({}))
            .ok()
    };

    assert_eq!(words(&carl).message()["Swaziland"], "Eswatini");
    site.change("User", carl.id(), json!({ "language": "de" }));
    // The site's own word wins over the catalogue's.
    assert_eq!(words(&carl).message()["Ticket"], "Anfrage");
    assert_eq!(words(&carl).message()["Closed"], "Geschlossen");
    assert_eq!(words(&carl).message()["Swaziland"], Value::Null);
    assert_eq!(words(&site.guest()).message()["Swaziland"], "Eswatini");
    carl.call("helpdesk.api.general.get_translations", json!({}))
        .status(403);
}

#[test]
fn the_first_steps_lead_to_tickets() {
    let site = TestSite::start();
    let (manager, ada) = (
        site.agent_manager("maya@desk.example"),
        site.agent("ada@desk.example"),
    );
    let carl = site.customer("carl@acme.example");
    let ask = |user: &helpdesk_tests::TestUser, method: &str, args: Value| {
        user.call(&format!("helpdesk.api.onboarding.{method}"), args)
    };

    let welcome = ask(&manager, "get_welcome_ticket", json!({})).ok();
    let welcome = welcome.json.get("message").cloned().unwrap_or_default();
    ask(&ada, "get_welcome_ticket", json!({})).status(403);
    assert_eq!(
        ask(&carl, "get_first_ticket", json!({})).ok().json.get("message"),
        None
    );
    let first = site.ticket().create_as(&carl).name;
    assert_eq!(
        ask(&carl, "get_first_ticket", json!({})).ok().message(),
        first.as_str()
    );
    if welcome.is_string() {
        // A ticket that is not the caller's to see is no answer.
        let reply = ask(&carl, "get_first_ticket", json!({ "ticket": welcome })).ok();
        assert_eq!(reply.message(), first.as_str());
        let reply = ask(&ada, "get_first_ticket", json!({ "ticket": welcome })).ok();
        assert_eq!(reply.message(), &welcome);
    }
    assert!(
        ask(&carl, "get_general_category_id", json!({}))
            .ok()
            .message()
            .is_string()
    );
    ask(&site.guest(), "get_general_category_id", json!({})).status(403);
}

#[test]
fn the_brand_is_taken_over_unless_it_is_blank() {
    let site = TestSite::start();
    let (manager, ada) = (
        site.agent_manager("maya@desk.example"),
        site.agent("ada@desk.example"),
    );
    let method = "helpdesk.api.onboarding.mark_persona_captured";
    let brand = || {
        let reply = site
            .guest()
            .call("helpdesk.api.config.get_config", json!({}))
            .ok();
        reply.message()["brand_name"].clone()
    };

    ada.call(method, json!({ "brand_name": "Mine" })).status(403);
    manager
        .call_get(method, json!({ "brand_name": "Mine" }))
        .status(403);
    assert_eq!(brand(), Value::Null);
    manager.call(method, json!({ "brand_name": " Acme " })).ok();
    manager.call(method, json!({ "brand_name": "  " })).ok();
    assert_eq!(brand(), "Acme");
    let reply = ada.call("helpdesk.api.auth.get_user", json!({})).ok();
    assert_eq!(reply.message()["persona_captured"], true);
}

#[test]
fn managers_dismiss_the_notice_or_undo_what_it_tells_of() {
    let site = TestSite::start();
    let (manager, ada) = (
        site.agent_manager("maya@desk.example"),
        site.agent("ada@desk.example"),
    );
    let carl = site.customer("carl@acme.example");
    site.organisation("Acme").member(&carl).create();
    site.set(
        "HD Settings",
        json!({ "show_customer_portal_permission_notice": 1 }),
    );
    let shows = || {
        let reply = site
            .guest()
            .call("helpdesk.api.config.get_config", json!({}))
            .ok();
        reply.message()["show_customer_portal_permission_notice"].clone()
    };
    let call = |user: &helpdesk_tests::TestUser, method: &str| {
        user.call(
            &format!("helpdesk.api.customer_portal_notice.{method}"),
            json!({}),
        )
    };

    for method in ["dismiss_notice", "restore_ticket_access"] {
        call(&ada, method).status(403);
        call(&carl, method).status(403);
    }
    let other = site.ticket().organisation("Acme").create().name;
    carl.read("HD Ticket", &other).status(403);
    call(&manager, "restore_ticket_access").ok();
    call(&manager, "restore_ticket_access").ok();
    let ran = helpdesk_core::jobs::run_waiting(site.site()).unwrap();
    assert_eq!(ran, [helpdesk_core::jobs::Ran::Done], "one job at a time");
    carl.read("HD Ticket", &other).ok();
    assert_eq!(shows(), 1);
    call(&manager, "dismiss_notice").ok();
    assert_eq!(shows(), 0);
}
