//! What an operator sees and does of jobs.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{int, secrets, text};
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::system::JOB_TABLE;
use crate::error::{Error, ErrorKind, Result, invalid};

/// Days that jobs are kept which are done or were cancelled.
const KEEP_DONE_DAYS: i64 = 7;
/// Days that parked jobs are kept.
const KEEP_FAILED_DAYS: i64 = 90;
/// Rows that are removed at a time, so that a clean-up holds the write lock briefly.
const AT_ONCE: u64 = 1000;

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for a worker, or for its next try.
    Queued,
    /// A worker has it.
    Running,
    /// It is done.
    Done,
    /// It failed too often and is parked.
    Failed,
    /// An operator took it back.
    Cancelled,
}

impl State {
    /// All states.
    pub const ALL: [State; 5] = [
        State::Queued,
        State::Running,
        State::Done,
        State::Failed,
        State::Cancelled,
    ];

    /// As it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
        }
    }

    /// The state of a name.
    pub fn parse(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A job as operators see it: secrets among its arguments are masked.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Path of its function.
    pub job: String,
    /// Its queue.
    pub queue: String,
    /// Its state.
    pub state: State,
    /// Whom it runs as.
    pub user: String,
    /// Its dedupe key; may be empty.
    pub key: String,
    /// Tries so far.
    pub attempts: i64,
    /// Tries at most.
    pub most: i64,
    /// When it was left.
    #[serde(serialize_with = "shown")]
    pub queued_at: Option<Timestamp>,
    /// When it may run.
    #[serde(serialize_with = "shown")]
    pub run_at: Option<Timestamp>,
    /// When its last try began, by the machine's clock.
    #[serde(serialize_with = "shown")]
    pub started_at: Option<Timestamp>,
    /// When its last try ended.
    #[serde(serialize_with = "shown")]
    pub ended_at: Option<Timestamp>,
    /// What its last failure said; may be empty.
    pub error: String,
    /// Its arguments.
    pub args: Value,
    /// What its function returned.
    pub result: Value,
}

/// A time in UTC, as RFC 3339.
#[expect(clippy::ref_option, reason = "the form serde asks for")]
fn shown<S: serde::Serializer>(
    time: &Option<Timestamp>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    time.map(|time| time.to_string()).serialize(serializer)
}

const COLUMNS: &str = "SELECT id, path, queue, state, \"user\", dedupe, attempts, most, queued_at, run_at, started_at, \
                       ended_at, error, args, result FROM ";
const KINDS: [Kind; 15] = [
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Text,
    Kind::Text,
];

fn listed(row: &[Scalar<'_>]) -> Listed {
    let time = |at: usize| {
        let millis = row.get(at).and_then(Scalar::as_int)?;
        Timestamp::from_millisecond(millis).ok()
    };
    let json = |at: usize| serde_json::from_str(&text(row, at)).unwrap_or_default();
    Listed {
        id: text(row, 0),
        job: text(row, 1),
        queue: text(row, 2),
        state: State::parse(&text(row, 3)).unwrap_or(State::Failed),
        user: text(row, 4),
        key: text(row, 5),
        attempts: int(row, 6),
        most: int(row, 7),
        queued_at: time(8),
        run_at: time(9),
        started_at: time(10),
        ended_at: time(11),
        error: text(row, 12),
        args: secrets::masked(&json(13)),
        result: json(14),
    }
}

/// Jobs of a state, or all, the newest first.
///
/// # Errors
/// A database failure.
pub fn list(cx: &mut Cx, state: Option<State>, most: u64) -> Result<Vec<Listed>> {
    let mut query = Query::fixed();
    query.sql(COLUMNS).ident(JOB_TABLE);
    if let Some(state) = state {
        query.sql(" WHERE state = ").text(state.name());
    }
    query.sql(" ORDER BY queued_at DESC, id LIMIT ").number(most);
    Ok(cx
        .db()
        .rows(query, &KINDS)?
        .iter()
        .map(|row| listed(row))
        .collect())
}

/// One job, by its id or a beginning of it that no other has.
///
/// # Errors
/// 404 where there is none, 417 where there are several.
pub fn find(cx: &mut Cx, id: &str) -> Result<Listed> {
    let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit());
    let mut found = Vec::new();
    if is_id {
        let mut query = Query::fixed();
        query.sql(COLUMNS).ident(JOB_TABLE);
        query
            .sql(" WHERE id LIKE ")
            .text(format!("{}%", id.to_lowercase()));
        query.sql(" ORDER BY id LIMIT ").number(2);
        found = cx.db().rows(query, &KINDS)?;
    }
    match &*found {
        [] => Err(Error::new(
            ErrorKind::DoesNotExistError,
            format!("there is no job {id}"),
        )),
        [row] => Ok(listed(row)),
        _ => Err(invalid(format!(
            "several jobs begin with {id}; give more of the id"
        ))),
    }
}

