//! Users as callers: their sessions, roles and API keys.
//!
//! Source: spec/framework.md §4.6, §4.9.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::RwLock;
use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::document::Document;
use crate::doctype::storage;
use crate::doctype::system::{AUTH_TABLE, HAS_ROLE, ROLE, USER};
use crate::error::{Error, Result, not_found};
use crate::secret;
use crate::session::Session;

/// An API key as stored.
#[derive(Clone, Debug)]
pub(crate) struct StoredKey {
    digest: String,
    session: Arc<Session>,
}

/// Sessions of API keys; dropped whole when users, roles or keys change.
#[derive(Debug, Default)]
pub(crate) struct KeyCache {
    keys: RwLock<hashbrown::HashMap<String, StoredKey>>,
    /// Raised by each clearing: what was read before one is not kept after it.
    cleared: AtomicU64,
}

impl KeyCache {
    /// More keys than this are never kept: unknown ones are not kept at all.
    const MOST: usize = 10_000;

    /// `None`: not known here; `Some(None)`: known, and the secret is wrong.
    pub(crate) fn get(&self, key: &str, presented: &str) -> Option<Option<Arc<Session>>> {
        let keys = self.keys.read();
        let stored = keys.get(key)?;
        Some(secret::same(&stored.digest, &secret::digest(presented)).then(|| Arc::clone(&stored.session)))
    }

    pub(crate) fn remember(
        &self,
        key: &str,
        presented: &str,
        stored: Option<StoredKey>,
        generation: u64,
    ) -> Option<Arc<Session>> {
        let stored = stored?;
        let session =
            secret::same(&stored.digest, &secret::digest(presented)).then(|| Arc::clone(&stored.session));
        let mut keys = self.keys.write();
        if self.generation() != generation {
            return session;
        }
        if keys.len() >= KeyCache::MOST {
            keys.clear();
        }
        keys.insert(key.to_owned(), stored);
        session
    }

    /// To be asked before a key is read, and told to [`remember`](KeyCache::remember).
    pub(crate) fn generation(&self) -> u64 {
        self.cleared.load(Ordering::Relaxed)
    }

    pub(crate) fn clear(&self) {
        let mut keys = self.keys.write();
        self.cleared.fetch_add(1, Ordering::Relaxed);
        keys.clear();
    }
}

/// The stored secret and session of an API key; `None` for keys nobody has and users that are disabled.
pub(crate) fn stored_key(cx: &mut Cx, key: &str) -> Result<Option<StoredKey>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT u.name, a.password FROM ")
        .ident(format!("tab{USER}"))
        .sql(" AS u JOIN ")
        .ident(AUTH_TABLE);
    query
        .sql(" AS a ON a.doctype = ")
        .text(USER)
        .sql(" AND a.name = u.name AND a.fieldname = 'api_secret' WHERE u.api_key = ");
    query.text(key.to_owned());
    let Some(row) = cx.db().row(query, &[Kind::Text, Kind::Text])? else {
        return Ok(None);
    };
    let (Some(user), Some(digest)) = (
        row.first().and_then(Scalar::as_str),
        row.get(1).and_then(Scalar::as_str),
    ) else {
        return Ok(None);
    };
    let (user, digest) = (user.to_owned(), digest.to_owned());
    Ok(session_of(cx, &user)?.map(|session| StoredKey {
        digest,
        session: Arc::new(session),
    }))
}

/// The session a user has, with all roles; `None` for users that are missing or disabled.
///
/// # Errors
/// A database failure.
pub fn session_of(cx: &mut Cx, user: &str) -> Result<Option<Session>> {
    let columns = [
        "name",
        "full_name",
        "user_type",
        "language",
        "time_zone",
        "enabled",
    ];
    let Some(row) = storage::values(cx, USER, user, &columns)? else {
        return Ok(None);
    };
    let text = |i: usize| row.get(i).and_then(Value::as_str).unwrap_or("").to_owned();
    let name = text(0);
    if row.get(5).and_then(Value::as_i64) != Some(1) && name != "Administrator" {
        return Ok(None);
    }
    let system_user = text(2) == "System User" || name == "Administrator";
    let roles = roles_of(cx, &name, system_user)?;
    let or = |text: String, default: &str| {
        if text.is_empty() {
            Arc::from(default)
        } else {
            Arc::from(text)
        }
    };
    let language = Arc::clone(&cx.site().settings().language);
    Ok(Some(Session {
        full_name: or(text(1), &name),
        user: Arc::from(name),
        roles,
        system_user,
        language: or(text(3), &language),
        time_zone: Some(text(4)).filter(|zone| !zone.is_empty()).map(Arc::from),
        expired: false,
        cookie: None,
        scopes: None,
    }))
}

