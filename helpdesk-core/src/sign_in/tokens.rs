//! Bearer tokens: for one program each, with a scope, an end, and a note of their last use.
//!
//! `Authorization: Bearer hd_…`. As with sessions, the table has a digest of the token alone; whoever makes a token sees
//! it once. Source: spec/framework.md §4.6; scopes, ends and notes of use are ours.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use parking_lot::RwLock;

use super::sessions::on_thread;
use crate::call::Target;
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::storage;
use crate::doctype::system::{TOKEN_TABLE, USER};
use crate::error::{Error, Result, forbidden, invalid, not_found};
use crate::method::Verb;
use crate::secret;
use crate::session::Session;
use crate::site::Site;
use crate::users;

/// What a token begins with, so that people and scanners know it when they see it.
const PREFIX: &str = "hd_";
/// Seconds of use after which it is noted that a token was used.
const TOUCH_EVERY: i64 = 600;
/// Digits of its digest that name a token.
const ID: usize = 12;

/// What a token may be used for; never more than its user may.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything.
    All,
    /// GET and HEAD, which change nothing.
    Read,
    /// One method, or with a `*` at the end all methods whose path begins so.
    Method(String),
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Scope> {
        match text.split_once(':') {
            None if text == "all" => Ok(Scope::All),
            None if text == "read" => Ok(Scope::Read),
            Some(("method", path)) if is_path(path) => Ok(Scope::Method(path.to_owned())),
            _ => Err(invalid(format!(
                "{text} is no scope: there are all, read, method:<dotted.path> and method:<dotted.path.*>"
            ))),
        }
    }
}

fn is_path(path: &str) -> bool {
    let path = path.strip_suffix('*').unwrap_or(path);
    !path.is_empty()
        && path
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::All => f.write_str("all"),
            Scope::Read => f.write_str("read"),
            Scope::Method(path) => write!(f, "method:{path}"),
        }
    }
}

/// The scopes of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Scopes of their texts, between blanks.
    fn read(text: &str) -> Result<Scopes> {
        text.split_whitespace()
            .map(str::parse)
            .collect::<Result<_>>()
            .map(Scopes)
    }

    /// Refuses what none of the scopes covers.
    ///
    /// # Errors
    /// 403 `PermissionError`.
    pub(crate) fn admit(&self, verb: Verb, target: &Target) -> Result<()> {
        let method = match target {
            Target::Method(method) => Some(method.path),
            _ => None,
        };
        let covers = |scope: &Scope| match scope {
            Scope::All => true,
            Scope::Read => matches!(verb, Verb::Get | Verb::Head),
            Scope::Method(path) => method.is_some_and(|method| match path.strip_suffix('*') {
                Some(begin) => method.starts_with(begin),
                None => method == path,
            }),
        };
        if self.0.iter().any(covers) {
            Ok(())
        } else {
            Err(forbidden("The token is not meant for this"))
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken<'a> {
    /// Whose it is.
    pub user: &'a str,
    /// What it is for, in words.
    pub label: &'a str,
    /// What it may be used for; at least one.
    pub scopes: &'a [Scope],
    /// Seconds until it ends; `None`: it doesn't.
    pub lasts: Option<i64>,
}

/// A token as listings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Names the token when it is to be revoked.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// What it is for.
    pub label: String,
    /// What it may be used for.
    pub scopes: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// When it ends; 0: never.
    pub expires: i64,
    /// When it was last noted as used; 0: never.
    pub last_used: i64,
}

