//! What a site does by itself, and what requests leave to jobs.

use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::jobs::{self, Ran, State};
use helpdesk_core::prelude::*;
use helpdesk_tests::TestSite;
use jiff::SignedDuration;

use super::{enqueue, forward, listed, note, run};

const CLOSE: &str = "helpdesk.helpdesk.doctype.hd_ticket.scheduled.close_tickets_after_n_days";
const AGREEMENTS: &str = "helpdesk.helpdesk.doctype.hd_ticket.scheduled.update_sla_status_in_ticket";
const INVITATIONS: &str = "frappe.core.doctype.user_invitation.expire.mark_expired_invitations";

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

fn run_scheduled(site: &TestSite, name: &str) {
    site.transaction(|cx| jobs::run_now(cx, name));
    assert_eq!(run(site), [Ran::Done]);
}

fn message(site: &TestSite, ticket: &str) {
    site.insert(
        "Communication",
        json!({
            "subject": "A message",
            "communication_type": "Communication",
            "communication_medium": "Email",
            "sent_or_received": "Sent",
            "reference_doctype": "HD Ticket",
            "reference_name": ticket,
        }),
    );
}

#[test]
fn tickets_nobody_writes_on_are_closed() {
    let site = TestSite::start();
    let ticket = |subject: &str| site.ticket().subject(subject).create().name;
    let (idle, fresh, silent, open) = (ticket("idle"), ticket("fresh"), ticket("silent"), ticket("open"));
    for name in [&idle, &fresh, &silent] {
        site.transaction(|cx| {
            helpdesk_core::doctype::storage::set_columns(
                cx,
                "HD Ticket",
                name,
                &[("status", "Replied".into())],
            )
        });
    }
    site.transaction(|cx| {
        let mut query = Query::new();
        query.sql("DELETE FROM ").ident("tabCommunication");
        cx.db().execute(query)
    });
    message(&site, &idle);
    message(&site, &open);
    let status = |name: &str| site.value("HD Ticket", name, "status");
    let before = [&idle, &fresh, &silent, &open].map(|name| status(name));
    forward(&site, days(3));
    message(&site, &fresh);
    forward(&site, days(1));

    run_scheduled(&site, CLOSE);
    assert_eq!(
        [&idle, &fresh, &silent, &open].map(|name| status(name)),
        before,
        "off unless asked for"
    );

    site.set(
        "HD Settings",
        json!({ "auto_close_tickets": 1, "auto_close_status": "Replied", "auto_close_after_days": 3 }),
    );
    site.transaction(|cx| {
        helpdesk_core::doctype::storage::set_columns(cx, "HD Ticket", &fresh, &[("status", "Replied".into())])
    });
    run_scheduled(&site, CLOSE);
    assert_eq!(status(&idle), "Closed");
    assert_eq!(
        (status(&fresh), status(&silent)),
        (json!("Replied"), json!("Replied"))
    );
    assert_eq!(status(&open), before[3]);
    let told = site.transaction(|cx| {
        let mut query = Query::new();
        query.sql("SELECT action FROM ").ident("tabHD Ticket Activity");
        query.sql(" WHERE ticket = ").text(idle.clone());
        let rows = cx.db().rows(query, &[Kind::Text])?;
        Ok(rows
            .iter()
            .filter_map(|row| row[0].as_str().map(str::to_owned))
            .collect::<Vec<_>>())
    });
    assert_eq!(
        told,
        ["automatically closed the ticket after 3 days of inactivity"]
    );
    assert_eq!(site.count("Error Log"), 0);
}

