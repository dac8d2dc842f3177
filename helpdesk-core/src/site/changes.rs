//! Counters of changes, by which the processes on a site hear of each other's.

use crate::cx::Cx;
use crate::db::{Query, Tx};
use crate::doctype::system::CHANGE_TABLE;
use crate::error::Result;

/// The counter of users, roles and keys.
pub(super) const SESSIONS: &str = "sessions";

/// The counter of metadata.
pub(super) const METADATA: &str = "metadata";

/// Raises the change counter of sessions, so that a server beside this process drops its caches.
///
/// # Errors
/// A database failure.
pub fn announce_change(cx: &mut Cx) -> Result<()> {
    raise(cx, SESSIONS)
}

/// Raises the change counter of metadata, so that every process on the site reads it anew once this is committed.
/// Until then other transactions that change metadata wait here.
///
/// # Errors
/// A database failure.
pub(crate) fn announce_metadata(cx: &mut Cx) -> Result<()> {
    raise(cx, METADATA)
}

fn raise(cx: &mut Cx, what: &str) -> Result<()> {
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(CHANGE_TABLE)
        .sql(" (name, current) VALUES (")
        .text(what.to_owned())
        .sql(", 1) ON CONFLICT (name) DO UPDATE SET current = ");
    query.ident(CHANGE_TABLE).sql(".current + 1");
    cx.db().execute(query)?;
    Ok(())
}

/// How often something changed.
///
/// # Errors
/// A database failure.
pub(super) fn count(tx: &mut Tx, what: &str) -> Result<i64> {
    let mut query = Query::fixed();
    query
        .sql("SELECT current FROM ")
        .ident(CHANGE_TABLE)
        .sql(" WHERE name = ")
        .text(what.to_owned());
    tx.count(query)
}
