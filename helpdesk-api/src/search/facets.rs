//! What searches can be filtered by, counted.
//!
//! Source: spec/helpdesk-b.md §4.4, and the recorded answer.

use std::collections::BTreeMap;

use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use super::tables::Visible;

type Counts = BTreeMap<String, i64>;

/// How many documents there are of each.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct FilterOptions {
    /// Tickets by team.
    teams: Counts,
    /// Tickets by status.
    statuses: Counts,
    /// Tickets by priority.
    priorities: Counts,
    /// Always empty.
    customers: Counts,
    /// Documents by DocType.
    doctypes: Counts,
}

pub(super) fn of_caller(cx: &mut Cx) -> Result<FilterOptions> {
    let visible = match Visible::to_caller(cx) {
        // Who may list no tickets finds none.
        Err(error) if error.kind() == ErrorKind::PermissionError => return Ok(FilterOptions::default()),
        visible => visible?,
    };
    let mut options = FilterOptions::default();
    for (column, counts) in [
        ("agent_group", &mut options.teams),
        ("status", &mut options.statuses),
        ("priority", &mut options.priorities),
    ] {
        if visible.hides(column) {
            continue;
        }
        let mut query = Query::new();
        query
            .sql("SELECT t.")
            .ident(column)
            .sql(", count(*) FROM \"tabHD Ticket\" AS t WHERE ");
        query
            .append(visible.tickets.to_sql("t"))
            .sql(" GROUP BY t.")
            .ident(column);
        for row in cx.db().rows(query, &[Kind::Text, Kind::Int])? {
            if let [Scalar::Text(value), Scalar::Int(count)] = row.as_slice()
                && !value.is_empty()
            {
                *counts.entry(value.to_string()).or_default() += count;
            }
        }
    }
    let mut joins = vec![("HD Ticket", "")];
    if visible.all {
        joins.push((
            "HD Ticket Comment",
            " JOIN \"tabHD Ticket Comment\" AS c ON c.reference_ticket = t.name",
        ));
        joins.push((
            "Communication",
            " JOIN \"tabCommunication\" AS m ON m.reference_doctype = 'HD Ticket' AND m.reference_name = t.name",
        ));
    }
    joins.retain(|(doctype, _)| !visible.closed.is_whole(doctype));
    for (doctype, join) in joins {
        let mut query = Query::new();
        query
            .sql("SELECT count(*) FROM \"tabHD Ticket\" AS t")
            .sql(join)
            .sql(" WHERE ");
        query.append(visible.tickets.to_sql("t"));
        let count = cx.db().count(query)?;
        if count > 0 {
            options.doctypes.insert(doctype.to_owned(), count);
        }
    }
    Ok(options)
}
