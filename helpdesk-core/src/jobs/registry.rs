//! The table of jobs: what `#[job]` and `#[scheduled]` register.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::schedule::{self, Every};
use crate::args::Args;
use crate::error::{Error, Result};
use crate::method::Method;

/// A queue: how long its jobs may take, and who of several waiting jobs is served first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Served first.
    Short,
    /// Where jobs go that name no queue.
    Default,
    /// For what takes minutes; one worker of several keeps out of it.
    Long,
}

impl Queue {
    /// All queues, in the order they are served.
    pub const ALL: [Queue; 3] = [Queue::Short, Queue::Default, Queue::Long];

    /// The contract's name.
    pub const fn name(self) -> &'static str {
        match self {
            Queue::Short => "short",
            Queue::Default => "default",
            Queue::Long => "long",
        }
    }

    /// Seconds a job may take that says nothing itself.
    pub const fn timeout(self) -> u32 {
        match self {
            Queue::Short | Queue::Default => 300,
            Queue::Long => 1500,
        }
    }
}

/// The name of a job, as `rebuild::JOB` beside `#[job] fn rebuild`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobName(&'static str);

impl JobName {
    /// The name of the job at a dotted path; made by `#[job]`.
    #[doc(hidden)]
    pub const fn new(path: &'static str) -> JobName {
        JobName(path)
    }

    /// The dotted path.
    pub const fn path(self) -> &'static str {
        self.0
    }
}

/// A job.
pub struct Job {
    /// Its function, path, arguments and place in the source.
    pub method: Method,
    /// Where it waits.
    pub queue: Queue,
    /// How often it is tried before it is parked.
    pub attempts: u32,
    /// Seconds it may take.
    pub timeout: u32,
    /// When the schedule runs it; `None` for jobs that are enqueued alone.
    pub every: Option<Every>,
    /// Whether it could be run with these arguments.
    pub check: fn(Args) -> Result<()>,
}

inventory::collect!(Job);

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.method.fmt(f)
    }
}

type Table = BTreeMap<&'static str, &'static Job>;

static TABLE: LazyLock<Result<Table, String>> = LazyLock::new(|| {
    let mut table = Table::new();
    for job in inventory::iter::<Job> {
        if let Some(Every::Cron(line)) = job.every {
            schedule::read_cron(line)
                .map_err(|why| format!("the cron line {line:?} at {}: {why}", job.method.location))?;
        }
        if let Some(other) = table.insert(job.method.path, job) {
            return Err(format!(
                "two jobs are called {}: {} and {}",
                job.method.path, other.method.location, job.method.location
            ));
        }
    }
    Ok(table)
});

/// Checks the table once, at start.
///
/// # Errors
/// Two jobs of one name, a cron line that can't be read: with their places in the source.
pub(crate) fn check() -> Result<()> {
    table().map(|_| ())
}

pub(super) fn table() -> Result<&'static Table> {
    TABLE.as_ref().map_err(|text| Error::internal(text.clone()))
}

/// The job at a path.
pub(super) fn find(path: &str) -> Result<Option<&'static Job>> {
    Ok(table()?.get(path).copied())
}
