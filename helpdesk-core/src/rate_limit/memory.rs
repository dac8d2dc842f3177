//! Counters of one process.

use std::fmt;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::{Count, Counters};
use crate::error::Result;
use crate::secret;

/// Locks the counters are spread over, so that threads seldom wait for each other.
const SHARDS: usize = 16;
/// Counters of one lock; all together some 100,000.
const SHARD_ROOM: usize = 6_250;
/// Keys longer than this are stored as their digest, so that a caller can't fill memory with long ones.
const LONGEST_KEY: usize = 128;

/// Counters in this process's memory: exact among its threads, gone when it stops.
///
/// Their number is bounded. When a caller fills them with keys of his making, ended windows go first, then those
/// with the fewest calls: a spent limit stays spent.
pub struct MemoryCounters {
    shards: [Mutex<Shard>; SHARDS],
    /// Seeded anew in each process: keys hold what callers send.
    hasher: RandomState,
}

type Shard = HashMap<Box<str>, Slot, RandomState>;

struct Slot {
    calls: u64,
    ends: Instant,
}

impl Default for MemoryCounters {
    fn default() -> MemoryCounters {
        MemoryCounters {
            shards: std::array::from_fn(|_| Mutex::new(Shard::with_hasher(RandomState::default()))),
            hasher: RandomState::default(),
        }
    }
}

impl MemoryCounters {
    fn count_at(&self, key: &str, window: Duration, now: Instant) -> Count {
        if key.len() > LONGEST_KEY {
            let digest = secret::to_hex(&Sha256::digest(key.as_bytes()));
            return self.count_short(&digest, window, now);
        }
        self.count_short(key, window, now)
    }

    fn count_short(&self, key: &str, window: Duration, now: Instant) -> Count {
        // The remainder is below SHARDS, so neither cast nor index can fail.
        let at = (self.hasher.hash_one(key) % SHARDS as u64) as usize;
        let mut shard = self.shards[at].lock();
        if let Some(slot) = shard.get_mut(key) {
            if slot.ends <= now {
                *slot = Slot {
                    calls: 0,
                    ends: now + window,
                };
            }
            slot.calls = slot.calls.saturating_add(1);
            return Count {
                calls: slot.calls,
                left: slot.ends - now,
            };
        }
        if shard.len() >= SHARD_ROOM {
            make_room(&mut shard, now);
        }
        shard.insert(
            key.into(),
            Slot {
                calls: 1,
                ends: now + window,
            },
        );
        Count {
            calls: 1,
            left: window,
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }
}

/// Drops ended windows, and if that frees too little the half with the fewest calls. Either way a quarter is free
/// after it, so the cost is spread over many insertions.
fn make_room(shard: &mut Shard, now: Instant) {
    shard.retain(|_, slot| slot.ends > now);
    if shard.len() <= SHARD_ROOM * 3 / 4 {
        return;
    }
    let mut calls: Vec<u64> = shard.values().map(|slot| slot.calls).collect();
    let middle = calls.len() / 2;
    let (_, &mut median, _) = calls.select_nth_unstable(middle);
    let mut to_drop = middle;
    shard.retain(|_, slot| {
        let keep = slot.calls > median || to_drop == 0;
        to_drop -= usize::from(!keep);
        keep
    });
}

impl Counters for MemoryCounters {
    fn count(&self, key: &str, window: Duration) -> Result<Count> {
        Ok(self.count_at(key, window, Instant::now()))
    }
}

impl fmt::Debug for MemoryCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCounters").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_window_starts_with_its_first_call_and_is_not_extended() {
        let counters = MemoryCounters::default();
        let start = Instant::now();
        let at = |seconds| counters.count_at("k", MINUTE, start + Duration::from_secs(seconds));

        assert_eq!(
            at(0),
            Count {
                calls: 1,
                left: MINUTE
            }
        );
        assert_eq!(
            at(59),
            Count {
                calls: 2,
                left: Duration::from_secs(1)
            }
        );
        assert_eq!(
            at(60),
            Count {
                calls: 1,
                left: MINUTE
            }
        );
    }

    #[test]
    fn a_flood_of_keys_neither_fills_memory_nor_frees_a_spent_limit() {
        let counters = MemoryCounters::default();
        let now = Instant::now();
        for _ in 0..5 {
            counters.count_at("spent", MINUTE, now);
        }

        for i in 0..250_000 {
            counters.count_at(&format!("flood {i}"), MINUTE, now);
        }

        assert!(counters.len() <= SHARDS * SHARD_ROOM);
        assert_eq!(counters.count_at("spent", MINUTE, now).calls, 6);
    }

    #[test]
    fn long_keys_are_told_apart_by_their_digest() {
        let counters = MemoryCounters::default();
        let now = Instant::now();
        let long = "x".repeat(1_000);

        counters.count_at(&long, MINUTE, now);

        assert_eq!(counters.count_at(&long, MINUTE, now).calls, 2);
        assert_eq!(counters.count_at(&format!("{long}y"), MINUTE, now).calls, 1);
    }
}
