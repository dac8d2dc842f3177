//! The schedule: jobs that are enqueued once a period, whatever number of processes looks.
//!
//! `__Schedule` holds when each job's turn last came. Whoever moves that on leaves the job in the same transaction, so
//! that one process of several does it, once; a turn that was missed comes once when somebody looks again, and those
//! missed before it don't. Time is the site's.

use std::str::FromStr as _;
use std::sync::Arc;

use croner::Cron;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::registry::{self, Job};
use super::{Enqueued, JobName, int, text};
use crate::cx::{Cx, Request, Shared};
use crate::db::{Kind, Query, Scalar, Tx};
use crate::doctype::system::SCHEDULE_TABLE;
use crate::error::{Error, ErrorKind, Result};
use crate::method::Verb;
use crate::session::Session;
use crate::site::Site;

/// Minutes between two turns of [`Every::All`].
const ALL_MINUTES: i64 = 4;

/// How often a scheduled job's turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Every four minutes.
    All,
    /// At each full hour.
    Hourly,
    /// At midnight.
    Daily,
    /// At midnight before Sunday.
    Weekly,
    /// At midnight before the first of a month.
    Monthly,
    /// By a cron line: minute, hour, day, month, weekday.
    Cron(&'static str),
}

impl std::fmt::Display for Every {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Every::All => "all",
            Every::Hourly => "hourly",
            Every::Daily => "daily",
            Every::Weekly => "weekly",
            Every::Monthly => "monthly",
            Every::Cron(line) => line,
        })
    }
}

/// Reads a cron line; an error says what is wrong with it.
pub(super) fn read_cron(line: &str) -> Result<Cron, String> {
    Cron::from_str(line).map_err(|error| error.to_string())
}

/// The first turn after a moment; `None` for one that never comes.
fn next(every: Every, last: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let local = last.to_zoned(zone.clone());
    let next: Zoned = match every {
        Every::All => return last.checked_add(ALL_MINUTES.minutes()).ok(),
        Every::Hourly => {
            let hour = local
                .with()
                .minute(0)
                .second(0)
                .subsec_nanosecond(0)
                .build()
                .ok()?;
            hour.checked_add(1.hour()).ok()?
        }
        Every::Daily => local.tomorrow().ok()?.start_of_day().ok()?,
        Every::Weekly => {
            let days = 7 - i64::from(local.weekday().to_sunday_zero_offset());
            local.checked_add(days.days()).ok()?.start_of_day().ok()?
        }
        Every::Monthly => {
            let month = local.first_of_month().ok()?.checked_add(1.month()).ok()?;
            month.start_of_day().ok()?
        }
        Every::Cron(line) => read_cron(line).ok()?.find_next_occurrence(&local, false).ok()?,
    };
    Some(next.timestamp())
}

/// A scheduled job and its turns.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The job's path.
    pub name: &'static str,
    /// How often.
    pub every: Every,
    /// Where it waits.
    pub queue: &'static str,
    /// When its turn last came; `None` before the first look at the schedule.
    pub last: Option<Timestamp>,
    /// When its turn comes next.
    pub next: Option<Timestamp>,
}

/// Why the schedule stands still, if it does: `maintenance_mode`, `pause_scheduler`, or System Settings.
pub fn paused(site: &Site) -> Option<&'static str> {
    if site.config.maintenance_mode {
        Some("maintenance_mode is set")
    } else if site.config.pause_scheduler {
        Some("pause_scheduler is set")
    } else if !site.settings().enable_scheduler {
        Some("System Settings have it disabled")
    } else {
        None
    }
}

fn scheduled() -> Result<impl Iterator<Item = (&'static Job, Every)>> {
    let table = registry::table()?;
    Ok(table.values().filter_map(|job| Some((*job, job.every?))))
}

