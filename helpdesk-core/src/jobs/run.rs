//! Running one claimed job: its function, the mark that it is done, or what became of its failure.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::claim::{self, Claimed, Claimer, Wanted};
use super::registry::{self, Queue};
use super::secrets;
use crate::args::Args;
use crate::cx::{Cx, Outbox, Request, Shared};
use crate::db::{Kind, Query, Scalar, Tx};
use crate::doctype::document::Document;
use crate::doctype::permissions::meta_of;
use crate::doctype::save;
use crate::doctype::system::{ERROR_LOG, JOB_TABLE};
use crate::error::{Error, ErrorKind, Result};
use crate::method::{Handler, Verb};
use crate::reply::{HEADROOM, Reply};
use crate::session::Session;
use crate::site::Site;
use crate::users;

/// The wait after a first failure; each further one doubles it.
const FIRST_WAIT_MS: i64 = 10_000;
/// The longest wait.
const LONGEST_WAIT_MS: i64 = 3_600_000;
/// Bytes of a result that are kept.
const MOST_RESULT: usize = 64 * 1024;

/// What came of running a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// It is done.
    Done,
    /// It failed and waits for its next try.
    Failed,
    /// It failed and is tried no more.
    Parked,
    /// Its lease ran out meanwhile: nothing of it was kept, and somebody else has it.
    Lost,
}

/// The job a context runs.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    id: String,
    token: i64,
    claimer: Claimer,
}

/// A job's lease ran out.
#[derive(Debug, thiserror::Error)]
#[error("its lease ran out while it ran")]
struct Lost;

/// A job's time ran out.
#[derive(Debug, thiserror::Error)]
#[error("it took longer than it may")]
pub(crate) struct TimedOut;

fn is_lost(error: &Error) -> bool {
    error.cause().is_some_and(|cause| cause.is::<Lost>())
}

impl Cx {
    /// Keeps what a job has done so far and goes on in a new transaction: for jobs that work through many documents.
    /// A job that is tried again begins anew, so what was kept must be recognised, or bear repeating.
    ///
    /// # Errors
    /// 500 outside a job, and when the job's lease ran out: then nothing since the last checkpoint is kept.
    pub fn checkpoint(&mut self) -> Result<()> {
        let Some(running) = self.job.clone() else {
            return Err(Error::internal("only a job can keep a part of its work"));
        };
        let until = running.claimer.until();
        if !claim::renew(self.db(), &running.id, running.token, until)? {
            return Err(Error::internal(Lost));
        }
        let ticket = self.db().commit()?;
        let site = Arc::clone(self.site());
        site.database().durable_blocking(ticket)?;
        let mut out = std::mem::take(&mut self.db().out);
        committed(self.shared(), &mut out);
        Ok(())
    }
}

/// Does what a job left for after its commit, which no failure of it can undo.
fn committed(shared: &Shared, out: &mut Outbox) {
    if catch_unwind(AssertUnwindSafe(|| out.committed(shared))).is_err() {
        tracing::error!("what a job left for after its commit panicked");
    }
}

/// Runs a claimed job on a connection, which is given back unless it broke.
pub(super) fn run(site: &Arc<Site>, mut tx: Tx, claimer: &Claimer, claimed: &Claimed) -> (Option<Tx>, Ran) {
    let began = Instant::now();
    let timeout = Duration::from_secs(u64::try_from(claimed.timeout).unwrap_or(1));
    tx.deadline = began.checked_add(timeout);
    tx.out = Outbox::default();
    let mut shared = Shared {
        site: Arc::clone(site),
        session: Arc::new(Session::administrator()),
        request: Request::internal(Verb::Post),
    };
    if let Ok(Some(job)) = registry::find(&claimed.path) {
        shared.request.method = job.method.path;
    }
    let mut cx = Cx::new(shared, tx);
    cx.job = Some(Running {
        id: claimed.id.clone(),
        token: claimed.token,
        claimer: claimer.clone(),
    });
    let outcome = catch_unwind(AssertUnwindSafe(|| body(&mut cx, claimed)));
    let (shared, mut tx) = cx.into_parts();
    let outcome = match outcome {
        Ok(Ok(session)) => match tx.commit() {
            Ok(ticket) => site.database().durable_blocking(ticket).map(|()| session),
            Err(error) => Err(error),
        },
        Ok(Err(error)) => Err(error),
        Err(panic) => {
            // Whatever state the connection is in, it is not used again.
            drop(tx);
            let text = format!("it panicked: {}", crate::db::pool::panic_text(&*panic));
            return (None, failed(site, None, claimed, &text, false).1);
        }
    };
    tx.deadline = None;
    let error = match outcome {
        Ok(session) => {
            let mut out = std::mem::take(&mut tx.out);
            committed(&Shared { session, ..shared }, &mut out);
            let milliseconds = began.elapsed().as_millis();
            tracing::debug!(job = claimed.path, id = claimed.id, milliseconds, "a job is done");
            return (Some(tx), Ran::Done);
        }
        Err(error) => error,
    };
    tx.rollback();
    tx.out = Outbox::default();
    if is_lost(&error) {
        tracing::warn!(
            job = claimed.path,
            id = claimed.id,
            "a job's lease ran out; nothing of it was kept"
        );
        return (Some(tx), Ran::Lost);
    }
    let alive = error.kind().status() < 500 || tx.is_alive();
    let hopeless = is_hopeless(&error);
    failed(site, alive.then_some(tx), claimed, &error.to_string(), hopeless)
}

