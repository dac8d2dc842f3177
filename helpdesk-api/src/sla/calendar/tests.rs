use jiff::ToSpan;
use jiff::civil::{date, time};

use super::*;

const WORKDAYS: [Weekday; 5] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
];

fn office(holidays: &[Date]) -> Calendar {
    let hours = Hours {
        start: time(10, 0, 0, 0),
        end: time(18, 0, 0, 0),
    };
    Calendar::new(
        TimeZone::UTC,
        WORKDAYS.map(|day| (day, hours)),
        holidays.iter().copied(),
    )
}

/// A moment in the week of Monday, 5 January 2026.
fn at(day: i8, hour: i8, minute: i8) -> DateTime {
    date(2026, 1, 4 + day).at(hour, minute, 0, 0)
}

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

#[test]
fn due_times_of_the_recorded_week() {
    let office = office(&[]);
    for (start, seconds, expected) in [
        (at(1, 11, 0), HOUR, at(1, 12, 0)),
        (at(1, 11, 0), 4 * HOUR, at(1, 15, 0)),
        (at(1, 8, 0), HOUR, at(1, 11, 0)),
        (at(1, 8, 0), 4 * HOUR, at(1, 14, 0)),
        (at(1, 20, 0), 30 * MINUTE, at(2, 10, 30)),
        (at(1, 20, 0), 2 * HOUR, at(2, 12, 0)),
        (at(6, 15, 0), 24 * HOUR, at(10, 18, 0)),
        (at(6, 15, 0), 72 * HOUR, at(18, 18, 0)),
        (at(5, 17, 0), 30 * MINUTE, at(5, 17, 30)),
        (at(5, 17, 0), 2 * HOUR, at(8, 11, 0)),
        (at(5, 19, 0), HOUR, at(8, 11, 0)),
        (at(5, 19, 0), 4 * HOUR, at(8, 14, 0)),
        (at(4, 15, 0), 3 * HOUR, at(4, 18, 0)),
    ] {
        assert_eq!(office.due(start, seconds), Some(expected), "{start} + {seconds}");
    }
    let a_second_more = office.due(at(4, 15, 0), 3 * HOUR + 1);
    assert_eq!(
        a_second_more,
        Some(at(5, 10, 0).with().second(1).build().unwrap())
    );
}

#[test]
fn holidays_are_skipped() {
    let office = office(&[date(2026, 1, 8), date(2026, 1, 9)]);

    assert_eq!(office.due(at(4, 15, 0), 30 * MINUTE), Some(at(8, 10, 30)));
    assert_eq!(office.elapsed(at(3, 17, 0), at(8, 11, 0)), 2 * HOUR);
    assert!(!office.is_open(at(4, 12, 0)));
}

#[test]
fn no_time_is_due_at_once_and_no_workday_is_never() {
    assert_eq!(office(&[]).due(at(6, 3, 0), 0), Some(at(6, 3, 0)));
    assert_eq!(Calendar::new(TimeZone::UTC, [], []).due(at(1, 11, 0), 1), None);
}

#[test]
fn the_start_of_a_day_is_open_and_its_end_is_not() {
    let office = office(&[]);

    assert!(office.is_open(at(1, 10, 0)));
    assert!(!office.is_open(at(1, 18, 0)));
    assert!(!office.is_open(at(7, 12, 0)));
}

#[test]
fn a_fraction_of_a_second_is_kept_in_due_times_and_dropped_in_spans() {
    let office = office(&[]);
    let start = date(2026, 1, 5).at(11, 0, 0, 900_000_000);

    let due = office.due(start, HOUR).unwrap();

    assert_eq!(due, date(2026, 1, 5).at(12, 0, 0, 900_000_000));
    assert_eq!(
        office.elapsed(start, date(2026, 1, 5).at(11, 0, 10, 100_000_000)),
        10
    );
}

/// Small pseudo-random numbers, the same every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % limit).unwrap()
    }
}

/// Hours of some days of the week, and a few holidays of the year.
fn generated(numbers: &mut Numbers, zone: &TimeZone) -> Calendar {
    let mut days = Vec::new();
    for weekday in Weekday::Monday.cycle_forward().take(7) {
        if numbers.below(4) > 0 {
            let start = numbers.below(22 * 60);
            let end = start + 1 + numbers.below(u64::try_from(23 * 60 + 59 - start).unwrap());
            let clock = |minutes: i64| Time::midnight() + minutes.minutes();
            days.push((
                weekday,
                Hours {
                    start: clock(start),
                    end: clock(end),
                },
            ));
        }
    }
    let holidays: Vec<Date> = (0..numbers.below(20))
        .map(|_| date(2024, 1, 1) + numbers.below(366).days())
        .collect();
    Calendar::new(zone.clone(), days, holidays)
}

