//! What agents and customers write on tickets, and what becomes of whole conversations.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

use crate::ticket_pages::{API, file_of};

fn on(user: &TestUser, ticket: &str, method: &str, args: Value) -> Reply {
    user.call(
        "run_doc_method",
        json!({ "dt": "HD Ticket", "dn": ticket, "method": method, "args": args }),
    )
}

/// A site without mails.
fn quiet() -> TestSite {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "skip_email_workflow": 1 }));
    site
}

/// A site whose mails go out from `help@desk.example`.
fn mailing() -> TestSite {
    let site = TestSite::start();
    site.outgoing_account();
    site
}

fn messages(site: &TestSite, ticket: &str) -> Vec<Value> {
    let args = json!({
        "filters": { "reference_doctype": "HD Ticket", "reference_name": ticket },
        "fields": ["name", "sent_or_received", "sender", "recipients", "cc", "bcc", "content", "email_account", "communication_medium"],
        "order_by": "creation asc, name asc",
    });
    let reply = site.admin().list("Communication", args).ok();
    reply.data().as_array().unwrap().clone()
}

fn mails(site: &TestSite, ticket: &str) -> Vec<Value> {
    let args = json!({
        "filters": { "reference_name": ticket },
        "fields": ["name", "sender", "message", "communication", "status"],
        "order_by": "creation asc, name asc",
    });
    let reply = site.admin().list("Email Queue", args).ok();
    reply.data().as_array().unwrap().clone()
}

#[test]
fn an_agent_answers() {
    let site = mailing();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().raised_by("carl@acme.example").create().name;

    on(
        &ada,
        &ticket,
        "reply_via_agent",
        json!({ "message": "<p>Try again</p>", "to": "carl@acme.example", "cc": "boss@acme.example", "bcc": "" }),
    )
    .ok();

    let sent = messages(&site, &ticket)
        .into_iter()
        .find(|message| message["sent_or_received"] == "Sent")
        .unwrap();
    assert_eq!(sent["sender"], "ada@desk.example");
    assert_eq!(sent["email_account"], "Support");
    assert_eq!(sent["recipients"], "carl@acme.example");
    let queued = mails(&site, &ticket);
    assert_eq!(queued.len(), 1);
    assert_eq!(
        (&queued[0]["sender"], &queued[0]["status"]),
        (&json!("help@desk.example"), &json!("Not Sent"))
    );
    assert_eq!(queued[0]["communication"], sent["name"]);
    let text = queued[0]["message"].as_str().unwrap();
    assert!(
        text.contains("To: carl@acme.example\r\n") && text.contains("Cc: boss@acme.example\r\n"),
        "{text}"
    );
    assert_ne!(
        site.value("HD Ticket", &ticket, "first_responded_on"),
        Value::Null
    );
}

#[test]
fn answers_need_no_main_recipient() {
    let site = mailing();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;

    for args in [
        json!({ "message": "a", "cc": "x@acme.example" }),
        json!({ "message": "b", "bcc": "x@acme.example" }),
        json!({ "message": "c", "cc": "x@acme.example", "bcc": "y@acme.example" }),
    ] {
        on(&ada, &ticket, "reply_via_agent", args).ok();
    }
    assert_eq!(mails(&site, &ticket).len(), 3);
    on(&ada, &ticket, "reply_via_agent", json!({ "message": "d" })).ok();
    assert_eq!(mails(&site, &ticket).len(), 3);
    assert_eq!(messages(&site, &ticket).len(), 5);
    let reply = on(
        &ada,
        &ticket,
        "reply_via_agent",
        json!({ "message": "to the Administrator", "to": "Administrator" }),
    );
    reply.ok();
}

#[test]
fn answers_can_come_from_an_account_of_choice() {
    let site = quiet();
    site.insert(
        "Email Account",
        json!({ "name": "Sales", "email_account_name": "Sales", "email_id": "sales@desk.example" }),
    );
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;

    let from = json!({ "email_id": "sales@desk.example", "email_account": "Sales" });
    on(
        &ada,
        &ticket,
        "reply_via_agent",
        json!({ "message": "x", "from_email": from }),
    )
    .ok();
    let sent = messages(&site, &ticket)
        .into_iter()
        .find(|message| message["sent_or_received"] == "Sent")
        .unwrap();
    assert_eq!(
        (&sent["sender"], &sent["email_account"]),
        (&json!("sales@desk.example"), &json!("Sales"))
    );

    let count = site.count("Communication");
    for args in [
        json!({ "message": "x", "from_email": { "email_id": "a@b.example", "email_account": "Nope" } }),
        json!({ "message": "x", "from_email": { "email_id": "a@b.example" } }),
        json!({ "message": "x", "to": "no address" }),
        json!({ "message": "x", "cc": "<script>" }),
        json!({ "to": "a@b.example" }),
    ] {
        on(&ada, &ticket, "reply_via_agent", args).status(417);
    }
    on(
        &ada,
        &ticket,
        "reply_via_agent",
        json!({ "message": "x", "attachments": ["missing"] }),
    )
    .status(403);
    assert_eq!(site.count("Communication"), count);
}

