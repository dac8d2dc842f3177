//! One transaction a request: what commits, and what leaves nothing behind.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use helpdesk_core::install::put;
use helpdesk_core::prelude::*;
use helpdesk_tests::TestSite;

/// Kinds whose after-commit work was done; each test has kinds of its own.
static DONE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn done(kind: &str) -> bool {
    DONE.lock().unwrap_or_else(PoisonError::into_inner).contains(kind)
}

/// Makes a ticket type, queues work for after the commit, then ends as told.
#[whitelist(methods = [GET, POST, PUT, DELETE, PATCH])]
fn write(cx: &mut Cx, kind: String, #[arg(default = "ok")] end: String) -> Result<String> {
    put(cx, "HD Ticket Type", json!({ "name": kind }))?;
    let queued = kind.clone();
    cx.after_commit(move |_| {
        DONE.lock().unwrap_or_else(PoisonError::into_inner).insert(queued);
    });
    match end.as_str() {
        "error" => Err(invalid("No")),
        "panic" => panic!("as told"),
        _ => Ok(kind),
    }
}

/// Makes one ticket type for good, and one in a savepoint that fails.
#[whitelist]
fn savepoint(cx: &mut Cx, kept: String, undone: String) -> Result<()> {
    put(cx, "HD Ticket Type", json!({ "name": kept }))?;
    let queued = undone.clone();
    let failed = cx.savepoint(|cx| {
        put(cx, "HD Ticket Type", json!({ "name": undone }))?;
        cx.after_commit(move |_| {
            DONE.lock().unwrap_or_else(PoisonError::into_inner).insert(queued);
        });
        Err::<(), Error>(invalid("No"))
    });
    assert!(failed.is_err());
    Ok(())
}

/// Two transactions, the second of which fails.
#[whitelist]
async fn two(cx: &AsyncCx, first: String, second: String) -> Result<()> {
    cx.transaction(move |cx| put(cx, "HD Ticket Type", json!({ "name": first })))
        .await?;
    cx.transaction(move |cx| {
        put(cx, "HD Ticket Type", json!({ "name": second }))?;
        Err::<(), Error>(invalid("No"))
    })
    .await
}

const WRITE: &str = "probe.transaction.write";

fn exists(site: &TestSite, kind: &str) -> bool {
    !site.value("HD Ticket Type", kind, "name").is_null()
}

#[test]
fn post_put_patch_and_delete_commit() {
    let site = TestSite::start();
    let admin = site.admin();

    for verb in ["POST", "PUT", "PATCH", "DELETE"] {
        let kind = format!("Commits {verb}");
        admin
            .request(verb, &format!("/api/method/{WRITE}?kind={kind}"))
            .send()
            .ok();

        assert!(exists(&site, &kind) && done(&kind), "{verb}");
    }
}

#[test]
fn get_rolls_back_and_drops_what_was_queued() {
    let site = TestSite::start();

    let reply = site.admin().call_get(WRITE, json!({ "kind": "Got" }));

    assert_eq!(*reply.ok().message(), json!("Got"));
    assert!(!exists(&site, "Got") && !done("Got"));
}

#[test]
fn an_error_rolls_back_and_drops_what_was_queued() {
    let site = TestSite::start();

    let reply = site
        .admin()
        .call(WRITE, json!({ "kind": "Refused", "end": "error" }));

    assert_eq!((reply.status, reply.messages()), (417, vec!["No".to_owned()]));
    assert!(!exists(&site, "Refused") && !done("Refused"));
}

#[test]
fn a_panic_rolls_back_tells_nothing_and_the_server_goes_on() {
    let site = TestSite::start();
    let admin = site.admin();

    // More than there are database threads: none of them may be lost.
    for _ in 0..5 {
        let reply = admin
            .call(WRITE, json!({ "kind": "Panicked", "end": "panic" }))
            .status(500);
        assert_eq!(reply.exc_type(), "ServerError");
        assert!(!reply.text.contains("as told"), "{reply:?}");
    }

    assert!(!exists(&site, "Panicked") && !done("Panicked"));
    admin.call(WRITE, json!({ "kind": "After the panic" })).ok();
    assert!(exists(&site, "After the panic"));
}

#[test]
fn a_savepoint_undoes_its_own_part_alone() {
    let site = TestSite::start();

    site.admin()
        .call(
            "probe.transaction.savepoint",
            json!({ "kept": "Kept", "undone": "Undone" }),
        )
        .ok();

    assert!(exists(&site, "Kept"));
    assert!(!exists(&site, "Undone") && !done("Undone"));
}

#[test]
fn an_async_method_commits_each_transaction_by_itself() {
    let site = TestSite::start();

    let reply = site.admin().call(
        "probe.transaction.two",
        json!({ "first": "First", "second": "Second" }),
    );

    assert_eq!(reply.status, 417);
    assert!(exists(&site, "First"));
    assert!(!exists(&site, "Second"));
}

#[test]
fn a_document_that_fails_late_leaves_nothing() {
    let site = TestSite::start();
    let before = (site.count("Contact"), site.count("Contact Email"));

    let reply = site.admin().insert(
        "Contact",
        json!({
            "first_name": "Late",
            "email_ids": [{ "email_id": "late@acme.example" }],
            "links": [{ "link_doctype": "HD Customer", "link_name": "Nobody Ltd" }],
        }),
    );

    assert_eq!(reply.status, 417, "{reply:?}");
    assert_eq!((site.count("Contact"), site.count("Contact Email")), before);
}

#[test]
fn writers_wait_for_each_other_and_none_is_lost() {
    let site = TestSite::start();
    let (admin, before) = (site.admin(), site.count("HD Ticket"));

    std::thread::scope(|scope| {
        for writer in 0..8 {
            let admin = admin.clone();
            scope.spawn(move || {
                for n in 0..5 {
                    admin
                        .insert("HD Ticket", json!({ "subject": format!("{writer}/{n}") }))
                        .ok();
                }
            });
        }
    });

    assert_eq!(site.count("HD Ticket"), before + 40);
}