/// Makes a token, which is seen this once.
///
/// # Errors
/// 404 for an unknown user, 417 without a scope or for an end that is past.
pub fn create(cx: &mut Cx, new: &NewToken<'_>) -> Result<String> {
    let Some(user) = storage::exists(cx, USER, new.user)? else {
        return Err(not_found(USER, new.user));
    };
    if new.scopes.is_empty() {
        return Err(invalid("scopes: a token needs at least one"));
    }
    if new.lasts.is_some_and(|lasts| lasts <= 0) {
        return Err(invalid("lasts: a token ends in the future"));
    }
    let token = format!("{PREFIX}{}", secret::hex(28));
    let now = cx.site().clock.timestamp().as_second();
    let scopes: Vec<String> = new.scopes.iter().map(Scope::to_string).collect();
    let expires = new.lasts.map_or(0, |lasts| now.saturating_add(lasts));
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(TOKEN_TABLE)
        .sql(" (digest, \"user\", label, scopes, created, expires, last_used) VALUES (")
        .text(secret::digest(&token));
    query.sql(", ").text(user);
    query.sql(", ").text(new.label.to_owned());
    query.sql(", ").text(scopes.join(" "));
    query.sql(", ").bind(Kind::Int, Scalar::Int(now));
    query.sql(", ").bind(Kind::Int, Scalar::Int(expires)).sql(", 0)");
    cx.db().execute(query)?;
    Ok(token)
}

/// The tokens of a user, or of everybody; the newest first.
///
/// # Errors
/// A database failure.
pub fn list(cx: &mut Cx, user: Option<&str>) -> Result<Vec<Listed>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT digest, \"user\", label, scopes, created, expires, last_used FROM ")
        .ident(TOKEN_TABLE);
    if let Some(user) = user {
        query.sql(" WHERE \"user\" = ").text(user.to_owned());
    }
    query.sql(" ORDER BY created DESC, digest");
    let (text, int) = (Kind::Text, Kind::Int);
    let rows = cx.db().rows(query, &[text, text, text, text, int, int, int])?;
    let listed = rows.into_iter().map(|row| {
        let text = |i: usize| row.get(i).and_then(Scalar::as_str).unwrap_or("").to_owned();
        let number = |i: usize| row.get(i).and_then(Scalar::as_int).unwrap_or(0);
        Listed {
            id: text(0).get(..ID).unwrap_or("").to_owned(),
            user: text(1),
            label: text(2),
            scopes: text(3),
            created: number(4),
            expires: number(5),
            last_used: number(6),
        }
    });
    Ok(listed.collect())
}

/// Revokes the token of an id; it stops working at once.
///
/// # Errors
/// 404 if there is none.
pub fn revoke(cx: &mut Cx, id: &str) -> Result<()> {
    let mut query = Query::fixed();
    query
        .sql("DELETE FROM ")
        .ident(TOKEN_TABLE)
        .sql(" WHERE substr(digest, 1, ")
        .number(ID as u64)
        .sql(") = ");
    query.text(id.to_owned());
    if cx.db().execute(query)? == 0 {
        return Err(not_found("Token", id));
    }
    cx.after_commit(|shared| {
        shared.site.tokens.clear();
        shared.site.realtime.rights_changed();
        shared.site.tell_other_processes();
    });
    Ok(())
}

/// A token in memory.
#[derive(Clone, Debug)]
struct Known {
    session: Arc<Session>,
    expires: i64,
    last_used: Arc<AtomicI64>,
}

/// Tokens by digest; dropped whole when users, roles or tokens change.
#[derive(Debug, Default)]
pub(crate) struct TokenCache {
    /// With the number of clearings: what was read before one is not kept after it.
    known: RwLock<(u64, hashbrown::HashMap<String, Known>)>,
}

impl TokenCache {
    const MOST: usize = 10_000;

    pub(crate) fn clear(&self) {
        let mut known = self.known.write();
        known.0 += 1;
        known.1.clear();
    }
}

