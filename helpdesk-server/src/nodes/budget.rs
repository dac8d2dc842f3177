//! The site-wide budget of server time over all servers.
//!
//! Source: spec/framework-api.md §8.1: a counter a window, in microseconds, gone when its window is.

use std::sync::Arc;
use std::time::Duration;

use super::link::Link;

const ADD: &str = "\
local spent = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return spent";

fn key(link: &Link, window: u128) -> String {
    link.name(&format!("rate-limit-counter-{window}"))
}

impl Link {
    /// Microseconds that all servers spent in a window; `None` while Redis is away.
    pub(crate) async fn spent(self: &Arc<Link>, window: u128) -> Option<u64> {
        let mut command = redis::cmd("GET");
        command.arg(key(self, window));
        let spent: Option<u64> = self.ask(&command).await?;
        Some(spent.unwrap_or(0))
    }

    /// Adds to what was spent in a window of this length; says nothing where Redis is away.
    pub(crate) async fn spend(self: &Arc<Link>, window: u128, length: Duration, micros: u64) {
        let length = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let mut command = redis::cmd("EVAL");
        command.arg(ADD).arg(1).arg(key(self, window));
        command.arg(micros).arg(length.max(1));
        let _: Option<u64> = self.ask(&command).await;
    }
}
