//! Jobs with and without arguments, and all ways of saying when.

#![allow(unused)]

use std::time::Duration;

use helpdesk_core::jobs::Enqueued;
use helpdesk_core::prelude::*;

const MINUTE: u32 = 60;

#[derive(Serialize, Deserialize)]
struct Part {
    name: String,
}

/// Rebuilds a team.
#[job(queue = "long", attempts = 3, timeout = 20 * MINUTE, path = "case.rebuild_team")]
fn rebuild(cx: &mut Cx, team: String, parts: Vec<Part>, #[arg(default = 2)] depth: u8) -> Result<usize> {
    Ok(parts.len())
}

#[job]
fn nothing() {}

#[scheduled(hourly, queue = "long")]
fn sweep(session: &Session, tx: &mut Tx) -> Result<()> {
    Ok(())
}

#[scheduled(cron = "30 6 * * MON-FRI")]
fn each_morning(cx: &mut Cx) -> Result<()> {
    Ok(())
}

#[whitelist]
fn ask(cx: &mut Cx, team: String) -> Result<String> {
    cx.enqueue(nothing::JOB)?;
    let job = rebuild::JOB
        .with(json!({ "team": team, "parts": [] }))
        .dedupe(format!("rebuild:{team}"))
        .after(Duration::from_secs(5))
        .as_administrator();
    match cx.enqueue(job)? {
        Enqueued::Queued(id) | Enqueued::Known(id) => Ok(id),
    }
}

#[test]
fn a_job_has_the_path_it_is_given() {
    assert_eq!(rebuild::JOB.path(), "case.rebuild_team");
    assert_eq!(sweep::PATH, "case.job.sweep");
}
