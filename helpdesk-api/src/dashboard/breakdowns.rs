//! Four charts of what tickets are made up of.
//!
//! Source: spec/helpdesk-b.md §5.3.

use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use super::tickets::{Scope, count};
use super::trends::{Axis, Series, XAxis, YAxis};
use super::{Days, Part};
use crate::rows::Row;

/// A chart of shares.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pie {
    /// `pie`.
    r#type: &'static str,
    /// What is counted, by the key of the chart, and its `count`.
    data: Vec<Row>,
    title: &'static str,
    subtitle: &'static str,
    category_column: &'static str,
    value_column: &'static str,
}

/// From how many kinds on a pie is hard to read.
const TOO_MANY_FOR_A_PIE: usize = 7;

/// What tickets are told apart by.
struct Breakdown {
    /// Name in the rows.
    key: &'static str,
    field: &'static str,
    title: &'static str,
    shares: &'static str,
    counts: &'static str,
    axis: &'static str,
    /// What tickets without a value count as.
    without: Option<&'static str>,
}

const BREAKDOWNS: [Breakdown; 3] = [
    Breakdown {
        key: "team",
        field: "agent_group",
        title: "Tickets by Team",
        shares: "Share of each team",
        counts: "Number of tickets of each team",
        axis: "Team",
        without: Some("No Team"),
    },
    Breakdown {
        key: "type",
        field: "ticket_type",
        title: "Tickets by Type",
        shares: "Share of each type",
        counts: "Number of tickets of each type",
        axis: "Type",
        without: None,
    },
    Breakdown {
        key: "priority",
        field: "priority",
        title: "Tickets by Priority",
        shares: "Share of each priority",
        counts: "Number of tickets of each priority",
        axis: "Priority",
        without: None,
    },
];

/// The four charts.
///
/// # Errors
/// A database failure.
pub(super) fn all(cx: &mut Cx, scope: &Scope, days: Days) -> Result<Vec<Part>> {
    let mut parts = Vec::with_capacity(4);
    for breakdown in &BREAKDOWNS {
        parts.push(by_field(cx, scope, days, breakdown)?);
    }
    parts.push(by_channel(cx, scope, days)?);
    Ok(parts)
}

fn row(key: &'static str, value: Value, count: i64) -> Row {
    Row::from_iter([(key.to_owned(), value), ("count".to_owned(), count.into())])
}

fn by_field(cx: &mut Cx, scope: &Scope, days: Days, by: &Breakdown) -> Result<Part> {
    let mut query = Query::new();
    query.sql("SELECT ");
    match by.without {
        Some(without) => query
            .sql("coalesce(nullif(t.")
            .ident(by.field)
            .sql(", ''), ")
            .text(without)
            .sql(")"),
        None => query.sql("t.").ident(by.field),
    };
    query.sql(", count(*)");
    query.append(scope.within("creation", days));
    query.sql(" GROUP BY 1 ORDER BY 2 DESC, 1");
    let data: Vec<Row> = cx
        .db()
        .rows(query, &[Kind::Text, Kind::Int])?
        .iter()
        .map(|cells| {
            let value = cells.first().and_then(Scalar::as_str);
            row(by.key, value.map_or(Value::Null, Value::from), count(cells, 1))
        })
        .collect();
    Ok(if data.len() < TOO_MANY_FOR_A_PIE {
        Part::Pie(Pie {
            r#type: "pie",
            data,
            title: by.title,
            subtitle: by.shares,
            category_column: by.key,
            value_column: "count",
        })
    } else {
        Part::Axis(Axis {
            r#type: "axis",
            data,
            title: by.title,
            subtitle: by.counts.to_owned(),
            x_axis: XAxis {
                key: by.key,
                r#type: "category",
                title: by.axis,
                time_grain: "day",
            },
            y_axis: YAxis::titled("Tickets"),
            series: vec![Series::bar("count")],
            stacked: false,
            y2_axis: None,
        })
    })
}

fn by_channel(cx: &mut Cx, scope: &Scope, days: Days) -> Result<Part> {
    let mut query = Query::new();
    query.sql("SELECT CASE WHEN t.via_customer_portal = 1 THEN 1 ELSE 0 END, count(*)");
    query.append(scope.within("creation", days));
    query.sql(" GROUP BY 1 ORDER BY 1 DESC");
    let data = cx
        .db()
        .rows(query, &[Kind::Int, Kind::Int])?
        .iter()
        .map(|cells| {
            let channel = if count(cells, 0) == 1 { "Portal" } else { "Email" };
            row("channel", channel.into(), count(cells, 1))
        })
        .collect();
    Ok(Part::Pie(Pie {
        r#type: "pie",
        data,
        title: "Tickets by Channel",
        subtitle: "Share of each channel",
        category_column: "channel",
        value_column: "count",
    }))
}
