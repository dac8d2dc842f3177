//! Sessions of cookies: the table they are kept in, and what of it is in memory.
//!
//! A session id is known to its browser alone; the table has its digest, so that a stolen database opens nothing.
//! The table is shared by all processes of a site. Source: spec/framework.md §4.4, §4.5.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use parking_lot::RwLock;
use serde_json::Value;
use sha2::Sha256;

use crate::clock::stored;
use crate::cx::{Cx, Request, Shared};
use crate::db::{Kind, Query, Scalar};
use crate::doctype::storage;
use crate::doctype::system::{SESSION_TABLE, USER};
use crate::error::{Error, Result};
use crate::method::Verb;
use crate::secret;
use crate::session::{CookieSession, Session};
use crate::site::Site;
use crate::users;

/// Seconds of use after which it is noted that a session was used (spec/framework.md §4.4).
const TOUCH_EVERY: i64 = 600;

/// What a new session is noted with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) address: String,
    pub(crate) user_agent: String,
}

/// A session as listings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The digest it is kept under; names it when it is to be ended.
    pub digest: String,
    /// When it began, in seconds since 1970.
    pub created: i64,
    /// When it was last noted as used.
    pub last_used: i64,
    /// The address it began from.
    pub address: String,
    /// What the browser called itself.
    pub user_agent: String,
}

/// The CSRF token of a session id: it follows from the id, tells nothing of it, and needs no place of its own.
fn csrf_token(sid: &str) -> Arc<str> {
    let mac = Hmac::<Sha256>::new_from_slice(sid.as_bytes()).map(|mac| mac.chain_update("csrf"));
    let digest = mac.map(|mac| secret::to_hex(&mac.finalize().into_bytes()));
    // Keys of any length are taken, so that there always is a digest; without one nothing would match.
    Arc::from(digest.unwrap_or_default().get(..56).unwrap_or_default())
}

/// Begins a session and returns its id, which is new whatever id the browser came with.
///
/// # Errors
/// A database failure.
pub(crate) fn begin(cx: &mut Cx, user: &str, origin: &Origin) -> Result<String> {
    let sid = secret::hex(28);
    let now = cx.site().clock.timestamp().as_second();
    drop_expired(cx, now)?;
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(SESSION_TABLE)
        .sql(" (digest, \"user\", created, last_used, csrf, address, user_agent) VALUES (")
        .text(secret::digest(&sid));
    query.sql(", ").text(user.to_owned());
    query.sql(", ").bind(Kind::Int, Scalar::Int(now));
    query.sql(", ").bind(Kind::Int, Scalar::Int(now));
    query.sql(", 0, ").text(origin.address.clone());
    query.sql(", ").text(origin.user_agent.clone()).sql(")");
    cx.db().execute(query)?;
    Ok(sid)
}

/// Removes sessions that were not used for longer than they last.
///
/// # Errors
/// A database failure.
pub(crate) fn drop_expired(cx: &mut Cx, now: i64) -> Result<()> {
    let oldest = now - cx.site().settings().sign_in.session_expiry;
    let mut query = Query::fixed();
    query.sql("DELETE FROM ").ident(SESSION_TABLE);
    query
        .sql(" WHERE last_used < ")
        .bind(Kind::Int, Scalar::Int(oldest));
    cx.db().execute(query)?;
    Ok(())
}

/// Ends one session; `user` must be whose it is, where one is given. Whether there was such a session.
///
/// # Errors
/// A database failure.
pub(crate) fn end(cx: &mut Cx, digest: &str, user: Option<&str>) -> Result<bool> {
    let mut query = Query::fixed();
    query
        .sql("DELETE FROM ")
        .ident(SESSION_TABLE)
        .sql(" WHERE digest = ")
        .text(digest.to_owned());
    if let Some(user) = user {
        query.sql(" AND \"user\" = ").text(user.to_owned());
    }
    let ended = !digest.contains('\0') && cx.db().execute(query)? > 0;
    tell(cx);
    Ok(ended)
}

