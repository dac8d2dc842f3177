//! `helpdesk.helpdesk.doctype.hd_ticket.api`: what the pages of tickets show.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

pub(crate) const API: &str = "helpdesk.helpdesk.doctype.hd_ticket.api";

fn call(user: &TestUser, method: &str, args: Value) -> Reply {
    user.call(&format!("{API}.{method}"), args)
}

/// A file as if `user` had uploaded it; answers its name.
pub(crate) fn file_of(site: &TestSite, user: &TestUser, url: &str) -> String {
    let file_name = url.rsplit('/').next().unwrap_or(url);
    let name = site.insert("File", json!({ "file_name": file_name, "file_url": url }));
    site.transaction(|cx| {
        let owner = [("owner", Value::from(user.id()))];
        helpdesk_core::doctype::storage::set_columns(cx, "File", &name, &owner)
    });
    name
}

/// A site with an agent, a customer's manager and member, and a ticket of the member.
struct Desk {
    site: TestSite,
    ada: TestUser,
    carl: TestUser,
    dina: TestUser,
    ticket: String,
}

fn desk() -> Desk {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "skip_email_workflow": 1 }));
    let ada = site.agent("ada@desk.example");
    let (carl, dina) = (
        site.customer("carl@acme.example"),
        site.customer("dina@acme.example"),
    );
    site.organisation("Acme").manager(&carl).member(&dina).create();
    let ticket = site.ticket().subject("Printer").create_as(&dina).name;
    Desk {
        site,
        ada,
        carl,
        dina,
        ticket,
    }
}

#[test]
fn a_customer_opens_a_ticket_for_oneself() {
    let desk = desk();
    let file = file_of(&desk.site, &desk.dina, "/files/a.txt");

    let reply = call(
        &desk.dina,
        "new",
        json!({
            "doc": { "subject": "Scanner", "description": "<p>Broken</p>", "raised_by": "carl@acme.example" },
            "attachments": [{ "name": file }],
        }),
    )
    .ok();

    let ticket = reply.message();
    assert_eq!(ticket["raised_by"], "dina@acme.example");
    assert_eq!(
        (
            &ticket["via_customer_portal"],
            &ticket["customer"],
            &ticket["contact"]
        ),
        (&json!(1), &json!("Acme"), &json!("dina@acme.example"))
    );
    assert_eq!(ticket["status"], "Open");
    let name = ticket["name"].as_str().unwrap();
    let activities = call(&desk.dina, "get_ticket_activities", json!({ "ticket": name })).ok();
    let message = &activities.message()["communications"][0];
    assert_eq!(message["content"], "<p>Broken</p>");
    assert_eq!(message["attachments"][0]["file_url"], "/files/a.txt");
    let files = json!({ "filters": { "attached_to_name": name }, "fields": ["file_url"] });
    assert_eq!(
        desk.site.admin().list("File", files).ok().data(),
        &json!([{ "file_url": "/files/a.txt" }])
    );
}

#[test]
fn a_ticket_that_can_not_be_is_not_opened() {
    let desk = desk();
    let foreign = desk.site.insert(
        "File",
        json!({ "file_name": "b.txt", "file_url": "/private/files/b.txt", "is_private": 1 }),
    );
    let tickets = desk.site.count("HD Ticket");

    for (args, status, exc_type) in [
        (json!({ "doc": { "description": "x" } }), 417, "MandatoryError"),
        (json!({}), 417, "FrappeTypeError"),
        (json!({ "doc": "{\"subject\": \"x\"}" }), 417, "FrappeTypeError"),
        (
            json!({ "doc": { "subject": "x", "contact": "carl@acme.example" } }),
            403,
            "PermissionError",
        ),
        (
            json!({ "doc": { "subject": "x" }, "attachments": [{ "name": foreign }] }),
            403,
            "PermissionError",
        ),
        (
            json!({ "doc": { "subject": "x" }, "attachments": [{ "name": "missing" }] }),
            403,
            "PermissionError",
        ),
        (
            json!({ "doc": { "subject": "x", "priority": "Nope" } }),
            417,
            "LinkValidationError",
        ),
    ] {
        let reply = call(&desk.dina, "new", args.clone());
        assert_eq!((reply.status, reply.exc_type()), (status, exc_type), "{args}");
    }
    call(&desk.site.guest(), "new", json!({ "doc": { "subject": "x" } })).status(403);
    assert_eq!(desk.site.count("HD Ticket"), tickets);
}

