//! Nothing that users write runs: 155 scripts hidden in HTML, and 60 templates, by every way that texts come in and go
//! out.

mod scripts;
mod templates;

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

use self::scripts::{running, vectors};
use self::templates::injections;

const RICH: &str = "HD Ticket Comment";

/// All texts within a value.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[track_caller]
fn inert(way: &str, value: &Value) {
    for text in texts(value) {
        assert_eq!(running(text), None, "{way}: {text}");
    }
}

/// Every stored text of the documents of a DocType, their child rows included.
fn stored(site: &TestSite, doctype: &str, fields: &[&str]) -> Value {
    let args = json!({ "fields": fields, "limit_page_length": 0 });
    site.admin().list(doctype, args).ok().data().clone()
}

fn insert_many(user: &TestUser, docs: &[Value]) {
    for part in docs.chunks(100) {
        user.call("frappe.client.insert_many", json!({ "docs": part }))
            .ok();
    }
}

fn quiet() -> TestSite {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "skip_email_workflow": 1 }));
    site
}

#[test]
fn the_corpora_have_their_size_and_scripts_are_found() {
    assert!(vectors().len() >= 150, "{}", vectors().len());
    assert_eq!(injections().len(), 60);
    for vector in vectors() {
        assert!(running(&vector).is_some(), "not seen as running: {vector}");
    }
    for harmless in [
        "<p style=\"color: red\">a</p>",
        "<a href=\"https://x.example/?javascript:1\">a</a>",
        "1 < 2 &lt;script&gt;",
        "<img src=\"data:image/png;base64,AA==\">",
    ] {
        assert_eq!(running(harmless), None, "{harmless}");
    }
}

#[test]
fn documents_that_are_inserted_hold_nothing_that_runs() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let all = vectors();
    let docs = |make: &dyn Fn(usize, &String) -> Value| -> Vec<Value> {
        all.iter()
            .enumerate()
            .map(|(place, text)| make(place, text))
            .collect()
    };

    insert_many(
        &ada,
        &docs(&|_, text| json!({ "doctype": RICH, "reference_ticket": ticket, "content": text })),
    );
    inert("comments", &stored(&site, RICH, &["content"]));

    insert_many(
        &ada,
        &docs(
            &|_, text| json!({ "doctype": "HD Article", "title": format!("T {text}"), "content": format!("<p>x</p>{text}") }),
        ),
    );
    inert("articles", &stored(&site, "HD Article", &["title", "content"]));

    insert_many(
        &ada,
        &docs(
            &|place, text| json!({ "doctype": "HD Saved Reply", "title": format!("R{place}"), "scope": "Global", "message": format!("x {text}") }),
        ),
    );
    inert("saved replies", &stored(&site, "HD Saved Reply", &["message"]));

    insert_many(
        &ada,
        &docs(
            &|place, text| json!({ "doctype": "Contact", "first_name": format!("C{place}"), "designation": text, "department": text }),
        ),
    );
    inert(
        "contacts",
        &stored(&site, "Contact", &["designation", "department"]),
    );

    insert_many(
        &site.admin(),
        &docs(
            &|_, text| json!({ "doctype": "ToDo", "description": format!("x {text}"), "allocated_to": ada.id() }),
        ),
    );
    inert("to dos", &stored(&site, "ToDo", &["description"]));

    insert_many(
        &site.admin(),
        &docs(&|_, text| {
            json!({
                "doctype": "HD Notification", "user_to": ada.id(), "user_from": "Administrator",
                "notification_type": "Mention", "message": text,
            })
        }),
    );
    inert("notices", &stored(&site, "HD Notification", &["message"]));
}

#[test]
fn documents_that_are_changed_hold_nothing_that_runs() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let comment = site.insert(RICH, json!({ "reference_ticket": ticket, "content": "x" }));
    let article = site.article().published().create();

    for (place, text) in vectors().iter().enumerate() {
        let reply = match place % 4 {
            0 => ada.update(RICH, &comment, json!({ "content": text })),
            1 => ada.call(
                "frappe.client.set_value",
                json!({ "doctype": RICH, "name": comment, "fieldname": "content", "value": text }),
            ),
            2 => ada.request("PATCH", &format!("/api/v2/document/HD Article/{article}"))
                .json(&json!({ "content": format!("<p>x</p>{text}"), "title": format!("T {text}") }))
                .send(),
            _ => ada.call(
                "frappe.client.set_value",
                json!({ "doctype": "HD Ticket", "name": ticket, "fieldname": { "description": text, "subject": format!("S {text}") } }),
            ),
        };
        inert("answer of a change", &reply.ok().json);
        let [comment, shown, described, subject] = [
            site.value(RICH, &comment, "content"),
            site.value("HD Article", &article, "content"),
            site.value("HD Ticket", &ticket, "description"),
            site.value("HD Ticket", &ticket, "subject"),
        ];
        inert("a change", &json!([comment, shown, described, subject]));
    }
    let page = site
        .guest()
        .call_get(
            "helpdesk.api.knowledge_base.get_article",
            json!({ "name": article }),
        )
        .ok();
    inert("the article's page", page.message());
}

