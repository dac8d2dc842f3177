//! The one clock: wall time in the site's zone, which tests may start anywhere.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Wall clock of a site. Rate windows, time-outs and leases use the monotonic clock instead.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Option<(Timestamp, Instant)>,
    fixed: bool,
    /// Milliseconds it was moved on, shared with its clones.
    moved: Arc<AtomicI64>,
    zone: TimeZone,
}

impl Clock {
    /// The machine's clock, read in `zone`.
    pub fn system(zone: TimeZone) -> Clock {
        Clock {
            start: None,
            fixed: false,
            moved: Arc::default(),
            zone,
        }
    }

    /// A clock that shows `at` now and runs on.
    pub fn starting_at(at: Timestamp, zone: TimeZone) -> Clock {
        Clock {
            start: Some((at, Instant::now())),
            fixed: false,
            moved: Arc::default(),
            zone,
        }
    }

    /// A clock that always shows `at`.
    pub fn fixed_at(at: Timestamp, zone: TimeZone) -> Clock {
        Clock {
            start: Some((at, Instant::now())),
            fixed: true,
            moved: Arc::default(),
            zone,
        }
    }

    /// The instant.
    pub fn timestamp(&self) -> Timestamp {
        let shown = match self.start {
            None => return Timestamp::now(),
            Some((at, _)) if self.fixed => at,
            Some((at, since)) => {
                let passed = SignedDuration::try_from(since.elapsed()).unwrap_or(SignedDuration::MAX);
                at.checked_add(passed).unwrap_or(Timestamp::MAX)
            }
        };
        let moved = SignedDuration::from_millis(self.moved.load(Ordering::Relaxed));
        shown.checked_add(moved).unwrap_or(Timestamp::MAX)
    }

    /// Moves a clock that was set on (or back), with all its clones; the machine's clock is nobody's to move. For tests.
    pub fn forward(&self, by: SignedDuration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(0);
        self.moved.fetch_add(millis, Ordering::Relaxed);
    }

    /// The instant as the site stores it: naive, in the site's zone, to the microsecond.
    pub fn now(&self) -> DateTime {
        let now = self.timestamp().to_zoned(self.zone.clone()).datetime();
        let micros = now.subsec_nanosecond() / 1_000 * 1_000;
        now.with().subsec_nanosecond(micros).build().unwrap_or(now)
    }

    /// The site's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// `YYYY-MM-DD HH:MM:SS.ffffff`: how every Datetime is stored, always 26 characters.
pub fn stored(at: DateTime) -> String {
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.subsec_nanosecond() / 1_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_stands_and_is_stored_with_six_digits() {
        let at: Timestamp = "2026-11-22T07:13:00Z".parse().unwrap();
        let clock = Clock::fixed_at(at, TimeZone::UTC);

        assert_eq!(stored(clock.now()), "2026-11-22 07:13:00.000000");

        clock.clone().forward(SignedDuration::from_hours(24));
        assert_eq!(stored(clock.now()), "2026-11-23 07:13:00.000000");
    }

    #[test]
    fn a_started_clock_runs_on() {
        let at: Timestamp = "2026-11-22T07:13:00Z".parse().unwrap();
        let clock = Clock::starting_at(at, TimeZone::UTC);

        assert!(clock.timestamp() >= at);
    }
}
