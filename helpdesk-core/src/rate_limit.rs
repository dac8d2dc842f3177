//! Rate limits of methods: fixed windows that start with their first call, counted exactly.
//!
//! Source: spec/framework-api.md §8.2. Departures: stacked limits have counters of their own, both API versions
//! share them, and an alias counts as the method it leads to.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use serde::Serialize;

use crate::cx::{AsyncCx, Cx, Request, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::method::{Limit, Method, RateLimit};

mod memory;

pub use memory::MemoryCounters;

/// Where calls are counted: outside any transaction, shared by all threads (or all processes).
pub trait Counters: Send + Sync + fmt::Debug {
    /// Counts one call under `key` and says how many there were in the window, this one included.
    /// A window starts with its first call, lasts `window` and is never extended.
    ///
    /// # Errors
    /// When the store can't be reached.
    fn count(&self, key: &str, window: Duration) -> Result<Count>;

    /// [`count`](Counters::count) for the reactor, which must not wait for another machine.
    ///
    /// # Errors
    /// When the store can't be reached.
    fn count_async<'a>(&'a self, key: &'a str, window: Duration) -> Counting<'a> {
        Box::pin(std::future::ready(self.count(key, window)))
    }

    /// Whether [`count`](Counters::count) may wait for another machine: then it stays off the reactor.
    fn may_wait(&self) -> bool {
        false
    }
}

/// A count that is on its way.
pub type Counting<'a> = Pin<Box<dyn Future<Output = Result<Count>> + Send + 'a>>;

/// What a counter says after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// Calls in the window, the one counted included.
    pub calls: u64,
    /// Time to the window's end.
    pub left: Duration,
}

/// How a limit stands after a call: what headers tell a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Calls a window.
    pub limit: u32,
    /// Calls left in it.
    pub remaining: u32,
    /// Seconds to its end, rounded up.
    pub reset: u64,
}

impl Window {
    /// `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`.
    pub fn headers(&self) -> [(&'static str, String); 3] {
        [
            ("ratelimit-limit", self.limit.to_string()),
            ("ratelimit-remaining", self.remaining.to_string()),
            ("ratelimit-reset", self.reset.to_string()),
        ]
    }
}

/// A limit is spent. It is the cause of the 429 error, see [`Exceeded::of`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limit of {} calls in {} s spent, {} s left", .window.limit, .seconds, .window.reset)]
pub struct Exceeded {
    /// How the spent limit stands; `reset` is what `Retry-After` says.
    pub window: Window,
    /// Length of the window in seconds.
    pub seconds: u32,
}

impl Exceeded {
    /// The spent limit behind an error, if that is what the error is about.
    pub fn of(error: &Error) -> Option<Exceeded> {
        error.cause()?.downcast_ref().copied()
    }

    /// The headers of the answer: `Retry-After` and those of the window.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, String)> + use<> {
        std::iter::once(("retry-after", self.window.reset.to_string())).chain(self.window.headers())
    }
}

/// Counts a call against every limit of `method` and refuses it when one is spent.
///
/// `keys` has one text a limit: the coerced value of the argument it counts by (`""` where it counts by none).
/// Answers the limit with the fewest calls left, `None` where no limit counts this verb.
///
/// # Errors
/// 429 `RateLimitExceededError`, caused by an [`Exceeded`]; a failure of the store.
pub fn check(method: &Method, shared: &Shared, keys: &[String]) -> Result<Option<Window>> {
    check_with(
        &**shared.site.counters(),
        method,
        &shared.request,
        keys,
        |limit| asked(limit, shared),
    )
}

/// How many calls a limit allows now.
fn asked(limit: &RateLimit, shared: &Shared) -> u32 {
    match limit.limit {
        Limit::Fixed(limit) => limit,
        Limit::Of(ask) => ask(shared),
    }
}

/// [`check`] for a method with a context: a call that passes tells the client how its limit stands.
///
/// # Errors
/// As [`check`].
pub fn check_cx(method: &Method, cx: &mut Cx, keys: &[String]) -> Result<()> {
    if let Some(window) = check(method, cx.shared(), keys)? {
        cx.db().out.headers.extend(window.headers());
    }
    Ok(())
}

