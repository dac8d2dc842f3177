//! The site-wide budget of server time.
//!
//! Source: spec/framework-api.md §8.1.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use helpdesk_core::config::SiteRateLimit;
use hyper::HeaderMap;
use hyper::header::{HeaderName, HeaderValue, RETRY_AFTER};

use crate::nodes::Link;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// The same in the standard's names, in whole seconds of server time (draft-ietf-httpapi-ratelimit-headers).
const STANDARD: [HeaderName; 3] = [
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
];

/// Counts server time in windows that are aligned to the epoch. Reads the wall clock once, at the start;
/// from then on it runs monotonic.
#[derive(Debug)]
pub(crate) struct Limiter {
    limit: u64,
    window: Duration,
    epoch: Duration,
    since: Instant,
    /// Where all servers add up what they spend.
    shared: Option<Arc<Link>>,
    /// What this server spent: all there is without a shared sum, or while it can't be asked.
    spent: Mutex<Spent>,
}

#[derive(Debug, Default)]
struct Spent {
    window: u128,
    micros: u64,
}

/// The budget as one request found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    limit: u64,
    spent: u64,
    /// Whole seconds to the end of the window.
    reset: u64,
}

impl Limiter {
    /// A limiter for the setting, which counts over all servers where there is a link between them.
    pub(crate) fn new(setting: SiteRateLimit, shared: Option<Arc<Link>>) -> Limiter {
        Limiter {
            limit: micros(Duration::try_from_secs_f64(setting.limit).unwrap_or_default()),
            window: Duration::from_secs(setting.window.max(1)),
            epoch: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            since: Instant::now(),
            shared,
            spent: Mutex::default(),
        }
    }

    /// The budget now.
    pub(crate) async fn budget(&self) -> Budget {
        let now = self.now();
        let mut budget = self.budget_at(now);
        if let Some(link) = &self.shared
            && let Some(spent) = Box::pin(link.spent(self.number(now))).await
        {
            budget.spent = spent;
        }
        budget
    }

    /// Takes the time of a request off the budget.
    pub(crate) async fn spend(&self, time: Duration) {
        let now = self.now();
        self.spend_at(now, time);
        if let Some(link) = &self.shared {
            Box::pin(link.spend(self.number(now), self.window, micros(time))).await;
        }
    }

    fn now(&self) -> Duration {
        self.epoch + self.since.elapsed()
    }

    /// Windows are numbered from the epoch on, so that all servers mean the same one.
    fn number(&self, now: Duration) -> u128 {
        now.as_micros() / self.window.as_micros()
    }

    fn budget_at(&self, now: Duration) -> Budget {
        let window = self.window.as_micros();
        let spent = self.lock();
        let spent = if spent.window == self.number(now) {
            spent.micros
        } else {
            0
        };
        let left = window - now.as_micros() % window;
        Budget {
            limit: self.limit,
            spent,
            reset: u64::try_from(left.div_ceil(1_000_000)).unwrap_or(u64::MAX),
        }
    }

    fn spend_at(&self, now: Duration, time: Duration) {
        let window = self.number(now);
        let mut spent = self.lock();
        if spent.window != window {
            *spent = Spent { window, micros: 0 };
        }
        spent.micros = spent.micros.saturating_add(micros(time));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Spent> {
        self.spent
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Budget {
    /// Whether the request must be refused.
    pub(crate) fn is_spent(&self) -> bool {
        self.spent > self.limit
    }

    /// Tells the caller of the budget.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let remaining = self.limit.saturating_sub(self.spent);
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(
            REMAINING,
            HeaderValue::from((remaining + 500_000) / 1_000_000 * 1_000_000),
        );
        headers.insert(RESET, HeaderValue::from(self.reset));
        // A method's own limit, which is tighter, stays.
        let whole = [self.limit.div_ceil(1_000_000), remaining / 1_000_000, self.reset];
        if !headers.contains_key(&STANDARD[0]) || self.is_spent() {
            for (name, value) in STANDARD.into_iter().zip(whole) {
                headers.insert(name, HeaderValue::from(value));
            }
        }
        if self.is_spent() {
            headers.insert(RETRY_AFTER, HeaderValue::from(self.reset));
        }
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    #[test]
    fn time_beyond_the_limit_refuses_until_the_window_ends() {
        let limiter = Limiter::new(
            SiteRateLimit {
                limit: 0.001,
                window: 100,
            },
            None,
        );

        limiter.spend_at(at(1_010), Duration::from_micros(1_000));
        assert!(!limiter.budget_at(at(1_010)).is_spent());
        limiter.spend_at(at(1_011), Duration::from_micros(1));
        let budget = limiter.budget_at(at(1_012));
        assert!(budget.is_spent());
        assert_eq!(budget.reset, 88);
        assert!(!limiter.budget_at(at(1_100)).is_spent());
    }

    #[test]
    fn headers_count_microseconds_and_whole_seconds() {
        let limiter = Limiter::new(
            SiteRateLimit {
                limit: 600.0,
                window: 86_400,
            },
            None,
        );
        limiter.spend_at(at(86_400), Duration::from_millis(40));
        let mut headers = HeaderMap::new();

        limiter.budget_at(at(86_401)).write(&mut headers);

        assert_eq!(headers["x-ratelimit-limit"], "600000000");
        assert_eq!(headers["x-ratelimit-remaining"], "600000000");
        assert_eq!(headers["x-ratelimit-reset"], "86399");
        assert_eq!(headers["ratelimit-limit"], "600");
        assert_eq!(headers["ratelimit-remaining"], "599");
        assert_eq!(headers["ratelimit-reset"], "86399");
        assert!(!headers.contains_key("retry-after"));
    }

    #[test]
    fn a_refused_caller_is_told_when_to_retry() {
        let limiter = Limiter::new(
            SiteRateLimit {
                limit: 0.0,
                window: 60,
            },
            None,
        );
        limiter.spend_at(at(60), Duration::from_secs(1));
        let mut headers = HeaderMap::new();

        limiter.budget_at(at(70)).write(&mut headers);

        assert_eq!(headers["x-ratelimit-remaining"], "0");
        assert_eq!(headers["retry-after"], "50");
    }
}
