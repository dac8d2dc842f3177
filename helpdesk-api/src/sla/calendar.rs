//! Working time: hours a weekday, holidays, and counting in them.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, Weekday};

/// Days looked at before a due time is given up: some 400 years, so that an agreement whose days are all holidays
/// ends the search.
const LONGEST_SEARCH: u32 = 150_000;

/// From when to when is worked on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// First moment that counts.
    pub start: Time,
    /// First moment that does not count any more.
    pub end: Time,
}

/// The hours of each weekday, and the days that don't count although their weekday does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    week: [Option<Hours>; 7],
    holidays: BTreeSet<Date>,
}

impl Calendar {
    /// A calendar of the given days and holidays; of a weekday named twice the first counts.
    pub fn new(
        days: impl IntoIterator<Item = (Weekday, Hours)>,
        holidays: impl IntoIterator<Item = Date>,
    ) -> Calendar {
        let mut week = [None; 7];
        for (weekday, hours) in days {
            if let Some(day) = week.get_mut(place(weekday)) {
                day.get_or_insert(hours);
            }
        }
        Calendar {
            week,
            holidays: holidays.into_iter().collect(),
        }
    }

    /// The hours of a date; `None` on holidays and days off.
    pub fn hours(&self, date: Date) -> Option<Hours> {
        if self.holidays.contains(&date) {
            return None;
        }
        self.week.get(place(date.weekday())).copied().flatten()
    }

    /// Whether it is working time.
    pub fn is_open(&self, at: DateTime) -> bool {
        self.hours(at.date())
            .is_some_and(|hours| hours.start <= at.time() && at.time() < hours.end)
    }

    /// When `seconds` of working time have passed since `start`; `start` itself for none. A time that a day just
    /// holds ends with that day, not with the beginning of the next. `None` where there is no such moment.
    pub fn due(&self, start: DateTime, seconds: i64) -> Option<DateTime> {
        let mut left = SignedDuration::from_secs(seconds);
        let mut cursor = start;
        if left <= SignedDuration::ZERO {
            return Some(start);
        }
        if self.week.iter().all(Option::is_none) {
            return None;
        }
        for _ in 0..LONGEST_SEARCH {
            if let Some(hours) = self.hours(cursor.date()) {
                let from = hours.start.max(cursor.time());
                let to = hours.end.max(cursor.time());
                let available = from.duration_until(to);
                if left <= available {
                    return cursor.date().to_datetime(from).checked_add(left).ok();
                }
                left -= available;
            }
            cursor = cursor.date().tomorrow().ok()?.to_datetime(Time::midnight());
        }
        None
    }

    /// Whole seconds of working time between two moments; 0 where the second is not later.
    pub fn elapsed(&self, from: DateTime, to: DateTime) -> i64 {
        if from >= to {
            return 0;
        }
        let (first, last) = (from.date(), to.date());
        let mut total = 0;
        let mut date = first;
        loop {
            if let Some(hours) = self.hours(date) {
                let mut start = hours.start;
                let mut end = hours.end;
                if date == first {
                    start = start.max(whole(from.time()));
                }
                if date == last {
                    end = end.min(whole(to.time()));
                }
                total += start.duration_until(end).as_secs().max(0);
            }
            match date.tomorrow() {
                Ok(next) if next <= last => date = next,
                _ => return total,
            }
        }
    }
}

fn place(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap_or(0)
}

/// The time without its fraction of a second.
fn whole(time: Time) -> Time {
    time.with().subsec_nanosecond(0).build().unwrap_or(time)
}

#[cfg(test)]
mod tests;
