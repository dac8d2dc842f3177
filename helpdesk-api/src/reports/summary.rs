//! Ticket Summary: tickets by status, how agreements were kept, and how long things took.
//!
//! Source: spec/helpdesk-b.md §15.2.

use std::collections::BTreeMap;

use helpdesk_core::prelude::*;
use helpdesk_core::query;
use helpdesk_core::report::{Column, Filter, Filters, Row, Table};

use super::entity::{BASED_ON, Entity, number};
use super::selection::{days, opened};
use super::{SUPPORT_TEAM, TICKET, scrub};
use crate::rows::{self, text};

helpdesk_core::report! {
    name: "Ticket Summary",
    doctype: TICKET,
    roles: &[SUPPORT_TEAM],
    total_row: false,
    filters: &[
        BASED_ON.required(),
        Filter::date("from_date", "From Date").required(),
        Filter::date("to_date", "To Date").required(),
        Filter::link("status", "Status", "HD Ticket Status"),
        Filter::link("priority", "Priority", "HD Ticket Priority"),
        Filter::link("contact", "Contact", "Contact"),
        Filter::link("ticket_type", "Ticket Type", "HD Ticket Type"),
        Filter::link("assigned_to", "Assigned To", "User"),
    ],
    run: run,
}

/// Bars of the chart at most.
const MOST_BARS: usize = 30;

/// How agreements fared.
const AGREEMENTS: [(&str, &str); 3] = [
    ("failed", "SLA Failed"),
    ("fulfilled", "SLA Fulfilled"),
    ("ongoing", "SLA Ongoing"),
];

/// What is averaged: key, label, field of tickets.
const TIMES: [(&str, &str, &str); 5] = [
    (
        "avg_first_response_time",
        "Avg First Response Time",
        "first_response_time",
    ),
    ("avg_response_time", "Avg Response Time", "avg_response_time"),
    ("avg_hold_time", "Avg Hold Time", "total_hold_time"),
    ("avg_resolution_time", "Avg Resolution Time", "resolution_time"),
    (
        "avg_user_resolution_time",
        "Avg User Resolution Time",
        "user_resolution_time",
    ),
];

/// A status tickets can have, as a column.
struct Status {
    name: String,
    key: String,
    label: String,
    color: &'static str,
    indicator: &'static str,
}

/// Figures of one row.
#[derive(Clone, Debug, Default)]
struct Figures {
    tickets: f64,
    /// By status, in their order.
    statuses: Vec<f64>,
    /// As [`AGREEMENTS`].
    agreements: [f64; 3],
    /// Sum and number of what is averaged, as [`TIMES`].
    times: [(f64, f64); 5],
}

fn run(cx: &mut Cx, filters: &Filters) -> Result<Table> {
    let statuses = statuses(cx)?;
    let entity = Entity::of(filters);
    let figures = figures(cx, filters, entity, &statuses)?;

    let column = entity.column();
    let key = column.fieldname.clone();
    let mut table = Table::new(columns(column, &statuses));
    for (name, figures) in &figures {
        table.rows.push(row(&key, name, figures, &statuses, entity));
    }
    let bars: Vec<(&String, &Figures)> = figures.iter().take(MOST_BARS).collect();
    let datasets: Vec<Value> = statuses
        .iter()
        .enumerate()
        .map(|(place, status)| {
            let values: Vec<f64> = bars.iter().map(|(_, figures)| figures.statuses[place]).collect();
            json!({ "name": status.label, "values": values })
        })
        .collect();
    let labels: Vec<&String> = bars.iter().map(|(name, _)| *name).collect();
    let colors: Vec<&str> = statuses.iter().map(|status| status.color).collect();
    table.chart = json!({
        "type": "bar",
        "data": { "labels": labels, "datasets": datasets },
        "barOptions": { "stacked": true },
        "colors": colors,
    });
    let totals = statuses.iter().enumerate().map(|(place, status)| {
        let total: f64 = figures.values().map(|figures| figures.statuses[place]).sum();
        json!({ "value": total, "label": status.label, "datatype": "Int", "indicator": status.indicator })
    });
    table.summary = Some(totals.collect());
    Ok(table)
}

