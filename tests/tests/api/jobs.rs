//! Jobs: left in a transaction, run once, tried again, parked.

mod housework;
mod many;
mod time;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use helpdesk_core::install::put;
use helpdesk_core::jobs::{self, Enqueued, JobName, Listed, Ran, State, Workers};
use helpdesk_core::prelude::*;
use helpdesk_core::site::Site;
use helpdesk_tests::TestSite;
use jiff::SignedDuration;

/// The site as a second process has it, with caches and connections of its own; on SQLite, which one process serves, the
/// same once more.
fn another_process(site: &TestSite, folder: &Path) -> Arc<Site> {
    if site.site().database().is_postgres() {
        let config = site.site().config.clone();
        helpdesk_server::open_site(folder, config, site.site().clock.clone()).unwrap()
    } else {
        Arc::clone(site.site())
    }
}

/// Leaves a trace in the database.
fn trace(cx: &mut Cx, text: &str) -> Result<()> {
    put(cx, "ToDo", json!({ "description": text })).map(|_| ())
}

fn traces(site: &TestSite, text: &str) -> i64 {
    site.transaction(|cx| {
        let mut query = helpdesk_core::db::Query::new();
        query.sql("SELECT count(*) FROM ").ident("tabToDo");
        query.sql(" WHERE description = ").text(text.to_owned());
        cx.db().count(query)
    })
}

#[job(queue = "short")]
fn note(cx: &mut Cx, text: String, #[arg(default = 1)] times: u32) -> Result<String> {
    for _ in 0..times {
        trace(cx, &text)?;
    }
    Ok(cx.user().to_owned())
}

#[job(attempts = 3)]
fn refuse(cx: &mut Cx, password: String) -> Result<()> {
    trace(cx, "never")?;
    Err(invalid(format!("{password} is no good")))
}

#[job]
fn panics(cx: &mut Cx) -> Result<()> {
    trace(cx, "never")?;
    panic!("as asked");
}

/// Leaves a job, and fails if asked to.
#[whitelist(methods = [GET, POST])]
fn leave(cx: &mut Cx, fail: bool) -> Result<String> {
    let left = cx.enqueue(note::JOB.with(json!({ "text": "left" })))?;
    if fail {
        return Err(invalid("No"));
    }
    Ok(left.id().to_owned())
}

fn enqueue(site: &TestSite, job: impl Into<jobs::Enqueue>) -> Enqueued {
    site.transaction(|cx| cx.enqueue(job))
}

fn run(site: &TestSite) -> Vec<Ran> {
    jobs::run_waiting(site.site()).unwrap()
}

fn listed(site: &TestSite, id: &str) -> Listed {
    site.transaction(|cx| jobs::find(cx, id))
}

fn forward(site: &TestSite, by: SignedDuration) {
    site.site().clock.forward(by);
}

fn refused(site: &TestSite, job: JobName, args: Value) -> ErrorKind {
    let mut cx = site
        .site()
        .context(
            Arc::new(Session::administrator()),
            helpdesk_core::method::Verb::Post,
        )
        .unwrap();
    cx.enqueue(job.with(args)).unwrap_err().kind()
}

#[test]
fn a_job_is_left_with_the_commit_and_dropped_with_the_roll_back() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    ada.call("probe.jobs.leave", json!({ "fail": true })).status(417);
    ada.get("/api/method/probe.jobs.leave?fail=0").ok();
    assert_eq!(run(&site), []);

    let id = ada.call("probe.jobs.leave", json!({ "fail": false })).ok();
    let id = id.message().as_str().unwrap().to_owned();
    assert_eq!(listed(&site, &id).state, State::Queued);
    assert_eq!(run(&site), [Ran::Done]);
    let done = listed(&site, &id);
    assert_eq!(
        (done.state, done.result, done.attempts, &*done.queue),
        (State::Done, json!("ada@desk.example"), 1, "short")
    );
    assert_eq!(traces(&site, "left"), 1);
}

