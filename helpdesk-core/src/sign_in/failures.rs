//! The lock after too many failed logins, by user and by address.
//!
//! Counted in the database: every process of a site sees the same, and a restart forgives nothing.
//! Source: spec/framework.md §4.2.

use std::net::IpAddr;

use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::system::LOGIN_FAILURE_TABLE;
use crate::error::{Error, ErrorKind, Result};
use crate::secret;

/// Whom failures are counted for: the name that was tried, and the address it was tried from.
#[derive(Clone, Debug)]
pub(crate) struct Counted {
    keys: [String; 2],
}

impl Counted {
    /// The counters of a try. Names are folded, as they are when users are looked up, and kept as digests: people type
    /// passwords into the wrong field.
    pub(crate) fn of(usr: &str, address: IpAddr) -> Counted {
        let name = secret::digest(&usr.trim().to_lowercase());
        Counted {
            keys: [format!("user:{name}"), format!("address:{address}")],
        }
    }

    /// The counters of a user who was found by another name than the id, so that several names share one counter.
    pub(crate) fn found_as(&self, user: &str) -> Counted {
        let name = secret::digest(&user.to_lowercase());
        Counted {
            keys: [format!("user:{name}"), self.keys[1].clone()],
        }
    }
}

/// Refuses while too many tries have failed.
///
/// # Errors
/// 429 `SecurityException` telling when to try again; a database failure.
pub(crate) fn refuse_locked(cx: &mut Cx, counted: &Counted) -> Result<()> {
    let settings = cx.site().settings();
    let (attempts, window) = (settings.sign_in.attempts, settings.sign_in.after_fail);
    if attempts == 0 {
        return Ok(());
    }
    let now = cx.site().clock.timestamp().as_second();
    for key in &counted.keys {
        let mut query = Query::fixed();
        query
            .sql("SELECT failures, since FROM ")
            .ident(LOGIN_FAILURE_TABLE)
            .sql(" WHERE name = ")
            .text(key.clone());
        let row = cx.db().row(query, &[Kind::Int, Kind::Int])?.unwrap_or_default();
        let number = |i: usize| row.get(i).and_then(Scalar::as_int).unwrap_or(0);
        let left = number(1) + window - now;
        if number(0) > attempts && left > 0 {
            return Err(locked(left));
        }
    }
    Ok(())
}

/// Counts a failure for both; a window begins with its first failure and is never extended.
///
/// # Errors
/// A database failure.
pub(crate) fn count(cx: &mut Cx, counted: &Counted) -> Result<()> {
    let now = cx.site().clock.timestamp().as_second();
    drop_forgiven(cx, now)?;
    for key in &counted.keys {
        let mut query = Query::fixed();
        query
            .sql("INSERT INTO ")
            .ident(LOGIN_FAILURE_TABLE)
            .sql(" (name, failures, since) VALUES (")
            .text(key.clone());
        query.sql(", 1, ").bind(Kind::Int, Scalar::Int(now));
        query
            .sql(") ON CONFLICT (name) DO UPDATE SET failures = ")
            .ident(LOGIN_FAILURE_TABLE)
            .sql(".failures + 1");
        cx.db().execute(query)?;
    }
    Ok(())
}

/// Removes the counters whose window is over.
///
/// # Errors
/// A database failure.
pub(crate) fn drop_forgiven(cx: &mut Cx, now: i64) -> Result<()> {
    let over = now - cx.site().settings().sign_in.after_fail;
    let mut query = Query::fixed();
    query.sql("DELETE FROM ").ident(LOGIN_FAILURE_TABLE);
    query.sql(" WHERE since <= ").bind(Kind::Int, Scalar::Int(over));
    cx.db().execute(query)?;
    Ok(())
}

/// Forgets the failures of a try that was right.
///
/// # Errors
/// A database failure.
pub(crate) fn forget(cx: &mut Cx, counted: &Counted) -> Result<()> {
    for key in &counted.keys {
        let mut query = Query::fixed();
        query
            .sql("DELETE FROM ")
            .ident(LOGIN_FAILURE_TABLE)
            .sql(" WHERE name = ")
            .text(key.clone());
        cx.db().execute(query)?;
    }
    Ok(())
}

fn locked(seconds: i64) -> Error {
    let plural = if seconds == 1 { "" } else { "s" };
    Error::new(
        ErrorKind::SecurityException,
        format!("Too many logins failed. Try again in {seconds} second{plural}."),
    )
    .caused_by(Locked {
        seconds: seconds.unsigned_abs(),
    })
}

/// How long a lock still holds; the cause of a [`SecurityException`](ErrorKind::SecurityException), from which the
/// server makes `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("locked for {seconds} s")]
pub struct Locked {
    /// Seconds until the next try is heard.
    pub seconds: u64,
}

impl Locked {
    /// The lock behind an error, if that is what the error is about.
    pub fn of(error: &Error) -> Option<Locked> {
        error.cause()?.downcast_ref().copied()
    }
}
