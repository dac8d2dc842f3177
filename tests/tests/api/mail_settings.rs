//! `helpdesk.api.settings.email_notifications` and `helpdesk.api.settings.email`.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

fn data(user: &TestUser, notification: &str) -> Reply {
    user.call_get(
        "helpdesk.api.settings.email_notifications.get_data",
        json!({ "notification": notification }),
    )
}

fn update(user: &TestUser, which: &str, args: Value) -> Reply {
    user.put(
        &format!("/api/method/helpdesk.api.settings.email_notifications.update_{which}"),
        args,
    )
}

#[test]
fn each_mail_has_a_switch_and_a_text_of_its_own() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");

    for which in ["acknowledgement", "reply_to_agents", "reply_via_agent"] {
        let before = data(&maya, which).ok();
        assert_eq!(
            before.message()["content"],
            before.message()["default_content"],
            "{which}"
        );
        for enabled in [true, false] {
            let content = format!("<p>{which} {{{{ doc.name }}}}</p>");
            let args = json!({ "enabled": enabled, "content": content });

            let stored = update(&maya, which, args.clone()).ok();

            assert_eq!(stored.message(), &args, "{which}");
            let after = data(&maya, which).ok();
            assert_eq!(after.message()["enabled"], enabled, "{which}");
            assert_eq!(after.message()["content"], json!(content), "{which}");
            assert!(after.message().get("ticket_status").is_none(), "{which}");
        }
    }
}

#[test]
fn the_mail_for_feedback_has_a_status_too() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let closed = json!({ "label": "Closed", "value": "Closed" });
    let resolved = json!({ "label": "Done", "value": "Resolved" });
    assert_eq!(
        data(&maya, "share_feedback").ok().message()["ticket_status"],
        closed
    );

    let args = json!({ "ticket_status": resolved, "enabled": true, "content": "  " });
    let stored = update(&maya, "share_feedback", args).ok();

    assert_eq!(stored.message()["ticket_status"], resolved);
    let after = data(&maya, "share_feedback").ok();
    assert_eq!(after.message()["ticket_status"]["value"], "Resolved");
    // A blank text means the one nobody changed.
    assert_eq!(after.message()["content"], after.message()["default_content"]);
}

#[test]
fn a_text_that_is_set_is_what_is_mailed() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    site.insert(
        "Email Account",
        json!({
            "email_account_name": "Support", "email_id": "support@desk.example", "enable_outgoing": 1,
            "default_outgoing": 1, "smtp_server": "localhost",
        }),
    );
    let args = json!({ "enabled": true, "content": "<p>Got it: {{ doc.subject }}</p>" });
    update(&maya, "acknowledgement", args).ok();

    site.ticket()
        .subject("Paper \"jam\"")
        .raised_by("carl@acme.example")
        .create();

    let mails = site
        .admin()
        .list("Email Queue", json!({ "fields": json!(["message"]).to_string() }));
    let texts: Vec<String> = mails
        .ok()
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|mail| helpdesk_tests::mail_text(mail["message"].as_str().unwrap()))
        .collect();
    assert!(
        texts.iter().any(|text| text.contains("Got it: Paper \"jam\"")),
        "{texts:?}"
    );
}

#[test]
fn templates_are_checked_when_they_are_stored() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let field = "acknowledgement_email_content";
    let stored = || maya.read("HD Settings", "HD Settings").ok().data()[field].clone();
    let before = stored();

    for content in ["{% if %}", "{{ doc.name", "a\n{% for %}"] {
        let args = json!({ "enabled": true, "content": content });
        let reply = update(&maya, "acknowledgement", args).status(417);
        assert_eq!(reply.exc_type(), "ValidationError", "{content}");
        let text = reply.messages().join(" ");
        let line = content.lines().count();
        assert!(text.contains(&format!("template as line {line}")), "{text}");
        let reply = site
            .admin()
            .update("HD Settings", "HD Settings", json!({ field: content }));
        assert_eq!(reply.status, 417, "{content}");
    }

    assert_eq!(stored(), before);
}