fn roles_of(cx: &mut Cx, user: &str, system_user: bool) -> Result<Arc<[Arc<str>]>> {
    let mut roles: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut query = Query::fixed();
    if user == "Administrator" {
        query.sql("SELECT name FROM ").ident(format!("tab{ROLE}"));
    } else {
        query
            .sql("SELECT h.role FROM ")
            .ident(format!("tab{HAS_ROLE}"))
            .sql(" AS h LEFT JOIN ")
            .ident(format!("tab{ROLE}"));
        query
            .sql(" AS r ON r.name = h.role WHERE h.parenttype = ")
            .text(USER)
            .sql(" AND h.parent = ")
            .text(user.to_owned());
        query.sql(" AND coalesce(r.disabled, 0) = 0");
    }
    for row in cx.db().rows(query, &[Kind::Text])? {
        if let Some(role) = row.first().and_then(Scalar::as_str) {
            roles.insert(Arc::from(role));
        }
    }
    roles.insert(Arc::from("Guest"));
    if user != "Guest" {
        roles.insert(Arc::from("All"));
        if system_user {
            roles.insert(Arc::from("Desk User"));
        }
    }
    if user == "Administrator" {
        roles.insert(Arc::from("Administrator"));
    }
    Ok(roles.into_iter().collect())
}

/// Gives a loaded User roles and takes others away, and says whether anything changed; nothing is stored.
pub fn with_roles<R: AsRef<str>>(account: &mut Document, given: &[R], taken: &[&str]) -> bool {
    let has = |role: &str| account.rows("roles").iter().any(|row| row.text("role") == role);
    let new: Vec<&str> = given.iter().map(R::as_ref).filter(|role| !has(role)).collect();
    if new.is_empty() && !taken.iter().any(|role| has(role)) {
        return false;
    }
    let mut rows: Vec<Map<String, Value>> = account
        .rows("roles")
        .iter()
        .filter(|row| !taken.contains(&row.text("role")))
        .map(|row| Map::from_iter([("name".to_owned(), row.get("name").clone())]))
        .collect();
    for role in new {
        rows.push(Map::from_iter([("role".to_owned(), Value::from(role))]));
    }
    account.set_rows("roles", rows);
    true
}

/// The full name of a user; the id where there is none.
///
/// # Errors
/// A database failure.
pub fn full_name(cx: &mut Cx, user: &str) -> Result<String> {
    let row = storage::values(cx, USER, user, &["full_name"])?.unwrap_or_default();
    Ok(match row.first().and_then(Value::as_str) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => user.to_owned(),
    })
}

/// Gives a user an API key (kept if there is one) and a new secret; the secret is only ever seen here.
///
/// # Errors
/// 404 for an unknown user.
pub fn new_api_key(cx: &mut Cx, user: &str) -> Result<(String, String)> {
    cx.db().begin()?;
    let row = storage::values(cx, USER, user, &["name", "api_key"])?.ok_or_else(|| not_found(USER, user))?;
    let text = |i: usize| row.get(i).and_then(Value::as_str).unwrap_or("").to_owned();
    let (name, mut key) = (text(0), text(1));
    if key.is_empty() {
        key = secret::hex(8).get(..15).unwrap_or_default().to_owned();
        storage::set_columns(cx, USER, &name, &[("api_key", Value::from(key.clone()))])?;
    }
    let token = secret::hex(16);
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(AUTH_TABLE)
        .sql(" (doctype, name, fieldname, password, encrypted) VALUES (")
        .text(USER)
        .sql(", ");
    query
        .text(name)
        .sql(", 'api_secret', ")
        .text(secret::digest(&token));
    query.sql(", 0) ON CONFLICT (doctype, name, fieldname) DO UPDATE SET password = excluded.password");
    cx.db().execute(query)?;
    crate::site::announce_change(cx)?;
    cx.after_commit(|shared| shared.site.sessions_changed());
    Ok((key, token))
}

/// The session of the Administrator.
///
/// # Errors
/// A database failure, or when the site has no Administrator.
pub fn administrator(cx: &mut Cx) -> Result<Session> {
    session_of(cx, "Administrator")?.ok_or_else(|| Error::internal("the site has no user Administrator"))
}