#[test]
fn without_an_account_that_can_send_nothing_is_written() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let count = site.count("Communication");

    let reply = on(
        &ada,
        &ticket,
        "reply_via_agent",
        json!({ "message": "x", "to": "a@b.example" }),
    );

    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
    assert_eq!(site.count("Communication"), count);
    assert_eq!(
        site.value("HD Ticket", &ticket, "first_responded_on"),
        Value::Null
    );
}

#[test]
fn only_agents_answer_comment_and_assign() {
    let site = quiet();
    site.agent("ada@desk.example");
    let carl = site.customer("carl@acme.example");
    let ticket = site.ticket().create_as(&carl).name;

    for (method, args) in [
        ("reply_via_agent", json!({ "message": "x" })),
        ("new_comment", json!({ "content": "x" })),
        ("assign_agent", json!({ "agent": "ada@desk.example" })),
    ] {
        let reply = on(&carl, &ticket, method, args);
        assert_eq!(
            (reply.status, reply.exc_type()),
            (403, "PermissionError"),
            "{method}"
        );
    }
    let other = site.ticket().create().name;
    on(
        &carl,
        &other,
        "create_communication_via_contact",
        json!({ "message": "hack" }),
    )
    .status(403);
    assert_eq!(messages(&site, &other).len(), 1);
}

#[test]
fn a_customer_s_message_opens_the_ticket_and_tells_its_agents() {
    let site = mailing();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let ticket = site.ticket().create_as(&carl).name;
    on(&ada, &ticket, "assign_agent", json!({ "agent": ada.id() })).ok();
    on(
        &ada,
        &ticket,
        "reply_via_agent",
        json!({ "message": "x", "to": carl.id() }),
    )
    .ok();
    ada.update("HD Ticket", &ticket, json!({ "status": "Replied" }))
        .ok();
    let queued = mails(&site, &ticket).len();

    on(
        &carl,
        &ticket,
        "create_communication_via_contact",
        json!({ "message": "<p>Still broken</p>" }),
    )
    .ok();

    assert_eq!(site.value("HD Ticket", &ticket, "status"), "Open");
    let written = messages(&site, &ticket)
        .into_iter()
        .find(|message| message["content"] == "<p>Still broken</p>")
        .unwrap();
    assert_eq!(
        (&written["sent_or_received"], &written["sender"]),
        (&json!("Received"), &json!(carl.id()))
    );
    let mails = mails(&site, &ticket);
    assert_eq!(mails.len(), queued + 1);
    let to_ada = |mail: &&Value| {
        mail["message"]
            .as_str()
            .unwrap()
            .contains("To: ada@desk.example\r\n")
    };
    assert_eq!(mails.iter().filter(to_ada).count(), 1);
    let told = json!({ "filters": { "user_to": ada.id(), "notification_type": "Reaction" } });
    assert_eq!(
        site.admin()
            .list("HD Notification", told)
            .ok()
            .data()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn a_closed_ticket_takes_no_message_of_its_customer() {
    let site = quiet();
    let carl = site.customer("carl@acme.example");
    let reply = carl
        .call(
            &format!("{API}.new"),
            json!({ "doc": { "subject": "x", "description": "y" } }),
        )
        .ok();
    let ticket = reply.message()["name"].as_str().unwrap().to_owned();
    site.change("HD Ticket", &ticket, json!({ "status": "Closed" }));
    let count = messages(&site, &ticket).len();

    on(
        &carl,
        &ticket,
        "create_communication_via_contact",
        json!({ "message": "x" }),
    )
    .status(403);

    assert_eq!(messages(&site, &ticket).len(), count);
    assert_eq!(site.value("HD Ticket", &ticket, "status"), "Closed");
}

#[test]
fn a_file_of_another_can_not_be_taken() {
    let site = quiet();
    let (carl, eve) = (
        site.customer("carl@acme.example"),
        site.customer("eve@globex.example"),
    );
    let file = file_of(&site, &carl, "/private/files/a.txt");
    let ticket = site.ticket().create_as(&eve).name;

    on(
        &eve,
        &ticket,
        "create_communication_via_contact",
        json!({ "message": "x", "attachments": [{ "name": file }] }),
    )
    .status(403);

    assert_eq!(site.value("File", &file, "attached_to_name"), Value::Null);
}

#[test]
fn comments_carry_files() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    site.insert(
        "File",
        json!({ "file_name": "a.txt", "file_url": "/files/a.txt" }),
    );

    on(
        &ada,
        &ticket,
        "new_comment",
        json!({ "content": "<p>Hm</p>", "attachments": [{ "file_url": "/files/a.txt" }] }),
    )
    .ok();

    let reply = ada
        .call(
            &format!("{API}.get_ticket_activities"),
            json!({ "ticket": ticket }),
        )
        .ok();
    let comment = &reply.message()["comments"][0];
    assert_eq!(comment["content"], "<p>Hm</p>");
    assert_eq!(comment["attachments"][0]["file_url"], "/files/a.txt");
    let reply = on(&ada, &ticket, "new_comment", json!({}));
    assert_eq!((reply.status, reply.exc_type()), (417, "FrappeTypeError"));
}

#[test]
fn assigning_tells_the_assignee_and_reopening_all_of_them() {
    let site = quiet();
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    let plain = site.user("paul@desk.example");
    let ticket = site.ticket().create().name;
    let admin = site.admin();
    let told = |kind: &str| -> Vec<Value> {
        let args = json!({ "filters": { "notification_type": kind }, "fields": ["user_to"], "order_by": "user_to asc" });
        let reply = admin.list("HD Notification", args).ok();
        reply
            .data()
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["user_to"].clone())
            .collect()
    };

    for user in [ada.id(), bob.id(), plain.id()] {
        on(&admin, &ticket, "assign_agent", json!({ "agent": user })).ok();
    }
    assert_eq!(told("Assignment"), [ada.id(), bob.id(), plain.id()]);
    on(
        &admin,
        &ticket,
        "assign_agent",
        json!({ "agent": "ghost@x.example" }),
    )
    .status(417);

    for status in ["Replied", "Open", "Resolved", "Closed"] {
        admin
            .update("HD Ticket", &ticket, json!({ "status": status }))
            .ok();
    }
    assert_eq!(told("Reaction"), [ada.id(), bob.id()]);
}