#[test]
fn tickets_are_closed_by_the_minute() {
    let site = TestSite::start();
    site.set(
        "HD Settings",
        json!({ "auto_close_tickets": 1, "auto_close_status": "Replied", "auto_close_after_days": 1 }),
    );
    let [late, in_time] = [(), ()].map(|()| {
        let ticket = site.ticket().create().name;
        site.change("HD Ticket", &ticket, json!({ "status": "Replied" }));
        ticket
    });
    // The status stays as it is: what a message is about decides nothing here.
    let written = |ticket: &str| {
        message(&site, ticket);
        site.change("HD Ticket", ticket, json!({ "status": "Replied" }));
    };
    written(&late);
    forward(&site, SignedDuration::from_mins(10));
    written(&in_time);
    forward(&site, days(1) - SignedDuration::from_mins(5));

    run_scheduled(&site, CLOSE);

    let [late, in_time] = [late, in_time].map(|ticket| {
        let rows = site.admin().list(
            "HD Ticket Activity",
            json!({ "filters": { "ticket": ticket, "action": ["like", "automatically%"] }, "fields": ["action"] }),
        );
        (site.value("HD Ticket", &ticket, "status"), rows.ok().data().clone())
    });
    let told = json!([{ "action": "automatically closed the ticket after 1 day of inactivity" }]);
    assert_eq!(late, (json!("Closed"), told));
    assert_eq!(in_time, (json!("Replied"), json!([])));
}

#[test]
fn a_ticket_that_can_t_be_closed_stops_no_other() {
    let site = TestSite::start();
    site.set(
        "HD Settings",
        json!({ "auto_close_tickets": 1, "auto_close_status": "Replied", "auto_close_after_days": 1 }),
    );
    let names = ["a", "b"].map(|subject| site.ticket().subject(subject).create().name);
    for name in &names {
        message(&site, name);
        let mut changes = vec![("status", Value::from("Replied"))];
        if *name == names[0] {
            changes.push(("priority", "Gone".into()));
        }
        site.transaction(|cx| helpdesk_core::doctype::storage::set_columns(cx, "HD Ticket", name, &changes));
    }
    forward(&site, days(2));

    run_scheduled(&site, CLOSE);
    assert_eq!(
        names.map(|name| site.value("HD Ticket", &name, "status")),
        ["Replied", "Closed"]
    );
    assert_eq!(site.count("Error Log"), 1);
}

#[test]
fn agreements_fail_as_time_goes_by() {
    let site = TestSite::start();
    let (open, closed) = (site.ticket().create().name, site.ticket().create().name);
    site.change("HD Ticket", &closed, json!({ "status": "Closed" }));
    let shown =
        |name: &str| ["agreement_status", "modified"].map(|field| site.value("HD Ticket", name, field));
    let before = [shown(&open), shown(&closed)];
    assert_eq!(before[0][0], "First Response Due");

    run_scheduled(&site, AGREEMENTS);
    assert_eq!([shown(&open), shown(&closed)], before, "nothing has changed yet");
    forward(&site, days(9));
    run_scheduled(&site, AGREEMENTS);
    assert_eq!(shown(&open), [json!("Failed"), before[0][1].clone()]);
    assert_eq!(shown(&closed), before[1]);
    assert_eq!(site.count("Error Log"), 0);
}

#[test]
fn invitations_nobody_accepts_expire() {
    let site = TestSite::builder()
        .config(|config| config.host_name = "https://help.example".to_owned())
        .start();
    let args = |email: &str| {
        json!({
            "emails": email, "roles": ["Agent"], "redirect_to_path": "/helpdesk", "app_name": "helpdesk"
        })
    };
    let invite = |email: &str| {
        let path = "frappe.core.api.user_invitation.invite_by_email";
        site.admin().call(path, args(email)).ok()
    };
    invite("old@desk.example");
    forward(&site, days(2));
    invite("new@desk.example");
    forward(&site, SignedDuration::from_hours(25));
    let mails = site.count("Email Queue");

    run_scheduled(&site, INVITATIONS);
    let states = site.transaction(|cx| {
        let mut query = Query::new();
        query
            .sql("SELECT status, key FROM ")
            .ident("tabUser Invitation")
            .sql(" ORDER BY email DESC");
        cx.db().rows(query, &[Kind::Text, Kind::Text])
    });
    assert_eq!(states[0], [Scalar::Text("Expired".into()), Scalar::Null]);
    assert_eq!(states[1][0], Scalar::Text("Pending".into()));
    assert_eq!(site.count("Email Queue"), mails + 1);
    run_scheduled(&site, INVITATIONS);
    assert_eq!(site.count("Email Queue"), mails + 1, "told once");
    let again = invite("old@desk.example");
    assert_eq!(again.message()["invited_emails"], json!(["old@desk.example"]));
}