/// The scheduled jobs, by path.
///
/// # Errors
/// A database failure.
pub fn schedule(cx: &mut Cx) -> Result<Vec<Planned>> {
    let now = cx.site().clock.timestamp();
    let zone = cx.site().clock.zone().clone();
    let mut all = Vec::new();
    for (job, every) in scheduled()? {
        let last =
            last_turn(cx.db(), job.method.path)?.and_then(|last| Timestamp::from_millisecond(last).ok());
        all.push(Planned {
            name: job.method.path,
            every,
            queue: job.queue.name(),
            last,
            next: next(every, last.unwrap_or(now), &zone),
        });
    }
    Ok(all)
}

fn last_turn(tx: &mut Tx, name: &str) -> Result<Option<i64>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT last_run FROM ")
        .ident(SCHEDULE_TABLE)
        .sql(" WHERE name = ")
        .text(name.to_owned());
    Ok(tx.row(query, &[Kind::Int])?.map(|row| int(&row, 0)))
}

/// Leaves the jobs whose turn has come, unless the schedule is paused. Returns their paths.
///
/// # Errors
/// A database failure.
pub fn tick(site: &Arc<Site>) -> Result<Vec<&'static str>> {
    let tx = site.database().connect()?;
    Ok(look(site, tx)?.1)
}

/// As [`tick`], on a connection that is given back.
pub(super) fn tick_on(site: &Arc<Site>, tx: Tx) -> Result<Tx> {
    Ok(look(site, tx)?.0)
}

fn look(site: &Arc<Site>, mut tx: Tx) -> Result<(Tx, Vec<&'static str>)> {
    if paused(site).is_some() {
        return Ok((tx, Vec::new()));
    }
    let now = site.clock.timestamp();
    let mut query = Query::fixed();
    query.sql("SELECT name, last_run FROM ").ident(SCHEDULE_TABLE);
    let turns: std::collections::HashMap<String, i64> = tx
        .rows(query, &[Kind::Text, Kind::Int])?
        .iter()
        .map(|row| (text(row, 0), int(row, 1)))
        .collect();
    let shared = Shared {
        site: Arc::clone(site),
        session: Arc::new(Session::administrator()),
        request: Request::internal(Verb::Post),
    };
    let mut cx = Cx::new(shared, tx);
    let mut left = Vec::new();
    for (job, every) in scheduled()? {
        let last = turns.get(job.method.path).copied();
        match turn(&mut cx, job, every, last, now) {
            Ok(has_come) => {
                finish(&mut cx)?;
                left.extend(has_come.then_some(job.method.path));
            }
            // Its turn is still to come, so the next look tries again; the others need not wait for that.
            Err(error) if error.kind() == ErrorKind::QueueOverloaded => {
                cx.db().rollback();
                cx.db().out.roll_back();
                tracing::warn!(%error, job = job.method.path, "a scheduled job finds no room in its queue");
            }
            Err(error) => return Err(error),
        }
    }
    Ok((cx.into_parts().1, left))
}

/// Commits, and runs the after-commit work: the workers' bell.
fn finish(cx: &mut Cx) -> Result<()> {
    let ticket = cx.db().commit()?;
    let mut out = std::mem::take(&mut cx.db().out);
    let shared = cx.shared().clone();
    shared.site.database().durable_blocking(ticket)?;
    out.committed(&shared);
    Ok(())
}

