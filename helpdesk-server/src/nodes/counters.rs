//! Rate limits that count over all servers.

use std::sync::Arc;
use std::time::Duration;

use helpdesk_core::error::Result;
use helpdesk_core::rate_limit::{Count, Counters, Counting, MemoryCounters};
use helpdesk_core::secret;
use redis::Cmd;

use super::link::Link;

/// One round trip, one step: counts, and begins a window where there is none. A window is never extended.
const COUNT: &str = "\
local calls = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {calls, left}";

/// Keys longer than this are stored as their digest.
const LONGEST_KEY: usize = 128;

/// Counters in Redis; in this process's memory while Redis is away.
#[derive(Debug)]
pub(super) struct SharedCounters {
    link: Arc<Link>,
    own: MemoryCounters,
}

impl SharedCounters {
    pub(super) fn new(link: Arc<Link>) -> SharedCounters {
        SharedCounters {
            link,
            own: MemoryCounters::default(),
        }
    }

    fn command(&self, key: &str, window: Duration) -> Cmd {
        let key = if key.len() > LONGEST_KEY {
            self.link.name(&format!("rl:{}", secret::digest(key)))
        } else {
            self.link.name(key)
        };
        let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        let mut command = redis::cmd("EVAL");
        command.arg(COUNT).arg(1).arg(key).arg(window.max(1));
        command
    }

    fn counted(&self, answer: Option<(u64, u64)>, key: &str, window: Duration) -> Result<Count> {
        match answer {
            Some((calls, left)) => Ok(Count {
                calls,
                left: Duration::from_millis(left.max(1)),
            }),
            None => self.own.count(key, window),
        }
    }
}

impl Counters for SharedCounters {
    fn count(&self, key: &str, window: Duration) -> Result<Count> {
        let answer = self.link.ask_blocking(self.command(key, window));
        self.counted(answer, key, window)
    }

    fn count_async<'a>(&'a self, key: &'a str, window: Duration) -> Counting<'a> {
        Box::pin(async move {
            let answer = self.link.ask(&self.command(key, window)).await;
            self.counted(answer, key, window)
        })
    }

    fn may_wait(&self) -> bool {
        true
    }
}