/// Ends all sessions of a user but the one kept under `except`.
///
/// # Errors
/// A database failure.
pub(crate) fn end_all(cx: &mut Cx, user: &str, except: Option<&str>) -> Result<()> {
    end_beyond(cx, user, except, 0)
}

/// Ends the sessions of a user that were used least lately, so that `keep` are left beside `except`.
///
/// # Errors
/// A database failure.
pub(crate) fn end_beyond(cx: &mut Cx, user: &str, except: Option<&str>, keep: u64) -> Result<()> {
    let mut query = Query::fixed();
    query
        .sql("DELETE FROM ")
        .ident(SESSION_TABLE)
        .sql(" WHERE digest IN (SELECT digest FROM ")
        .ident(SESSION_TABLE)
        .sql(" WHERE \"user\" = ");
    query
        .text(user.to_owned())
        .sql(" AND digest <> ")
        .text(except.unwrap_or("").to_owned())
        .sql(" ORDER BY last_used DESC, digest ")
        .either("LIMIT -1 OFFSET ", "OFFSET ")
        .number(keep)
        .sql(")");
    cx.db().execute(query)?;
    tell(cx);
    Ok(())
}

/// Caches of this and other processes drop what ended, once that is committed.
fn tell(cx: &mut Cx) {
    cx.after_commit(|shared| {
        shared.site.cookie_sessions.clear();
        shared.site.realtime.rights_changed();
        shared.site.tell_other_processes();
    });
}

/// The sessions of a user, last used first.
///
/// # Errors
/// A database failure.
pub fn list(cx: &mut Cx, user: &str) -> Result<Vec<Listed>> {
    if user.contains('\0') {
        return Ok(Vec::new());
    }
    let oldest = cx.site().clock.timestamp().as_second() - cx.site().settings().sign_in.session_expiry;
    let mut query = Query::fixed();
    query
        .sql("SELECT digest, created, last_used, address, user_agent FROM ")
        .ident(SESSION_TABLE)
        .sql(" WHERE \"user\" = ");
    query.text(user.to_owned());
    query
        .sql(" AND last_used >= ")
        .bind(Kind::Int, Scalar::Int(oldest))
        .sql(" ORDER BY last_used DESC, digest");
    let kinds = [Kind::Text, Kind::Int, Kind::Int, Kind::Text, Kind::Text];
    let rows = cx.db().rows(query, &kinds)?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let text = |i: usize| row.get(i).and_then(Scalar::as_str).unwrap_or("").to_owned();
            let number = |i: usize| row.get(i).and_then(Scalar::as_int).unwrap_or(0);
            Listed {
                digest: text(0),
                created: number(1),
                last_used: number(2),
                address: text(3),
                user_agent: text(4),
            }
        })
        .collect())
}

/// A running session in memory.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    session: Arc<Session>,
    restrict_ip: Arc<str>,
    last_used: Arc<AtomicI64>,
}

/// Running sessions by digest. Dropped whole when users, roles or sessions change.
#[derive(Debug, Default)]
pub(crate) struct SessionCache {
    sessions: RwLock<hashbrown::HashMap<String, Running>>,
    /// Raised by each clearing: what was read before one is not kept after it.
    cleared: AtomicU64,
}

impl SessionCache {
    const MOST: usize = 10_000;

    pub(crate) fn clear(&self) {
        let mut sessions = self.sessions.write();
        self.cleared.fetch_add(1, Ordering::Relaxed);
        sessions.clear();
    }

    fn get(&self, digest: &str) -> Option<Running> {
        self.sessions.read().get(digest).cloned()
    }

    fn generation(&self) -> u64 {
        self.cleared.load(Ordering::Relaxed)
    }

    fn keep(&self, digest: &str, running: &Running, generation: u64) {
        let mut sessions = self.sessions.write();
        if self.generation() != generation {
            return;
        }
        if sessions.len() >= SessionCache::MOST {
            sessions.clear();
        }
        sessions.insert(digest.to_owned(), running.clone());
    }
}

