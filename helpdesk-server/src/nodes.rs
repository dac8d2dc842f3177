//! Several servers on one database: what they share through Redis.
//!
//! Sessions, the lock after failed logins, names, single-use keys, jobs and metadata are right by the database alone.
//! Redis adds three things: rate limits count over all servers, events reach the clients of all servers, and a server
//! hears of another's changes at once instead of within a second. Without it, or while it is away, each server counts by
//! itself, tells its own clients, and looks into the database.

mod budget;
mod counters;
mod events;
mod link;
mod live;
mod presence;
mod signals;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use helpdesk_core::secret;
use helpdesk_core::site::Site;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use self::counters::SharedCounters;
use self::events::Events;
pub(crate) use self::events::Receiver;
pub(crate) use self::link::Link;
use self::live::Live;
pub(crate) use self::live::{Told, Way, Word};
pub(crate) use self::presence::{BEAT, Changed, Others, Viewers, together};

/// What is wrong with a setting `redis_cache`, if anything.
pub(crate) fn check_address(address: &str) -> Result<(), String> {
    if address.starts_with("rediss://") {
        return Err(
            "TLS is not built in: use a private network or a tunnel, and an address redis://…".to_owned(),
        );
    }
    // The error tells of its form alone, never the password.
    redis::Client::open(address)
        .map(|_| ())
        .map_err(|_| "no address as in redis://user:password@host:port/number".to_owned())
}

/// The ways from a server to the others.
#[derive(Clone, Debug)]
pub(crate) struct Outlet {
    /// Of events, which come back by it.
    pub(crate) events: Arc<Events>,
    /// Of what is of the moment.
    pub(crate) live: Arc<Live>,
}

/// The other servers of a site, by way of Redis.
#[derive(Debug)]
pub(crate) struct Nodes {
    link: Arc<Link>,
    identity: String,
    /// Hears the others, once there is somebody to tell.
    hearing: OnceLock<JoinHandle<()>>,
}

impl Drop for Nodes {
    fn drop(&mut self) {
        if let Some(hearing) = self.hearing.get() {
            hearing.abort();
        }
    }
}

impl Nodes {
    /// Has a site's rate limits counted in Redis, and its changes signalled, where the setting `redis_cache` names one.
    /// Called on the server's runtime; whether Redis can be reached shows later, and may change.
    ///
    /// # Errors
    /// For an address that is none, and when the database fails.
    pub(crate) fn of(site: &Arc<Site>) -> Result<Option<Nodes>, String> {
        let address = &site.config.redis_cache;
        if address.is_empty() {
            return Ok(None);
        }
        check_address(address).map_err(|text| format!("redis_cache: {text}"))?;
        let client =
            redis::Client::open(address.as_str()).map_err(|_| "redis_cache: no address".to_owned())?;
        let identity = site
            .identity()
            .map_err(|error| format!("the site's identity can't be told: {error}"))?;
        let runtime = Handle::try_current().map_err(|error| error.to_string())?;
        let link = Link::start(
            client,
            format!("helpdesk:{identity}:"),
            Duration::from_millis(site.config.redis_timeout.max(1)),
            runtime,
        );
        let counters = SharedCounters::new(Arc::clone(&link));
        if !site.count_with(Arc::new(counters)) {
            tracing::warn!("calls were counted before the server began; Redis does not count this site's");
        }
        Ok(Some(Nodes {
            link,
            identity,
            hearing: OnceLock::new(),
        }))
    }

    /// Begins to hear the others: signals are followed, events and what is of the moment go to `receiver`. Answers the
    /// ways of this server's own.
    pub(crate) fn hear(&self, site: &Arc<Site>, receiver: Arc<dyn Receiver>) -> Outlet {
        let names = &site.config.site_names;
        let namespace = names.first().map_or("", String::as_str);
        let server = secret::hex(8);
        let outlet = Outlet {
            events: Events::start(&self.link, &self.identity, &server, namespace, receiver),
            live: Live::start(&self.link, &server),
        };
        let hearing = signals::start(site, &self.link, outlet.clone());
        if let Err(second) = self.hearing.set(hearing) {
            second.abort();
        }
        outlet
    }

    /// Where the site-wide budget is kept.
    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }
}

#[cfg(test)]
mod tests {
    use super::check_address;

    #[test]
    fn addresses_are_checked_and_passwords_not_repeated() {
        assert_eq!(check_address("redis://127.0.0.1:6379/0"), Ok(()));
        assert_eq!(check_address("redis://user:secret@redis.example"), Ok(()));
        for wrong in [
            "",
            "127.0.0.1:6379",
            "http://x",
            "redis://:secret@host:notaport",
            "rediss://:secret@h",
        ] {
            let text = check_address(wrong).unwrap_err();
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
