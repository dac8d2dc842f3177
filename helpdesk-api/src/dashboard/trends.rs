//! Two charts over days.
//!
//! Source: spec/helpdesk-b.md §5.2.

use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::doctype::predicate::Predicate;
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use super::tickets::{Scope, count, count_of, day, number, rating};
use super::{Days, Part};
use crate::metrics::{self, resolved_statuses};
use crate::rows::{self, Row};

/// A chart with axes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Axis {
    /// `axis`.
    pub(super) r#type: &'static str,
    /// The rows: the key of the x axis, and each series by its name.
    pub(super) data: Vec<Row>,
    pub(super) title: &'static str,
    pub(super) subtitle: String,
    pub(super) x_axis: XAxis,
    pub(super) y_axis: YAxis,
    pub(super) series: Vec<Series>,
    /// Whether bars stand on each other.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) stacked: bool,
    /// The axis at the right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) y2_axis: Option<YAxis>,
}

/// What runs to the right.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct XAxis {
    pub(super) key: &'static str,
    /// `time` or `category`.
    pub(super) r#type: &'static str,
    pub(super) title: &'static str,
    pub(super) time_grain: &'static str,
}

/// What runs upwards.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct YAxis {
    pub(super) title: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) y_min: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) y_max: Option<i64>,
}

/// What is drawn of each row.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Series {
    name: &'static str,
    /// `bar` or `line`.
    r#type: &'static str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    show_data_points: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    axis: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<&'static str>,
}

impl Series {
    pub(super) fn bar(name: &'static str) -> Series {
        Series {
            name,
            r#type: "bar",
            ..Series::default()
        }
    }

    /// A line by the axis at the right.
    fn line(name: &'static str, color: Option<&'static str>) -> Series {
        Series {
            name,
            r#type: "line",
            show_data_points: true,
            axis: Some("y2"),
            color,
        }
    }
}

impl YAxis {
    pub(super) fn titled(title: &'static str) -> YAxis {
        YAxis {
            title,
            ..YAxis::default()
        }
    }

    fn up_to(title: &'static str, most: i64) -> YAxis {
        YAxis {
            title,
            y_min: Some(0),
            y_max: Some(most),
        }
    }
}

fn dates() -> XAxis {
    XAxis {
        key: "date",
        r#type: "time",
        title: "Date",
        time_grain: "day",
    }
}

/// The two charts. Days without tickets have no row.
///
/// # Errors
/// A database failure.
pub(super) fn all(cx: &mut Cx, scope: &Scope, days: Days) -> Result<Vec<Part>> {
    Ok(vec![
        Part::Axis(tickets(cx, scope, days)?),
        Part::Axis(feedback(cx, scope, days)?),
    ])
}

fn text(cell: Option<&Scalar<'_>>) -> Value {
    cell.and_then(Scalar::as_str).map_or(Value::Null, Value::from)
}

fn tickets(cx: &mut Cx, scope: &Scope, days: Days) -> Result<Axis> {
    let open = rows::names(cx, "HD Ticket Status", json!({ "category": "Open" }))?;
    let resolved = resolved_statuses(cx)?;
    let mut query = Query::new();
    query.sql("SELECT ").append(day("creation")).sql(", ");
    query
        .append(count_of(&Predicate::In("status".into(), open)))
        .sql(", ")
        .append(count_of(&Predicate::In("status".into(), resolved)))
        .sql(", ")
        .append(count_of(&Predicate::Eq(
            "agreement_status".into(),
            "Fulfilled".into(),
        )))
        .sql(", count(*)");
    query.append(scope.within("creation", days));
    query.sql(" GROUP BY 1 ORDER BY 1");
    let kinds = [Kind::Text, Kind::Int, Kind::Int, Kind::Int, Kind::Int];
    let rows = cx.db().rows(query, &kinds)?;
    let total: i64 = rows.iter().map(|row| count(row, 4)).sum();
    let length = metrics::days_between(days.from, days.end()).max(1);
    #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 tickets")]
    let average = (total as f64 / length as f64).round_ties_even();
    Ok(Axis {
        r#type: "axis",
        data: rows
            .iter()
            .map(|row| {
                Row::from_iter([
                    ("date".to_owned(), text(row.first())),
                    ("Open".to_owned(), count(row, 1).into()),
                    ("Closed".to_owned(), count(row, 2).into()),
                    ("SLA Fulfilled".to_owned(), count(row, 3).into()),
                ])
            })
            .collect(),
        title: "Ticket Trend",
        subtitle: format!("Average tickets per day is around {average}"),
        x_axis: dates(),
        y_axis: YAxis::titled("Tickets"),
        series: vec![
            Series::bar("Closed"),
            Series::bar("Open"),
            Series::line("SLA Fulfilled", None),
        ],
        stacked: true,
        y2_axis: Some(YAxis::up_to("% SLA", 100)),
    })
}

fn feedback(cx: &mut Cx, scope: &Scope, days: Days) -> Result<Axis> {
    let mut query = Query::new();
    query.sql("SELECT ").append(day("resolution_date"));
    query.sql(", avg(CASE WHEN t.feedback_rating > 0 THEN t.feedback_rating END)");
    query.sql(", count(CASE WHEN t.feedback_rating > 0 THEN 1 END)");
    query.append(scope.within("resolution_date", days));
    query.sql(" GROUP BY 1 ORDER BY 1");
    let rows = cx.db().rows(query, &[Kind::Text, Kind::Float, Kind::Int])?;

    let mut sum = 0.0;
    let mut rated = 0.0;
    for row in &rows {
        #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 tickets")]
        let tickets = count(row, 2) as f64;
        sum += number(row, 1).unwrap_or(0.0) * tickets;
        rated += tickets;
    }
    let average = if rated > 0.0 {
        5.0 * rating(sum / rated)
    } else {
        0.0
    };
    Ok(Axis {
        r#type: "axis",
        data: rows
            .iter()
            .map(|row| {
                let stars = number(row, 1).map(|average| 5.0 * rating(average));
                Row::from_iter([
                    ("date".to_owned(), text(row.first())),
                    ("Rating".to_owned(), stars.map_or(Value::Null, Value::from)),
                    ("Rated Tickets".to_owned(), count(row, 2).into()),
                ])
            })
            .collect(),
        title: "Feedback Trend",
        subtitle: format!(
            "Average feedback rating per day is around {:.1} stars",
            metrics::rounded(average, 1)
        ),
        x_axis: dates(),
        y_axis: YAxis::titled("Rated Tickets"),
        series: vec![
            Series::bar("Rated Tickets"),
            Series::line("Rating", Some("#48BB74")),
        ],
        stacked: false,
        y2_axis: Some(YAxis::up_to("Rating", 5)),
    })
}
