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
    /// Going on with a login by a second factor.
    Code,
    /// Seeing what an app for codes is set up with.
    Setup,
    /// Nothing more: a code of an app that was used.
    Used,
}

impl Purpose {
    fn text(self) -> &'static str {
        match self {
            Purpose::Link => "link",
            Purpose::Code => "code",
            Purpose::Setup => "setup",
            Purpose::Used => "used",
        }
    }
}

/// Whose a key is, and what was kept with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) user: String,
    pub(crate) data: String,
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
    keep(cx, purpose, &key, user, String::new(), seconds)?;
    Ok(key)
}

/// Keeps a key of the caller's making, and says whether it was not there yet.
///
/// # Errors
/// A database failure.
pub(crate) fn keep(
    cx: &mut Cx,
    purpose: Purpose,
    key: &str,
    user: &str,
    data: String,
    seconds: i64,
) -> Result<bool> {
    let ends = cx.site().clock.timestamp().as_second().saturating_add(seconds);
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(ONE_TIME_TABLE)
        .sql(" (digest, kind, \"user\", data, expires) VALUES (")
        .text(secret::digest(key))
        .sql(", ");
    query.text(purpose.text()).sql(", ").text(user.to_owned());
    query
        .sql(", ")
        .text(data)
        .sql(", ")
        .bind(Kind::Int, Scalar::Int(ends));
    query.sql(") ON CONFLICT (digest) DO NOTHING");
    Ok(cx.db().execute(query)? == 1)
}

/// What a key of this purpose holds, if it still holds. It can be used yet.
///
/// # Errors
/// A database failure.
pub(crate) fn look(cx: &mut Cx, purpose: Purpose, key: &str) -> Result<Option<Kept>> {
    let now = cx.site().clock.timestamp().as_second();
    let mut query = Query::fixed();
    query.sql("SELECT \"user\", data FROM ").ident(ONE_TIME_TABLE);
    query.sql(" WHERE digest = ").text(secret::digest(key));
    query.sql(" AND kind = ").text(purpose.text());
    query.sql(" AND expires > ").bind(Kind::Int, Scalar::Int(now));
    let row = cx.db().row(query, &[Kind::Text, Kind::Text])?;
    Ok(row.map(|row| {
        let text = |i: usize| row.get(i).and_then(Scalar::as_str).unwrap_or_default().to_owned();
        Kept {
            user: text(0),
            data: text(1),
        }
    }))
}

/// Uses a key up, where it is one of this purpose that still holds. Of two who come with the same key, one gets it.
///
/// # Errors
/// A database failure.
pub(crate) fn take(cx: &mut Cx, purpose: Purpose, key: &str) -> Result<Option<Kept>> {
    let Some(kept) = look(cx, purpose, key)? else {
        return Ok(None);
    };
    let mut query = Query::fixed();
    query.sql("DELETE FROM ").ident(ONE_TIME_TABLE);
    query.sql(" WHERE digest = ").text(secret::digest(key));
    Ok((cx.db().execute(query)? == 1).then_some(kept))
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