fn rows(site: &TestSite, table: &'static str) -> i64 {
    site.transaction(|cx| {
        let mut query = Query::new();
        query.sql("SELECT count(*) FROM ").ident(table);
        cx.db().count(query)
    })
}

#[test]
fn what_is_over_is_cleared() {
    let site = TestSite::start();
    site.agent("ada@desk.example");
    site.set_password("ada@desk.example", "correct horse battery");
    site.login("ada@desk.example", "correct horse battery");
    let wrong = json!({ "usr": "ada@desk.example", "pwd": "wrong" });
    site.browser().call("login", wrong).status(401);
    site.change(
        "User",
        "ada@desk.example",
        json!({
            "reset_password_key": "a digest",
            "last_reset_password_key_generated_on": "2026-11-22 07:13:00",
        }),
    );
    let key = || site.value("User", "ada@desk.example", "reset_password_key");
    let id = enqueue(&site, note::JOB.with(json!({ "text": "ended" })))
        .id()
        .to_owned();
    run(&site);
    let counted = || ["__Session", "__LoginFailure"].map(|table| rows(&site, table));

    run_scheduled(&site, "frappe.housekeeping.clear_expired");
    run_scheduled(&site, "frappe.housekeeping.clear_ended_jobs");
    assert_eq!((counted(), key()), ([1, 2], json!("a digest")));
    assert_eq!(listed(&site, &id).state, State::Done);

    forward(&site, days(8));
    run_scheduled(&site, "frappe.housekeeping.clear_expired");
    run_scheduled(&site, "frappe.housekeeping.clear_ended_jobs");
    assert_eq!((counted(), key()), ([0, 0], Value::Null));
    let gone = site.transaction(|cx| Ok(jobs::find(cx, &id).unwrap_err().kind()));
    assert_eq!(gone, ErrorKind::DoesNotExistError);

    let incoming = site.folder().join("private").join("incoming");
    let (old, new) = (incoming.join("old"), incoming.join("new"));
    for path in [&old, &new] {
        std::fs::write(path, "half an upload").unwrap();
    }
    let days_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3 * 86_400);
    std::fs::File::options()
        .write(true)
        .open(&old)
        .unwrap()
        .set_modified(days_ago)
        .unwrap();
    run_scheduled(&site, "frappe.housekeeping.clear_incoming");
    assert_eq!((old.exists(), new.exists()), (false, true));
}

