//! Figures of tickets over days: counts, averages, and how they changed.
//!
//! Source: spec/helpdesk-a.md §4.2 and §4.13.

use std::collections::BTreeMap;

use helpdesk_core::doctype::predicate::Predicate;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use jiff::ToSpan as _;
use jiff::civil::Date;
use schemars::JsonSchema;

use crate::rows::{Row, text};

/// Which tickets count.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    /// Those of a customer.
    Customer(String),
    /// Those of a contact.
    Contact(String),
    /// Those an agent has.
    Agent(String),
}

impl Scope {
    /// The condition tickets meet.
    pub(crate) fn predicate(&self) -> Predicate {
        match self {
            // No stored name holds it, and PostgreSQL takes no text with it.
            Scope::Customer(name) | Scope::Contact(name) | Scope::Agent(name) if name.contains('\0') => {
                Predicate::Nothing
            }
            Scope::Customer(name) => Predicate::Eq("customer".into(), name.clone()),
            Scope::Contact(name) => Predicate::Eq("contact".into(), name.clone()),
            Scope::Agent(user) => Predicate::Lists("_assign".into(), user.clone()),
        }
    }
}

/// Rows of the tickets of a scope, whatever the caller may list.
///
/// # Errors
/// A database failure.
pub(crate) fn tickets(
    cx: &mut Cx,
    scope: &Scope,
    fields: &[Value],
    filters: Value,
    group_by: &str,
) -> Result<Vec<Row>> {
    let order = if group_by.is_empty() && fields.iter().all(Value::is_string) {
        "creation asc"
    } else {
        ""
    };
    query::list_values(
        cx,
        &ListRequest {
            fields: fields.to_vec(),
            filters,
            also: vec![scope.predicate()],
            group_by: group_by.to_owned(),
            // As the index of days has them; by their names they would have to be sorted, and looked up for it.
            order_by: order.to_owned(),
            ignore_permissions: true,
            ..ListRequest::of("HD Ticket")
        },
    )
}

/// A condition on the day a ticket was made, both days included.
pub(crate) fn made_between(from: Date, to: Date) -> Value {
    json!(["creation", "between", [from.to_string(), to.to_string()]])
}

/// `days` days before `date`.
pub(crate) fn before(date: Date, days: i64) -> Date {
    date.saturating_sub(days.days())
}

/// How many days lie between two: less than 0 if `to` comes first.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// The days from one to another, both included.
fn days(from: Date, to: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), |day| day.tomorrow().ok()).take_while(move |day| *day <= to)
}

/// The day in a Datetime's text.
fn day_of(row: &Row) -> &str {
    text(row, "creation").get(..10).unwrap_or("")
}

/// Rounded to a number of decimals.
pub(crate) fn rounded(number: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (number * factor).round_ties_even() / factor
}

/// How much more than before, in percent: null where there was nothing before.
pub(crate) fn change(now: f64, before: f64) -> Option<f64> {
    if before > 0.0 {
        Some(rounded((now - before) / before * 100.0, 2))
    } else if now > 0.0 {
        None
    } else {
        Some(0.0)
    }
}

/// What happened on a day, or in the days from one to another.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Count {
    /// A date, or what the days are called together.
    pub(crate) date: String,
    pub(crate) count: usize,
}

/// Counts over time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Counts {
    pub(crate) data: Vec<Count>,
    pub(crate) total: usize,
    /// Against the time before, in percent.
    pub(crate) percentage_change: Option<f64>,
}

/// How many of some tickets were made on each day.
pub(crate) fn by_day(rows: &[Row], from: Date, to: Date) -> Vec<Count> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        *counts.entry(day_of(row)).or_default() += 1;
    }
    days(from, to)
        .map(|day| {
            let date = day.to_string();
            Count {
                count: counts.get(date.as_str()).copied().unwrap_or(0),
                date,
            }
        })
        .collect()
}

/// How many of some tickets were made in each week, the first one from its Monday on.
pub(crate) fn by_week(rows: &[Row], from: Date, to: Date) -> Vec<Count> {
    let mut monday = before(from, i64::from(from.weekday().to_monday_zero_offset()));
    let mut weeks = Vec::new();
    while monday <= to {
        let sunday = monday.saturating_add(6.days());
        let (first, last) = (monday.to_string(), sunday.to_string());
        weeks.push(Count {
            date: format!("{} – {}", month_day(monday), month_day(sunday)),
            count: rows
                .iter()
                .filter(|row| (first.as_str()..=last.as_str()).contains(&day_of(row)))
                .count(),
        });
        monday = monday.saturating_add(7.days());
    }
    weeks
}

fn month_day(date: Date) -> String {
    format!("{} {}", date.strftime("%b"), date.day())
}

