//! Rate limits of methods, and where among the checks they stand.

use helpdesk_core::method::{Limit, Verb};
use helpdesk_core::prelude::*;

use crate::harness::{Desk, find};

#[whitelist]
#[rate_limit(limit = 2, seconds = 60)]
fn below(n: u8) -> u8 {
    n
}

#[rate_limit(limit = 3)]
#[rate_limit(limit = 2, seconds = 60 * 60, methods = [POST])]
#[whitelist(allow_guest)]
#[rate_limit(limit = of_the_site, key = "email", ip_based = false)]
fn above_and_below(email: Option<String>) -> Option<String> {
    email
}

fn of_the_site(_: &Shared) -> u32 {
    100
}

#[whitelist]
#[rate_limit]
fn by_default() {}

#[whitelist]
#[rate_limit(limit = 1, key = "id")]
fn by_number(#[arg(rename = "id")] number: u32) -> u32 {
    number
}

#[derive(Deserialize)]
struct Opaque(#[expect(dead_code, reason = "only that it was sent matters")] String);

#[whitelist(inline)]
#[rate_limit(limit = 1, key = "what", ip_based = false)]
fn by_opaque(what: Opaque) {
    let _ = what;
}

#[whitelist]
#[rate_limit(limit = 1)]
async fn later() {}

#[test]
fn a_spent_limit_is_429() {
    let desk = Desk::new();
    for _ in 0..2 {
        desk.call("desk.api.limits.below", json!({"n": 1})).unwrap();
    }

    let error = desk.reply("desk.api.limits.below", json!({"n": 1})).unwrap_err();

    assert_eq!(error.kind(), ErrorKind::RateLimitExceededError);
    assert_eq!(error.kind().status(), 429);
    assert!(error.message().is_some());
}

#[test]
fn a_badly_typed_call_is_free_and_one_that_lacks_an_argument_counts() {
    let desk = Desk::new();
    for _ in 0..5 {
        desk.refusal("desk.api.limits.below", json!({"n": "x"}));
    }
    assert!(
        desk.refusal("desk.api.limits.below", json!({}))
            .contains("missing")
    );
    assert!(
        desk.refusal("desk.api.limits.below", json!({}))
            .contains("missing")
    );

    assert!(
        desk.refusal("desk.api.limits.below", json!({"n": 1}))
            .starts_with("Too many calls.")
    );
}

#[test]
fn limits_are_read_in_the_order_written_whatever_stands_first() {
    let limits = find("desk.api.limits.above_and_below").limits;
    let counts: Vec<_> = limits
        .iter()
        .map(|limit| match limit.limit {
            Limit::Fixed(limit) => limit,
            Limit::Of(_) => 0,
        })
        .collect();

    assert_eq!(counts, [3, 2, 0]);
    assert_eq!(
        limits.iter().map(|limit| limit.seconds).collect::<Vec<_>>(),
        [86_400, 3_600, 86_400]
    );
    assert_eq!(limits[2].key, Some("email"));
    assert!(!limits[2].ip_based);
    assert!(limits[1].verbs.contains(Verb::Post) && !limits[1].verbs.contains(Verb::Get));
}

#[test]
fn a_bare_limit_has_the_defaults() {
    let desk = Desk::new();
    for _ in 0..5 {
        desk.call("desk.api.limits.by_default", json!({})).unwrap();
    }

    assert!(desk.reply("desk.api.limits.by_default", json!({})).is_err());
}

#[test]
fn spellings_of_one_value_share_a_counter() {
    let desk = Desk::new();
    desk.call("desk.api.limits.by_number", json!({"id": "5.0"}))
        .unwrap();
    desk.call("desk.api.limits.by_number", json!({"id": 6})).unwrap();

    assert!(
        desk.reply("desk.api.limits.by_number", json!({"id": " 5 "}))
            .is_err()
    );
}

#[test]
fn a_key_that_does_not_serialise_counts_as_sent() {
    let desk = Desk::new();
    desk.call("desk.api.limits.by_opaque", json!({"what": "a"}))
        .unwrap();
    desk.call("desk.api.limits.by_opaque", json!({"what": "b"}))
        .unwrap();

    assert!(
        desk.reply("desk.api.limits.by_opaque", json!({"what": "a"}))
            .is_err()
    );
}

#[test]
fn async_methods_are_limited_too() {
    let desk = Desk::new();
    desk.call("desk.api.limits.later", json!({})).unwrap();

    assert!(desk.reply("desk.api.limits.later", json!({})).is_err());
}

#[test]
fn a_call_that_passes_tells_how_its_limit_stands() {
    let headers = Desk::new().headers("desk.api.limits.below", json!({"n": 1}));

    assert_eq!(headers[0], ("ratelimit-limit", "2".to_owned()));
    assert_eq!(headers[1], ("ratelimit-remaining", "1".to_owned()));
}