#[test]
fn many_tickets_are_answered_at_once() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let tickets: Vec<String> = (0..2)
        .map(|_| site.ticket().raised_by("carl@acme.example").create().name)
        .collect();
    let files: Vec<String> = ["a", "b"]
        .map(|name| file_of(&site, &ada, &format!("/files/{name}.txt")))
        .into();
    let attached = |doctype: &str| -> usize {
        let args = json!({ "filters": { "attached_to_doctype": doctype }, "limit_page_length": 0 });
        site.admin()
            .list("File", args)
            .ok()
            .data()
            .as_array()
            .unwrap()
            .len()
    };

    ada.call(
        "helpdesk.api.ticket.bulk_reply",
        json!({ "ticket_ids": [tickets[0], tickets[1], tickets[0]], "message": "<p>Soon</p>", "attachments": files }),
    )
    .ok();

    for ticket in &tickets {
        let sent: Vec<Value> = messages(&site, ticket)
            .into_iter()
            .filter(|message| message["sent_or_received"] == "Sent")
            .collect();
        assert_eq!(sent.len(), 1, "{ticket}");
        assert_eq!(sent[0]["recipients"], "carl@acme.example");
    }
    assert_eq!((attached("Communication"), attached("HD Ticket")), (4, 4));
}

#[test]
fn many_tickets_are_not_answered_where_one_may_not_be() {
    let site = quiet();
    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    let (ada, bob) = (site.agent("ada@desk.example"), site.agent("bob@desk.example"));
    site.team("One").member(&ada).create();
    site.team("Two").member(&bob).create();
    let own = site.ticket().team("One").create().name;
    let other = site.ticket().team("Two").create().name;
    let count = site.count("Communication");
    let method = "helpdesk.api.ticket.bulk_reply";

    ada.call(method, json!({ "ticket_ids": [own, other], "message": "x" }))
        .status(403);
    ada.call(method, json!({ "ticket_ids": [own, "77777"], "message": "x" }))
        .status(404);
    ada.call(method, json!({ "ticket_ids": "abc", "message": "x" }))
        .status(417);
    site.customer("carl@acme.example")
        .call(method, json!({ "ticket_ids": [own], "message": "x" }))
        .status(403);
    assert_eq!(site.count("Communication"), count);
    ada.call(method, json!({ "ticket_ids": [], "message": "x" })).ok();
}

