//! Leaving a job: one row, in the transaction of whoever leaves it.

use std::time::Duration;

use serde_json::{Map, Value};

use super::registry::{self, JobName};
use crate::args::Args;
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::system::JOB_TABLE;
use crate::error::{Error, ErrorKind, Result};

/// A job to be enqueued, made by [`JobName::with`] or of a name alone.
#[derive(Clone, Debug)]
#[must_use = "a job is left by `cx.enqueue`"]
pub struct Enqueue {
    job: JobName,
    args: Value,
    dedupe: Option<String>,
    delay: Duration,
    as_administrator: bool,
}

impl From<JobName> for Enqueue {
    fn from(job: JobName) -> Enqueue {
        job.with(Value::Object(Map::new()))
    }
}

impl JobName {
    /// The job with arguments, a JSON object: `rebuild::JOB.with(json!({ "team": team }))`.
    pub fn with(self, args: Value) -> Enqueue {
        Enqueue {
            job: self,
            args,
            dedupe: None,
            delay: Duration::ZERO,
            as_administrator: false,
        }
    }
}

impl Enqueue {
    /// Leaves nothing while an unfinished job has this key, whatever job it is.
    pub fn dedupe(mut self, key: impl Into<String>) -> Enqueue {
        self.dedupe = Some(key.into());
        self
    }

    /// Runs it no earlier than in a while, by the site's clock.
    pub fn after(mut self, delay: Duration) -> Enqueue {
        self.delay = delay;
        self
    }

    /// Runs it as the Administrator instead of as the caller.
    pub fn as_administrator(mut self) -> Enqueue {
        self.as_administrator = true;
        self
    }
}

/// What came of enqueueing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// A new job waits, or will once the transaction is committed. Its id.
    Queued(String),
    /// An unfinished job has the same key. Its id.
    Known(String),
}

impl Enqueued {
    /// The id of the job that does the work.
    pub fn id(&self) -> &str {
        match self {
            Enqueued::Queued(id) | Enqueued::Known(id) => id,
        }
    }
}

impl Cx {
    /// Leaves a job for the workers, in this transaction: it is there once the transaction is committed, and never if
    /// that rolls back. It runs as the caller, unless the job says otherwise.
    ///
    /// # Errors
    /// 417 for arguments the job can't be run with; 503 `QueueOverloaded` when the setting `max_queued_jobs` is reached.
    pub fn enqueue(&mut self, job: impl Into<Enqueue>) -> Result<Enqueued> {
        let Enqueue {
            job,
            args,
            dedupe,
            delay,
            as_administrator,
        } = job.into();
        let path = job.path();
        let known =
            registry::find(path)?.ok_or_else(|| Error::internal(format!("there is no job {path}")))?;
        let Value::Object(args) = args else {
            return Err(Error::internal(format!(
                "arguments of {path} are no object: {args}"
            )));
        };
        (known.check)(Args::from_object(args.clone()))?;
        refuse_overload(self, known.queue.name())?;
        let id = uuid::Uuid::new_v4().simple().to_string();
        let user = if as_administrator {
            "Administrator"
        } else {
            self.user()
        }
        .to_owned();
        let now = self.site().clock.timestamp().as_millisecond();
        let delay = i64::try_from(delay.as_millis()).unwrap_or(i64::MAX);
        let number = |value: i64| Scalar::Int(value);
        let key = |key: &Option<String>| key.clone().map_or(Scalar::Null, |key| Scalar::Text(key.into()));
        let mut query = Query::fixed();
        query.sql("INSERT INTO ").ident(JOB_TABLE);
        query.sql(
            " (id, path, queue, args, \"user\", dedupe, holds, state, attempts, most, timeout, token, lease, run_at, \
             queued_at) VALUES (",
        );
        query
            .text(id.clone())
            .sql(", ")
            .text(path)
            .sql(", ")
            .text(known.queue.name());
        query.sql(", ").text(Value::Object(args).to_string());
        query.sql(", ").text(user);
        query.sql(", ").bind(Kind::Text, key(&dedupe));
        query.sql(", ").bind(Kind::Text, key(&dedupe));
        query
            .sql(", 'queued', 0, ")
            .bind(Kind::Int, number(known.attempts.into()));
        query.sql(", ").bind(Kind::Int, number(known.timeout.into()));
        query
            .sql(", 0, 0, ")
            .bind(Kind::Int, number(now.saturating_add(delay)));
        query.sql(", ").bind(Kind::Int, number(now));
        query.sql(") ON CONFLICT (holds) DO NOTHING");
        if self.db().execute(query)? == 0 {
            let holder = holder(self, &dedupe.unwrap_or_default())?;
            return holder
                .map(Enqueued::Known)
                .ok_or_else(|| Error::internal("a job ended while another of its key was left"));
        }
        self.after_commit(|shared| shared.site.bell.ring());
        Ok(Enqueued::Queued(id))
    }
}

/// The unfinished job with a key.
fn holder(cx: &mut Cx, key: &str) -> Result<Option<String>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT id FROM ")
        .ident(JOB_TABLE)
        .sql(" WHERE holds = ")
        .text(key.to_owned());
    let row = cx.db().row(query, &[Kind::Text])?;
    Ok(row.map(|row| super::text(&row, 0)))
}

fn refuse_overload(cx: &mut Cx, queue: &'static str) -> Result<()> {
    let most = cx.site().config.max_queued_jobs;
    let mut query = Query::fixed();
    query
        .sql("SELECT count(*) FROM (SELECT 1 FROM ")
        .ident(JOB_TABLE)
        .sql(" WHERE queue = ")
        .text(queue);
    query
        .sql(" AND state = 'queued' LIMIT ")
        .number(most.saturating_add(1))
        .sql(") AS waiting");
    if u64::try_from(cx.db().count(query)?).unwrap_or(0) > most {
        return Err(Error::new(
            ErrorKind::QueueOverloaded,
            format!("The queue {queue} holds too many jobs; try again later"),
        ));
    }
    Ok(())
}