/// The session of an id that a browser presents; `None` where it is unknown or over, its user is missing or
/// disabled, or may not come from this address.
///
/// # Errors
/// When the database fails.
pub async fn resume(site: &Arc<Site>, sid: &str, address: IpAddr) -> Result<Option<Arc<Session>>> {
    let Some((digest, running)) = running(site, sid, address).await? else {
        return Ok(None);
    };
    touch(site, &digest, &running, site.clock.timestamp().as_second());
    Ok(Some(running.session))
}

/// As [`resume`], without that the session counts as used: a page left open alone keeps nobody signed in.
///
/// # Errors
/// When the database fails.
pub async fn look(site: &Arc<Site>, sid: &str, address: IpAddr) -> Result<Option<Arc<Session>>> {
    Ok(running(site, sid, address)
        .await?
        .map(|(_, running)| running.session))
}

/// A running session and the digest it is kept under.
async fn running(site: &Arc<Site>, sid: &str, address: IpAddr) -> Result<Option<(String, Running)>> {
    if sid.is_empty() {
        return Ok(None);
    }
    site.look_for_changes().await?;
    let digest = secret::digest(sid);
    let now = site.clock.timestamp().as_second();
    let expiry = site.settings().sign_in.session_expiry;
    let is_live = |running: &Running| now - running.last_used.load(Ordering::Relaxed) <= expiry;
    // One that looks over may have been used through another process: only the table knows.
    let running = match site.cookie_sessions.get(&digest).filter(is_live) {
        Some(running) => running,
        None => {
            let generation = site.cookie_sessions.generation();
            let Some(running) = read(site, sid, &digest, now - expiry).await? else {
                return Ok(None);
            };
            site.cookie_sessions.keep(&digest, &running, generation);
            running
        }
    };
    if !may_come_from(&running.restrict_ip, address) {
        return Ok(None);
    }
    Ok(Some((digest, running)))
}

async fn read(site: &Arc<Site>, sid: &str, digest: &str, oldest: i64) -> Result<Option<Running>> {
    let (sid, digest) = (sid.to_owned(), digest.to_owned());
    on_thread(site, Verb::Get, move |cx| {
        let mut query = Query::fixed();
        query
            .sql("SELECT s.\"user\", s.last_used, s.csrf, u.restrict_ip FROM ")
            .ident(SESSION_TABLE)
            .sql(" AS s JOIN ")
            .ident(format!("tab{USER}"))
            .sql(" AS u ON u.name = s.\"user\" WHERE s.digest = ")
            .text(digest.clone());
        query
            .sql(" AND s.last_used >= ")
            .bind(Kind::Int, Scalar::Int(oldest));
        let kinds = [Kind::Text, Kind::Int, Kind::Int, Kind::Text];
        let Some(row) = cx.db().row(query, &kinds)? else {
            return Ok(None);
        };
        let number = |i: usize| row.get(i).and_then(Scalar::as_int).unwrap_or(0);
        let text = |i: usize| row.get(i).and_then(Scalar::as_str).unwrap_or("");
        let (last_used, csrf) = (number(1), number(2) == 1);
        let restrict_ip = Arc::from(text(3));
        let Some(mut session) = users::session_of(cx, text(0))? else {
            return Ok(None);
        };
        session.cookie = Some(CookieSession {
            csrf_token: csrf_token(&sid),
            digest: Arc::from(digest),
            issued: Arc::new(AtomicBool::new(csrf)),
        });
        Ok(Some(Running {
            session: Arc::new(session),
            restrict_ip,
            last_used: Arc::new(AtomicI64::new(last_used)),
        }))
    })
    .await
}