#[test]
fn only_managers_see_and_set_mails_and_only_by_the_right_verb() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let args = json!({ "enabled": true, "content": "x" });

    for user in [
        site.agent("ada@desk.example"),
        site.customer("carl@acme.example"),
        site.guest(),
    ] {
        data(&user, "acknowledgement").status(403);
        update(&user, "acknowledgement", args.clone()).status(403);
        let feedback = json!({ "enabled": true, "content": "x", "ticket_status": {} });
        update(&user, "share_feedback", feedback).status(403);
    }
    let path = "helpdesk.api.settings.email_notifications.";
    maya.call(&format!("{path}update_acknowledgement"), args)
        .status(403);
    maya.call(
        &format!("{path}get_data"),
        json!({ "notification": "acknowledgement" }),
    )
    .status(403);
    data(&maya, "nonsense").status(417);
    update(&maya, "acknowledgement", json!({ "enabled": true })).status(417);
    for status in [json!({}), json!({ "value": "No such status" }), json!("Closed")] {
        let args = json!({ "enabled": true, "content": "x", "ticket_status": status });
        update(&maya, "share_feedback", args).status(417);
    }
}

fn account(user: &TestUser, data: Value) -> Reply {
    user.call(
        "helpdesk.api.settings.email.create_email_account",
        json!({ "data": data }),
    )
}

#[test]
fn accounts_of_known_services_have_their_servers() {
    let site = TestSite::builder()
        .config(|config| config.encryption_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".into())
        .start();
    let admin = site.admin();
    for (service, choice, incoming, outgoing) in [
        ("GMail", "GMail", "imap.gmail.com", "smtp.gmail.com"),
        (
            "Outlook",
            "Outlook.com",
            "imap-mail.outlook.com",
            "smtp-mail.outlook.com",
        ),
        ("Yandex.Mail", "Yandex.Mail", "imap.yandex.com", "smtp.yandex.com"),
    ] {
        let reply = account(
            &admin,
            json!({
                "email_account_name": service, "email_id": format!("{service}@desk.example"), "service": service,
                "enable_incoming": true, "enable_outgoing": 1, "password": "secret",
            }),
        )
        .ok();
        assert_eq!(reply.message(), service);
        let stored = admin.read("Email Account", service).ok();
        let stored = stored.data();
        assert_eq!(stored["service"], choice);
        assert_eq!(stored["email_server"], incoming);
        assert_eq!(stored["smtp_server"], outgoing);
        assert_eq!(stored["enable_incoming"], 1);
        assert_eq!(stored["imap_folder"][0]["append_to"], "HD Ticket");
        assert!(!stored.to_string().contains("secret"), "{stored}");
    }
}

#[test]
fn accounts_of_ones_own_servers_are_as_given() {
    let site = TestSite::start();
    let admin = site.admin();

    account(
        &admin,
        json!({
            "email_account_name": "Own", "email_id": "own@desk.example", "service": "Custom", "enable_outgoing": 1,
            "smtp_server": "smtp.desk.example", "smtp_port": "25", "email_server": "imap.desk.example",
            "owner": "carl@acme.example",
        }),
    )
    .ok();

    let stored = admin.read("Email Account", "Own").ok();
    let stored = stored.data();
    assert_eq!(stored["smtp_server"], "smtp.desk.example");
    assert_eq!(stored["smtp_port"], "25");
    assert_eq!(stored["validate_ssl_certificate"], 1);
    assert_eq!(stored["owner"], "Administrator");
}

#[test]
fn accounts_need_the_right_a_service_and_an_address() {
    let site = TestSite::start();
    let admin = site.admin();
    let count = site.count("Email Account");

    account(&site.agent("ada@desk.example"), json!({})).status(403);
    account(&site.guest(), json!({})).status(403);
    for data in [
        json!({}),
        json!({ "service": "Nowhere", "email_id": "a@desk.example", "email_account_name": "A" }),
        json!({ "service": "GMail", "email_id": "no address", "email_account_name": "A" }),
        json!({ "service": "GMail", "email_id": ["a@desk.example"], "email_account_name": "A" }),
        json!("{}"),
    ] {
        account(&admin, data).status(417);
    }
    assert_eq!(site.count("Email Account"), count);
}