#[test]
fn two_tickets_become_one() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let source = site.ticket().subject("One").create().name;
    let target = site.ticket().subject("Two").create().name;
    for ticket in [&source, &target] {
        on(
            &ada,
            ticket,
            "new_comment",
            json!({ "content": format!("on {ticket}") }),
        )
        .ok();
    }
    for name in ["a", "b"] {
        site.insert(
            "File",
            json!({
                "file_name": name, "file_url": format!("/files/{name}"),
                "attached_to_doctype": "HD Ticket", "attached_to_name": source,
            }),
        );
    }

    ada.call(
        &format!("{API}.merge_ticket"),
        json!({ "source": source, "target": target }),
    )
    .ok();

    assert_eq!(site.value("HD Ticket", &source, "status"), "Closed");
    assert_eq!(site.value("HD Ticket", &source, "is_merged"), 1);
    assert_eq!(site.value("HD Ticket", &source, "merged_with"), target.as_str());
    let reply = ada
        .call(
            &format!("{API}.get_ticket_activities"),
            json!({ "ticket": target }),
        )
        .ok();
    assert_eq!(reply.message()["comments"].as_array().unwrap().len(), 3);
    assert_eq!(reply.message()["communications"].as_array().unwrap().len(), 2);
    let files = json!({ "filters": { "attached_to_doctype": "HD Ticket", "attached_to_name": target } });
    assert_eq!(
        site.admin()
            .list("File", files)
            .ok()
            .data()
            .as_array()
            .unwrap()
            .len(),
        2
    );

    // What the customer writes on the merged ticket comes to the other one.
    site.insert(
        "Communication",
        json!({
            "subject": "Re: One", "content": "late", "sent_or_received": "Received", "communication_type": "Communication",
            "status": "Open", "reference_doctype": "HD Ticket", "reference_name": source, "sender": "x@acme.example",
        }),
    );
    assert!(
        messages(&site, &target)
            .iter()
            .any(|message| message["content"] == "late")
    );
    assert_eq!(site.value("HD Ticket", &source, "status"), "Closed");
}

#[test]
fn tickets_that_can_not_be_merged_stay() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let method = format!("{API}.merge_ticket");

    for (source, target, text) in [
        (
            ticket.as_str(),
            ticket.as_str(),
            "Source and target ticket cannot be same",
        ),
        ("77777", ticket.as_str(), "Source ticket does not exist"),
        (ticket.as_str(), "77777", "Target ticket does not exist"),
    ] {
        let reply = ada
            .call(&method, json!({ "source": source, "target": target }))
            .status(417);
        assert_eq!(reply.messages(), [text]);
    }
    let other = site.ticket().create().name;
    site.customer("carl@acme.example")
        .call(&method, json!({ "source": ticket, "target": other }))
        .status(403);
    assert_eq!(site.value("HD Ticket", &ticket, "is_merged"), 0);
}

#[test]
fn the_end_of_a_conversation_becomes_a_ticket() {
    let site = quiet();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));
    let ticket = site.ticket().subject("Two things").create_as(&carl).name;
    let late = site.transaction(|cx| {
        let at = "2026-11-22T09:00:00".parse().unwrap();
        cx.at(at, |cx| {
            helpdesk_core::install::put(
                cx,
                "Communication",
                json!({
                    "subject": "Re", "content": "the second thing", "sent_or_received": "Received",
                    "communication_type": "Communication", "status": "Open", "sender": "carl@acme.example",
                    "reference_doctype": "HD Ticket", "reference_name": ticket,
                }),
            )
        })
    });
    let method = format!("{API}.split_ticket");

    let reply = ada
        .call(&method, json!({ "subject": "Second", "communication_id": late }))
        .ok();
    let new = reply.message().as_str().unwrap().to_owned();

    assert_eq!(site.value("HD Ticket", &new, "subject"), "Second");
    assert_eq!(
        site.value("HD Ticket", &new, "ticket_split_from"),
        ticket.as_str()
    );
    assert_eq!(site.value("HD Ticket", &new, "raised_by"), "carl@acme.example");
    assert_eq!(site.value("HD Ticket", &new, "owner"), "carl@acme.example");
    assert_eq!(site.value("HD Ticket", &new, "description"), Value::Null);
    assert_eq!(site.value("HD Ticket", &new, "status"), "Open");
    assert_ne!(
        site.value("HD Ticket", &new, "key"),
        site.value("HD Ticket", &ticket, "key")
    );
    let moved: Vec<Value> = messages(&site, &new)
        .iter()
        .map(|message| message["content"].clone())
        .collect();
    assert_eq!(moved, ["the second thing"]);
    let history = ada
        .call(&format!("{API}.get_ticket_activities"), json!({ "ticket": new }))
        .ok();
    assert_eq!(
        history.message()["history"][0]["action"],
        format!("split the ticket from #{ticket}")
    );

    let reply = ada.call(&method, json!({ "subject": "x", "communication_id": "nope" }));
    assert_eq!(
        (reply.status, reply.messages()),
        (404, vec!["HD Ticket None not found".to_owned()])
    );
    carl.call(&method, json!({ "subject": "x", "communication_id": late }))
        .status(403);
}