#[test]
fn large_bulk_changes_are_left_to_a_job() {
    let site = TestSite::builder()
        .config(|config| {
            let thresholds = [("ToDo".to_owned(), 2)].into();
            config.bulk_operation_async_threshold = helpdesk_core::config::BulkThreshold::By(thresholds);
        })
        .start();
    let ada = site.agent("ada@desk.example");
    let names: Vec<String> = (0..30)
        .map(|at| {
            site.insert(
                "ToDo",
                json!({ "description": at.to_string(), "allocated_to": "ada@desk.example" }),
            )
        })
        .collect();
    let docs: Vec<Value> = names
        .iter()
        .map(|name| json!({ "name": name, "description": "same" }))
        .collect();

    let few = ada
        .post("/api/v2/document/ToDo/bulk_update", json!({ "docs": docs[..2] }))
        .ok();
    assert_eq!(few.data()["success_count"], 2);
    let many = ada
        .post("/api/v2/document/ToDo/bulk_update", json!({ "docs": docs }))
        .status(202);
    let id = many.data()["job_id"].as_str().unwrap().to_owned();
    assert_eq!(super::traces(&site, "same"), 2);
    assert_eq!(run(&site), [Ran::Done]);
    assert_eq!(super::traces(&site, "same"), 30);
    let done = listed(&site, &id);
    assert_eq!(
        (&*done.user, &done.result["success_count"]),
        ("ada@desk.example", &json!(30))
    );

    let mut gone = names.clone();
    gone.push("missing".to_owned());
    let many = ada
        .post("/api/v2/document/ToDo/bulk_delete", json!({ "names": gone }))
        .status(202);
    let id = many.data()["job_id"].as_str().unwrap().to_owned();
    assert_eq!(run(&site), [Ran::Done]);
    let result = listed(&site, &id).result;
    assert_eq!(
        (&result["success_count"], &result["failure_count"]),
        (&json!(30), &json!(1))
    );
    assert_eq!(super::traces(&site, "same"), 0);
    ada.post("/api/v2/document/ToDo/bulk_delete", json!({ "names": "all" }))
        .status(417);
}

#[test]
fn more_than_ten_items_are_deleted_by_a_job() {
    let site = TestSite::start();
    let names: Vec<String> = (0..12)
        .map(|at| site.insert("ToDo", json!({ "description": at.to_string() })))
        .collect();
    let delete = |names: &[String]| {
        let items = json!(names).to_string();
        let path = "frappe.desk.reportview.delete_items";
        site.admin()
            .call(path, json!({ "doctype": "ToDo", "items": items }))
            .ok();
    };

    let all = site.count("ToDo");
    delete(&names[..1]);
    assert_eq!((site.count("ToDo"), run(&site).len()), (all - 1, 0));
    delete(&names);
    assert_eq!(site.count("ToDo"), all - 1);
    assert_eq!(run(&site), [Ran::Done]);
    assert_eq!(site.count("ToDo"), all - 12);
}

#[test]
fn who_deletes_many_hears_how_far_it_is() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let todo = |at: i32, user: &str| {
        let todo = json!({ "description": at.to_string(), "allocated_to": user, "assigned_by": user });
        site.insert("ToDo", todo)
    };
    let mut names: Vec<String> = (0..11).map(|at| todo(at, ada.id())).collect();
    names.push(todo(12, "Administrator"));
    let delete = |names: &[String]| {
        let path = "frappe.desk.reportview.delete_items";
        let items = json!(names).to_string();
        ada.call(path, json!({ "doctype": "ToDo", "items": items })).ok();
    };
    let heard = site.hear();
    let told = || {
        let mut all = heard.take();
        all.retain(|message| &*message.room == "user:ada@desk.example");
        all.retain(|message| ["progress", "msgprint"].contains(&&*message.event));
        let told = all
            .into_iter()
            .map(|message| (message.event.to_string(), message.payload));
        told.collect::<Vec<_>>()
    };

    // Fewer than five are done before anybody could look.
    delete(&names[..4]);
    let few = told();
    assert_eq!((few.len(), few[0].0.as_str()), (1, "msgprint"), "{few:?}");
    assert_eq!(few[0].1["indicator"], "green");

    delete(&names[4..]);
    run(&site);
    let many = told();
    let (last, progress) = many.split_last().unwrap();
    assert_eq!(progress.len(), 7, "{many:?}");
    assert_eq!(
        progress[0].1,
        json!({ "progress": [1, 8], "title": "Deleting ToDo", "description": names[4] })
    );
    // One is not hers to delete.
    assert_eq!(
        (last.0.as_str(), &last.1["indicator"]),
        ("msgprint", &json!("red"))
    );
    assert!(
        last.1["message"].as_str().unwrap().contains(&names[11]),
        "{last:?}"
    );
}
