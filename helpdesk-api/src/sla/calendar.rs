//! Working time: hours a weekday, holidays, and counting in them.
//!
//! Hours are read off the clock on the wall, time is counted as it passes: a day on which the clock is put forward
//! within its hours is an hour shorter. Stored moments are naive, in the site's zone; of an hour that the clock shows
//! twice they mean the first, of one it leaves out the time after it.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// Days looked at before a due time is given up: some 400 years, so that an agreement whose days are all holidays
/// ends the search.
const LONGEST_SEARCH: usize = 150_000;

/// From when to when is worked on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hours {
    /// First moment that counts.
    pub start: Time,
    /// First moment that does not count any more.
    pub end: Time,
}

/// The hours of each weekday, and the days that don't count although their weekday does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    week: [Option<Hours>; 7],
    holidays: BTreeSet<Date>,
    zone: TimeZone,
}

impl Default for Calendar {
    /// Without working time.
    fn default() -> Calendar {
        Calendar::new(TimeZone::UTC, [], [])
    }
}

impl Calendar {
    /// A calendar of the given days and holidays in a zone; of a weekday named twice the first counts.
    pub fn new(
        zone: TimeZone,
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
            zone,
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
        if seconds <= 0 {
            return Some(start);
        }
        let due = self.due_at(self.zone.to_timestamp(start).ok()?, seconds)?;
        Some(self.zone.to_datetime(due))
    }

    fn due_at(&self, start: Timestamp, seconds: i64) -> Option<Timestamp> {
        if self.week.iter().all(Option::is_none) {
            return None;
        }
        let mut left = SignedDuration::from_secs(seconds);
        for piece in self.pieces(start).take(LONGEST_SEARCH) {
            let Some((from, to)) = piece.open else { continue };
            let available = from.duration_until(to);
            if left <= available {
                return from.checked_add(left).ok();
            }
            left -= available;
        }
        None
    }

    /// Whole seconds of working time between two moments; 0 where the second is not later.
    pub fn elapsed(&self, from: DateTime, to: DateTime) -> i64 {
        let at = |moment: DateTime| self.zone.to_timestamp(whole(moment));
        match (at(from), at(to)) {
            (Ok(from), Ok(to)) => self.elapsed_at(from, to),
            _ => 0,
        }
    }

    fn elapsed_at(&self, from: Timestamp, to: Timestamp) -> i64 {
        self.pieces(from)
            .take_while(|piece| piece.start < to)
            .filter_map(|piece| piece.open)
            .map(|(start, end)| start.duration_until(end.min(to)).as_secs().max(0))
            .sum()
    }

    /// The days from a moment on, each split where the clock is changed.
    fn pieces(&self, start: Timestamp) -> impl Iterator<Item = Piece> {
        let mut cursor = Some(start);
        let mut constant = (start, Offset::UTC);
        std::iter::from_fn(move || {
            let start = cursor?;
            if start >= constant.0 {
                let change = self.zone.following(start).next();
                constant = (
                    change.map_or(Timestamp::MAX, |change| change.timestamp()),
                    self.zone.to_offset(start),
                );
            }
            let (change, offset) = constant;
            let date = offset.to_datetime(start).date();
            let at = |date: Date, time| offset.to_timestamp(date.to_datetime(time)).ok();
            cursor = date
                .tomorrow()
                .ok()
                .and_then(|next| at(next, Time::midnight()))
                .map(|next| next.min(change))
                .filter(|next| *next > start);
            let open = self.hours(date).and_then(|hours| {
                let from = at(date, hours.start)?.max(start);
                let to = at(date, hours.end)?.min(cursor?);
                (from < to).then_some((from, to))
            });
            Some(Piece { start, open })
        })
    }
}

/// A day, or a part of one between two changes of the clock.
struct Piece {
    start: Timestamp,
    /// Its working time.
    open: Option<(Timestamp, Timestamp)>,
}

fn place(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap_or(0)
}

/// The moment without its fraction of a second.
fn whole(at: DateTime) -> DateTime {
    at.with().subsec_nanosecond(0).build().unwrap_or(at)
}

#[cfg(test)]
mod tests;
