//! `#[rate_limit]`: what is counted, what is told, and by whom it can't be dodged.

use helpdesk_core::prelude::*;
use helpdesk_tests::{Reply, TestSite, TestUser};

/// Twice an hour an address.
#[whitelist(allow_guest)]
#[rate_limit(limit = 2, seconds = 60 * 60)]
fn twice(#[arg(default = 0)] fail: u8) -> Result<&'static str> {
    if fail == 1 {
        return Err(invalid("No"));
    }
    Ok("ok")
}

const TWICE: &str = "probe.rate_limit.twice";
const VIEWS: &str = "helpdesk.api.knowledge_base.increment_views";

fn view(user: &TestUser, article: &str) -> Reply {
    user.call(VIEWS, json!({ "article": article }))
}

#[test]
fn the_call_after_the_last_is_429_and_says_when_to_come_back() {
    let site = TestSite::start();
    let guest = site.guest();

    let allowed = [guest.call(TWICE, json!({})), guest.call(TWICE, json!({}))];
    let refused = guest.call(TWICE, json!({})).status(429);

    let remaining: Vec<_> = allowed
        .iter()
        .map(|reply| (reply.status, reply.header("ratelimit-remaining").unwrap()))
        .collect();
    assert_eq!(remaining, [(200, "1"), (200, "0")]);
    assert_eq!(refused.exc_type(), "RateLimitExceededError");
    assert_eq!(refused.header("ratelimit-limit"), Some("2"));
    let seconds: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3590..=3600).contains(&seconds), "{seconds}");
}

#[test]
fn calls_that_fail_count_too() {
    let site = TestSite::start();
    let guest = site.guest();

    for _ in 0..2 {
        guest.call(TWICE, json!({ "fail": 1 })).status(417);
    }

    assert_eq!(guest.call(TWICE, json!({})).status, 429);
}

#[test]
fn both_envelopes_and_all_users_of_an_address_share_a_counter() {
    let site = TestSite::start();

    site.guest().get(&format!("/api/v2/method/{TWICE}")).ok();
    site.admin().call(TWICE, json!({})).ok();

    assert_eq!(site.agent("ada@desk.example").call(TWICE, json!({})).status, 429);
}

#[test]
fn a_header_does_not_make_another_address() {
    let site = TestSite::start();
    let call = |address: &str| {
        site.guest()
            .request("POST", &format!("/api/method/{TWICE}"))
            .header("x-forwarded-for", address)
            .send()
            .status
    };

    assert_eq!(
        [call("10.0.0.1"), call("10.0.0.2"), call("10.0.0.3")],
        [200, 200, 429]
    );
}

#[test]
fn behind_a_trusted_proxy_each_client_has_its_own_counter() {
    let site = TestSite::builder()
        .config(|config| config.trusted_proxies = vec!["127.0.0.1".into()])
        .start();
    let call = |address: &str| {
        site.guest()
            .request("POST", &format!("/api/method/{TWICE}"))
            .header("x-forwarded-for", address)
            .send()
            .status
    };

    assert_eq!(
        [call("10.0.0.1"), call("10.0.0.1"), call("10.0.0.1")],
        [200, 200, 429]
    );
    assert_eq!(call("10.0.0.2"), 200);
    // What the client itself put in front is not believed.
    assert_eq!(call("1.2.3.4, 10.0.0.1"), 429);
}

#[test]
fn an_article_s_views_are_counted_five_times_an_hour() {
    let site = TestSite::start();
    let (first, second) = (
        site.article().published().create(),
        site.article().title("How to scan").published().create(),
    );
    let ada = site.agent("ada@desk.example");

    let statuses: Vec<u16> = (0..6).map(|_| view(&ada, &first).status).collect();

    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    assert_eq!(site.value("HD Article", &first, "views"), json!(5));
    assert_eq!(view(&ada, &second).status, 200, "each article counts by itself");
}

#[test]
fn a_refusal_before_the_body_costs_nothing() {
    let site = TestSite::start();
    let article = site.article().published().create();

    for _ in 0..10 {
        assert_eq!(view(&site.guest(), &article).status, 403);
    }

    assert_eq!(view(&site.admin(), &article).status, 200);
}

#[test]
fn the_site_s_budget_holds_for_everything() {
    let site = TestSite::builder()
        .config(|config| {
            config.rate_limit = Some(helpdesk_core::config::SiteRateLimit {
                limit: 0.0,
                // Windows begin at multiples of their length; this one ends in no year a test runs in.
                window: 1_000_000_000,
            });
        })
        .start();

    let first = site.guest().get("/api/method/ping");
    let reply = site.guest().get("/api/method/ping").status(429);

    assert_eq!(first.status, 200, "the budget is spent by what was answered");
    assert_eq!(reply.exc_type(), "TooManyRequestsError");
    assert!(reply.header("x-ratelimit-limit").is_some(), "{:?}", reply.headers);
}
