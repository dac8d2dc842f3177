//! First Response Time for Tickets: how long people waited for an answer, by day.

use helpdesk_core::db::{Kind, Scalar};
use helpdesk_core::prelude::*;
use helpdesk_core::report::{Column, Filter, Filters, Row, Table};

use super::selection::{created, days};
use super::{SUPPORT_TEAM, TICKET};
use crate::dashboard::tickets::{day, number};

helpdesk_core::report! {
    name: "First Response Time for Tickets",
    doctype: TICKET,
    roles: &[SUPPORT_TEAM],
    total_row: false,
    filters: &[
        Filter::date("from_date", "From Date"),
        Filter::date("to_date", "To Date"),
    ],
    run: run,
}

fn run(cx: &mut Cx, filters: &Filters) -> Result<Table> {
    let days = days(cx, filters)?;
    let mut query = helpdesk_core::db::Query::new();
    query
        .sql("SELECT ")
        .append(day("creation"))
        .sql(", avg(t.first_response_time)")
        .append(created(cx, days)?)
        .sql(" AND t.first_response_time > 0 GROUP BY 1 ORDER BY 1 DESC");
    let mut table = Table::new(vec![
        Column::new("creation_date", "Date", "Date").width(300),
        Column::new("first_response_time", "First Response Time", "Duration").width(300),
    ]);
    for row in cx.db().rows(query, &[Kind::Text, Kind::Float])? {
        let date = row.first().and_then(Scalar::as_str).unwrap_or_default();
        table.rows.push(Row::from_iter([
            ("creation_date".to_owned(), date.into()),
            (
                "first_response_time".to_owned(),
                number(&row, 1).unwrap_or(0.0).into(),
            ),
        ]));
    }
    Ok(table)
}
