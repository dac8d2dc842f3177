//! Limits count over all servers.

use std::sync::Barrier;

use helpdesk_core::config::SiteRateLimit;
use helpdesk_core::prelude::*;
use helpdesk_tests::{Reply, TestSite};

use super::two;

/// Ten times a minute an address, on a database thread.
#[whitelist(allow_guest)]
#[rate_limit(limit = 10, seconds = 60)]
fn ten() -> &'static str {
    "ok"
}

/// Ten times a minute an address, on the reactor.
#[whitelist(allow_guest, inline)]
#[rate_limit(limit = 10, seconds = 60)]
fn ten_inline() -> &'static str {
    "ok"
}

/// Ten times a minute an address, as a future.
#[whitelist(allow_guest)]
#[rate_limit(limit = 10, seconds = 60)]
async fn ten_async() -> &'static str {
    "ok"
}

/// Twice a minute a text.
#[whitelist(allow_guest)]
#[rate_limit(key = "text", limit = 2, seconds = 60, ip_based = false)]
fn twice_a_text(text: String) -> String {
    text
}

/// 200 calls at once, half of them to each server.
fn flood(sites: &[TestSite; 2], method: &str) -> Vec<Reply> {
    let start = Barrier::new(200);
    std::thread::scope(|scope| {
        let callers: Vec<_> = (0..200)
            .map(|number| {
                let (guest, start) = (sites[number % 2].guest(), &start);
                scope.spawn(move || {
                    start.wait();
                    guest.call(method, json!({}))
                })
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    })
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn of_200_calls_at_once_to_two_servers_ten_pass() {
    let sites = two(|config| config.queue_size = 1_000);
    for method in ["ten", "ten_inline", "ten_async"] {
        let replies = flood(&sites, &format!("probe.limits.{method}"));

        let passed = replies.iter().filter(|reply| reply.status == 200).count();
        assert_eq!((passed, replies.len()), (10, 200), "{method}");
        for refused in replies.iter().filter(|reply| reply.status != 200) {
            assert_eq!(
                (refused.status, refused.exc_type()),
                (429, "RateLimitExceededError")
            );
            let after: u32 = refused.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&after), "{after}");
            assert_eq!(refused.header("ratelimit-limit"), Some("10"));
            assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
        }
    }
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn the_headers_of_one_server_tell_of_calls_to_the_other() {
    let [first, second] = two(|_| {});
    let remaining = |site: &TestSite| {
        let reply = site.guest().call("probe.limits.ten", json!({})).ok();
        reply.header("ratelimit-remaining").unwrap().to_owned()
    };

    assert_eq!(
        [remaining(&first), remaining(&second), remaining(&first)],
        ["9", "8", "7"]
    );
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn texts_are_counted_apart_however_long_they_are() {
    let [first, second] = two(|_| {});
    let call = |site: &TestSite, text: &str| {
        let reply = site
            .guest()
            .call("probe.limits.twice_a_text", json!({ "text": text }));
        reply.status
    };
    let (long, other) = ("x".repeat(100_000), "x".repeat(100_001));

    for text in ["a b\r\n*1", &long, &other] {
        assert_eq!(
            [call(&first, text), call(&second, text), call(&first, text)],
            [200, 200, 429]
        );
    }
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn the_site_s_budget_is_spent_by_both() {
    let [first, second] = two(|config| {
        config.rate_limit = Some(SiteRateLimit {
            limit: 0.0,
            window: 1_000_000_000,
        });
    });

    let spent = first.guest().get("/api/method/ping");
    let refused = second.guest().get("/api/method/ping").status(429);

    assert_eq!(spent.status, 200);
    assert_eq!(refused.exc_type(), "TooManyRequestsError");
    assert!(refused.header("retry-after").is_some());
}