/// The function of a job, then the mark that it is done, all in one transaction. Returns the session it ran as.
fn body(cx: &mut Cx, claimed: &Claimed) -> Result<Arc<Session>> {
    let job = registry::find(&claimed.path)?
        .ok_or_else(|| Error::internal(format!("this version has no job {}", claimed.path)))?;
    let Handler::Blocking(handle) = job.method.handler else {
        return Err(Error::internal("a job is no plain function"));
    };
    let session = match &*claimed.user {
        "Guest" => Session::guest(),
        user => users::session_of(cx, user)?.ok_or_else(|| {
            Error::bare(
                ErrorKind::PermissionError,
                format!("the user {user}, whose job it is, is disabled or gone"),
            )
        })?,
    };
    let session = Arc::new(session);
    let Value::Object(args) = serde_json::from_str(&claimed.args)? else {
        return Err(Error::internal("its arguments are no object"));
    };
    let shown = secrets::masked(&Value::Object(args.clone())).to_string();
    let reply = cx.as_user(Arc::clone(&session), |cx| handle(cx, Args::from_object(args)))?;
    let result = match reply {
        Reply::Json(bytes) if bytes.len() <= MOST_RESULT => {
            let text = String::from_utf8_lossy(bytes.get(HEADROOM..).unwrap_or_default()).into_owned();
            Scalar::Text(text.into())
        }
        _ => Scalar::Null,
    };
    let now = cx.site().clock.timestamp().as_millisecond();
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(JOB_TABLE);
    query.sql(" SET state = 'done', holds = NULL, owner = NULL, lease = 0, error = NULL, args = ");
    query.text(shown);
    query.sql(", result = ").bind(Kind::Text, result);
    query.sql(", ended_at = ").bind(Kind::Int, Scalar::Int(now));
    claim::held(&mut query, &claimed.id, claimed.token);
    if cx.db().execute(query)? == 0 {
        return Err(Error::internal(Lost));
    }
    Ok(session)
}

/// Whether another try can't end better: the arguments don't fit, or its user may not do it.
fn is_hopeless(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::FrappeTypeError | ErrorKind::PermissionError
    )
}

/// Notes a failure, unless the lease is gone: the job waits for its next try, or is parked with an Error Log.
pub(super) fn failed(
    site: &Arc<Site>,
    tx: Option<Tx>,
    claimed: &Claimed,
    error: &str,
    hopeless: bool,
) -> (Option<Tx>, Ran) {
    let tx = match tx.map_or_else(|| site.database().connect(), Ok) {
        Ok(tx) => tx,
        Err(error) => {
            tracing::error!(%error, job = claimed.path, "a job's failure could not be noted");
            return (None, Ran::Lost);
        }
    };
    let args: Value = serde_json::from_str(&claimed.args).unwrap_or_default();
    let error = secrets::told(error, &args);
    let parked = hopeless || claimed.attempts >= claimed.most;
    let shared = Shared {
        site: Arc::clone(site),
        session: Arc::new(Session::administrator()),
        request: Request::internal(Verb::Post),
    };
    let mut cx = Cx::new(shared, tx);
    let noted = note(&mut cx, claimed, &error, parked);
    let (_, mut tx) = cx.into_parts();
    tx.out = Outbox::default();
    match noted.and_then(|noted| tx.commit().map(|_| noted)) {
        Ok(true) => {
            let (job, id, tries) = (&claimed.path, &claimed.id, claimed.attempts);
            if parked {
                tracing::error!(
                    job,
                    id,
                    tries,
                    error,
                    "a job failed and is parked; see `helpdesk jobs`"
                );
            } else {
                tracing::warn!(job, id, tries, error, "a job failed and is tried again");
            }
            (Some(tx), if parked { Ran::Parked } else { Ran::Failed })
        }
        Ok(false) => (Some(tx), Ran::Lost),
        Err(failure) => {
            // The lease runs out, and whoever takes the job then tries it again.
            tracing::error!(%failure, job = claimed.path, error, "a job's failure could not be noted");
            (None, Ran::Lost)
        }
    }
}

