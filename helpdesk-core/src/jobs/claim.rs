//! Leases: who runs a job, and until when nobody else may.
//!
//! A lease is told by a number that rises with each claim. Whatever a worker writes of its job asks for that number, so
//! that one whose lease ran out writes nothing more: its transaction fails and is rolled back. Leases are measured by
//! the machine's clock, times to run by the site's.

use jiff::Timestamp;

use super::registry::Queue;
use super::{int, text};
use crate::db::{Kind, Query, Scalar, Tx};
use crate::doctype::system::JOB_TABLE;
use crate::error::Result;

/// A job that this worker holds.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) args: String,
    pub(super) user: String,
    /// Which try this is, from 1.
    pub(super) attempts: i64,
    pub(super) most: i64,
    /// Seconds it may take.
    pub(super) timeout: i64,
    pub(super) token: i64,
}

/// Who claims, and for how long.
#[derive(Clone, Debug)]
pub(super) struct Claimer {
    pub(super) owner: String,
    pub(super) lease_ms: i64,
}

impl Claimer {
    /// When a lease ends that begins now.
    pub(super) fn until(&self) -> i64 {
        Timestamp::now().as_millisecond().saturating_add(self.lease_ms)
    }
}

/// What is to be claimed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    /// The next job that is due, in the order of these queues; the time by the site's clock.
    Next(&'a [Queue], i64),
    /// One job that waits, due or not.
    One(&'a str),
}

/// Claims a job, if there is one to be had. The claim is committed; it need not be durable, since a claim that is lost
/// leaves a job that waits.
///
/// # Errors
/// A database failure.
pub(super) fn claim(tx: &mut Tx, claimer: &Claimer, wanted: Wanted<'_>) -> Result<Option<Claimed>> {
    // A look without a lock, so that an idle worker stops nobody.
    if candidate(tx, wanted, false)?.is_none() {
        return Ok(None);
    }
    tx.begin()?;
    let claimed = locked(tx, claimer, wanted);
    match claimed {
        Ok(Some(claimed)) => {
            tx.commit()?;
            Ok(Some(claimed))
        }
        other => {
            tx.rollback();
            other
        }
    }
}

fn locked(tx: &mut Tx, claimer: &Claimer, wanted: Wanted<'_>) -> Result<Option<Claimed>> {
    let Some(mut claimed) = candidate(tx, wanted, true)? else {
        return Ok(None);
    };
    claimed.attempts += 1;
    claimed.token += 1;
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(JOB_TABLE);
    query
        .sql(" SET state = 'running', attempts = ")
        .bind(Kind::Int, Scalar::Int(claimed.attempts));
    query
        .sql(", token = ")
        .bind(Kind::Int, Scalar::Int(claimed.token));
    query.sql(", owner = ").text(claimer.owner.clone());
    query
        .sql(", lease = ")
        .bind(Kind::Int, Scalar::Int(claimer.until()));
    query
        .sql(", started_at = ")
        .bind(Kind::Int, Scalar::Int(Timestamp::now().as_millisecond()));
    query.sql(" WHERE id = ").text(claimed.id.clone());
    tx.execute(query)?;
    Ok(Some(claimed))
}

fn candidate(tx: &mut Tx, wanted: Wanted<'_>, lock: bool) -> Result<Option<Claimed>> {
    match wanted {
        Wanted::One(id) => {
            let mut query = select();
            query.sql(" WHERE id = ").text(id).sql(" AND state = 'queued'");
            one(tx, query, lock)
        }
        Wanted::Next(queues, now) => {
            for queue in queues {
                let mut query = select();
                query.sql(" WHERE queue = ").text(queue.name());
                query
                    .sql(" AND state = 'queued' AND run_at <= ")
                    .bind(Kind::Int, Scalar::Int(now));
                query.sql(" ORDER BY run_at, queued_at, id LIMIT ").number(1);
                if let Some(found) = one(tx, query, lock)? {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        }
    }
}

fn select<'a>() -> Query<'a> {
    let mut query = Query::fixed();
    query
        .sql("SELECT id, path, args, \"user\", attempts, most, timeout, token FROM ")
        .ident(JOB_TABLE);
    query
}

fn one(tx: &mut Tx, mut query: Query<'_>, lock: bool) -> Result<Option<Claimed>> {
    if lock {
        query.either("", " FOR UPDATE SKIP LOCKED");
    }
    let kinds = [
        Kind::Text,
        Kind::Text,
        Kind::Text,
        Kind::Text,
        Kind::Int,
        Kind::Int,
        Kind::Int,
        Kind::Int,
    ];
    Ok(tx.row(query, &kinds)?.map(|row| Claimed {
        id: text(&row, 0),
        path: text(&row, 1),
        args: text(&row, 2),
        user: text(&row, 3),
        attempts: int(&row, 4),
        most: int(&row, 5),
        timeout: int(&row, 6),
        token: int(&row, 7),
    }))
}

/// Adds "this job, by this lease".
pub(super) fn held(query: &mut Query<'_>, id: &str, token: i64) {
    query
        .sql(" WHERE id = ")
        .text(id.to_owned())
        .sql(" AND state = 'running' AND token = ")
        .bind(Kind::Int, Scalar::Int(token));
}

/// Lengthens a lease; whether it still holds.
///
/// # Errors
/// A database failure.
pub(super) fn renew(tx: &mut Tx, id: &str, token: i64, until: i64) -> Result<bool> {
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(JOB_TABLE);
    query.sql(" SET lease = ").bind(Kind::Int, Scalar::Int(until));
    held(&mut query, id, token);
    Ok(tx.execute(query)? == 1)
}

/// Gives a job back as if it had never been claimed, so that another worker starts it at once.
///
/// # Errors
/// A database failure.
pub(super) fn release(tx: &mut Tx, id: &str, token: i64) -> Result<bool> {
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(JOB_TABLE);
    query.sql(" SET state = 'queued', owner = NULL, lease = 0, attempts = attempts - 1");
    held(&mut query, id, token);
    Ok(tx.execute(query)? == 1)
}

/// Takes jobs from workers whose lease ran out: they wait again, or are parked where they were tried often enough.
/// Returns how many.
///
/// # Errors
/// A database failure.
pub(super) fn reclaim(tx: &mut Tx, now: i64) -> Result<usize> {
    let machine = Timestamp::now().as_millisecond();
    let over = |query: &mut Query<'_>| {
        query
            .sql(" WHERE state = 'running' AND lease < ")
            .bind(Kind::Int, Scalar::Int(machine));
    };
    let mut query = Query::fixed();
    query.sql("SELECT count(*) FROM ").ident(JOB_TABLE);
    over(&mut query);
    if tx.count(query)? == 0 {
        return Ok(0);
    }
    let mut query = Query::fixed();
    query.sql("UPDATE ").ident(JOB_TABLE);
    query
        .sql(
            " SET state = CASE WHEN attempts >= most THEN 'failed' ELSE 'queued' END, \
             holds = CASE WHEN attempts >= most THEN NULL ELSE holds END, \
             error = 'the worker went away while it ran', owner = NULL, lease = 0, ended_at = ",
        )
        .bind(Kind::Int, Scalar::Int(now));
    over(&mut query);
    let taken = tx.execute(query)?;
    tx.commit()?;
    Ok(taken)
}

/// Whether any job is due.
///
/// # Errors
/// A database failure.
pub(super) fn is_due(tx: &mut Tx, now: i64) -> Result<bool> {
    for queue in Queue::ALL {
        let mut query = Query::fixed();
        query.sql("SELECT count(*) FROM (SELECT 1 FROM ").ident(JOB_TABLE);
        query.sql(" WHERE queue = ").text(queue.name());
        query
            .sql(" AND state = 'queued' AND run_at <= ")
            .bind(Kind::Int, Scalar::Int(now));
        query.sql(" LIMIT ").number(1).sql(") AS due");
        if tx.count(query)? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}