#[test]
fn what_people_write_on_a_ticket_does_not_run() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let carl = site.customer("carl@acme.example");
    let ticket = site.ticket().raised_by("carl@acme.example").create().name;
    let on = |user: &TestUser, method: &str, args: Value| {
        user.call(
            "run_doc_method",
            json!({ "dt": "HD Ticket", "dn": ticket, "method": method, "args": args }),
        )
        .ok();
    };

    // Each way takes its share of the vectors, of every variation.
    for (place, text) in vectors().iter().enumerate() {
        match place % 4 {
            0 => on(
                &carl,
                "create_communication_via_contact",
                json!({ "message": text }),
            ),
            1 => on(&ada, "new_comment", json!({ "content": text })),
            2 => on(&ada, "reply_via_agent", json!({ "message": text })),
            _ => {
                ada.call(
                    "frappe.desk.form.utils.add_comment",
                    json!({
                        "reference_doctype": "HD Ticket", "reference_name": ticket, "content": text,
                        "comment_email": ada.id(), "comment_by": "Ada",
                    }),
                )
                .ok();
            }
        }
    }

    inert(
        "messages",
        &stored(&site, "Communication", &["content", "subject"]),
    );
    inert("comments", &stored(&site, RICH, &["content"]));
    inert("remarks", &stored(&site, "Comment", &["content"]));
    let portal = carl.call_get(
        "helpdesk.helpdesk.doctype.hd_ticket.api.get_one",
        json!({ "name": ticket }),
    );
    for text in texts(portal.ok().message()) {
        // Scripts of forms are code of the site's own.
        assert_eq!(running(text), None, "portal: {text}");
    }
}

#[test]
fn mails_carry_nothing_that_runs() {
    let site = TestSite::start();
    site.outgoing_account();
    site.set(
        "HD Settings",
        json!({
            "skip_email_workflow": 0, "send_acknowledgement_email": 1,
            "acknowledgement_email_content":
                "<p>{{ doc.subject }}</p><a href=\"{{ doc.subject }}\">x</a>{{ doc.subject|safe }}{{ doc.description|safe }}",
        }),
    );

    for text in vectors().iter().step_by(7) {
        site.ticket()
            .subject(&format!("javascript:alert(1)//{text}"))
            .set("description", text.as_str())
            .raised_by("carl@acme.example")
            .create();
    }

    let mails = stored(&site, "Email Queue", &["message"]);
    assert!(mails.as_array().unwrap().len() >= vectors().len() / 7);
    for mail in mails.as_array().unwrap() {
        let text = helpdesk_tests::mail_text(mail["message"].as_str().unwrap());
        assert_eq!(running(&text), None, "{text}");
    }
}

#[test]
fn templates_in_what_customers_write_stay_words() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let reply = site.insert(
        "HD Saved Reply",
        json!({ "title": "R", "scope": "Global", "message": "<p>{{ subject }}|{{ description }}</p>" }),
    );
    let ticket = site.ticket().create().name;

    for text in injections() {
        site.change(
            "HD Ticket",
            &ticket,
            json!({ "subject": text, "description": format!("<p>{text}</p>") }),
        );
        let shown = ada
            .call_get(
                "helpdesk.api.saved_replies.get_rendered_saved_reply",
                json!({ "ticket_id": ticket, "saved_reply_id": reply }),
            )
            .ok();
        let shown = shown.message().as_str().unwrap();
        assert!(!shown.contains("1338"), "{text}: {shown}");
        assert_eq!(running(shown), None, "{text}");
    }
}

#[test]
fn templates_of_agents_reach_nothing_but_their_fields() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().subject("Paper jam").create().name;
    let key = site.value("HD Ticket", &ticket, "key");
    let secrets = [
        key.as_str().unwrap(),
        "argon2",
        "site.db",
        "root:",
        "PATH=",
        "<class",
        "helpdesk_core",
    ];

    for (place, text) in injections().into_iter().enumerate() {
        let title = format!("R{place}");
        let saved = ada.insert(
            "HD Saved Reply",
            json!({ "title": title, "scope": "Global", "message": text }),
        );
        if saved.status != 200 {
            assert_eq!(
                (saved.status, saved.exc_type()),
                (417, "ValidationError"),
                "{text}"
            );
            continue;
        }
        let shown = ada.call_get(
            "helpdesk.api.saved_replies.get_rendered_saved_reply",
            json!({ "ticket_id": ticket, "saved_reply_id": title }),
        );
        assert!(matches!(shown.status, 200 | 417), "{text}: {}", shown.status);
        for secret in secrets {
            assert!(!shown.text.contains(secret), "{text}: {}", shown.text);
        }
        assert!(shown.text.len() < 200_000, "{text}");
    }
}