/// Whether the lease still held.
fn note(cx: &mut Cx, claimed: &Claimed, error: &str, parked: bool) -> Result<bool> {
    let now = cx.site().clock.timestamp().as_millisecond();
    let mut bytes = [0_u8; 4];
    // Without randomness all wait alike.
    let _ = getrandom::fill(&mut bytes);
    let next = now.saturating_add(wait_ms(claimed.attempts, u32::from_le_bytes(bytes)));
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(JOB_TABLE);
    if parked {
        query.sql(" SET state = 'failed', holds = NULL");
    } else {
        query
            .sql(" SET state = 'queued', run_at = ")
            .bind(Kind::Int, Scalar::Int(next));
    }
    query
        .sql(", owner = NULL, lease = 0, error = ")
        .text(error.to_owned());
    query.sql(", ended_at = ").bind(Kind::Int, Scalar::Int(now));
    claim::held(&mut query, &claimed.id, claimed.token);
    if cx.db().execute(query)? == 0 {
        return Ok(false);
    }
    if parked && let Err(error) = cx.savepoint(|cx| log_error(cx, &claimed.path, error)) {
        tracing::error!(%error, "no Error Log could be written of a parked job");
    }
    Ok(true)
}

/// Writes an Error Log: what went wrong in a job, without anybody there to be told.
fn log_error(cx: &mut Cx, job: &str, error: &str) -> Result<()> {
    let mut row = Document::new(meta_of(cx, ERROR_LOG)?);
    row.set("method", job);
    row.set("error", error);
    row.flags.ignore_permissions = true;
    save::insert(cx, &mut row)
}

/// Does a job's work on each of many things by itself: what fails is undone and noted in an Error Log, the rest is
/// kept, each with a commit of its own. Returns how many failed.
///
/// # Errors
/// As [`Cx::checkpoint`]; what has been done till then is kept.
pub fn each<T>(
    cx: &mut Cx,
    items: impl IntoIterator<Item = T>,
    mut body: impl FnMut(&mut Cx, &T) -> Result<()>,
) -> Result<usize>
where
    T: std::fmt::Display,
{
    let job = cx.request().method;
    let mut failed = 0;
    for item in items {
        if let Err(error) = cx.savepoint(|cx| body(cx, &item)) {
            failed += 1;
            tracing::warn!(%error, job, %item, "a part of a job failed");
            // Where the database is what failed, or the job's time is over, this fails as well and ends the job.
            log_error(cx, job, &secrets::told(&format!("{item}: {error}"), &Value::Null))?;
        }
        if cx.db().is_writing() {
            cx.checkpoint()?;
        }
    }
    Ok(failed)
}

/// The wait before the next try: doubled with each failure, a quarter more or less, so that jobs that failed together
/// don't come back together.
fn wait_ms(attempts: i64, random: u32) -> i64 {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(20);
    let wait = FIRST_WAIT_MS
        .saturating_mul(1_i64 << doublings)
        .min(LONGEST_WAIT_MS);
    let share = wait / 2 * i64::from(random >> 16) / i64::from(u16::MAX);
    wait - wait / 4 + share
}

/// Runs one waiting job in this thread, due or not; `None` where no job of this id waits.
///
/// # Errors
/// A database failure.
pub fn run_one(site: &Arc<Site>, id: &str) -> Result<Option<Ran>> {
    let claimer = super::workers::claimer(site);
    let mut tx = site.database().connect()?;
    Ok(claim::claim(&mut tx, &claimer, Wanted::One(id))?.map(|claimed| run(site, tx, &claimer, &claimed).1))
}

/// Runs the jobs that are due in this thread until none is, those first whose workers went away, and says what came of
/// each, in order.
///
/// # Errors
/// A database failure.
pub fn run_waiting(site: &Arc<Site>) -> Result<Vec<Ran>> {
    let claimer = super::workers::claimer(site);
    let mut tx = site.database().connect()?;
    claim::reclaim(&mut tx, site.clock.timestamp().as_millisecond())?;
    let mut kept = Some(tx);
    let mut all = Vec::new();
    loop {
        let mut tx = match kept.take() {
            Some(tx) => tx,
            None => site.database().connect()?,
        };
        let now = site.clock.timestamp().as_millisecond();
        let Some(claimed) = claim::claim(&mut tx, &claimer, Wanted::Next(&Queue::ALL, now))? else {
            return Ok(all);
        };
        let (tx, ran) = run(site, tx, &claimer, &claimed);
        kept = tx;
        all.push(ran);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_scatter_by_a_quarter() {
        assert_eq!((wait_ms(1, 0), wait_ms(1, u32::MAX)), (7_500, 12_500));
        assert_eq!((wait_ms(3, 0), wait_ms(3, u32::MAX)), (30_000, 50_000));
        assert_eq!((wait_ms(60, 0), wait_ms(60, u32::MAX)), (2_700_000, 4_500_000));
    }
}
