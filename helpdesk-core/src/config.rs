//! Settings of a site, as `site.toml` holds them. Keys that Frappe has carry its name (spec/framework-api.md §13).

use serde::{Deserialize, Serialize};

/// How safe a commit is before it is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Synced to disk: an answered write survives a power cut.
    #[default]
    Full,
    /// Written, not synced: a power cut may lose the last commits, a crash of the process none.
    Relaxed,
}

/// One origin, several, or `"*"` for any.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Origins {
    /// One origin, or `"*"`.
    One(String),
    /// A list of origins.
    Many(Vec<String>),
}

impl Origins {
    /// Whether `origin` may read answers.
    pub fn allow(&self, origin: &str) -> bool {
        match self {
            Origins::One(one) => one == "*" || one == origin,
            Origins::Many(many) => many.iter().any(|one| one == "*" || one == origin),
        }
    }
}

/// The site-wide budget of server time (spec/framework-api.md §8).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct SiteRateLimit {
    /// Seconds of server time a window.
    pub limit: f64,
    /// Length of the window in seconds.
    pub window: u64,
}

/// All settings of a site. Every key is optional.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: String,
    /// Database: empty for SQLite in the site's folder.
    pub database: String,
    /// Redis that the servers on one database share, `redis://[user:password@]host:port/number`; empty: none. Rate
    /// limits count there over all servers.
    pub redis_cache: String,
    /// Milliseconds a request waits for Redis; what takes longer is done without.
    pub redis_timeout: u64,
    /// Public address of the site (`https://help.example`), used in links; empty: derived from the request's Host.
    pub host_name: String,
    /// Names this site answers to when a client sends `X-Frappe-Site-Name`; empty: any.
    pub site_names: Vec<String>,
    /// Time zone in which times are stored; an IANA name.
    pub time_zone: String,
    /// Origins whose pages may read answers.
    pub allow_cors: Option<Origins>,
    /// Largest request body in bytes.
    pub max_file_size: u64,
    /// Every API answers 503 while set.
    pub maintenance_mode: bool,
    /// Tracebacks for everyone, preflights not cached; never in production.
    pub developer_mode: bool,
    /// Site-wide budget of server time for all callers together.
    pub rate_limit: Option<SiteRateLimit>,
    /// How safe a commit is before it is answered.
    pub durability: Durability,
    /// Database threads (0: twice the cores, at least 4).
    pub pool_size: usize,
    /// Jobs that may wait for a database thread before callers get 503 (0: 64 times the threads).
    pub queue_size: usize,
    /// Connections served at once.
    pub max_connections: usize,
    /// Seconds a client has for the head of a request.
    pub header_timeout: u64,
    /// Seconds a client has for the body of a request.
    pub body_timeout: u64,
    /// Seconds running requests have when the server stops.
    pub shutdown_timeout: u64,
    /// Proxies whose `X-Forwarded-For` is believed: addresses or networks (`10.0.0.0/8`).
    pub trusted_proxies: Vec<String>,
    /// Hosts or origins whose pages may write with a browser's session without its token.
    pub allowed_referrers: Vec<String>,
    /// Writes with a browser's session need no token and may come from any page; for tests, never in production.
    pub ignore_csrf: bool,
    /// Log filter (`info`, `helpdesk_core=debug` …).
    pub log: String,
    /// Encrypts stored passwords of mail accounts; set once.
    pub encryption_key: String,
}

impl Config {
    /// The public address that is configured, without a slash at the end: what links in mails are made of. `None`
    /// where none is; a request's Host is no substitute, for whoever sends it says where the link leads.
    pub fn public_url(&self) -> Option<String> {
        let host = self.host_name.trim_end_matches('/');
        match host {
            "" => None,
            host if host.contains("://") => Some(host.to_owned()),
            host => Some(format!("https://{host}")),
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            listen: "127.0.0.1:8000".to_owned(),
            database: String::new(),
            redis_cache: String::new(),
            redis_timeout: 50,
            host_name: String::new(),
            site_names: Vec::new(),
            time_zone: "UTC".to_owned(),
            allow_cors: None,
            max_file_size: 25 * 1024 * 1024,
            maintenance_mode: false,
            developer_mode: false,
            rate_limit: None,
            durability: Durability::Full,
            pool_size: 0,
            queue_size: 0,
            max_connections: 4096,
            header_timeout: 30,
            body_timeout: 60,
            shutdown_timeout: 30,
            trusted_proxies: Vec::new(),
            allowed_referrers: Vec::new(),
            ignore_csrf: false,
            log: "info".to_owned(),
            encryption_key: String::new(),
        }
    }
}