/// Notes that a session is used, at most once in ten minutes and beside the request.
fn touch(site: &Arc<Site>, digest: &str, running: &Running, now: i64) {
    let last = running.last_used.load(Ordering::Relaxed);
    let is_ours = |last| {
        running
            .last_used
            .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    };
    if now - last < TOUCH_EVERY || !is_ours(last) {
        return;
    }
    let (site, digest) = (Arc::clone(site), digest.to_owned());
    let user = Arc::clone(&running.session.user);
    tokio::spawn(async move {
        let noted = on_thread(&site, Verb::Post, move |cx| {
            let mut query = Query::fixed();
            query.sql("UPDATE ").ident(SESSION_TABLE).sql(" SET last_used = ");
            query
                .bind(Kind::Int, Scalar::Int(now))
                .sql(" WHERE digest = ")
                .text(digest);
            query.sql(" AND last_used < ").bind(Kind::Int, Scalar::Int(now));
            cx.db().execute(query)?;
            let at = Value::from(stored(cx.now()));
            storage::set_columns(cx, USER, &user, &[("last_active", at)])
        });
        if let Err(error) = noted.await {
            // Tried again with the next use ten minutes on; a session lasts for days.
            tracing::warn!(%error, "the use of a session could not be noted");
        }
    });
}

/// Gives a session its CSRF token: from now on writes with its cookie must carry it. `None` without a cookie session.
///
/// # Errors
/// A database failure.
pub async fn issue_csrf_token(shared: &Shared) -> Result<Option<Arc<str>>> {
    let Some(cookie) = &shared.session.cookie else {
        return Ok(None);
    };
    if !cookie.issued.load(Ordering::Relaxed) {
        let digest = Arc::clone(&cookie.digest);
        on_thread(&shared.site, Verb::Post, move |cx| {
            let mut query = Query::fixed();
            query
                .sql("UPDATE ")
                .ident(SESSION_TABLE)
                .sql(" SET csrf = 1 WHERE digest = ")
                .text(digest.to_string());
            cx.db().execute(query)
        })
        .await?;
        // They have to ask for the token, too.
        shared.site.tell_other_processes();
        cookie.issued.store(true, Ordering::Relaxed);
    }
    Ok(Some(Arc::clone(&cookie.csrf_token)))
}

/// Whether a list of prefixes, separated by commas, lets an address in; an empty one lets everybody in.
pub(crate) fn may_come_from(prefixes: &str, address: IpAddr) -> bool {
    let mut prefixes = prefixes
        .split([',', '\n'])
        .map(str::trim)
        .filter(|prefix| !prefix.is_empty())
        .peekable();
    if prefixes.peek().is_none() {
        return true;
    }
    let address = address.to_string();
    prefixes.any(|prefix| {
        // `10.1` is 10.1.x.x, not 10.100.x.x.
        address.strip_prefix(prefix).is_some_and(|rest| {
            rest.is_empty() || prefix.ends_with(['.', ':']) || rest.starts_with(['.', ':'])
        })
    })
}

/// Runs `body` on a database thread for the process itself.
pub(super) async fn on_thread<T: Send + 'static>(
    site: &Arc<Site>,
    verb: Verb,
    body: impl FnOnce(&mut Cx) -> Result<T> + Send + 'static,
) -> Result<T> {
    let shared = Shared {
        site: Arc::clone(site),
        session: Arc::new(Session::guest()),
        request: Request::internal(verb),
    };
    site.pool
        .run(shared, body)?
        .await
        .map_err(|_| Error::internal("the database thread went away"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_at_a_whole_number() {
        let may = |prefixes: &str, address: &str| may_come_from(prefixes, address.parse().unwrap());

        assert!(may("", "1.2.3.4") && may(" , ", "1.2.3.4"));
        assert!(may("9.9, 10.1", "10.1.2.3") && may("10.1.", "10.1.2.3") && may("10.1.2.3", "10.1.2.3"));
        assert!(!may("10.1", "10.100.2.3") && !may("10.1.2.3", "10.1.2.30") && !may("9.9", "10.1.2.3"));
        assert!(may("2001:db8", "2001:db8::7") && !may("2001:db", "2001:db8::7"));
    }

    #[test]
    fn a_token_follows_from_the_id_and_is_not_it() {
        let sid = secret::hex(28);

        assert_eq!(csrf_token(&sid), csrf_token(&sid));
        assert_ne!(&*csrf_token(&sid), sid);
        assert_ne!(csrf_token(&sid), csrf_token(&secret::hex(28)));
        assert_eq!(csrf_token(&sid).len(), 56);
    }
}