/// Zones with changes, in a year that is over, so that no law changes them: of an hour in either half of the year, of half an hour, at midnight, with odd offsets, and none.
const ZONES: [&str; 9] = [
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Havana",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "UTC",
];

/// Minutes in which work is done, counted one by one as they pass.
fn counted(calendar: &Calendar, from: Timestamp, minutes: i64) -> i64 {
    let open = (0..minutes)
        .filter(|n| calendar.is_open(calendar.zone.to_datetime(from + n.minutes())))
        .count();
    i64::try_from(open).unwrap()
}

#[test]
fn generated_windows_of_a_year_agree_with_counting_minutes_in_all_zones() {
    let mut numbers = Numbers(7);
    for name in ZONES {
        let zone = TimeZone::get(name).unwrap();
        let year = zone.to_timestamp(date(2024, 1, 1).at(0, 0, 0, 0)).unwrap();
        let changes: Vec<Timestamp> = zone
            .following(year)
            .map(|change| change.timestamp())
            .take_while(|at| *at < year + (366 * 24).hours())
            .collect();
        let expected = if matches!(name, "Asia/Kathmandu" | "UTC") {
            0
        } else {
            2
        };
        assert_eq!(changes.len(), expected, "{name}: {changes:?}");
        for round in 0..24 {
            let calendar = generated(&mut numbers, &zone);
            // Half of the windows begin within two days before a change of the clock.
            let from = match changes.get(round % 4) {
                Some(change) => *change - numbers.below(2 * 24 * 60).minutes(),
                None => year + numbers.below(350 * 24 * 60).minutes(),
            };
            let minutes = numbers.below(12 * 24 * 60);
            let to = from + minutes.minutes();

            let open = counted(&calendar, from, minutes) * MINUTE;
            let what = format!("{name}, round {round}: {calendar:?} {from} {to}");
            assert_eq!(calendar.elapsed_at(from, to), open, "{what}");
            if open > 0 {
                let due = calendar.due_at(from, open).unwrap();
                assert!(due <= to, "{what}: {due}");
                assert_eq!(calendar.elapsed_at(from, due), open, "{what}: {due}");
                assert_eq!(
                    calendar.elapsed_at(from, due - 1.second()),
                    open - 1,
                    "{what}: {due}"
                );
            }
        }
    }
}

#[test]
fn a_whole_year_agrees_with_counting_minutes() {
    let mut numbers = Numbers(11);
    for name in ["Europe/Berlin", "Australia/Lord_Howe", "America/Havana"] {
        let zone = TimeZone::get(name).unwrap();
        let calendar = generated(&mut numbers, &zone);
        let (from, to) = (date(2024, 1, 1).at(0, 0, 0, 0), date(2025, 1, 1).at(0, 0, 0, 0));
        let start = zone.to_timestamp(from).unwrap();

        let minutes = start.duration_until(zone.to_timestamp(to).unwrap()).as_mins();
        let open = counted(&calendar, start, minutes) * MINUTE;

        assert_eq!(calendar.elapsed(from, to), open, "{name}: {calendar:?}");
        let due = calendar.due(from, open).unwrap();
        assert_eq!(calendar.elapsed(from, due), open, "{name}: {calendar:?} {due}");
    }
}

#[test]
fn hours_of_the_nights_in_which_the_clock_is_changed_count_as_they_pass() {
    let all_day = Hours {
        start: Time::midnight(),
        end: time(23, 59, 0, 0),
    };
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let week = Weekday::Monday.cycle_forward().take(7).map(|day| (day, all_day));
    let calendar = Calendar::new(berlin, week, []);
    let (spring, autumn) = (date(2024, 3, 31), date(2024, 10, 27));

    // 02:00 to 03:00 is left out in spring, and passes twice in autumn.
    assert_eq!(
        calendar.elapsed(spring.at(1, 0, 0, 0), spring.at(4, 0, 0, 0)),
        2 * HOUR
    );
    assert_eq!(
        calendar.elapsed(autumn.at(1, 0, 0, 0), autumn.at(4, 0, 0, 0)),
        4 * HOUR
    );
    assert_eq!(
        calendar.due(spring.at(1, 0, 0, 0), 2 * HOUR),
        Some(spring.at(4, 0, 0, 0))
    );
    assert_eq!(
        calendar.due(autumn.at(1, 0, 0, 0), 4 * HOUR),
        Some(autumn.at(4, 0, 0, 0))
    );
    // Moments that the clock does not show are those after them; of two the first is meant.
    assert_eq!(
        calendar.elapsed(spring.at(2, 30, 0, 0), spring.at(4, 0, 0, 0)),
        HOUR / 2
    );
    assert_eq!(
        calendar.elapsed(autumn.at(2, 30, 0, 0), autumn.at(3, 0, 0, 0)),
        3 * HOUR / 2
    );
}