/// How many of some tickets were made in each of the last months, this one included.
pub(crate) fn by_month(rows: &[Row], months: i64, to: Date) -> Vec<Count> {
    (0..months)
        .rev()
        .map(|back| {
            let month = to.first_of_month().saturating_sub(back.months());
            let begin = month.strftime("%Y-%m").to_string();
            Count {
                date: month.strftime("%b %Y").to_string(),
                count: rows
                    .iter()
                    .filter(|row| day_of(row).starts_with(begin.as_str()))
                    .count(),
            }
        })
        .collect()
}

/// An average on a day: 0 where nothing happened.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Average {
    date: String,
    /// Seconds.
    avg_time: Value,
}

/// Averages over days.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Averages {
    data: Vec<Average>,
    /// Of all tickets of these days, seconds.
    average: Value,
    /// Against the days before, in percent.
    percentage_change: Option<f64>,
}

/// What is averaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    FirstResponse,
    /// Of tickets that are resolved.
    Resolution,
}

impl Metric {
    fn field(self) -> &'static str {
        match self {
            Metric::FirstResponse => "first_response_time",
            Metric::Resolution => "resolution_time",
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 tickets")]
    let count = values.len() as f64;
    values.iter().sum::<f64>() / count
}

/// Statuses of tickets that are resolved.
///
/// # Errors
/// A database failure.
pub(crate) fn resolved_statuses(cx: &mut Cx) -> Result<Vec<String>> {
    crate::rows::names(cx, "HD Ticket Status", json!({ "category": "Resolved" }))
}

/// The average of a metric on each of the last `length` days, and how all of them compare to as many days before.
///
/// # Errors
/// A database failure.
pub(crate) fn averages(cx: &mut Cx, scope: &Scope, metric: Metric, length: i64) -> Result<Averages> {
    let today = cx.now().date();
    let from = before(today, length - 1);
    let earlier = (before(today, 2 * length - 1), before(today, length));
    let values = measured(cx, scope, metric, from, today)?;
    let past = measured(cx, scope, metric, earlier.0, earlier.1)?;
    let mut by_day: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (day, value) in &values {
        by_day.entry(day).or_default().push(*value);
    }
    let data = days(from, today)
        .map(|day| {
            let date = day.to_string();
            let avg_time = match by_day.get(date.as_str()) {
                Some(values) => Value::from(rounded(mean(values), 2)),
                None => Value::from(0),
            };
            Average { date, avg_time }
        })
        .collect();
    let all = |values: &[(String, f64)]| -> f64 {
        let values: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
        rounded(mean(&values), 2)
    };
    let (average, previous) = (all(&values), all(&past));
    Ok(Averages {
        data,
        average: if values.is_empty() {
            0.into()
        } else {
            average.into()
        },
        percentage_change: change(average, previous),
    })
}

/// Day and value of the tickets made between two days that have a value.
fn measured(cx: &mut Cx, scope: &Scope, metric: Metric, from: Date, to: Date) -> Result<Vec<(String, f64)>> {
    let field = metric.field();
    let mut filters = vec![made_between(from, to)];
    if metric == Metric::Resolution {
        filters.push(json!(["status", "in", resolved_statuses(cx)?]));
    }
    let rows = tickets(cx, scope, &["creation".into(), field.into()], filters.into(), "")?;
    Ok(rows
        .iter()
        .filter_map(|row| Some((day_of(row).to_owned(), row.get(field)?.as_f64()?)))
        .collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn made(days: &[&str]) -> Vec<Row> {
        days.iter()
            .map(|day| Row::from_iter([("creation".to_owned(), format!("{day} 10:00:00").into())]))
            .collect()
    }

    #[test]
    fn changes_are_percents_or_unknown() {
        assert_eq!(change(45.0, 30.0), Some(50.0));
        assert_eq!(change(17.0, 28.0), Some(-39.29));
        assert_eq!(change(1.0, 0.0), None);
        assert_eq!(change(0.0, 0.0), Some(0.0));
    }

    #[test]
    fn days_without_tickets_count_too() {
        let rows = made(&["2026-03-02", "2026-03-02", "2026-03-04"]);
        let counts: Vec<usize> = by_day(&rows, date(2026, 3, 1), date(2026, 3, 4))
            .iter()
            .map(|day| day.count)
            .collect();

        assert_eq!(counts, [0, 2, 0, 1]);
    }

    #[test]
    fn weeks_begin_on_monday() {
        let rows = made(&["2026-03-02", "2026-03-08", "2026-03-09"]);
        let weeks = by_week(&rows, date(2026, 3, 4), date(2026, 3, 10));

        assert_eq!(weeks[0].date, "Mar 2 – Mar 8");
        assert_eq!((weeks[0].count, weeks[1].count, weeks.len()), (2, 1, 2));
    }

    #[test]
    fn months_have_their_names() {
        let rows = made(&["2026-01-31", "2026-03-01"]);
        let months = by_month(&rows, 3, date(2026, 3, 31));

        assert_eq!(months[0].date, "Jan 2026");
        assert_eq!(
            months.iter().map(|month| month.count).collect::<Vec<_>>(),
            [1, 0, 1]
        );
    }
}
