//! A hundred writers on one ticket: none is lost, and who comes too late is told.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const WRITERS: usize = 100;

fn site() -> TestSite {
    TestSite::builder()
        .config(|config| {
            config.pool_size = 4;
            config.queue_size = WRITERS;
        })
        .running()
        .start()
}

/// The answers of all writers, who begin together.
fn at_once(user: &TestUser, write: impl Fn(&TestUser, usize) -> Reply + Sync) -> Vec<Reply> {
    let (start, write) = (std::sync::Barrier::new(WRITERS), &write);
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|n| {
                let (user, start) = (user.clone(), &start);
                scope.spawn(move || {
                    start.wait();
                    write(&user, n)
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    })
}

fn won(replies: &[Reply]) -> Vec<usize> {
    let winners = replies
        .iter()
        .enumerate()
        .filter(|(_, reply)| reply.status == 200);
    winners.map(|(n, _)| n).collect()
}

#[test]
fn of_those_who_opened_the_same_state_one_saves_and_all_others_are_told() {
    let site = site();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create_as(&ada).name;
    let versions = site.count("Version");
    let opened = ada.read("HD Ticket", &ticket).ok().data().clone();

    let replies = at_once(&ada, |ada, n| {
        let subject = format!("by {n}");
        match n % 3 {
            0 => {
                let mut whole = opened.clone();
                whole["subject"] = subject.into();
                ada.update("HD Ticket", &ticket, whole)
            }
            1 => {
                let change = json!({ "subject": subject, "modified": opened["modified"] });
                ada.update("HD Ticket", &ticket, change)
            }
            _ => {
                let mut whole = opened.clone();
                whole["subject"] = subject.into();
                ada.call("frappe.client.save", json!({ "doc": whole }))
            }
        }
    });

    let winners = won(&replies);
    let [winner] = winners[..] else {
        panic!("{winners:?} have saved the same state")
    };
    for (n, reply) in replies.iter().enumerate().filter(|(n, _)| *n != winner) {
        assert_eq!(
            (reply.status, reply.exc_type()),
            (417, "TimestampMismatchError"),
            "{n} {reply:?}"
        );
    }
    assert_eq!(
        site.value("HD Ticket", &ticket, "subject"),
        format!("by {winner}")
    );
    assert_eq!(site.count("Version"), versions + 1);
}

#[test]
fn who_is_told_and_tries_again_gets_through() {
    let site = site();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().subject("0").create_as(&ada).name;

    at_once(&ada, |ada, _| {
        loop {
            let opened = ada.read("HD Ticket", &ticket).ok();
            let count: usize = opened.data()["subject"].as_str().unwrap().parse().unwrap();
            let reply = ada.update(
                "HD Ticket",
                &ticket,
                json!({ "subject": (count + 1).to_string(), "modified": opened.data()["modified"] }),
            );
            if reply.status == 200 {
                return reply;
            }
            assert_eq!(reply.exc_type(), "TimestampMismatchError", "{reply:?}");
        }
    });

    assert_eq!(site.value("HD Ticket", &ticket, "subject"), WRITERS.to_string());
}

#[test]
fn what_is_added_to_a_ticket_is_all_there() {
    let site = site();
    site.set("HD Settings", json!({ "skip_email_workflow": 1 }));
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create_as(&ada).name;
    let counts = || {
        [
            "HD Ticket Comment",
            "Communication",
            "HD Ticket Activity",
            "Tag Link",
        ]
        .map(|doctype| site.count(doctype))
    };
    let before = counts();
    let on = |ada: &TestUser, method: &str, args: Value| {
        ada.call(
            "run_doc_method",
            json!({ "dt": "HD Ticket", "dn": ticket, "method": method, "args": args }),
        )
    };

    let replies = at_once(&ada, |ada, n| match n % 5 {
        0 => on(ada, "new_comment", json!({ "content": format!("comment {n}") })),
        1 => on(
            ada,
            "reply_via_agent",
            json!({ "message": format!("reply {n}"), "to": "dina@acme.example" }),
        ),
        2 => ada.call(
            "frappe.desk.doctype.tag.tag.add_tag",
            json!({ "tag": format!("tag {n}"), "dt": "HD Ticket", "dn": ticket }),
        ),
        3 => ada.call(
            "frappe.client.set_value",
            json!({
                "doctype": "HD Ticket", "name": ticket, "fieldname": "priority",
                "value": if n % 2 == 0 { "High" } else { "Low" },
            }),
        ),
        _ => ada.update("HD Ticket", &ticket, json!({ "subject": format!("subject {n}") })),
    });

    for (n, reply) in replies.iter().enumerate() {
        assert_eq!(reply.status, 200, "{n} {reply:?}");
    }
    let after = counts();
    let [comments, messages, _, tags] = std::array::from_fn(|i| after[i] - before[i]);
    assert_eq!([comments, messages, tags], [20, 20, 20]);
    let shown = site.value("HD Ticket", &ticket, "_user_tags");
    let shown = shown.as_str().unwrap();
    assert_eq!(
        shown.split(',').filter(|tag| !tag.is_empty()).count(),
        20,
        "{shown}"
    );
    // The values of the last writers, whole.
    let subject = site.value("HD Ticket", &ticket, "subject");
    let last: usize = subject
        .as_str()
        .and_then(|text| text.strip_prefix("subject "))
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(last % 5, 4);
}

#[test]
fn rows_that_many_add_to_one_document_are_all_there() {
    let site = site();
    let maya = site.agent_manager("maya@desk.example");
    let customer = site.organisation("Acme").create();
    let contacts: Vec<String> = (0..WRITERS)
        .map(|n| site.insert("Contact", json!({ "first_name": format!("Contact {n}") })))
        .collect();

    let replies = at_once(&maya, |maya, n| {
        maya.call(
            "frappe.client.insert",
            json!({ "doc": {
                "doctype": "HD Customer Member", "parent": customer, "parenttype": "HD Customer",
                "parentfield": "contacts", "contact_name": contacts[n],
            } }),
        )
    });

    assert_eq!(
        won(&replies).len(),
        WRITERS,
        "{:?}",
        replies.iter().find(|r| r.status != 200)
    );
    let stored = maya.read("HD Customer", &customer).ok();
    let mut members: Vec<&str> = stored.data()["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["contact_name"].as_str().unwrap())
        .collect();
    members.sort_unstable();
    let mut expected: Vec<&str> = contacts.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(members, expected);
}

#[test]
fn a_ticket_that_many_take_has_one_agent() {
    let site = site();
    let maya = site.agent_manager("maya@desk.example");
    let agents: Vec<TestUser> = (0..4)
        .map(|n| site.agent(&format!("agent{n}@desk.example")))
        .collect();
    let ticket = site.ticket().create_as(&maya).name;

    let replies = at_once(&maya, |maya, n| {
        maya.call(
            "helpdesk.api.ticket.assign_ticket_to_agent",
            json!({ "ticket_id": ticket, "agent_id": agents[n % 4].id() }),
        )
    });

    assert_eq!(won(&replies).len(), WRITERS);
    let assigned = site.value("HD Ticket", &ticket, "_assign");
    let assigned: Vec<String> = serde_json::from_str(assigned.as_str().unwrap()).unwrap();
    assert_eq!(assigned.len(), 1, "{assigned:?}");
    let open = maya.list(
        "ToDo",
        json!({
            "filters": json!({ "reference_name": ticket, "status": "Open" }).to_string(),
            "fields": json!(["allocated_to"]).to_string(),
        }),
    );
    assert_eq!(open.data(), &json!([{ "allocated_to": assigned[0] }]));
}

#[test]
fn what_many_customers_write_is_all_there() {
    let site = site();
    site.set(
        "HD Settings",
        json!({ "skip_email_workflow": 1, "enable_reply_email_to_agent": 0 }),
    );
    let carl = site.customer("carl@acme.example");
    let ticket = site.ticket().create_as(&carl).name;
    let messages = || site.count("Communication");
    let before = messages();

    let replies = at_once(&carl, |carl, n| {
        let args = json!({ "message": format!("<p>{n}</p>") });
        let call = json!({
            "dt": "HD Ticket", "dn": ticket, "method": "create_communication_via_contact", "args": args,
        });
        carl.call("run_doc_method", call)
    });

    assert_eq!(
        won(&replies).len(),
        WRITERS,
        "{:?}",
        replies.iter().find(|reply| reply.status != 200)
    );
    assert_eq!(messages(), before + WRITERS as i64);
}
