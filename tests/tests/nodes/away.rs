//! Redis goes away and comes back: nobody gets an error, limits hold on each server, then over both again.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use helpdesk_core::prelude::*;
use helpdesk_tests::TestSite;

use super::{eventually, is_shared};

/// Three times an hour a text.
#[whitelist(allow_guest)]
#[rate_limit(key = "text", limit = 3, seconds = 60 * 60, ip_based = false)]
fn thrice(text: String) -> String {
    text
}

/// Often enough for any test.
#[whitelist(allow_guest)]
#[rate_limit(limit = 1_000_000, seconds = 60 * 60)]
fn often() -> &'static str {
    "ok"
}

/// A Redis of one test; killed when dropped.
struct Redis {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Redis {
    fn start() -> Redis {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let child = spawn(port, &folder);
        Redis { child, port, folder }
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn restart(&mut self) {
        self.child = spawn(self.port, &self.folder);
    }

    /// Stops or continues it, as SIGSTOP and SIGCONT do.
    fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(port: u16, folder: &tempfile::TempDir) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn two(redis: &Redis) -> [TestSite; 2] {
    let first = TestSite::builder()
        .config(|config| {
            config.redis_cache = redis.url();
            config.redis_timeout = 300;
        })
        .start();
    let second = first.beside();
    [first, second]
}

fn statuses(sites: &[TestSite; 2], text: &str) -> Vec<u16> {
    (0..8)
        .map(|number| {
            let guest = sites[number % 2].guest();
            guest.call("probe.away.thrice", json!({ "text": text })).status
        })
        .collect()
}

/// Calls both servers without a pause while `meanwhile` runs, which is given how many were answered so far; answers the
/// statuses that are not 200.
fn under_load(sites: &[TestSite; 2], meanwhile: impl FnOnce(&AtomicUsize)) -> Vec<u16> {
    let (stop, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..4)
            .map(|number| {
                let (site, stop, answered) = (&sites[number % 2], &stop, &answered);
                scope.spawn(move || {
                    let mut wrong = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let status = site.guest().call("probe.away.often", json!({})).status;
                        answered.fetch_add(1, Ordering::Relaxed);
                        if status != 200 {
                            wrong.push(status);
                        }
                    }
                    wrong
                })
            })
            .collect();
        meanwhile(&answered);
        stop.store(true, Ordering::Relaxed);
        callers
            .into_iter()
            .flat_map(|caller| caller.join().unwrap())
            .collect()
    })
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_redis_that_is_killed_costs_no_request_and_heals_by_itself() {
    let mut redis = Redis::start();
    let sites = two(&redis);
    eventually("both are connected", || sites.iter().all(is_shared));

    let wrong = under_load(&sites, |_| {
        std::thread::sleep(Duration::from_millis(300));
        redis.kill();
        std::thread::sleep(Duration::from_millis(700));
        // Each server by itself lets three through.
        assert_eq!(statuses(&sites, "away"), [200, 200, 200, 200, 200, 200, 429, 429]);
        redis.restart();
        eventually("both are connected again", || sites.iter().all(is_shared));
    });

    assert_eq!(wrong, Vec::<u16>::new());
    assert_eq!(statuses(&sites, "back"), [200, 200, 200, 429, 429, 429, 429, 429]);
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_redis_that_hangs_holds_up_few_and_for_a_moment() {
    let redis = Redis::start();
    let sites = two(&redis);
    eventually("both are connected", || sites.iter().all(is_shared));

    let wrong = under_load(&sites, |answered| {
        redis.signal("-STOP");
        let before = answered.load(Ordering::Relaxed);
        // Each call that waited for Redis to come back would wait for good.
        eventually("calls are answered while Redis hangs", || {
            answered.load(Ordering::Relaxed) > before + 100
        });
        redis.signal("-CONT");
        eventually("both are connected again", || sites.iter().all(is_shared));
    });

    assert_eq!(wrong, Vec::<u16>::new());
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_server_starts_without_its_redis() {
    let mut redis = Redis::start();
    redis.kill();
    let sites = two(&redis);

    assert_eq!(statuses(&sites, "none"), [200, 200, 200, 200, 200, 200, 429, 429]);
    redis.restart();
    eventually("both are connected", || sites.iter().all(is_shared));
    assert_eq!(
        statuses(&sites, "there"),
        [200, 200, 200, 429, 429, 429, 429, 429]
    );
}
