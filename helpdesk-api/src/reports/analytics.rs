//! Ticket Analytics: how many tickets were opened, by period and by contact, type, priority or assignee.
//!
//! Source: spec/helpdesk-b.md §15.1.

use std::collections::BTreeMap;

use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::prelude::*;
use helpdesk_core::query;
use helpdesk_core::report::{Column, Filter, Filters, Row, Table};

use super::entity::{BASED_ON, Entity, number};
use super::periods::{Periods, RANGE};
use super::selection::{days, opened};
use super::{SUPPORT_TEAM, TICKET, scrub};
use crate::rows::text;

helpdesk_core::report! {
    name: "Ticket Analytics",
    doctype: TICKET,
    roles: &[SUPPORT_TEAM],
    total_row: true,
    filters: &[
        BASED_ON.required(),
        Filter::date("from_date", "From Date").required(),
        Filter::date("to_date", "To Date").required(),
        RANGE.required(),
        Filter::link("status", "Status", "HD Ticket Status"),
        Filter::link("priority", "Priority", "HD Ticket Priority"),
        Filter::link("contact", "Contact", "Contact"),
        Filter::link("assigned_to", "Assigned To", "User"),
    ],
    run: run,
}

fn run(cx: &mut Cx, filters: &Filters) -> Result<Table> {
    let days = days(cx, filters)?;
    let entity = Entity::of(filters);
    let periods = Periods::of(filters, days);
    let fields = vec![
        entity.field().into(),
        "opening_date".into(),
        json!({ "COUNT": "*", "as": "tickets" }),
    ];
    let request = opened(cx, filters, days, fields, &[entity.field(), "opening_date"]);
    let mut counts: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in query::list_values(cx, &request)? {
        let opened = parse_datetime(text(&row, "opening_date"));
        let Some(place) = opened.and_then(|at| periods.place(at.date())) else {
            continue;
        };
        for name in entity.names(&row) {
            let of_name = counts.entry(name).or_insert_with(|| vec![0.0; periods.0.len()]);
            of_name[place] += number(&row, "tickets");
        }
    }

    let column = entity.column();
    let key = column.fieldname.clone();
    let mut columns = vec![column];
    columns.extend(
        periods
            .0
            .iter()
            .map(|period| Column::new(scrub(&period.label), period.label.clone(), "Int")),
    );
    columns.push(Column::new("total", "Total", "Int"));
    let mut table = Table::new(columns);
    for (name, of_name) in counts {
        let mut row = Row::from_iter([(key.clone(), Value::from(name))]);
        for (period, count) in periods.0.iter().zip(&of_name) {
            row.insert(scrub(&period.label), (*count).into());
        }
        row.insert("total".to_owned(), of_name.iter().sum::<f64>().into());
        table.rows.push(row);
    }
    let labels: Vec<&str> = periods.0.iter().map(|period| period.label.as_str()).collect();
    table.chart = json!({ "type": "line", "data": { "labels": labels, "datasets": [] } });
    Ok(table)
}
