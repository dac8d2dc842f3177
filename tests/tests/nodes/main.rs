//! Two servers on one PostgreSQL and one Redis: what must hold over both.
//!
//! `tests/with-redis.sh tests/with-postgres.sh cargo nextest run -p helpdesk-tests --test nodes -- --ignored`

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets an error is to stop right there"
)]

mod away;
mod caches;
mod limits;
mod once;
mod socket;
mod sockets;
mod viewers;

use std::time::{Duration, Instant};

use helpdesk_core::config::Config;
use helpdesk_tests::TestSite;

/// A Redis that all tests of this run share; each site has keys of its own there.
fn redis() -> String {
    std::env::var("HELPDESK_TEST_REDIS").expect("tests/with-redis.sh starts one")
}

/// Two servers of one site.
fn two(change: impl FnOnce(&mut Config)) -> [TestSite; 2] {
    let first = TestSite::builder()
        .config(|config| {
            config.redis_cache = redis();
            // The machine that runs the tests may be busy; no limit may go local for that.
            config.redis_timeout = 10_000;
            config.host_name = "https://help.example".to_owned();
            config.encryption_key = "a key that all servers of a site have".to_owned();
            change(config);
        })
        .start();
    let second = first.beside();
    let both = [first, second];
    for site in &both {
        eventually("Redis is connected", || is_shared(site));
    }
    both
}

/// Whether a server counts in Redis: what this counts, another connection sees.
fn is_shared(site: &TestSite) -> bool {
    let key = format!("probe:{}", site.url());
    let counted = site
        .site()
        .counters()
        .count(&key, Duration::from_secs(60))
        .unwrap();
    let name = format!("helpdesk:{}:{key}", site.site().identity().unwrap());
    let stored = redis_cli(&site.site().config.redis_cache, &["GET", &name]);
    stored.trim() == counted.calls.to_string()
}

fn redis_cli(url: &str, args: &[&str]) -> String {
    let output = std::process::Command::new("redis-cli")
        .args(["-u", url])
        .args(args)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Waits until something holds, at most some seconds.
#[track_caller]
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < Duration::from_secs(20), "never: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

// Methods that only these tests have.
helpdesk_core::app! { "probe" }
