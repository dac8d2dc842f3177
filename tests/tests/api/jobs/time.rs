//! The schedule: once a period, over all processes, caught up with once.

use helpdesk_core::jobs::{self, Ran};
use helpdesk_core::prelude::*;
use helpdesk_tests::TestSite;
use jiff::SignedDuration;

use super::{another_process, forward, run, trace, traces};

#[scheduled(daily)]
fn each_day(cx: &mut Cx) -> Result<()> {
    trace(cx, &format!("a day as {}", cx.user().to_owned()))
}

#[scheduled(cron = "*/15 * * * *", queue = "short", attempts = 1)]
fn each_quarter(cx: &mut Cx) -> Result<()> {
    trace(cx, "a quarter")
}

/// Looks at the schedule and runs what it left; how often each of the two had run by then.
fn tick(site: &TestSite) -> (i64, i64) {
    jobs::tick(site.site()).unwrap();
    assert!(run(site).iter().all(|ran| *ran == Ran::Done));
    (traces(site, "a day as Administrator"), traces(site, "a quarter"))
}

#[test]
fn a_turn_comes_once_a_period_and_after_a_rest_once() {
    let site = TestSite::builder().now("2026-11-22T07:13:00Z").start();

    assert_eq!(tick(&site), (0, 0), "what is new waits for its period");
    forward(&site, SignedDuration::from_mins(2));
    assert_eq!(tick(&site), (0, 1));
    assert_eq!(tick(&site), (0, 1));
    forward(&site, SignedDuration::from_hours(17));
    assert_eq!(tick(&site), (1, 2));
    assert_eq!(tick(&site), (1, 2));
    forward(&site, SignedDuration::from_hours(24 * 5));
    assert_eq!(tick(&site), (2, 3), "five days are caught up with once");
    forward(&site, SignedDuration::from_hours(-24 * 5));
    assert_eq!(tick(&site), (2, 3), "a clock that was ahead leaves nothing");
    forward(&site, SignedDuration::from_hours(24));
    assert_eq!(tick(&site), (3, 4), "and holds nothing up");
}

#[test]
fn several_processes_leave_one_job() {
    let site = TestSite::start();
    let folder = tempfile::tempdir().unwrap();
    let other = another_process(&site, folder.path());
    tick(&site);
    for day in 1..=5 {
        forward(&site, SignedDuration::from_hours(24));
        let left: usize = std::thread::scope(|scope| {
            let looks = [site.site(), &other].map(|site| scope.spawn(|| jobs::tick(site).unwrap()));
            let looks = looks.map(|look| look.join().unwrap());
            looks
                .iter()
                .flatten()
                .filter(|name| **name == "probe.jobs.time.each_day")
                .count()
        });
        assert_eq!(left, 1);
        run(&site);
        assert_eq!(traces(&site, "a day as Administrator"), day);
    }
}

#[test]
fn a_paused_schedule_leaves_nothing() {
    let site = TestSite::start();
    tick(&site);
    site.set("System Settings", json!({ "enable_scheduler": 0 }));
    forward(&site, SignedDuration::from_hours(48));
    assert_eq!(tick(&site), (0, 0));
    site.set("System Settings", json!({ "enable_scheduler": 1 }));
    assert_eq!(tick(&site), (1, 1));

    let site = TestSite::builder()
        .config(|config| config.pause_scheduler = true)
        .start();
    forward(&site, SignedDuration::from_hours(48));
    assert_eq!(jobs::tick(site.site()).unwrap(), Vec::<&str>::new());
    assert_eq!(jobs::paused(site.site()), Some("pause_scheduler is set"));
}

#[test]
fn a_scheduled_job_can_be_run_by_hand() {
    let site = TestSite::start();

    site.transaction(|cx| jobs::run_now(cx, "probe.jobs.time.each_day"));
    assert_eq!(run(&site), [Ran::Done]);
    assert_eq!(traces(&site, "a day as Administrator"), 1);
    let unknown = site.transaction(|cx| Ok(jobs::run_now(cx, "probe.jobs.note").unwrap_err().kind()));
    assert_eq!(unknown, ErrorKind::DoesNotExistError);
    let planned = site.transaction(jobs::schedule);
    let day = planned
        .iter()
        .find(|job| job.name == "probe.jobs.time.each_day")
        .unwrap();
    assert_eq!(day.next.unwrap().to_string(), "2026-11-23T00:00:00Z");
}
