//! The five figures, each compared with as many days before.
//!
//! Source: spec/helpdesk-b.md §5.1.

use helpdesk_core::db::{Kind, Query};
use helpdesk_core::doctype::predicate::Predicate;
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use super::tickets::{Scope, count, count_of, decimals, number, rating};
use super::{Days, Part};
use crate::metrics::resolved_statuses;

/// A figure.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    title: &'static str,
    /// Null counts as 0.
    value: Value,
    /// Unit of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    suffix: Option<&'static str>,
    /// Against the days before.
    delta: Value,
    delta_suffix: &'static str,
    /// Whether less is better.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    negative_is_better: bool,
    tooltip: &'static str,
}

/// What is counted of some days.
#[derive(Clone, Copy, Debug, Default)]
struct Figures {
    tickets: i64,
    /// Percent.
    fulfilled: Option<f64>,
    /// Hours.
    first_response: Option<f64>,
    /// Days.
    resolution: Option<f64>,
    /// Of 1.
    rating: Option<f64>,
}

/// The five cards.
///
/// # Errors
/// A database failure.
pub(super) fn all(cx: &mut Cx, scope: &Scope, days: Days) -> Result<Vec<Part>> {
    let resolved = resolved_statuses(cx)?;
    let now = figures(cx, scope, days, &resolved)?;
    let before = figures(cx, scope, days.earlier(), &resolved)?;
    let stars = |rating: Option<f64>| rating.map(|rating| 5.0 * rating);
    let growth = match before.tickets {
        0 => Value::from(0),
        #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 tickets")]
        count => Value::from((now.tickets - count) as f64 / count as f64 * 100.0),
    };
    let cards = vec![
        Card {
            title: "Tickets",
            value: now.tickets.into(),
            suffix: None,
            delta: growth,
            delta_suffix: "%",
            negative_is_better: true,
            tooltip: "Total number of tickets created",
        },
        Card {
            title: "% SLA Fulfilled",
            value: shown(now.fulfilled),
            suffix: Some("%"),
            delta: difference(now.fulfilled, before.fulfilled, 1.0),
            delta_suffix: "%",
            negative_is_better: false,
            tooltip: "% of tickets created that were resolved within SLA",
        },
        Card {
            title: "Avg. First Response",
            value: shown(now.first_response),
            suffix: Some(" hrs"),
            delta: difference(now.first_response, before.first_response, 1.0),
            delta_suffix: " hrs",
            negative_is_better: true,
            tooltip: "Avg. time taken to first respond to a ticket",
        },
        Card {
            title: "Avg. Resolution",
            value: shown(now.resolution),
            suffix: Some(" days"),
            delta: difference(now.resolution, before.resolution, 1.0),
            delta_suffix: " days",
            negative_is_better: true,
            tooltip: "Avg. time taken to resolve a ticket",
        },
        Card {
            title: "Avg. Feedback Rating",
            value: shown(stars(now.rating)),
            suffix: Some("/5"),
            delta: difference(now.rating, before.rating, 5.0),
            delta_suffix: " stars",
            negative_is_better: false,
            tooltip: "Avg. feedback rating for tickets resolved in this period",
        },
    ];
    Ok(cards.into_iter().map(Part::Card).collect())
}

fn shown(figure: Option<f64>) -> Value {
    figure.map_or(0.into(), Value::from)
}

/// How much more, times a factor; 0 if there is neither.
fn difference(now: Option<f64>, before: Option<f64>, factor: f64) -> Value {
    if now.is_none() && before.is_none() {
        return 0.into();
    }
    Value::from(factor * (now.unwrap_or(0.0) - before.unwrap_or(0.0)))
}

fn figures(cx: &mut Cx, scope: &Scope, days: Days, resolved: &[String]) -> Result<Figures> {
    let is_resolved = Predicate::In("status".into(), resolved.to_vec());
    // Where no status resolves a ticket every ticket counts.
    let closed = if resolved.is_empty() {
        Predicate::All
    } else {
        is_resolved.clone()
    };
    let mut made = Query::new();
    made.sql("SELECT count(*), ");
    made.append(count_of(&Predicate::Eq(
        "agreement_status".into(),
        "Fulfilled".into(),
    )));
    made.sql(", ").append(count_of(&closed));
    made.sql(", avg(CASE WHEN t.first_responded_on IS NOT NULL THEN t.first_response_time / 3600.0 END), ");
    // Whole days that were begun.
    made.sql("CAST(sum(CASE WHEN ")
        .append(is_resolved.to_sql("t"))
        .sql(" THEN ")
        .either(
            "CAST(t.resolution_time / 86400.0 AS INTEGER) + \
             (t.resolution_time / 86400.0 > CAST(t.resolution_time / 86400.0 AS INTEGER))",
            "ceil(t.resolution_time / 86400.0)",
        )
        .sql(" END) AS BIGINT), count(CASE WHEN ")
        .append(is_resolved.to_sql("t"))
        .sql(" THEN t.resolution_time END)");
    made.append(scope.within("creation", days));
    let kinds = [Kind::Int, Kind::Int, Kind::Int, Kind::Float, Kind::Int, Kind::Int];
    let row = cx.db().row(made, &kinds)?.unwrap_or_default();

    let mut rated = Query::new();
    rated.sql("SELECT avg(t.feedback_rating)");
    rated.append(scope.within("resolution_date", days));
    rated.sql(" AND t.feedback_rating > 0");
    let ratings = cx.db().row(rated, &[Kind::Float])?.unwrap_or_default();

    #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 tickets")]
    let share = |part: i64, whole: i64| (whole > 0).then(|| part as f64 / whole as f64);
    Ok(Figures {
        tickets: count(&row, 0),
        fulfilled: share(count(&row, 1) * 100, count(&row, 2)),
        first_response: number(&row, 3),
        resolution: share(count(&row, 4), count(&row, 5)).map(|average| decimals(average, 1e4)),
        rating: number(&ratings, 0).map(rating),
    })
}
