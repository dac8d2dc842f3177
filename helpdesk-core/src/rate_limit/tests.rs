use std::thread;

use serde_json::json;

use super::*;
use crate::args::Args;
use crate::method::{Handler, Location, MethodSchema, Verb, Verbs};
use crate::reply::Reply;

const LIMIT: RateLimit = RateLimit {
    limit: Limit::Fixed(2),
    seconds: 60,
    key: None,
    ip_based: true,
    verbs: Verbs::ALL,
};

fn limited(limits: &'static [RateLimit]) -> Method {
    Method {
        path: "a.b",
        aliases: &[],
        doc: "",
        allow_guest: true,
        xss_safe: false,
        verbs: Verbs::DEFAULT,
        limits,
        params: &[],
        injected: &[],
        handler: Handler::Inline(|_, _| Ok(Reply::Empty)),
        schema: |_| MethodSchema::default(),
        location: Location {
            file: "a.rs",
            line: 1,
        },
        package: "x",
    }
}

fn call(
    counters: &MemoryCounters,
    method: &Method,
    request: &Request,
    keys: &[&str],
) -> Result<Option<Window>> {
    let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
    check_with(counters, method, request, &keys, |limit| match limit.limit {
        Limit::Fixed(limit) => limit,
        Limit::Of(_) => 0,
    })
}

#[test]
fn exactly_the_limit_passes_and_the_rest_is_told_when_to_come_back() {
    let counters = MemoryCounters::default();
    let method = limited(&[LIMIT]);
    let request = Request::internal(Verb::Post);

    let first = call(&counters, &method, &request, &[]).unwrap().unwrap();
    call(&counters, &method, &request, &[]).unwrap();
    let error = call(&counters, &method, &request, &[]).unwrap_err();

    assert_eq!((first.limit, first.remaining, first.reset), (2, 1, 60));
    assert_eq!(error.kind(), ErrorKind::RateLimitExceededError);
    assert_eq!(error.text(), "Too many calls. Try again in 60 seconds.");
    let headers: Vec<_> = Exceeded::of(&error).unwrap().headers().collect();
    assert_eq!(headers[0], ("retry-after", "60".to_owned()));
    assert_eq!(headers[2], ("ratelimit-remaining", "0".to_owned()));
}

#[test]
fn two_hundred_threads_get_exactly_the_limit() {
    const MANY: RateLimit = RateLimit {
        limit: Limit::Fixed(150),
        ..LIMIT
    };
    let counters = MemoryCounters::default();
    let method = limited(&[MANY]);
    let request = Request::internal(Verb::Post);

    let passed: usize = thread::scope(|scope| {
        let calls: Vec<_> = (0..200)
            .map(|_| {
                scope.spawn(|| {
                    (0..5)
                        .filter(|_| call(&counters, &method, &request, &[]).is_ok())
                        .count()
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).sum()
    });

    assert_eq!(passed, 150);
}

#[test]
fn addresses_and_values_are_counted_apart() {
    const BY_KEY: RateLimit = RateLimit {
        limit: Limit::Fixed(1),
        key: Some("email"),
        ip_based: false,
        ..LIMIT
    };
    const BOTH: RateLimit = RateLimit {
        ip_based: true,
        ..BY_KEY
    };
    let here = Request::internal(Verb::Post);
    let there = Request {
        client_ip: [10, 0, 0, 1].into(),
        ..here.clone()
    };

    let by_key = (MemoryCounters::default(), limited(&[BY_KEY]));
    assert!(call(&by_key.0, &by_key.1, &here, &["a"]).is_ok());
    assert!(call(&by_key.0, &by_key.1, &here, &["b"]).is_ok());
    assert!(call(&by_key.0, &by_key.1, &there, &["a"]).is_err());

    let both = (MemoryCounters::default(), limited(&[BOTH]));
    assert!(call(&both.0, &both.1, &here, &["a"]).is_ok());
    assert!(call(&both.0, &both.1, &there, &["a"]).is_ok());
    assert!(call(&both.0, &both.1, &there, &["a"]).is_err());
}

#[test]
fn stacked_limits_have_counters_of_their_own() {
    const WIDE: RateLimit = RateLimit {
        limit: Limit::Fixed(3),
        ..LIMIT
    };
    let counters = MemoryCounters::default();
    let method = limited(&[WIDE, LIMIT]);
    let request = Request::internal(Verb::Post);

    let after_one = call(&counters, &method, &request, &[]).unwrap().unwrap();
    assert_eq!(after_one.remaining, 1);
    assert!(call(&counters, &method, &request, &[]).is_ok());
    assert!(call(&counters, &method, &request, &[]).is_err());
}

#[test]
fn other_verbs_do_not_count() {
    const POSTS: RateLimit = RateLimit {
        limit: Limit::Fixed(1),
        verbs: Verbs::of(&[Verb::Post]),
        ..LIMIT
    };
    let counters = MemoryCounters::default();
    let method = limited(&[POSTS]);

    for _ in 0..3 {
        assert_eq!(
            call(&counters, &method, &Request::internal(Verb::Get), &[]).unwrap(),
            None
        );
    }
    assert!(call(&counters, &method, &Request::internal(Verb::Post), &[]).is_ok());
}

#[test]
fn keys_are_the_coerced_value_where_it_can_be_shown() {
    struct Opaque;
    let args = Args::from_object(
        json!({"n": " 5 ", "list": [1], "none": null})
            .as_object()
            .cloned()
            .unwrap(),
    );

    assert_eq!(Keyed(Some(&5_u8)).text(sent_text(&args, "n")), "5");
    assert_eq!(Keyed(Some(&"a".to_owned())).text(String::new()), "a");
    assert_eq!(Keyed(Some(&None::<u8>)).text("x".to_owned()), "");
    assert_eq!(Keyed::<u8>(None).text("x".to_owned()), "");
    assert_eq!(Keyed(Some(&Opaque)).text(sent_text(&args, "list")), "[1]");
    assert_eq!(Keyed(Some(&Opaque)).text(sent_text(&args, "none")), "");
}

#[test]
fn waits_are_told_in_units_people_use() {
    assert_eq!(in_words(0), "1 second");
    assert_eq!(in_words(61), "61 seconds");
    assert_eq!(in_words(121), "3 minutes");
    assert_eq!(in_words(86_400), "24 hours");
}