#[test]
fn several_customers_have_to_be_chosen_from() {
    let desk = desk();
    desk.site.organisation("Globex").member(&desk.dina).create();

    let reply = call(&desk.dina, "new", json!({ "doc": { "subject": "x" } }));
    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
    let reply = call(
        &desk.dina,
        "new",
        json!({ "doc": { "subject": "x", "customer": "Globex" } }),
    )
    .ok();
    assert_eq!(reply.message()["customer"], "Globex");
    desk.site.organisation("Hooli").create();
    let reply = call(
        &desk.dina,
        "new",
        json!({ "doc": { "subject": "x", "customer": "Hooli" } }),
    );
    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
}

#[test]
fn the_page_of_a_ticket_has_all_it_shows() {
    let desk = desk();
    desk.ada
        .call(
            "frappe.desk.doctype.tag.tag.add_tag",
            json!({ "tag": "urgent", "dt": "HD Ticket", "dn": desk.ticket }),
        )
        .ok();

    let reply = call(&desk.ada, "get_one", json!({ "name": desk.ticket })).ok();
    let page = reply.message();

    assert_eq!(page["subject"], "Printer");
    assert_eq!(page["contact"]["email_id"], "dina@acme.example");
    assert_eq!(
        page["template"],
        json!({ "about": null, "fields": [], "description_template": null, "_form_script": null })
    );
    assert_eq!(page["tags"], json!(["urgent"]));
    assert_eq!(page["communications"][0]["sender"], "dina@acme.example");
    assert_eq!(page["communications"][0]["user"]["email"], "dina@acme.example");
    let fields: Vec<&str> = page["fields"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|field| field["fieldname"].as_str())
        .collect();
    assert_eq!(fields, ["agent_group", "customer", "priority", "ticket_type"]);
    for key in [
        "comments",
        "history",
        "views",
        "calls",
        "_assign",
        "resolution_date",
    ] {
        assert!(page.get(key).is_some(), "{key}");
    }
}

#[test]
fn a_page_without_a_contact_shows_the_address() {
    let desk = desk();
    let ticket = desk.site.ticket().raised_by("nobody@x.example").create().name;

    let page = call(&desk.ada, "get_one", json!({ "name": ticket })).ok();
    assert_eq!(
        page.message()["contact"],
        json!({ "email_id": "nobody@x.example", "name": "nobody" })
    );
    let card = call(&desk.ada, "get_ticket_contact", json!({ "ticket": ticket })).ok();
    assert_eq!(
        card.message(),
        &json!({ "name": "nobody", "email_id": "nobody@x.example", "phone": "", "mobile_no": "", "image": "" })
    );
}

#[test]
fn customers_see_pages_of_their_own() {
    let desk = desk();
    let other = desk.site.ticket().raised_by("x@globex.example").create().name;
    let stranger = desk.site.customer("eve@globex.example");

    for (user, ticket, status) in [
        (&desk.dina, &desk.ticket, 200),
        (&desk.carl, &desk.ticket, 200),
        (&stranger, &desk.ticket, 403),
        (&desk.dina, &other, 403),
        (&desk.site.guest(), &desk.ticket, 403),
    ] {
        for (method, key) in [
            ("get_one", "name"),
            ("get_ticket_activities", "ticket"),
            ("get_ticket_contact", "ticket"),
            ("get_ticket_assignees", "ticket"),
            ("get_recent_similar_tickets", "ticket"),
            ("show_outside_hours_banner", "ticket_name"),
        ] {
            let reply = call(user, method, json!({ (key): ticket }));
            assert_eq!(reply.status, status, "{method} {user:?} {reply:?}");
        }
    }
    let reply = call(&desk.dina, "get_one", json!({ "name": "77777" }));
    assert_eq!((reply.status, reply.exc_type()), (404, "DoesNotExistError"));
}

