//! Notices to users of the desk, and the banner of tickets outside working hours.

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

const CLEAR: &str = "helpdesk.helpdesk.doctype.hd_notification.utils.clear";
const BANNER: &str = "helpdesk.helpdesk.doctype.hd_settings.helpers.get_banner_msg";

fn notice(site: &TestSite, to: &TestUser, ticket: &str) -> String {
    site.insert(
        "HD Notification",
        json!({
            "user_from": "Administrator", "user_to": to.id(), "notification_type": "Mention", "reference_ticket": ticket,
        }),
    )
}

#[test]
fn ones_own_notices_are_marked_as_read() {
    let site = TestSite::start();
    let (ada, ben) = (site.agent("ada@desk.example"), site.agent("ben@desk.example"));
    let (printer, screen) = (site.ticket().create().name, site.ticket().create().name);
    let mine = notice(&site, &ada, &printer);
    let other = notice(&site, &ada, &screen);
    let of_ben = notice(&site, &ben, &printer);
    let modified = site.value("HD Notification", &mine, "modified");
    let read = |name: &str| site.value("HD Notification", name, "read");

    ada.call(CLEAR, json!({ "ticket": printer })).ok();
    assert_eq!(
        (read(&mine), read(&other), read(&of_ben)),
        (json!(1), json!(0), json!(0))
    );
    assert_eq!(site.value("HD Notification", &mine, "modified"), modified);

    ada.call(CLEAR, json!({ "comment": "nothing" })).ok();
    assert_eq!(read(&other), 0);

    ada.call(CLEAR, json!({})).ok();
    assert_eq!((read(&other), read(&of_ben)), (json!(1), json!(0)));
}

#[test]
fn guests_have_no_notices_and_names_are_texts() {
    let site = TestSite::start();

    site.guest().call(CLEAR, json!({})).status(403);
    site.admin().call(CLEAR, json!({ "ticket": ["a"] })).status(417);
}

#[test]
fn the_banner_is_answered_as_it_is_set() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");
    let shown = carl.call(BANNER, json!({})).ok();
    assert_eq!(shown.message()["enabled"], Value::Bool(false));
    let default = shown.message()["default"].clone();
    assert!(
        default.as_str().unwrap().contains("{{ next_working_day }}"),
        "{default}"
    );

    site.set(
        "HD Settings",
        json!({ "enable_outside_hours_banner": 1, "outside_working_hours_message": "Closed" }),
    );

    assert_eq!(
        carl.call(BANNER, json!({})).ok().message(),
        &json!({ "default": default, "current": "Closed", "enabled": true })
    );
    site.guest().call(BANNER, json!({})).status(403);
}

#[test]
fn who_gets_or_loses_a_ticket_is_told() {
    let site = TestSite::builder()
        .config(|config| config.host_name = "https://help.example".to_owned())
        .start();
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|name| site.agent(&format!("{name}@desk.example")));
    site.insert("Notification Settings", json!({ "name": eve.id(), "enabled": 0 }));
    let ticket = site.ticket().subject("A <b>broken</b> printer").create().name;
    let logs = |user: &TestUser| -> Vec<Value> {
        let fields = [
            "subject",
            "type",
            "from_user",
            "document_type",
            "document_name",
            "link",
            "read",
        ];
        let args = json!({ "fields": fields, "order_by": "creation asc, name asc" });
        user.list("Notification Log", args)
            .ok()
            .data()
            .as_array()
            .unwrap()
            .clone()
    };
    let assign = |by: &TestUser, to: &TestUser| {
        let args = json!({ "doctype": "HD Ticket", "name": ticket, "assign_to": [to.id()] });
        by.call("frappe.desk.form.assign_to.add", args).ok();
    };

    assign(&ada, &ada);
    assign(&ada, &bob);
    assign(&ada, &eve);

    assert_eq!(
        (logs(&ada).len(), logs(&eve).len()),
        (0, 0),
        "oneself, and who wants to hear nothing"
    );
    let told = logs(&bob);
    assert_eq!(told.len(), 1);
    for (field, value) in [
        ("type", json!("Assignment")),
        ("from_user", json!(ada.id())),
        ("document_type", json!("HD Ticket")),
        ("document_name", json!(ticket)),
        (
            "link",
            json!(format!("https://help.example/helpdesk/tickets/{ticket}")),
        ),
        ("read", json!(0)),
    ] {
        assert_eq!(told[0][field], value, "{field}");
    }
    let subject = told[0]["subject"].as_str().unwrap();
    assert!(
        subject.contains("A &lt;b&gt;broken&lt;/b&gt; printer"),
        "{subject}"
    );

    let end = |by: &TestUser, of: &TestUser| {
        let args = json!({ "doctype": "HD Ticket", "name": ticket, "assign_to": of.id() });
        by.call("frappe.desk.form.assign_to.remove", args).ok();
    };
    end(&ada, &bob);
    assert_eq!(logs(&bob).len(), 2);
    assign(&ada, &bob);
    end(&bob, &bob);
    assert_eq!(logs(&bob).len(), 3, "nobody hears of what they did themselves");
}
