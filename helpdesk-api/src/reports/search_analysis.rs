//! Ticket-Search Analysis: which parts of the knowledge base a search for a ticket's subject finds.
//!
//! Source: spec/helpdesk-b.md §15.

use helpdesk_core::html::text_of;
use helpdesk_core::prelude::*;
use helpdesk_core::report::{Column, Filters, Row, Table};

use super::{SUPPORT_TEAM, TICKET};
use crate::article;
use crate::rows::{self, text};

helpdesk_core::report! {
    name: "Ticket-Search Analysis",
    doctype: TICKET,
    roles: &["System Manager", "Agent", SUPPORT_TEAM, "Supported Site User", "External Agent"],
    total_row: false,
    filters: &[],
    run: run,
}

/// Tickets looked at.
const TICKETS: u64 = 100;

fn run(cx: &mut Cx, _: &Filters) -> Result<Table> {
    let tickets = rows::listed(
        cx,
        TICKET,
        &["name", "subject"],
        json!([["agent_group", "like", "%FC%"]]),
        "creation desc",
        TICKETS,
    )?;
    let mut table = Table::new(vec![
        Column::new("name", "Ticket", "Link").link(TICKET),
        Column::new("subject", "Subject", "Data").width(400),
        Column::new("headings", "Headings", "Data").width(400),
        Column::new("score", "Score", "Float"),
    ]);
    for ticket in &tickets {
        let subject = text(ticket, "subject");
        let hits = article::search(cx, subject.to_owned())?;
        let headings: Vec<String> = hits.iter().map(|hit| text_of(&hit.headings)).collect();
        table.rows.push(Row::from_iter([
            ("name".to_owned(), text(ticket, "name").into()),
            ("subject".to_owned(), subject.into()),
            ("headings".to_owned(), headings.join(", ").into()),
            (
                "score".to_owned(),
                hits.iter().map(|hit| hit.score).sum::<f64>().into(),
            ),
        ]));
    }
    Ok(table)
}
