//! Jobs: work a method leaves for later, kept in a table of the site's database.
//!
//! A job is a function marked `#[job]`. [`Cx::enqueue`](crate::cx::Cx::enqueue) writes a row in the transaction of whoever
//! leaves the work, so that it is dropped with a roll-back and as durable as the commit. A worker (`workers`) takes the
//! row under a lease, runs the function, and marks the row done in the function's own transaction: its effects on the
//! database happen once.
//!
//! Source: spec/framework-api.md §11.

mod admin;
mod claim;
mod enqueue;
mod registry;
mod run;
mod schedule;
mod secrets;
mod workers;

pub use helpdesk_macros::{job, scheduled};

pub use self::admin::{Listed, State, cancel, clean, find, list, retry};
pub use self::enqueue::{Enqueue, Enqueued};
pub use self::registry::{Job, JobName, Queue};
pub use self::run::{Ran, each, run_one, run_waiting};
pub use self::schedule::{Every, Planned, paused, run_now, schedule, tick};
pub use self::workers::Workers;

pub(crate) use self::registry::check;
pub(crate) use self::run::{Running, TimedOut};
pub(crate) use self::workers::Bell;

/// How often a job is tried that says nothing itself.
pub const DEFAULT_ATTEMPTS: u32 = 5;

/// Reads a number of a row; 0 where there is none.
fn int(row: &[crate::db::Scalar<'_>], at: usize) -> i64 {
    row.get(at).and_then(crate::db::Scalar::as_int).unwrap_or(0)
}

/// Reads a text of a row; empty where there is none.
fn text(row: &[crate::db::Scalar<'_>], at: usize) -> String {
    row.get(at)
        .and_then(crate::db::Scalar::as_str)
        .unwrap_or("")
        .to_owned()
}