#[test]
fn customers_see_no_internal_history() {
    let desk = desk();
    desk.ada
        .update("HD Ticket", &desk.ticket, json!({ "status": "Replied" }))
        .ok();
    desk.ada
        .insert(
            "HD Ticket Comment",
            json!({ "reference_ticket": desk.ticket, "content": "Hm", "commented_by": desk.ada.id() }),
        )
        .ok();

    let mine = call(
        &desk.ada,
        "get_ticket_activities",
        json!({ "ticket": desk.ticket }),
    )
    .ok();
    let theirs = call(
        &desk.dina,
        "get_ticket_activities",
        json!({ "ticket": desk.ticket }),
    )
    .ok();

    assert_eq!(mine.message()["comments"][0]["content"], "Hm");
    assert_eq!(mine.message()["history"][0]["action"], "set status to Replied");
    assert_eq!(theirs.message()["comments"], json!([]));
    assert_eq!(theirs.message()["history"], json!([]));
}

#[test]
fn assignees_show_their_presence_to_agents_alone() {
    let desk = desk();
    desk.ada
        .call(
            "helpdesk.api.ticket.assign_ticket_to_agent",
            json!({ "ticket_id": desk.ticket }),
        )
        .ok();
    desk.ada
        .call(
            "helpdesk.api.agent.set_my_availability",
            json!({ "availability": "Away" }),
        )
        .ok();

    let mine = call(
        &desk.ada,
        "get_ticket_assignees",
        json!({ "ticket": desk.ticket }),
    )
    .ok();
    let theirs = call(
        &desk.dina,
        "get_ticket_assignees",
        json!({ "ticket": desk.ticket }),
    )
    .ok();

    assert_eq!(mine.message()[0]["name"], "ada@desk.example");
    assert_eq!(mine.message()[0]["availability"], "Away");
    assert_eq!(theirs.message(), &json!([{ "name": "ada@desk.example" }]));
}

