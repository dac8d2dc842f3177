//! Many jobs, several workers, each effect once.

use std::time::{Duration, Instant};

use helpdesk_core::jobs::{State, Workers};
use helpdesk_core::prelude::*;
use helpdesk_tests::TestSite;

use super::{another_process, enqueue, listed, trace};

#[job(attempts = 20)]
fn numbered(cx: &mut Cx, number: u32) -> Result<()> {
    trace(cx, &format!("number {number}"))
}

/// How many numbers there are, and how many different ones.
fn numbers(site: &TestSite) -> (i64, i64) {
    let count = |what: &'static str| {
        site.transaction(|cx| {
            let mut query = helpdesk_core::db::Query::new();
            query
                .sql("SELECT count(")
                .sql(what)
                .sql(") FROM ")
                .ident("tabToDo");
            query.sql(" WHERE description LIKE 'number %'");
            cx.db().count(query)
        })
    };
    (count("description"), count("DISTINCT description"))
}

#[test]
fn two_crews_run_each_job_once() {
    const JOBS: u32 = 300;
    let site = TestSite::start();
    let folder = tempfile::tempdir().unwrap();
    let other = another_process(&site, folder.path());
    let crews = [site.site(), &other].map(|site| Workers::start(site, 3).unwrap());

    for number in 0..JOBS {
        enqueue(&site, numbered::JOB.with(json!({ "number": number })));
    }
    let began = Instant::now();
    while numbers(&site).1 < JOBS.into() {
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", numbers(&site));
        std::thread::sleep(Duration::from_millis(20));
    }
    for crew in crews {
        crew.stop(Duration::from_secs(10));
    }
    assert_eq!(numbers(&site), (JOBS.into(), JOBS.into()));
}

/// Sleeps without looking at the database.
#[job(timeout = 1, attempts = 1)]
fn sleeps(cx: &mut Cx, seconds: u64) -> Result<()> {
    std::thread::sleep(Duration::from_secs(seconds));
    trace(cx, "slept")
}

/// Looks at the database for ever.
#[job(timeout = 1, attempts = 1)]
fn loops(cx: &mut Cx) -> Result<()> {
    trace(cx, "looped")?;
    loop {
        std::thread::sleep(Duration::from_millis(20));
        cx.db().count({
            let mut query = helpdesk_core::db::Query::fixed();
            query.sql("SELECT 1");
            query
        })?;
    }
}

fn ended(site: &TestSite, id: &str) -> (State, String) {
    let began = Instant::now();
    loop {
        let job = listed(site, id);
        if !matches!(job.state, State::Queued | State::Running) {
            return (job.state, job.error);
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{job:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_job_that_takes_too_long_is_a_failure() {
    let site = TestSite::start();
    let workers = Workers::start(site.site(), 1).unwrap();

    let id = enqueue(&site, loops::JOB).id().to_owned();
    let (state, error) = ended(&site, &id);
    assert_eq!(state, State::Failed);
    assert!(error.contains("longer than it may"), "{error}");

    // One that does not end by itself is given up; another thread does the next job.
    let stuck = enqueue(&site, sleeps::JOB.with(json!({ "seconds": 6 })))
        .id()
        .to_owned();
    let (state, error) = ended(&site, &stuck);
    assert_eq!(state, State::Failed);
    assert!(error.contains("could not be stopped"), "{error}");
    let next = enqueue(&site, numbered::JOB.with(json!({ "number": 1 })))
        .id()
        .to_owned();
    assert_eq!(ended(&site, &next).0, State::Done);
    workers.stop(Duration::from_secs(5));
    assert_eq!(
        (super::traces(&site, "slept"), super::traces(&site, "looped")),
        (0, 0)
    );
}

#[job(attempts = 1)]
fn long_sleep(cx: &mut Cx) -> Result<()> {
    trace(cx, "before it slept")?;
    cx.checkpoint()?;
    std::thread::sleep(Duration::from_secs(4));
    trace(cx, "after it slept")
}

#[test]
fn a_stop_gives_back_what_does_not_end() {
    let site = TestSite::start();
    let workers = Workers::start(site.site(), 1).unwrap();
    let id = enqueue(&site, long_sleep::JOB).id().to_owned();
    while super::traces(&site, "before it slept") == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }

    workers.stop(Duration::from_millis(200));
    let given_back = listed(&site, &id);
    assert_eq!((given_back.state, given_back.attempts), (State::Queued, 0));
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(super::traces(&site, "after it slept"), 0);
}
