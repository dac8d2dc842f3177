//! The app `telephony` as far as the client asks it, and what else it asks when it starts.

use helpdesk_tests::TestSite;
use serde_json::{Value, json};

#[test]
fn no_service_is_on_until_somebody_turns_it_on() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let asked = || {
        ada.call("telephony.api.is_call_integration_enabled", json!({}))
            .ok()
            .message()
            .clone()
    };
    assert_eq!(
        asked(),
        json!({ "twilio_enabled": 0, "exotel_enabled": 0, "default_calling_medium": null })
    );

    site.set("TP Exotel Settings", json!({ "enabled": 1 }));
    ada.call(
        "telephony.api.set_default_calling_medium",
        json!({ "medium": "Exotel" }),
    )
    .ok();

    assert_eq!(
        asked(),
        json!({ "twilio_enabled": 0, "exotel_enabled": 1, "default_calling_medium": "Exotel" })
    );
    site.guest()
        .call("telephony.api.is_call_integration_enabled", json!({}))
        .status(403);
}

#[test]
fn agents_have_one_record_for_calls() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));

    let made = ada.call("telephony.api.create_telephony_agent", json!({})).ok();
    let again = ada.call("telephony.api.create_telephony_agent", json!({})).ok();

    let agent = made.message();
    assert_eq!(
        (&agent["name"], &agent["user"], &agent["call_receiving_device"]),
        (&json!(ada.id()), &json!(ada.id()), &json!("Computer"))
    );
    assert_eq!(agent["creation"], again.message()["creation"]);
    assert_eq!(site.count("TP Telephony Agent"), 1);
    carl.call("telephony.api.create_telephony_agent", json!({}))
        .status(403);
    // A page that is merely opened makes none.
    site.agent("bob@desk.example")
        .call_get("telephony.api.create_telephony_agent", json!({}));
    assert_eq!(site.count("TP Telephony Agent"), 1);
}

#[test]
fn a_service_there_is_none_of_is_not_chosen() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let choose = |user: &helpdesk_tests::TestUser, medium: Value| {
        user.call(
            "telephony.api.set_default_calling_medium",
            json!({ "medium": medium }),
        )
    };

    choose(&ada, "Pigeon".into()).status(417);
    choose(&carl, "Twilio".into()).status(403);

    assert_eq!(site.count("TP Telephony Agent"), 0);
    assert_eq!(choose(&ada, "Twilio".into()).ok().message(), "Twilio");
    assert_eq!(choose(&ada, "".into()).ok().json.get("message"), None);
}

#[test]
fn a_number_is_found_in_any_spelling_among_the_contacts_one_may_see() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let contact = site.insert(
        "Contact",
        json!({ "first_name": "Eve", "phone_nos": [{ "phone": "+49 30 123-456", "is_primary_mobile_no": 1 }] }),
    );
    let whose = |user: &helpdesk_tests::TestUser, number: &str| {
        user.call(
            "telephony.api.get_contact_by_phone_number",
            json!({ "phone_number": number }),
        )
    };

    let found = whose(&ada, "(4930) 123456").ok();
    assert_eq!(found.message()["name"], json!(contact));
    assert_eq!(found.message()["full_name"], "Eve");
    for number in ["5550", "", "--"] {
        assert_eq!(
            whose(&ada, number).ok().message(),
            &json!({ "mobile_no": number })
        );
    }
    let carl = site.customer("carl@acme.example");
    assert_eq!(
        whose(&carl, "4930123456").ok().message(),
        &json!({ "mobile_no": "4930123456" })
    );
    site.guest()
        .call(
            "telephony.api.get_contact_by_phone_number",
            json!({ "phone_number": "1" }),
        )
        .status(403);
}

#[test]
fn calls_are_written_down_and_read_by_those_who_may() {
    let site = TestSite::start();
    let tess = site.user_with("tess@desk.example", "System User", &["Agent", "TP Agent"]);
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let values = json!({
        "id": "call-1", "telephony_medium": "Manual", "from_number": "030 1", "to_number": "030 2", "duration": 65,
        "status": "Completed", "call_type": "Outgoing", "caller": tess.id(), "receiver": "", "ticket": ticket,
        "links": [{ "link_doctype": "HD Ticket", "link_name": ticket }],
    });
    let log = |user: &helpdesk_tests::TestUser, values: &Value| {
        user.call("telephony.api.create_call_log", values.clone())
    };

    log(&ada, &values).status(403);
    let made = log(&tess, &values).ok();
    log(&tess, &values).status(409);

    assert_eq!(made.message()["name"], "call-1");
    let read = tess
        .call("telephony.api.get_call_log", json!({ "name": "call-1" }))
        .ok();
    let call = read.message();
    for (key, value) in [
        ("from", json!("030 1")),
        ("type", json!("Outgoing")),
        ("_duration", json!("1m 5s")),
        ("activity_type", json!("outgoing_call")),
    ] {
        assert_eq!(call[key], value, "{key}");
    }
    assert_eq!(call["links"][0]["link_name"], json!(ticket));
    ada.call("telephony.api.get_call_log", json!({ "name": "call-1" }))
        .status(403);
    tess.call("telephony.api.get_call_log", json!({ "name": "none" }))
        .status(404);
    let mut odd = values.clone();
    odd["id"] = "call-2".into();
    odd["call_type"] = "Sideways".into();
    log(&tess, &odd).status(417);
    assert_eq!(site.count("TP Call Log"), 1);
}

#[test]
fn nothing_is_reported_about_how_the_client_is_used() {
    let site = TestSite::start();
    let boot = site
        .guest()
        .call("frappe.utils.telemetry.pulse.client.boot_config", json!({}))
        .ok();
    assert_eq!(boot.message(), &json!({ "enabled": false }));
    let asked = site
        .customer("carl@acme.example")
        .call("frappe.utils.telemetry.pulse.client.is_enabled", json!({}));
    assert_eq!(asked.ok().message(), &json!(false));
}

#[test]
fn first_steps_are_kept_for_each_user() {
    let site = TestSite::start();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let status = |user: &helpdesk_tests::TestUser| {
        user.call("frappe.onboarding.get_onboarding_status", json!({}))
            .ok()
            .message()
            .clone()
    };
    let keep = |user: &helpdesk_tests::TestUser, steps: &str, app: &str| {
        user.call(
            "frappe.onboarding.update_user_onboarding_status",
            json!({ "steps": steps, "appName": app }),
        )
    };
    assert_eq!(status(&ada), json!({}));

    keep(&ada, r#"[{"name":"first_ticket","completed":true}]"#, "helpdesk").ok();
    keep(&ada, r#"[{"name":"other","completed":false}]"#, "crm").ok();
    keep(&ada, r#"[{"name":"first_ticket","completed":false}]"#, "helpdesk").ok();

    assert_eq!(
        status(&ada),
        json!({
            "helpdesk_onboarding_status": [{ "name": "first_ticket", "completed": false }],
            "crm_onboarding_status": [{ "name": "other", "completed": false }],
        })
    );
    assert_eq!(status(&bob), json!({}));
    let long = format!(r#"[{{"name":"{}","completed":true}}]"#, "x".repeat(30_000));
    for steps in ["", "zz", "{}", "[5]", long.as_str()] {
        keep(&ada, steps, "helpdesk").status(417);
    }
    assert_eq!(status(&ada)["crm_onboarding_status"][0]["name"], "other");
    keep(&site.guest(), "[]", "helpdesk").status(403);
}
