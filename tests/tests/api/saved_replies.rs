//! `helpdesk.api.saved_replies`.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

fn rendered(user: &TestUser, ticket: &str, reply: &str) -> Reply {
    user.call_get(
        "helpdesk.api.saved_replies.get_rendered_saved_reply",
        json!({ "ticket_id": ticket, "saved_reply_id": reply }),
    )
}

fn reply(site: &TestSite, title: &str, message: &str, more: Value) -> String {
    let mut values = json!({ "title": title, "scope": "Global", "message": message });
    for (key, value) in more.as_object().unwrap() {
        values[key] = value.clone();
    }
    site.insert("HD Saved Reply", values)
}

#[test]
fn places_are_filled_from_the_ticket_and_the_user() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site
        .ticket()
        .subject("Paper \"jam\"")
        .raised_by("carl@acme.example")
        .create()
        .name;
    let saved = reply(
        &site,
        "Hello",
        "<p>{{ raised_by }}: {{ subject }} ({{ name }}, {{ email }}){{ customer }}</p>\
         {% if priority %}<i>{{ status }}</i>{% endif %} {{ mystery }}",
        json!({}),
    );

    let text = rendered(&ada, &ticket, &saved).ok();

    assert_eq!(
        text.message(),
        "<p>carl@acme.example: Paper \"jam\" (ada@desk.example, ada@desk.example)</p>\
         <i>Open</i> {{ mystery }}"
    );
}

#[test]
fn secrets_are_no_places() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let key = site.value("HD Ticket", &ticket, "key");
    let saved = reply(
        &site,
        "Secrets",
        "{{ key }} {{ api_key }} {{ api_secret }} {{ new_password }} {{ reset_password_key }}",
        json!({}),
    );

    let text = rendered(&ada, &ticket, &saved).ok();

    assert_eq!(
        text.message(),
        "{{ key }} {{ api_key }} {{ api_secret }} {{ new_password }} {{ reset_password_key }}"
    );
    assert!(!text.text.contains(key.as_str().unwrap()));
}

#[test]
fn replies_that_cannot_be_filled_are_refused() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;

    for (title, message) in [
        ("call", "{{ subject() }}"),
        ("inside", "{{ subject.__class__ }}"),
        (
            "endless",
            "{% for a in subject %}{% for b in subject %}{% for c in subject %}{% for d in subject %}{% for e in subject %}\
             {{ a }}{% endfor %}{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
        ),
    ] {
        let saved = reply(&site, title, message, json!({}));
        let reply = rendered(&ada, &ticket, &saved);
        assert_eq!(
            (reply.status, reply.exc_type()),
            (417, "ValidationError"),
            "{title}"
        );
    }
}

#[test]
fn callers_fill_only_what_they_may_read() {
    let site = TestSite::start();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let ben = site.agent("ben@desk.example");
    site.team("Hardware").member(&ben).create();
    let ticket = site
        .ticket()
        .raised_by("carl@acme.example")
        .team("Hardware")
        .create()
        .name;
    let personal = reply(&site, "Mine", "x", json!({ "scope": "Personal" }));
    let global = reply(&site, "Ours", "x", json!({}));

    rendered(&carl, &ticket, &global).status(403);
    rendered(&site.guest(), &ticket, &global).status(403);
    rendered(&ada, &ticket, &personal).status(403);
    rendered(&ada, &ticket, &global).ok();
    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    rendered(&ada, &ticket, &global).status(403);
}

#[test]
fn a_reply_and_a_ticket_must_be_there() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let saved = reply(&site, "Hello", "x", json!({}));
    let method = "helpdesk.api.saved_replies.get_rendered_saved_reply";

    ada.call(method, json!({ "ticket_id": ticket })).status(417);
    ada.call(method, json!({ "saved_reply_id": saved })).status(417);
    rendered(&ada, &ticket, "").status(417);
    rendered(&ada, &ticket, "nothing").status(404);
    rendered(&ada, "999999", &saved).status(404);
}
