//! Time spans by name: `last month`, `next 7 days`.
//!
//! Source: spec/framework-data.md §5.3.4.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// The first and last day of a span seen from `today`; `None` for a name that is none. Weeks start on `week_start`.
pub(super) fn span(name: &str, today: Date, week_start: Weekday) -> Option<(Date, Date)> {
    let name = name.trim().to_ascii_lowercase();
    let shift = |days: i64| today.checked_add(days.days()).ok();
    let days = |text: &str| {
        matches!(text, "7" | "14" | "30" | "90")
            .then(|| text.parse::<i64>().ok())
            .flatten()
    };
    match name.as_str() {
        "today" => return Some((today, today)),
        "yesterday" => return shift(-1).map(|day| (day, day)),
        "tomorrow" => return shift(1).map(|day| (day, day)),
        "last 6 months" => {
            let from = quarter(months(today, -6)?)?.0;
            let to = quarter(months(today, -3)?)?.1;
            return Some((from, to));
        }
        "next 6 months" => {
            let from = quarter(months(today, 3)?)?.0;
            let to = quarter(months(today, 6)?)?.1;
            return Some((from, to));
        }
        _ => {}
    }
    let (when, unit) = name.split_once(' ')?;
    if let Some(count) = unit.strip_suffix(" days").and_then(days) {
        return match when {
            "last" => Some((shift(-count)?, today)),
            "next" if count != 90 => Some((today, shift(count)?)),
            _ => None,
        };
    }
    let step = match when {
        "last" => -1,
        "this" => 0,
        "next" => 1,
        _ => return None,
    };
    match unit {
        "week" => week(shift(step * 7)?, week_start),
        "month" => month(months(today, step)?),
        "quarter" => quarter(months(today, step * 3)?),
        "year" => {
            let year = i16::try_from(i64::from(today.year()) + step).ok()?;
            Some((Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?))
        }
        _ => None,
    }
}

/// The same day some months on; the last of the month where there is no such day.
fn months(day: Date, count: i64) -> Option<Date> {
    day.checked_add(count.months()).ok()
}

fn week(day: Date, start: Weekday) -> Option<(Date, Date)> {
    let back = i64::from(day.weekday().since(start));
    let first = day.checked_sub(back.days()).ok()?;
    Some((first, first.checked_add(6.days()).ok()?))
}

fn month(day: Date) -> Option<(Date, Date)> {
    Some((day.first_of_month(), day.last_of_month()))
}

fn quarter(day: Date) -> Option<(Date, Date)> {
    let first = (day.month() - 1) / 3 * 3 + 1;
    let from = Date::new(day.year(), first, 1).ok()?;
    Some((from, Date::new(day.year(), first + 2, 1).ok()?.last_of_month()))
}

/// The span that `previous` and `next` mean by a unit.
pub(super) fn relative(operator: &str, unit: &str) -> Option<String> {
    let when = if operator == "previous" { "last" } else { "next" };
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "1 week" => "week",
        "1 month" => "month",
        "3 months" => "quarter",
        "6 months" => "6 months",
        "1 year" => "year",
        _ => return None,
    };
    Some(format!("{when} {unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(name: &str) -> Option<String> {
        let today: Date = "2026-11-22".parse().unwrap();
        span(name, today, Weekday::Sunday).map(|(from, to)| format!("{from}..{to}"))
    }

    #[test]
    fn spans_of_a_sunday_in_november() {
        assert_eq!(on("last month").as_deref(), Some("2026-10-01..2026-10-31"));
        assert_eq!(on("this week").as_deref(), Some("2026-11-22..2026-11-28"));
        assert_eq!(on("last week").as_deref(), Some("2026-11-15..2026-11-21"));
        assert_eq!(on("last 90 days").as_deref(), Some("2026-08-24..2026-11-22"));
        assert_eq!(on("last quarter").as_deref(), Some("2026-07-01..2026-09-30"));
        assert_eq!(on("this year").as_deref(), Some("2026-01-01..2026-12-31"));
        assert_eq!(on("last 6 months").as_deref(), Some("2026-04-01..2026-09-30"));
        assert_eq!(on("next 6 months").as_deref(), Some("2027-01-01..2027-06-30"));
        assert_eq!(on("next aeon"), None);
    }

    #[test]
    fn the_end_of_a_month_is_clamped() {
        let today: Date = "2026-03-31".parse().unwrap();
        assert_eq!(
            span("last month", today, Weekday::Sunday)
                .map(|(_, to)| to.to_string())
                .as_deref(),
            Some("2026-02-28")
        );
    }
}
