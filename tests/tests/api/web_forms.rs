//! Web Forms: pages that people fill in without access to the desk, and the one that rates a ticket.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const ACCEPT: &str = "frappe.website.doctype.web_form.web_form.accept";

fn send(user: &TestUser, form: &str, data: Value) -> Reply {
    user.call(ACCEPT, json!({ "web_form": form, "data": data }))
}

fn feedback(user: &TestUser, key: &Value, rating: f64) -> Reply {
    let data = json!({ "key": key, "feedback_rating": rating, "feedback_extra": "Quick" });
    send(user, "email-feedback", data)
}

/// A form for tickets that is published.
fn with_tickets() -> TestSite {
    let site = TestSite::start();
    site.change("Web Form", "tickets", json!({ "published": 1 }));
    site
}

#[test]
fn the_link_of_a_mail_leads_to_a_page_that_rates_the_ticket() {
    let site = TestSite::builder()
        .config(|config| config.host_name = "https://help.example".to_owned())
        .start();
    site.outgoing_account();
    site.set(
        "HD Settings",
        json!({ "enable_email_ticket_feedback": 1, "send_email_feedback_on_status": "Resolved" }),
    );
    let ticket = site.ticket().raised_by("carl@acme.example").create().name;
    site.change("HD Ticket", &ticket, json!({ "status": "Resolved" }));
    let mails = site
        .admin()
        .list(
            "Email Queue",
            json!({ "filters": { "reference_name": ticket }, "fields": ["message"] }),
        )
        .ok();
    let mail = helpdesk_tests::mail_text(mails.data()[0]["message"].as_str().unwrap());
    let begin = "https://help.example/ticket-feedback/new?key=";
    let key = mail.split_once(begin).expect("a link").1;
    let key: String = key
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    assert_eq!(site.value("HD Ticket", &ticket, "key"), key.as_str());

    let guest = site.guest();
    let page = guest.get(&format!("/ticket-feedback/new?key={key}")).status(200);
    assert!(page.text.contains(&format!("value=\"{key}\"")), "{}", page.text);
    assert!(page.text.contains("data-form=\"email-feedback\""));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    let sent = feedback(&guest, &key.as_str().into(), 0.8).ok();
    assert_eq!(sent.message()["ticket"], ticket.as_str());

    assert_eq!(site.value("HD Ticket", &ticket, "status"), "Closed");
    assert_eq!(site.value("HD Ticket", &ticket, "feedback_rating"), 0.8);
    assert_eq!(site.value("HD Ticket", &ticket, "feedback_extra"), "Quick");
    assert_eq!(
        feedback(&guest, &key.into(), 0.2).status(417).exc_type(),
        "ValidationError"
    );
    assert_eq!(site.value("HD Ticket", &ticket, "feedback_rating"), 0.8);
}

#[test]
fn a_ticket_is_rated_by_its_key_alone() {
    let site = TestSite::start();
    let guest = site.guest();
    let [mine, other] =
        ["carl@acme.example", "dina@globex.example"].map(|by| site.ticket().raised_by(by).create().name);
    let key = site.value("HD Ticket", &mine, "key");

    for wrong in [json!(""), json!(null), json!("nobody's"), json!(mine), json!("%")] {
        feedback(&guest, &wrong, 0.8).status(417);
    }
    let missing = send(
        &guest,
        "email-feedback",
        json!({ "key": key, "feedback_extra": "x" }),
    )
    .status(417);
    assert_eq!(missing.exc_type(), "MandatoryError");
    assert_eq!(site.count("HD Email Feedback"), 0);
    let more = json!({ "key": key, "feedback_rating": 1, "ticket": other, "owner": "Administrator" });
    send(&guest, "email-feedback", more).ok();

    assert_eq!(site.value("HD Ticket", &mine, "status"), "Closed");
    assert_eq!(site.value("HD Ticket", &other, "status"), "Open");
    let name = site.admin().list("HD Email Feedback", json!({})).ok().data()[0]["name"].clone();
    assert_eq!(
        site.value("HD Email Feedback", name.as_str().unwrap(), "owner"),
        "Guest"
    );
    guest
        .read("HD Email Feedback", name.as_str().unwrap())
        .status(403);
}