#[test]
fn the_administrator_alone_deletes_tickets() {
    let site = quiet();
    let manager = site.agent_manager("maya@desk.example");
    let ticket = site.ticket().create().name;
    on(
        &manager,
        &ticket,
        "assign_agent",
        json!({ "agent": manager.id() }),
    )
    .ok();
    let method = "helpdesk.api.ticket.delete_ticket";

    let reply = manager.call(method, json!({ "name": ticket })).status(403);
    assert_eq!(reply.messages(), ["Only administrators can delete tickets."]);
    site.admin().call(method, json!({ "name": ticket })).ok();
    assert_eq!(site.value("HD Ticket", &ticket, "name"), Value::Null);
    site.admin().call(method, json!({ "name": "77777" })).ok();
}

#[test]
fn mails_of_the_settings_are_queued() {
    let site = mailing();
    site.set(
        "HD Settings",
        json!({
            "send_acknowledgement_email": 1,
            "enable_email_ticket_feedback": 1,
            "send_email_feedback_on_status": "Closed",
            "feedback_email_content": "<p>{{ doc.subject }} {{ url }}</p>",
        }),
    );
    let ticket = site
        .ticket()
        .subject("<b>Printer")
        .raised_by("carl@acme.example")
        .create()
        .name;
    let key = site.value("HD Ticket", &ticket, "key");

    let queued = mails(&site, &ticket);
    assert_eq!(queued.len(), 1);
    assert!(
        queued[0]["message"]
            .as_str()
            .unwrap()
            .contains("X-Auto-Generated: hd-acknowledgement")
    );

    site.change("HD Ticket", &ticket, json!({ "status": "Closed" }));
    let queued = mails(&site, &ticket);
    assert_eq!(queued.len(), 2);
    let text = queued
        .iter()
        .filter_map(|mail| mail["message"].as_str())
        .find(|text| text.contains("hd-email-feedback"))
        .unwrap();
    assert!(text.contains("To: carl@acme.example"), "{text}");

    site.insert(
        "HD Email Feedback",
        json!({ "key": key, "feedback_rating": 0.8, "feedback_extra": "Fine" }),
    );
    assert_eq!(site.value("HD Ticket", &ticket, "feedback_rating"), 0.8);
    let again = site
        .admin()
        .insert("HD Email Feedback", json!({ "key": key, "feedback_rating": 1 }));
    assert_eq!((again.status, again.exc_type()), (417, "ValidationError"));
    site.admin()
        .insert(
            "HD Email Feedback",
            json!({ "key": "forged", "feedback_rating": 1 }),
        )
        .status(417);
}

#[test]
fn tickets_merged_in_a_circle_keep_their_messages() {
    let site = quiet();
    let (one, two) = (site.ticket().create().name, site.ticket().create().name);
    for (ticket, other) in [(&one, &two), (&two, &one)] {
        site.transaction(|cx| {
            let changes = [("is_merged", json!(1)), ("merged_with", json!(other))];
            helpdesk_core::doctype::storage::set_columns(cx, "HD Ticket", ticket, &changes)
        });
    }
    site.insert(
        "Communication",
        json!({
            "subject": "Re", "content": "round", "sent_or_received": "Received", "status": "Open",
            "communication_type": "Communication", "reference_doctype": "HD Ticket", "reference_name": one,
            "sender": "x@acme.example",
        }),
    );

    assert!(
        messages(&site, &one)
            .iter()
            .any(|message| message["content"] == "round")
    );
    assert_ne!(
        site.value("HD Ticket", &one, "last_customer_response"),
        Value::Null
    );
}