#[test]
fn arguments_are_coerced_and_judged_when_the_job_is_left() {
    let site = TestSite::start();

    enqueue(&site, note::JOB.with(json!({ "text": "typed", "times": "3" })));
    assert_eq!(run(&site), [Ran::Done]);
    assert_eq!(traces(&site, "typed"), 3);

    assert_eq!(refused(&site, note::JOB, json!({})), ErrorKind::FrappeTypeError);
    assert_eq!(
        refused(&site, note::JOB, json!({ "text": "a", "times": "many" })),
        ErrorKind::FrappeTypeError
    );
}

#[test]
fn of_one_key_one_job_is_unfinished() {
    let site = TestSite::start();
    let left = |text: &str| enqueue(&site, note::JOB.with(json!({ "text": text })).dedupe("the key"));

    let first = left("first");
    assert!(matches!(first, Enqueued::Queued(_)));
    assert_eq!(left("second"), Enqueued::Known(first.id().to_owned()));
    assert_eq!(run(&site), [Ran::Done]);
    assert_eq!((traces(&site, "first"), traces(&site, "second")), (1, 0));

    assert!(matches!(left("third"), Enqueued::Queued(_)));
}

#[test]
fn a_delayed_job_waits_for_its_time() {
    let site = TestSite::start();
    enqueue(
        &site,
        note::JOB
            .with(json!({ "text": "later" }))
            .after(Duration::from_secs(3600)),
    );

    forward(&site, SignedDuration::from_mins(59));
    assert_eq!(run(&site), []);
    forward(&site, SignedDuration::from_mins(1));
    assert_eq!(run(&site), [Ran::Done]);
}

#[test]
fn a_failure_is_tried_again_later_and_parked_in_the_end() {
    let site = TestSite::start();
    let id = enqueue(&site, refuse::JOB.with(json!({ "password": "hunter2" })))
        .id()
        .to_owned();

    assert_eq!(run(&site), [Ran::Failed]);
    assert_eq!(run(&site), []);
    forward(&site, SignedDuration::from_secs(13));
    assert_eq!(run(&site), [Ran::Failed]);
    forward(&site, SignedDuration::from_secs(14));
    assert_eq!(run(&site), [], "the wait doubles");
    forward(&site, SignedDuration::from_secs(12));
    assert_eq!(run(&site), [Ran::Parked]);
    forward(&site, SignedDuration::from_hours(48));
    assert_eq!(run(&site), []);

    let parked = listed(&site, &id[..12]);
    assert_eq!((parked.state, parked.attempts), (State::Failed, 3));
    assert!(parked.error.contains("*** is no good"), "{}", parked.error);
    assert_eq!(parked.args, json!({ "password": "***" }));
    assert_eq!(traces(&site, "never"), 0);
    assert_eq!(site.count("Error Log"), 1);

    site.transaction(|cx| jobs::retry(cx, &id));
    assert_eq!(run(&site), [Ran::Failed]);
    site.transaction(|cx| jobs::cancel(cx, &id));
    forward(&site, SignedDuration::from_hours(48));
    assert_eq!(run(&site), []);
    assert_eq!(listed(&site, &id).state, State::Cancelled);
}

#[test]
fn a_panic_is_a_failure() {
    let site = TestSite::start();
    let id = enqueue(&site, panics::JOB).id().to_owned();
    enqueue(&site, note::JOB.with(json!({ "text": "after" })));

    let mut ran = run(&site);
    ran.sort_by_key(|ran| *ran == Ran::Failed);
    assert_eq!(ran, [Ran::Done, Ran::Failed]);
    assert!(listed(&site, &id).error.contains("as asked"));
    assert_eq!((traces(&site, "never"), traces(&site, "after")), (0, 1));
}

