//! STUB while the engine is written: the real `Site` keeps these public names.
use std::sync::Arc;

use crate::config::Config;
use crate::error::Result;
use crate::session::Session;

/// A site: its settings, clock, database and caches.
#[derive(Debug)]
pub struct Site {
    /// Settings.
    pub config: Config,
    /// Clock.
    pub clock: crate::clock::Clock,
    /// Database threads.
    pub pool: crate::db::Pool,
    /// Counters of rate limits.
    pub counters: Box<dyn crate::rate_limit::Counters>,
}

impl Site {
    /// The session of an API key and its secret; `None` when they don't match an enabled user.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_by_key(self: &Arc<Site>, key: &str, secret: &str) -> Result<Option<Arc<Session>>> {
        let _ = (key, secret);
        Ok(None)
    }
}