#[test]
fn pictures_of_a_new_ticket_become_its_own() {
    let site = quiet();
    let (carl, eve) = (
        site.customer("carl@acme.example"),
        site.customer("eve@globex.example"),
    );
    let own = file_of(&site, &carl, "/private/files/own.png");
    let foreign = file_of(&site, &eve, "/private/files/foreign.png");

    let reply = carl
        .call(
            &format!("{API}.new"),
            json!({ "doc": {
                "subject": "x",
                "description": "<p><img src=\"/private/files/own.png\"><img src=\"/private/files/foreign.png\"></p>",
            } }),
        )
        .ok();

    assert_eq!(
        site.value("File", &own, "attached_to_name"),
        reply.message()["name"]
    );
    assert_eq!(site.value("File", &foreign, "attached_to_name"), Value::Null);
}

#[test]
fn a_status_of_choice_follows_an_answer() {
    let site = quiet();
    site.set(
        "HD Settings",
        json!({ "auto_update_status": 1, "update_status_to": "Replied" }),
    );
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;

    on(&ada, &ticket, "reply_via_agent", json!({ "message": "x" })).ok();

    assert_eq!(site.value("HD Ticket", &ticket, "status"), "Replied");
    assert_eq!(site.value("HD Ticket", &ticket, "agreement_status"), "Paused");
}

#[test]
fn five_megabytes_of_html_are_cleaned_as_they_are_written() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let carl = site.customer("carl@acme.example");
    let ticket = site.ticket().create_as(&carl).name;
    let paragraph = format!(
        "<p onclick=\"steal()\">{}<script>steal()</script><img src=x onerror=steal()></p>",
        "Words, words & words. ".repeat(200)
    );
    let html_of = |bytes: usize| paragraph.repeat(bytes / paragraph.len() + 1);
    let html = html_of(5_000_000);
    on(
        &ada,
        &ticket,
        "reply_via_agent",
        json!({ "message": html, "to": "carl@acme.example" }),
    )
    .ok();
    assert_clean(&site, "Communication", html.len());
    let html = html_of(500_000);
    let other = site.ticket().create_as(&carl).name;
    on(
        &carl,
        &other,
        "create_communication_via_contact",
        json!({ "message": html }),
    )
    .ok();
    assert_clean(&site, "Communication", html.len());
    on(&ada, &other, "new_comment", json!({ "content": html })).ok();
    assert_clean(&site, "HD Ticket Comment", html.len());
}

/// The newest text of a DocType has all words of what was sent, and nothing that runs.
fn assert_clean(site: &TestSite, doctype: &str, sent: usize) {
    let newest = site.admin().list(
        doctype,
        json!({
            "fields": json!(["content"]).to_string(),
            "order_by": "creation desc, name desc",
            "limit_page_length": 0,
        }),
    );
    let texts = newest.data().as_array().unwrap();
    let texts = texts.iter().filter_map(|row| row["content"].as_str());
    let kept = texts
        .clone()
        .filter(|text| text.len() * 10 > sent * 9 && text.len() < sent * 2);
    assert_eq!(kept.count(), 1, "{doctype}");
    for text in texts {
        assert!(!text.contains("steal"), "{doctype}");
    }
}

#[test]
fn heaps_of_unclosed_tags_keep_no_one_waiting() {
    let site = quiet();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create_as(&ada).name;

    for bomb in [
        "<div>".repeat(100_000),
        "<a".repeat(250_000),
        "<b x='".repeat(80_000),
    ] {
        let message = format!("Hello {bomb}");
        on(
            &ada,
            &ticket,
            "reply_via_agent",
            json!({ "message": message, "to": "carl@acme.example" }),
        )
        .ok();
    }

    let mut shown = messages(&site, &ticket);
    shown.retain(|message| message["sent_or_received"] == "Sent");
    assert_eq!(shown.len(), 3);
    for message in shown {
        assert!(message["content"].as_str().unwrap().starts_with("Hello"));
    }
}

#[test]
fn what_is_larger_than_the_limit_is_refused_whole() {
    let site = TestSite::builder()
        .config(|config| config.max_file_size = 1_000_000)
        .start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create_as(&ada).name;

    let reply = on(
        &ada,
        &ticket,
        "new_comment",
        json!({ "content": "x".repeat(1_100_000) }),
    );

    assert_eq!(reply.status, 413, "{reply:?}");
    assert_eq!(site.count("HD Ticket Comment"), 0);
}
