//! Who a login names, and the password stored for it.
//!
//! Source: spec/framework.md §4.2, §4.7.

use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::system::{AUTH_TABLE, USER};
use crate::error::{Result, not_found};
use crate::site;

/// The user a login names, as stored.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// User id.
    pub(crate) name: String,
    pub(crate) enabled: bool,
    /// The stored hash; `None` for users without a password.
    pub(crate) hash: Option<String>,
    /// Prefixes of addresses the user may come from; none: any.
    pub(crate) restrict_ip: String,
    /// First and last hour in which the user may sign in; 0: no bound.
    pub(crate) hours: (i64, i64),
    pub(crate) user_image: String,
}

/// Finds the user by id, and by mobile number or user name where the site allows that.
///
/// # Errors
/// A database failure.
pub(crate) fn find(cx: &mut Cx, usr: &str) -> Result<Option<Known>> {
    let settings = cx.site().settings();
    let columns = [
        ("name", true),
        ("mobile_no", settings.sign_in.by_mobile),
        ("username", settings.sign_in.by_username),
    ];
    for (column, allowed) in columns {
        if !allowed {
            continue;
        }
        let found = by(cx, column, usr.trim())?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The user of an id.
///
/// # Errors
/// A database failure.
pub(crate) fn by_id(cx: &mut Cx, user: &str) -> Result<Option<Known>> {
    by(cx, "name", user)
}

fn by(cx: &mut Cx, column: &'static str, value: &str) -> Result<Option<Known>> {
    // No stored text has it, and PostgreSQL does not even look for it.
    if value.contains('\0') {
        return Ok(None);
    }
    let mut query = Query::fixed();
    query
        .sql(
            "SELECT u.name, u.enabled, a.password, u.restrict_ip, u.login_after, u.login_before, u.user_image FROM ",
        )
        .ident(format!("tab{USER}"))
        .sql(" AS u LEFT JOIN ")
        .ident(AUTH_TABLE)
        .sql(" AS a ON a.doctype = ")
        .text(USER)
        .sql(" AND a.name = u.name AND a.fieldname = 'password' AND a.encrypted = 0 WHERE u.")
        .sql(column)
        .sql(" = ");
    query.text(value.to_owned()).sql(" ORDER BY u.name LIMIT 1");
    let kinds = [
        Kind::Text,
        Kind::Check,
        Kind::Text,
        Kind::Text,
        Kind::Int,
        Kind::Int,
        Kind::Text,
    ];
    let Some(row) = cx.db().row(query, &kinds)? else {
        return Ok(None);
    };
    let text = |i: usize| row.get(i).and_then(Scalar::as_str).map(str::to_owned);
    let number = |i: usize| row.get(i).and_then(Scalar::as_int).unwrap_or(0);
    let name = text(0).unwrap_or_default();
    Ok(Some(Known {
        enabled: number(1) == 1 || name == "Administrator",
        name,
        hash: text(2),
        restrict_ip: text(3).unwrap_or_default(),
        hours: (number(4), number(5)),
        user_image: text(6).unwrap_or_default(),
    }))
}

/// Stores the hash of a user's password.
///
/// # Errors
/// A database failure.
pub(crate) fn store(cx: &mut Cx, user: &str, hash: String) -> Result<()> {
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(AUTH_TABLE)
        .sql(" (doctype, name, fieldname, password, encrypted) VALUES (")
        .text(USER)
        .sql(", ");
    query.text(user.to_owned()).sql(", 'password', ").text(hash);
    query.sql(
        ", 0) ON CONFLICT (doctype, name, fieldname) DO UPDATE SET password = excluded.password, encrypted = 0",
    );
    cx.db().execute(query)?;
    Ok(())
}

/// Sets a user's password to what was hashed before, and ends the user's sessions. Returns the user's id as stored.
///
/// # Errors
/// 404 for an unknown user; a database failure.
pub fn set_hash(cx: &mut Cx, user: &str, hash: String) -> Result<String> {
    let known = by_id(cx, user)?.ok_or_else(|| not_found(USER, user))?;
    store(cx, &known.name, hash)?;
    super::sessions::end_all(cx, &known.name, None)?;
    site::announce_change(cx)?;
    cx.after_commit(|shared| shared.site.sessions_changed());
    Ok(known.name)
}
