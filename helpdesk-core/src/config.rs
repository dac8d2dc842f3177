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

/// How many documents a bulk request changes at once (spec/framework.md §2.2).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum BulkThreshold {
    /// For all DocTypes.
    All(usize),
    /// By DocType; the usual number for those that are not named.
    By(std::collections::BTreeMap<String, usize>),
}

impl Default for BulkThreshold {
    fn default() -> BulkThreshold {
        BulkThreshold::All(BulkThreshold::USUAL)
    }
}

impl BulkThreshold {
    /// The number where nothing is said.
    const USUAL: usize = 20;

    /// The number for a DocType; `None` for requests that name their DocTypes item by item.
    pub fn of(&self, doctype: Option<&str>) -> usize {
        match self {
            BulkThreshold::All(number) => *number,
            BulkThreshold::By(numbers) => doctype
                .and_then(|doctype| numbers.get(doctype))
                .copied()
                .unwrap_or(BulkThreshold::USUAL),
        }
    }
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
    /// Threads that run jobs in a server (at least 1; `serve --no-workers` runs none).
    pub workers: usize,
    /// Jobs that may wait in one queue before callers that leave more get 503.
    pub max_queued_jobs: u64,
    /// Seconds after which a job is taken from a worker that went away.
    pub job_lease: u64,
    /// No scheduled job is started while set.
    pub pause_scheduler: bool,
    /// Documents a bulk request of API v2 changes before its answer; for more of them it leaves a job. A number, or a
    /// number by DocType.
    pub bulk_operation_async_threshold: BulkThreshold,
    /// Connections served at once; those of Socket.IO are counted by `max_sockets`.
    pub max_connections: usize,
    /// Socket.IO clients connected at once.
    pub max_sockets: usize,
    /// A second port for Socket.IO alone, as the original has one (9000); 0: only the port of `listen`.
    pub socketio_port: u16,
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
    /// Users who are no System Users, guests among them, reach only what the request gate lists; see [`crate::gate`].
    pub block_endpoints: bool,
    /// What the gate lets through besides: methods, apps (`shop.`), DocTypes (`/api/resource/Note`).
    pub allowed_custom_endpoints: Vec<String>,
    /// Log filter (`info`, `helpdesk_core=debug` …). Refused requests are told at `helpdesk_server::refused`.
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
            workers: 2,
            max_queued_jobs: 500,
            job_lease: 30,
            pause_scheduler: false,
            bulk_operation_async_threshold: BulkThreshold::default(),
            max_connections: 4096,
            max_sockets: 10_000,
            socketio_port: 0,
            header_timeout: 30,
            body_timeout: 60,
            shutdown_timeout: 30,
            trusted_proxies: Vec::new(),
            allowed_referrers: Vec::new(),
            ignore_csrf: false,
            block_endpoints: false,
            allowed_custom_endpoints: Vec::new(),
            log: "info".to_owned(),
            encryption_key: String::new(),
        }
    }
}