/// The statuses in use, in their order.
fn statuses(cx: &mut Cx) -> Result<Vec<Status>> {
    let fields = ["name", "label_agent", "color", "category"];
    let stored = rows::all(
        cx,
        "HD Ticket Status",
        &fields,
        json!({ "enabled": 1 }),
        "`order` asc, name asc",
    )?;
    let mut statuses: Vec<Status> = Vec::new();
    for row in &stored {
        let label = text(row, "label_agent");
        let mut key = scrub(label);
        // A status may be called like another column.
        let is_taken = |key: &str| {
            let others = AGREEMENTS.map(|(key, _)| key).into_iter();
            let mut others = others.chain(TIMES.map(|(key, ..)| key)).chain([
                "total_tickets",
                "contact",
                "ticket_type",
                "priority",
                "user",
            ]);
            others.any(|other| other == key) || statuses.iter().any(|status| status.key == key)
        };
        while is_taken(&key) {
            key.push_str("_status");
        }
        statuses.push(Status {
            name: text(row, "name").to_owned(),
            key,
            label: label.to_owned(),
            color: color(text(row, "color")),
            indicator: match text(row, "category") {
                "Open" => "Red",
                "Paused" => "Orange",
                "Resolved" => "Green",
                _ => "Grey",
            },
        });
    }
    Ok(statuses)
}

/// A colour of statuses in the chart.
fn color(name: &str) -> &'static str {
    match name.to_ascii_lowercase().as_str() {
        "black" => "#1f2937",
        "blue" => "#3b82f6",
        "green" => "#22a35a",
        "red" => "#e04f4f",
        "pink" => "#e879b0",
        "orange" => "#f08a3c",
        "amber" => "#f2b233",
        "yellow" => "#ead94c",
        "cyan" => "#30b8d0",
        "teal" => "#1ba394",
        "violet" => "#8f6fe8",
        "purple" => "#a85fd6",
        _ => "#9aa3af",
    }
}

fn columns(entity: Column, statuses: &[Status]) -> Vec<Column> {
    let mut columns = vec![entity];
    columns.extend(
        statuses
            .iter()
            .map(|status| Column::new(status.key.clone(), status.label.clone(), "Int").width(100)),
    );
    columns.push(Column::new("total_tickets", "Total Tickets", "Int").width(100));
    columns.extend(AGREEMENTS.map(|(key, label)| Column::new(key, label, "Int").width(100)));
    columns.extend(TIMES.map(|(key, label, _)| Column::new(key, label, "Duration").width(180)));
    columns
}

/// Figures by entity, the entities by name.
fn figures(
    cx: &mut Cx,
    filters: &Filters,
    entity: Entity,
    statuses: &[Status],
) -> Result<BTreeMap<String, Figures>> {
    let days = days(cx, filters)?;
    let mut fields = vec![
        entity.field().into(),
        "status".into(),
        "agreement_status".into(),
        json!({ "COUNT": "*", "as": "tickets" }),
    ];
    for (key, _, field) in TIMES {
        fields.push(json!({ "SUM": field, "as": key }));
        fields.push(json!({ "COUNT": field, "as": format!("{key}_count") }));
    }
    let request = opened(
        cx,
        filters,
        days,
        fields,
        &[entity.field(), "status", "agreement_status"],
    );
    let mut all: BTreeMap<String, Figures> = BTreeMap::new();
    for row in query::list_values(cx, &request)? {
        let tickets = number(&row, "tickets");
        let status = statuses
            .iter()
            .position(|status| status.name.eq_ignore_ascii_case(text(&row, "status")));
        let agreement = match text(&row, "agreement_status") {
            "" => None,
            "Failed" => Some(0),
            "Fulfilled" => Some(1),
            _ => Some(2),
        };
        for name in entity.names(&row) {
            let figures = all.entry(name).or_default();
            figures.statuses.resize(statuses.len(), 0.0);
            figures.tickets += tickets;
            if let Some(status) = status {
                figures.statuses[status] += tickets;
            }
            if let Some(agreement) = agreement {
                figures.agreements[agreement] += tickets;
            }
            for ((sum, count), (key, ..)) in figures.times.iter_mut().zip(TIMES) {
                *sum += number(&row, key);
                *count += number(&row, &format!("{key}_count"));
            }
        }
    }
    Ok(all)
}

fn row(key: &str, name: &str, figures: &Figures, statuses: &[Status], entity: Entity) -> Row {
    let mut row = Row::from_iter([(key.to_owned(), Value::from(name))]);
    for (status, count) in statuses.iter().zip(&figures.statuses) {
        row.insert(status.key.clone(), (*count).into());
    }
    row.insert("total_tickets".to_owned(), figures.tickets.into());
    for ((key, _), count) in AGREEMENTS.iter().zip(figures.agreements) {
        row.insert((*key).to_owned(), count.into());
    }
    for ((key, ..), (sum, count)) in TIMES.iter().zip(figures.times) {
        // Of an assignee's tickets those without a time count as none at all.
        let count = if entity == Entity::Assignee {
            figures.tickets
        } else {
            count
        };
        let mean = if count > 0.0 { (sum / count).round() } else { 0.0 };
        row.insert((*key).to_owned(), mean.into());
    }
    row
}
