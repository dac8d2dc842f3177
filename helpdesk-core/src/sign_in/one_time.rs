//! Keys that are used once and end by themselves. Only their digests are kept.

use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::system::ONE_TIME_TABLE;
use crate::error::Result;
use crate::secret;

/// What a key is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Signing in by a mailed link.
    Link,
}

impl Purpose {
    fn text(self) -> &'static str {
        match self {
            Purpose::Link => "link",
        }
    }
}

/// A new key of a user, for so many seconds; older ones of the same purpose are void.
///
/// # Errors
/// A database failure.
pub(crate) fn new(cx: &mut Cx, purpose: Purpose, user: &str, seconds: i64) -> Result<String> {
    let mut query = Query::fixed();
    query.sql("DELETE FROM ").ident(ONE_TIME_TABLE);
    query
        .sql(" WHERE kind = ")
        .text(purpose.text())
        .sql(" AND \"user\" = ");
    query.text(user.to_owned());
    cx.db().execute(query)?;
    let key = secret::hex(28);
    let ends = cx.site().clock.timestamp().as_second().saturating_add(seconds);
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(ONE_TIME_TABLE)
        .sql(" (digest, kind, \"user\", expires) VALUES (")
        .text(secret::digest(&key))
        .sql(", ");
    query.text(purpose.text()).sql(", ").text(user.to_owned());
    query.sql(", ").bind(Kind::Int, Scalar::Int(ends)).sql(")");
    cx.db().execute(query)?;
    Ok(key)
}

/// Uses a key up: its user, where it is one of this purpose that still holds. Of two who come with the same key, one
/// gets it.
///
/// # Errors
/// A database failure.
pub(crate) fn take(cx: &mut Cx, purpose: Purpose, key: &str) -> Result<Option<String>> {
    let digest = secret::digest(key);
    let now = cx.site().clock.timestamp().as_second();
    let mut query = Query::fixed();
    query.sql("SELECT \"user\" FROM ").ident(ONE_TIME_TABLE);
    query.sql(" WHERE digest = ").text(digest.clone());
    query.sql(" AND kind = ").text(purpose.text());
    query.sql(" AND expires > ").bind(Kind::Int, Scalar::Int(now));
    let Some(row) = cx.db().row(query, &[Kind::Text])? else {
        return Ok(None);
    };
    let user = row
        .first()
        .and_then(Scalar::as_str)
        .unwrap_or_default()
        .to_owned();
    let mut query = Query::fixed();
    query.sql("DELETE FROM ").ident(ONE_TIME_TABLE);
    query.sql(" WHERE digest = ").text(digest);
    Ok((cx.db().execute(query)? == 1).then_some(user))
}

/// Removes keys that hold no longer.
///
/// # Errors
/// A database failure.
pub(crate) fn drop_expired(cx: &mut Cx, now: i64) -> Result<()> {
    let mut query = Query::fixed();
    query.sql("DELETE FROM ").ident(ONE_TIME_TABLE);
    query.sql(" WHERE expires <= ").bind(Kind::Int, Scalar::Int(now));
    cx.db().execute(query)?;
    Ok(())
}