/// [`check`] for an `async` method, as [`check_cx`].
///
/// # Errors
/// As [`check`].
pub async fn check_async(method: &Method, cx: &AsyncCx, keys: &[String]) -> Result<()> {
    let shared = cx.shared();
    let mut tally = Tally::default();
    for counted in counted(method, &shared.request, keys) {
        let count = shared
            .site
            .counters()
            .count_async(&counted.key, counted.window())
            .await?;
        tally.add(counted.limit, asked(counted.limit, shared), count)?;
    }
    if let Some(window) = tally.tightest {
        cx.headers(window.headers());
    }
    Ok(())
}

fn check_with(
    counters: &dyn Counters,
    method: &Method,
    request: &Request,
    keys: &[String],
    asked: impl Fn(&RateLimit) -> u32,
) -> Result<Option<Window>> {
    let mut tally = Tally::default();
    for counted in counted(method, request, keys) {
        let count = counters.count(&counted.key, counted.window())?;
        tally.add(counted.limit, asked(counted.limit), count)?;
    }
    Ok(tally.tightest)
}

/// A limit that counts this call, and where.
struct Counted<'a> {
    limit: &'a RateLimit,
    key: String,
}

impl Counted<'_> {
    fn window(&self) -> Duration {
        Duration::from_secs(self.limit.seconds.into())
    }
}

/// The limits of a method that count this request.
fn counted<'a>(
    method: &'a Method,
    request: &'a Request,
    keys: &'a [String],
) -> impl Iterator<Item = Counted<'a>> {
    let limits = method.limits.iter().enumerate();
    let limits = limits.filter(|(_, limit)| limit.verbs.contains(request.verb));
    limits.map(|(index, limit)| {
        let identity = identity(limit, request, keys.get(index).map_or("", String::as_str));
        Counted {
            limit,
            key: format!("rl:{}#{index}:{identity}:{}", method.path, limit.seconds),
        }
    })
}

/// The counts of one call.
#[derive(Default)]
struct Tally {
    tightest: Option<Window>,
}

impl Tally {
    /// Adds a count; refuses the call when the limit is spent.
    fn add(&mut self, limit: &RateLimit, allowed: u32, count: Count) -> Result<()> {
        let window = Window {
            limit: allowed,
            remaining: u32::try_from(u64::from(allowed).saturating_sub(count.calls)).unwrap_or(u32::MAX),
            reset: count.left.as_secs() + u64::from(count.left.subsec_nanos() > 0),
        };
        if count.calls > u64::from(allowed) {
            return Err(exceeded(Exceeded {
                window,
                seconds: limit.seconds,
            }));
        }
        if self
            .tightest
            .is_none_or(|other| window.remaining < other.remaining)
        {
            self.tightest = Some(window);
        }
        Ok(())
    }
}

/// Who is counted: the client's address, the value of an argument, or both.
fn identity(limit: &RateLimit, request: &Request, key: &str) -> String {
    match (limit.key, limit.ip_based) {
        (Some(_), true) => format!("{}:{key}", request.client_ip),
        (Some(_), false) => key.to_owned(),
        (None, _) => request.client_ip.to_string(),
    }
}

fn exceeded(spent: Exceeded) -> Error {
    let text = format!("Too many calls. Try again in {}.", in_words(spent.window.reset));
    Error::new(ErrorKind::RateLimitExceededError, text).caused_by(spent)
}

/// A time to wait, rounded up to a unit people use.
fn in_words(seconds: u64) -> String {
    let (number, unit) = match seconds {
        0..=90 => (seconds.max(1), "second"),
        91..=5_400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3_600), "hour"),
    };
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

/// The text a coerced argument is counted under; see [`Keyed::text`].
///
/// The inherent method of a type that serialises wins over [`KeyFallback`]'s, which counts the text as it was sent.
pub struct Keyed<'a, T>(pub Option<&'a T>);

impl<T: Serialize> Keyed<'_, T> {
    /// The value as text: a text as it is, nothing for null or absent, all else as JSON. So `"5"`, `" 5 "` and `5`
    /// share a counter where the parameter is a number.
    pub fn text(&self, _sent: String) -> String {
        match self.0.and_then(|value| serde_json::to_value(value).ok()) {
            Some(value) => as_text(&value),
            None => String::new(),
        }
    }
}

/// Counts an argument whose type does not serialise.
pub trait KeyFallback {
    /// The text as it was sent.
    fn text(&self, sent: String) -> String;
}

impl<T> KeyFallback for Keyed<'_, T> {
    fn text(&self, sent: String) -> String {
        sent
    }
}

/// An argument as it was sent, as text.
pub fn sent_text(args: &crate::args::Args, name: &str) -> String {
    args.get(name).map(as_text).unwrap_or_default()
}

fn as_text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
