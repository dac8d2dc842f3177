//! Support Hour Distribution: at which hours tickets come in, by day.

use std::collections::BTreeMap;

use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::prelude::*;
use helpdesk_core::report::{Column, Filter, Filters, Row, Table};
use jiff::ToSpan as _;

use super::selection::{created, days};
use super::{SUPPORT_TEAM, TICKET};
use crate::dashboard::tickets::{count, day};

/// Three hours each, from midnight on.
const SLOTS: [&str; 8] = [
    "12AM - 3AM",
    "3AM - 6AM",
    "6AM - 9AM",
    "9AM - 12PM",
    "12PM - 3PM",
    "3PM - 6PM",
    "6PM - 9PM",
    "9PM - 12AM",
];

helpdesk_core::report! {
    name: "Support Hour Distribution",
    doctype: TICKET,
    roles: &[SUPPORT_TEAM, "System Manager"],
    total_row: false,
    filters: &[
        Filter::date("from_date", "From Date"),
        Filter::date("to_date", "To Date"),
    ],
    run: run,
}

fn run(cx: &mut Cx, filters: &Filters) -> Result<Table> {
    let (from, to) = days(cx, filters)?;
    let mut query = Query::new();
    query
        .sql("SELECT ")
        .append(day("creation"))
        .sql(", CAST(substr(CAST(t.creation AS TEXT), 12, 2) AS INTEGER), count(*)")
        .append(created(cx, (from, to))?)
        .sql(" GROUP BY 1, 2");
    let mut counts: BTreeMap<String, [i64; 8]> = BTreeMap::new();
    for row in cx.db().rows(query, &[Kind::Text, Kind::Int, Kind::Int])? {
        let date = row.first().and_then(Scalar::as_str).unwrap_or_default();
        let slot = usize::try_from(count(&row, 1) / 3).unwrap_or(0);
        if let Some(slot) = counts.entry(date.to_owned()).or_default().get_mut(slot) {
            *slot += count(&row, 2);
        }
    }

    let mut columns = vec![Column::new("date", "Date", "Date").width(100)];
    columns.extend(SLOTS.map(|slot| Column::new(slot, slot, "Int")));
    let mut table = Table::new(columns);
    let mut totals = [0; 8];
    let mut date = from;
    // Days without tickets have a row, too.
    while date <= to {
        let of_day = counts.remove(&date.to_string()).unwrap_or_default();
        let mut row = Row::from_iter([("date".to_owned(), Value::from(date.to_string()))]);
        for ((slot, count), total) in SLOTS.iter().zip(of_day).zip(&mut totals) {
            row.insert((*slot).to_owned(), count.into());
            *total += count;
        }
        table.rows.push(row);
        date = date.saturating_add(1.day());
        if date == jiff::civil::Date::MAX {
            break;
        }
    }
    table.chart = json!({
        "type": "line",
        "data": { "labels": SLOTS, "datasets": [{ "name": "Tickets", "values": totals }] },
    });
    Ok(table)
}