#[test]
fn what_is_not_published_is_not_there() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");

    for form in ["tickets", "nope", ""] {
        let refused = send(&carl, form, json!({ "subject": "x" }));
        assert_eq!(
            (refused.status, refused.exc_type()),
            (404, "DoesNotExistError"),
            "{form}"
        );
    }
    for path in [
        "/tickets",
        "/tickets/new",
        "/nope",
        "/nope/new",
        "/ticket-feedback/old",
    ] {
        assert_eq!(carl.get(path).status, 404, "{path}");
    }
    assert_eq!(site.guest().get("/ticket-feedback").status, 200);
    assert_eq!(site.guest().post("/ticket-feedback/new", json!({})).status, 404);
}

#[test]
fn forms_that_ask_for_a_login_take_documents_of_their_users() {
    let site = with_tickets();
    let [carl, dina] = ["carl@acme.example", "dina@globex.example"].map(|id| site.customer(id));
    let data =
        json!({ "subject": "From a form", "priority": "High", "status": "Closed", "agent_group": "Billing" });

    assert_eq!(
        send(&site.guest(), "tickets", data.clone())
            .status(403)
            .exc_type(),
        "PermissionError"
    );
    let page = site.guest().get("/tickets/new");
    assert_eq!(
        (page.status, page.header("location")),
        (303, Some("/login?redirect-to=/tickets/new"))
    );
    let page = carl.get("/tickets/new").status(200);
    assert!(page.text.contains("<option value=\"Urgent\""), "{}", page.text);

    let name = send(&carl, "tickets", data).ok().message()["name"]
        .as_str()
        .unwrap()
        .to_owned();
    for (field, value) in [("priority", "High"), ("status", "Open"), ("raised_by", carl.id())] {
        assert_eq!(site.value("HD Ticket", &name, field), value, "{field}");
    }
    assert_eq!(
        site.value("HD Ticket", &name, "agent_group"),
        Value::Null,
        "no field of the form"
    );

    let change = json!({ "name": name, "subject": "Changed", "priority": "Low" });
    send(&dina, "tickets", change.clone()).status(403);
    send(&carl, "tickets", change).ok();
    assert_eq!(site.value("HD Ticket", &name, "subject"), "Changed");
    send(
        &carl,
        "tickets",
        json!({ "name": "77777", "subject": "x", "priority": "Low" }),
    )
    .status(404);
    send(
        &carl,
        "tickets",
        json!({ "subject": "x", "priority": "None such" }),
    )
    .status(417);
    let with_file = json!({ "subject": "x", "priority": "Low", "attachment": "/private/files/a.txt" });
    send(&carl, "tickets", with_file).status(417);
    site.change("Web Form", "tickets", json!({ "allow_edit": 0 }));
    send(
        &carl,
        "tickets",
        json!({ "name": name, "subject": "x", "priority": "Low" }),
    )
    .status(417);
}

#[test]
fn forms_are_sent_so_often_a_minute() {
    let site = TestSite::start();
    let statuses: Vec<u16> = (0..11)
        .map(|_| feedback(&site.guest(), &json!("nobody's"), 0.2).status)
        .collect();

    assert_eq!(statuses[..10], [417; 10]);
    assert_eq!(statuses[10], 429);
}

#[test]
fn who_makes_a_form_may_create_what_it_makes() {
    let site = TestSite::start();
    let wes = site.user_with("wes@desk.example", "System User", &["Website Manager"]);
    let form = |doctype: &str, field: &str, route: &str| {
        json!({
            "title": "Join", "route": route, "doc_type": doctype, "published": 1,
            "web_form_fields": [{ "fieldname": field, "fieldtype": "Data" }],
        })
    };

    wes.insert("Web Form", form("User", "email", "join")).status(403);
    for (values, word) in [
        (form("User", "roles", "join"), "roles"),
        (form("User", "nothing", "join"), "nothing"),
        (form("HD Settings", "brand_name", "join"), "HD Settings"),
        (form("Has Role", "role", "join"), "Has Role"),
        (form("HD Ticket", "subject", "a b"), "Route"),
        (form("HD Ticket", "subject", "a//b"), "Route"),
    ] {
        let refused = site.admin().insert("Web Form", values).status(417);
        assert!(
            refused.messages().join(" ").contains(word),
            "{word}: {:?}",
            refused.messages()
        );
    }
    site.admin()
        .insert("Web Form", form("HD Ticket", "subject", "/ask/us/"))
        .ok();
    assert_eq!(site.guest().get("/ask/us").status, 200);
}