#[test]
fn a_user_who_is_gone_has_no_jobs_run() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let id = ada.call("probe.jobs.leave", json!({ "fail": false })).ok();
    let id = id.message().as_str().unwrap().to_owned();
    site.change("User", "ada@desk.example", json!({ "enabled": 0 }));

    assert_eq!(run(&site), [Ran::Parked]);
    assert!(listed(&site, &id).error.contains("disabled or gone"));
    assert_eq!(traces(&site, "left"), 0);
}

#[test]
fn a_full_queue_takes_no_more() {
    let site = TestSite::builder()
        .config(|config| config.max_queued_jobs = 2)
        .start();
    let ada = site.agent("ada@desk.example");

    for _ in 0..3 {
        ada.call("probe.jobs.leave", json!({ "fail": false })).ok();
    }
    let refused = ada.call("probe.jobs.leave", json!({ "fail": false }));
    assert_eq!(refused.status(503).exc_type(), "QueueOverloaded");
    enqueue(&site, panics::JOB);
    assert_eq!(run(&site).len(), 4);
    ada.call("probe.jobs.leave", json!({ "fail": false })).ok();
}

static HELD_UP: AtomicUsize = AtomicUsize::new(0);

/// Its first run waits until its second is over.
#[job(path = "probe.held_up")]
fn held_up(cx: &mut Cx) -> Result<()> {
    if HELD_UP.fetch_add(1, Ordering::SeqCst) == 0 {
        while HELD_UP.load(Ordering::SeqCst) < 3 {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    trace(cx, "held up")
}

#[test]
fn who_lost_the_lease_keeps_nothing() {
    let site = TestSite::builder().config(|config| config.job_lease = 1).start();
    let id = enqueue(&site, held_up::JOB).id().to_owned();
    let slow = std::thread::spawn({
        let (site, id) = (Arc::clone(site.site()), id.clone());
        move || jobs::run_one(&site, &id).unwrap()
    });
    while HELD_UP.load(Ordering::SeqCst) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(run(&site), [], "the lease holds");
    std::thread::sleep(Duration::from_millis(1_100));

    assert_eq!(run(&site), [Ran::Done]);
    HELD_UP.fetch_add(1, Ordering::SeqCst);
    assert_eq!(slow.join().unwrap(), Some(Ran::Lost));
    assert_eq!(traces(&site, "held up"), 1);
    let done = listed(&site, &id);
    assert_eq!((done.state, done.attempts), (State::Done, 2));
}

/// Keeps each trace by itself, and fails at the last.
#[job(attempts = 2)]
fn in_parts(cx: &mut Cx) -> Result<()> {
    for part in ["part 1", "part 2"] {
        trace(cx, part)?;
        cx.checkpoint()?;
    }
    trace(cx, "part 3")?;
    Err(invalid("the last part fails"))
}

#[test]
fn a_checkpoint_keeps_what_was_done_so_far() {
    let site = TestSite::start();
    enqueue(&site, in_parts::JOB);

    assert_eq!(run(&site), [Ran::Failed]);
    let kept = ["part 1", "part 2", "part 3"].map(|part| traces(&site, part));
    assert_eq!(kept, [1, 1, 0]);
    let mut outside = site
        .site()
        .context(
            Arc::new(Session::administrator()),
            helpdesk_core::method::Verb::Post,
        )
        .unwrap();
    assert_eq!(outside.checkpoint().unwrap_err().kind(), ErrorKind::ServerError);
}

#[test]
fn workers_hear_of_a_job_at_once() {
    let site = TestSite::start();
    let workers = Workers::start(site.site(), 2).unwrap();
    let ada = site.agent("ada@desk.example");
    // Past the first look, so that it is the commit that wakes them.
    std::thread::sleep(Duration::from_millis(300));
    let began = std::time::Instant::now();

    ada.call("probe.jobs.leave", json!({ "fail": false })).ok();
    while traces(&site, "left") == 0 {
        assert!(began.elapsed() < Duration::from_secs(10), "nobody ran it");
        std::thread::sleep(Duration::from_millis(5));
    }
    workers.stop(Duration::from_secs(5));
}
