//! Some days cut into weeks, months, quarters or years.
//!
//! Source: spec/helpdesk-b.md §15.1.

use helpdesk_core::report::{Filter, Filters};
use jiff::civil::{Date, Weekday};
use jiff::{Span, ToSpan as _};

/// Most periods there are.
const MOST: usize = 52;

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

pub(super) const RANGE: Filter =
    Filter::choice("range", "Range", &["Weekly", "Monthly", "Quarterly", "Yearly"]);

/// A part of the days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Period {
    /// What people call it; no two have the same.
    pub(super) label: String,
    from: Date,
    to: Date,
}

/// Days cut into periods, fifty-two at most.
#[derive(Clone, Debug)]
pub(super) struct Periods(pub(super) Vec<Period>);

impl Periods {
    /// Cuts the days as the filter [`RANGE`] says; weeks where it says nothing.
    pub(super) fn of(filters: &Filters, (from, to): (Date, Date)) -> Periods {
        let range = filters.text("range");
        let first = match range {
            "Monthly" | "Quarterly" => from.first_of_month(),
            "Yearly" => from.first_of_year(),
            _ => {
                let back = from.weekday().since(Weekday::Monday);
                from.saturating_sub(Span::new().days(back))
            }
        };
        let length: Span = match range {
            "Monthly" => 1.month(),
            "Quarterly" => 3.months(),
            "Yearly" => 1.year(),
            _ => 1.week(),
        };
        let years_differ = from.year() != to.year();
        let mut periods = Vec::new();
        let mut start = first;
        while start <= to && periods.len() < MOST {
            let next = start.saturating_add(length);
            if next <= start {
                break;
            }
            periods.push(Period {
                label: label(range, start, years_differ),
                from: start,
                to: next.saturating_sub(1.day()).min(to),
            });
            start = next;
        }
        Periods(periods)
    }

    /// The place of the period a day is in.
    pub(super) fn place(&self, date: Date) -> Option<usize> {
        let mut periods = self.0.iter();
        periods.position(|period| period.from <= date && date <= period.to)
    }
}

/// By the first day: so no two periods share a label.
fn label(range: &str, start: Date, years_differ: bool) -> String {
    let (name, year) = match range {
        "Monthly" => (
            MONTHS[usize::try_from(start.month() - 1).unwrap_or(0)].to_owned(),
            start.year(),
        ),
        "Quarterly" => (format!("Quarter {}", (start.month() - 1) / 3 + 1), start.year()),
        "Yearly" => return start.year().to_string(),
        _ => {
            let week = start.iso_week_date();
            (format!("Week {}", week.week()), week.year())
        }
    };
    if years_differ {
        format!("{name} {year}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::*;

    fn cut(range: &str, from: Date, to: Date) -> Vec<String> {
        let given: Value = json!({ "range": range });
        let filters = Filters::read(&[RANGE], given.as_object().unwrap()).unwrap();
        let periods = Periods::of(&filters, (from, to));
        let mut before: Option<Date> = None;
        for period in &periods.0 {
            // No day is left out, and none is in two.
            assert!(before.is_none_or(|before| before.saturating_add(1.day()) == period.from));
            before = Some(period.to);
        }
        assert_eq!(
            periods.0.iter().map(|p| &p.label).collect::<BTreeSet<_>>().len(),
            periods.0.len()
        );
        periods
            .0
            .iter()
            .map(|period| format!("{} {}..{}", period.label, period.from, period.to))
            .collect()
    }

    #[test]
    fn weeks_begin_on_monday_and_the_last_ends_with_the_days() {
        assert_eq!(
            cut("Weekly", date(2026, 1, 7), date(2026, 1, 20)),
            [
                "Week 2 2026-01-05..2026-01-11",
                "Week 3 2026-01-12..2026-01-18",
                "Week 4 2026-01-19..2026-01-20"
            ]
        );
        assert_eq!(
            cut("", date(2025, 12, 31), date(2026, 1, 5)),
            [
                "Week 1 2026 2025-12-29..2026-01-04",
                "Week 2 2026 2026-01-05..2026-01-05"
            ]
        );
    }

    #[test]
    fn months_quarters_and_years() {
        assert_eq!(
            cut("Monthly", date(2026, 1, 31), date(2026, 2, 10)),
            ["Jan 2026-01-01..2026-01-31", "Feb 2026-02-01..2026-02-10"]
        );
        assert_eq!(
            cut("Quarterly", date(2025, 11, 15), date(2026, 3, 1)),
            [
                "Quarter 4 2025 2025-11-01..2026-01-31",
                "Quarter 1 2026 2026-02-01..2026-03-01"
            ]
        );
        assert_eq!(
            cut("Yearly", date(2025, 5, 1), date(2026, 3, 1)),
            ["2025 2025-01-01..2025-12-31", "2026 2026-01-01..2026-03-01"]
        );
    }

    #[test]
    fn there_are_fifty_two_at_most() {
        assert_eq!(cut("Weekly", date(2020, 1, 1), date(2026, 1, 1)).len(), 52);
        assert!(cut("Yearly", date(9990, 1, 1), date(9999, 12, 31)).len() <= 10);
    }
}