/// The session a token stands for; `None` where it is unknown, at its end, or of a user who is disabled.
///
/// # Errors
/// When the database fails.
pub async fn session(site: &Arc<Site>, token: &str) -> Result<Option<Arc<Session>>> {
    if !token.starts_with(PREFIX) {
        return Ok(None);
    }
    site.look_for_changes().await?;
    let digest = secret::digest(token);
    let now = site.clock.timestamp().as_second();
    let (generation, kept) = {
        let known = site.tokens.known.read();
        (known.0, known.1.get(&digest).cloned())
    };
    let known = match kept {
        Some(known) => known,
        None => {
            let wanted = digest.clone();
            let Some(found) = on_thread(site, Verb::Get, move |cx| stored(cx, &wanted)).await? else {
                return Ok(None);
            };
            let mut known = site.tokens.known.write();
            if known.0 == generation {
                if known.1.len() >= TokenCache::MOST {
                    known.1.clear();
                }
                known.1.insert(digest.clone(), found.clone());
            }
            found
        }
    };
    if known.expires > 0 && known.expires <= now {
        return Ok(None);
    }
    touch(site, digest, &known, now);
    Ok(Some(known.session))
}

fn stored(cx: &mut Cx, digest: &str) -> Result<Option<Known>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT \"user\", scopes, expires, last_used FROM ")
        .ident(TOKEN_TABLE)
        .sql(" WHERE digest = ")
        .text(digest.to_owned());
    let Some(row) = cx
        .db()
        .row(query, &[Kind::Text, Kind::Text, Kind::Int, Kind::Int])?
    else {
        return Ok(None);
    };
    let text = |i: usize| row.get(i).and_then(Scalar::as_str).unwrap_or("");
    let number = |i: usize| row.get(i).and_then(Scalar::as_int).unwrap_or(0);
    let scopes = Scopes::read(text(1)).map_err(|error| Error::internal(error.to_string()))?;
    let Some(mut session) = users::session_of(cx, text(0))? else {
        return Ok(None);
    };
    session.scopes = Some(Arc::new(scopes));
    Ok(Some(Known {
        session: Arc::new(session),
        expires: number(2),
        last_used: Arc::new(AtomicI64::new(number(3))),
    }))
}

/// Notes that a token is used, at most once in ten minutes and beside the request.
fn touch(site: &Arc<Site>, digest: String, known: &Known, now: i64) {
    let last = known.last_used.load(Ordering::Relaxed);
    let is_ours = || {
        known
            .last_used
            .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    };
    if now - last < TOUCH_EVERY || !is_ours() {
        return;
    }
    let site = Arc::clone(site);
    tokio::spawn(async move {
        let noted = on_thread(&site, Verb::Post, move |cx| {
            let mut query = Query::fixed();
            query.sql("UPDATE ").ident(TOKEN_TABLE).sql(" SET last_used = ");
            query
                .bind(Kind::Int, Scalar::Int(now))
                .sql(" WHERE digest = ")
                .text(digest);
            cx.db().execute(query)
        });
        if let Err(error) = noted.await {
            tracing::warn!(%error, "the use of a token could not be noted");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn scopes_are_read_as_they_are_written() {
        for text in [
            "all",
            "read",
            "method:frappe.client.get_list",
            "method:helpdesk.api.*",
        ] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "write",
            "method:",
            "method:*",
            "method:a b",
            "method:a*b",
            "doctype:User",
            "READ",
        ] {
            assert!(bad.parse::<Scope>().is_err(), "{bad}");
        }
    }

    #[test]
    fn reading_covers_what_changes_nothing() {
        let scopes = Scopes::read("read").unwrap();
        let target = Target::List("HD Ticket".to_owned());

        assert!(scopes.admit(Verb::Get, &target).is_ok());
        for verb in [Verb::Post, Verb::Put, Verb::Delete, Verb::Patch] {
            assert_eq!(
                scopes.admit(verb, &target).unwrap_err().kind(),
                ErrorKind::PermissionError
            );
        }
        assert!(Scopes::read("all").unwrap().admit(Verb::Delete, &target).is_ok());
        assert!(
            Scopes::read("method:a.*")
                .unwrap()
                .admit(Verb::Get, &target)
                .is_err()
        );
    }
}