#[test]
fn the_rows_of_the_default_template_are_for_agents() {
    let desk = desk();
    desk.site.change(
        "HD Ticket Template",
        "Default",
        json!({ "fields": [{ "fieldname": "customer", "required": 1, "placeholder": "Who?" }] }),
    );

    let reply = call(&desk.ada, "get_ticket_customizations", json!({})).ok();
    assert_eq!(
        reply.message(),
        &json!({
            "custom_fields": [{ "fieldname": "customer", "required": 1, "placeholder": "Who?", "url_method": null }],
            "_form_script": null,
        })
    );
    call(&desk.dina, "get_ticket_customizations", json!({})).status(403);

    let form = desk
        .dina
        .call(
            "helpdesk.helpdesk.doctype.hd_ticket_template.api.get_one",
            json!({ "name": "Default" }),
        )
        .ok();
    let field = &form.message()["fields"][0];
    assert_eq!(field["label"], "Customer");
    assert_eq!(field["link_filters"], r#"[["HD Customer","name","in",["Acme"]]]"#);
    desk.site.organisation("Globex").member(&desk.dina).create();
    desk.site
        .change("HD Ticket Template", "Default", json!({ "fields": [] }));
    let form = desk
        .dina
        .call(
            "helpdesk.helpdesk.doctype.hd_ticket_template.api.get_one",
            json!({ "name": "Default" }),
        )
        .ok();
    let field = &form.message()["fields"][0];
    assert_eq!(
        (&field["fieldname"], &field["required"]),
        (&json!("customer"), &json!(1))
    );
}

#[test]
fn neighbours_follow_the_view() {
    let desk = desk();
    let second = desk
        .site
        .ticket()
        .subject("Second")
        .set("priority", "High")
        .create()
        .name;
    let third = desk
        .site
        .ticket()
        .subject("Third")
        .set("priority", "High")
        .create()
        .name;

    let all = call(&desk.ada, "get_navigation_tickets", json!({ "ticket": second })).ok();
    let names: Vec<&str> = all
        .message()
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(names[0], second);
    assert!(names.contains(&third.as_str()) && names.contains(&desk.ticket.as_str()));

    let view = desk
        .ada
        .insert(
            "HD View",
            json!({
                "label": "High", "dt": "HD Ticket", "type": "list", "user": desk.ada.id(),
                "filters": "{\"priority\": \"High\", \"__assigned_on\": \"2026-11-22\"}", "order_by": "name asc",
            }),
        )
        .ok();
    let view = view.data()["name"].clone();
    let some = call(
        &desk.ada,
        "get_navigation_tickets",
        json!({ "ticket": second, "current_view": view }),
    )
    .ok();
    assert_eq!(some.message(), &json!([second, third]));

    desk.site.change(
        "HD View",
        view.as_str().unwrap(),
        json!({ "filters": "{\"nothing\": 1}" }),
    );
    let none = call(
        &desk.ada,
        "get_navigation_tickets",
        json!({ "ticket": second, "current_view": view }),
    )
    .ok();
    assert_eq!(none.message(), &json!([]));
    let theirs = call(
        &desk.dina,
        "get_navigation_tickets",
        json!({ "ticket": desk.ticket }),
    )
    .ok();
    assert_eq!(theirs.message(), &json!([desk.ticket]));
}

#[test]
fn recent_tickets_are_of_the_customer_then_of_the_requester() {
    let desk = desk();
    for i in 0..3 {
        desk.site
            .ticket()
            .subject(&format!("Of Carl {i}"))
            .create_as(&desk.carl);
    }
    for i in 0..6 {
        desk.site
            .ticket()
            .subject(&format!("Of Dina {i}"))
            .create_as(&desk.dina);
    }

    let reply = call(
        &desk.ada,
        "get_recent_similar_tickets",
        json!({ "ticket": desk.ticket }),
    )
    .ok();
    let recent = reply.message()["recent_tickets"].as_array().unwrap();

    assert_eq!(recent.len(), 4);
    assert!(recent.iter().all(|ticket| ticket["name"] != desk.ticket.as_str()));
    assert_eq!(reply.message()["similar_tickets"], json!([]));
}

#[test]
fn the_notice_of_closed_hours_is_shown_until_the_desk_opens() {
    for (created, seen, shown) in [
        // Monday 11:00, within hours.
        ("2026-11-23T11:00:00Z", "2026-11-23T20:00:00Z", false),
        // Monday 08:00, before the desk opens.
        ("2026-11-23T08:00:00Z", "2026-11-23T08:30:00Z", true),
        // The next day at 14:00 it is open.
        ("2026-11-23T08:00:00Z", "2026-11-24T14:00:00Z", false),
        // Sunday.
        ("2026-11-22T12:00:00Z", "2026-11-22T13:00:00Z", true),
        // A day after it opened again, although it is closed now.
        ("2026-11-23T20:00:00Z", "2026-11-24T20:00:00Z", false),
    ] {
        let site = TestSite::builder().now(seen).start();
        site.set(
            "HD Settings",
            json!({ "enable_outside_hours_banner": 1, "skip_email_workflow": 1 }),
        );
        let ada = site.agent("ada@desk.example");
        let at = created.trim_end_matches('Z').parse().unwrap();
        let ticket = site.transaction(|cx| {
            cx.at(at, |cx| {
                helpdesk_core::install::put(cx, "HD Ticket", json!({ "subject": "x" }))
            })
        });

        let reply = call(
            &ada,
            "show_outside_hours_banner",
            json!({ "ticket_name": ticket }),
        )
        .ok();

        assert_eq!(reply.message()["show"], shown, "{created} {seen}");
        assert_eq!(reply.message().get("msg").is_some(), shown);
        if shown {
            ada.call(
                "run_doc_method",
                json!({ "dt": "HD Ticket", "dn": ticket, "method": "reply_via_agent", "args": { "message": "x" } }),
            )
            .ok();
            let reply = call(
                &ada,
                "show_outside_hours_banner",
                json!({ "ticket_name": ticket }),
            )
            .ok();
            assert_eq!(reply.message()["show"], false);
        }
    }
}
