//! Who is calling.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::sign_in::tokens::Scopes;

/// The caller of a request: a user and the roles that hold now.
#[derive(Clone, Debug)]
pub struct Session {
    /// User id (`Guest` without a session).
    pub user: Arc<str>,
    /// Full name for the cookie and greetings.
    pub full_name: Arc<str>,
    /// Roles, automatic ones included, sorted (spec/framework.md §4.9).
    pub roles: Arc<[Arc<str>]>,
    /// Whether the user is a System User (sees the desk, and tracebacks).
    pub system_user: bool,
    /// Language of messages.
    pub language: Arc<str>,
    /// Time zone of the user, where one is set.
    pub time_zone: Option<Arc<str>>,
    /// Whether a `sid` was presented that is unknown or over.
    pub expired: bool,
    /// The browser's session, where the caller is signed in by a cookie.
    pub cookie: Option<CookieSession>,
    /// What the token that the caller presented may be used for; `None` for all other callers, whom nothing confines.
    pub scopes: Option<Arc<Scopes>>,
}

/// A session of a cookie, as far as code may know it: never its id.
#[derive(Clone, Debug)]
pub struct CookieSession {
    /// What the session is kept under.
    pub digest: Arc<str>,
    pub(crate) csrf_token: Arc<str>,
    /// Whether a page was given the token; from then on writes must carry it.
    pub(crate) issued: Arc<AtomicBool>,
}

impl CookieSession {
    /// The token that writes must carry; `None` until a page was given it (spec/framework.md §4.5).
    pub fn csrf_token(&self) -> Option<&str> {
        self.issued.load(Ordering::Relaxed).then_some(&*self.csrf_token)
    }
}

impl Session {
    /// The session of a caller who did not identify.
    pub fn guest() -> Session {
        Session {
            user: Arc::from("Guest"),
            full_name: Arc::from("Guest"),
            roles: Arc::from([Arc::from("Guest")]),
            system_user: false,
            language: Arc::from("en"),
            time_zone: None,
            expired: false,
            cookie: None,
            scopes: None,
        }
    }

    /// The session of the process itself, which runs as the Administrator; the site need not have a user yet.
    pub fn administrator() -> Session {
        let roles = ["Administrator", "All", "Desk User", "Guest", "System Manager"];
        Session {
            user: Arc::from("Administrator"),
            full_name: Arc::from("Administrator"),
            roles: roles.into_iter().map(Arc::from).collect(),
            system_user: true,
            language: Arc::from("en"),
            time_zone: None,
            expired: false,
            cookie: None,
            scopes: None,
        }
    }

    /// Whether nobody is signed in.
    pub fn is_guest(&self) -> bool {
        &*self.user == "Guest"
    }

    /// Whether this is the Administrator, whom no permission rule binds.
    pub fn is_administrator(&self) -> bool {
        &*self.user == "Administrator"
    }

    /// Whether the caller holds `role` now.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.binary_search_by(|held| (**held).cmp(role)).is_ok()
    }

    /// Whether the caller holds any of `roles`.
    pub fn has_any_role(&self, roles: &[&str]) -> bool {
        roles.iter().any(|role| self.has_role(role))
    }
}