/// Whether the turn of a job has come, and whether it is this look that left the job.
fn turn(cx: &mut Cx, job: &'static Job, every: Every, last: Option<i64>, now: Timestamp) -> Result<bool> {
    let path = job.method.path;
    let here = now.as_millisecond();
    let Some(last) = last else {
        // A job that is new to the site waits for the beginning of its next period.
        let mut query = Query::fixed();
        query.sql("INSERT INTO ").ident(SCHEDULE_TABLE);
        query.sql(" (name, last_run) VALUES (").text(path);
        query
            .sql(", ")
            .bind(Kind::Int, Scalar::Int(here))
            .sql(") ON CONFLICT (name) DO NOTHING");
        cx.db().execute(query)?;
        return Ok(false);
    };
    let zone = cx.site().clock.zone().clone();
    // A clock that was ahead and is right again must not hold the job back until then.
    let is_ahead = last > here;
    let due = Timestamp::from_millisecond(last)
        .ok()
        .and_then(|last| next(every, last, &zone))
        .is_some_and(|next| next <= now);
    if !due && !is_ahead {
        return Ok(false);
    }
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(SCHEDULE_TABLE);
    query.sql(" SET last_run = ").bind(Kind::Int, Scalar::Int(here));
    query.sql(" WHERE name = ").text(path);
    query.sql(" AND last_run = ").bind(Kind::Int, Scalar::Int(last));
    if cx.db().execute(query)? == 0 || !due {
        return Ok(false);
    }
    leave(cx, path).map(|left| matches!(left, Enqueued::Queued(_)))
}

/// Leaves a scheduled job, unless its last run is still to end.
fn leave(cx: &mut Cx, path: &'static str) -> Result<Enqueued> {
    cx.enqueue(
        super::Enqueue::from(JobName::new(path))
            .dedupe(format!("schedule:{path}"))
            .as_administrator(),
    )
}

/// Leaves a scheduled job now, whether its turn has come or not; its turns stay as they are.
///
/// # Errors
/// 404 where no scheduled job has this path; as [`Cx::enqueue`].
pub fn run_now(cx: &mut Cx, name: &str) -> Result<Enqueued> {
    let found = scheduled()?.find(|(job, _)| job.method.path == name);
    match found {
        Some((job, _)) => leave(cx, job.method.path),
        None => Err(Error::new(
            ErrorKind::DoesNotExistError,
            format!("there is no scheduled job {name}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(every: Every, last: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        next(every, last.parse().unwrap(), &zone).unwrap().to_string()
    }

    #[test]
    fn turns_come_at_the_beginning_of_a_period_in_the_sites_zone() {
        let berlin = |every| after(every, "2026-11-22T22:30:30Z", "Europe/Berlin");

        assert_eq!(berlin(Every::All), "2026-11-22T22:34:30Z");
        assert_eq!(berlin(Every::Hourly), "2026-11-22T23:00:00Z");
        assert_eq!(berlin(Every::Daily), "2026-11-22T23:00:00Z");
        assert_eq!(berlin(Every::Weekly), "2026-11-28T23:00:00Z");
        assert_eq!(berlin(Every::Monthly), "2026-11-30T23:00:00Z");
        assert_eq!(berlin(Every::Cron("30 6 * * 1")), "2026-11-23T05:30:00Z");
        assert_eq!(
            after(Every::Hourly, "2026-11-22T22:10:00Z", "Asia/Kolkata"),
            "2026-11-22T22:30:00Z"
        );
    }

    #[test]
    fn an_hour_that_comes_twice_has_two_turns_and_a_day_of_any_length_one() {
        let berlin = |every, last| after(every, last, "Europe/Berlin");

        assert_eq!(
            berlin(Every::Hourly, "2026-10-25T00:10:00Z"),
            "2026-10-25T01:00:00Z"
        );
        assert_eq!(
            berlin(Every::Hourly, "2026-10-25T01:00:00Z"),
            "2026-10-25T02:00:00Z"
        );
        assert_eq!(
            berlin(Every::Daily, "2026-10-24T22:00:00Z"),
            "2026-10-25T23:00:00Z"
        );
        assert_eq!(
            berlin(Every::Daily, "2026-03-28T23:00:00Z"),
            "2026-03-29T22:00:00Z"
        );
    }

    #[test]
    fn a_cron_line_that_is_none_is_refused() {
        assert!(read_cron("61 * * * *").is_err());
        assert!(read_cron("*/10 * * * *").is_ok());
    }
}