/// Has a parked or cancelled job tried anew, as often as a new one.
///
/// # Errors
/// 417 for a job that is in another state, and while another unfinished job has its key.
pub fn retry(cx: &mut Cx, id: &str) -> Result<()> {
    let now = cx.site().clock.timestamp().as_millisecond();
    let job = find(cx, id)?;
    if !job.key.is_empty() {
        let mut query = Query::fixed();
        query.sql("SELECT count(*) FROM ").ident(JOB_TABLE);
        query.sql(" WHERE holds = ").text(job.key.clone());
        if cx.db().count(query)? > 0 {
            return Err(invalid(format!(
                "an unfinished job has the key {} of {}",
                job.key, job.id
            )));
        }
    }
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(JOB_TABLE);
    query.sql(" SET state = 'queued', holds = dedupe, attempts = 0, run_at = ");
    query.bind(Kind::Int, Scalar::Int(now));
    query
        .sql(" WHERE id = ")
        .text(job.id.clone())
        .sql(" AND state IN ('failed', 'cancelled')");
    if cx.db().execute(query)? == 0 {
        return Err(invalid(format!(
            "{} is {}; only failed and cancelled jobs are tried anew",
            job.id,
            job.state.name()
        )));
    }
    cx.after_commit(|shared| shared.site.bell.ring());
    Ok(())
}

/// Takes a waiting or parked job back; a running one ends without being kept.
///
/// # Errors
/// 417 for a job that is done or cancelled already.
pub fn cancel(cx: &mut Cx, id: &str) -> Result<()> {
    let now = cx.site().clock.timestamp().as_millisecond();
    let job = find(cx, id)?;
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(JOB_TABLE);
    query.sql(" SET state = 'cancelled', holds = NULL, owner = NULL, lease = 0, ended_at = ");
    query.bind(Kind::Int, Scalar::Int(now));
    query
        .sql(" WHERE id = ")
        .text(job.id.clone())
        .sql(" AND state IN ('queued', 'running', 'failed')");
    if cx.db().execute(query)? == 0 {
        return Err(invalid(format!("{} is {} already", job.id, job.state.name())));
    }
    Ok(())
}

/// Removes jobs that ended a while ago: a week for those that are done or were cancelled, ninety days for parked ones.
/// Returns how many. Inside a job each thousand is committed.
///
/// # Errors
/// A database failure.
pub fn clean(cx: &mut Cx) -> Result<usize> {
    let now = cx.site().clock.timestamp().as_millisecond();
    let day = 24 * 3_600_000;
    let mut removed = 0;
    loop {
        let mut query = Query::fixed();
        query.sql("DELETE FROM ").ident(JOB_TABLE);
        query.sql(" WHERE id IN (SELECT id FROM ").ident(JOB_TABLE);
        query
            .sql(" WHERE (state IN ('done', 'cancelled') AND ended_at < ")
            .bind(Kind::Int, Scalar::Int(now - KEEP_DONE_DAYS * day));
        query
            .sql(") OR (state = 'failed' AND ended_at < ")
            .bind(Kind::Int, Scalar::Int(now - KEEP_FAILED_DAYS * day));
        query.sql(") LIMIT ").number(AT_ONCE).sql(")");
        let gone = cx.db().execute(query)?;
        removed += gone;
        if u64::try_from(gone).unwrap_or(0) < AT_ONCE {
            return Ok(removed);
        }
        if cx.job.is_some() {
            cx.checkpoint()?;
        }
    }
}
