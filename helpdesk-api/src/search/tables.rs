//! From a document of the index to its ticket, and who may see it.

use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::doctype::permissions::{list_rule, meta_of};
use helpdesk_core::doctype::predicate::Predicate;
use helpdesk_core::prelude::*;
use helpdesk_core::search::rights::sees;
use helpdesk_core::search::{Closed, Hit, Scope};

use super::INDEX;
use super::filters::Filters;
use crate::agents::is_agent;

/// What the caller may find.
#[derive(Clone, Debug)]
pub(super) struct Visible {
    /// Which tickets.
    pub(super) tickets: Predicate,
    /// Whether comments and mails too: they are between agents, or not all for this customer.
    pub(super) all: bool,
    /// Texts that are closed to the caller.
    pub(super) closed: Closed,
    /// Columns that are closed to the caller.
    hidden: Vec<&'static str>,
}

/// Fields that columns are read of.
const FIELDS: [(&str, &str, &str); 6] = [
    ("agent_group", "HD Ticket", "agent_group"),
    ("customer", "HD Ticket", "customer"),
    ("status", "HD Ticket", "status"),
    ("priority", "HD Ticket", "priority"),
    ("owner", "HD Ticket Comment", "commented_by"),
    ("owner", "Communication", "sender"),
];

impl Visible {
    /// # Errors
    /// 403 if the caller may list no tickets.
    pub(super) fn to_caller(cx: &mut Cx) -> Result<Visible> {
        let meta = meta_of(cx, "HD Ticket")?;
        Ok(Visible {
            tickets: list_rule(cx, &meta)?,
            all: is_agent(cx)?,
            closed: Closed::to_caller(cx, INDEX),
            hidden: FIELDS
                .iter()
                .filter(|(_, doctype, field)| !sees(cx, doctype, field))
                .map(|(column, _, _)| *column)
                .collect(),
        })
    }

    /// Whether the caller may not see what a column holds.
    pub(super) fn hides(&self, column: &str) -> bool {
        self.hidden.contains(&column)
    }

    /// How the index is asked for it.
    pub(super) fn scope(&self, filters: &Filters) -> Scope<'static> {
        let mut condition = self.tickets.to_sql("t");
        if !self.all {
            condition.sql(" AND s.doctype = 'HD Ticket'");
        }
        condition.append(filters.condition(|column| self.hides(column)));
        let mut columns = Query::new();
        for (name, column) in COLUMNS {
            let column = if self.hides(name) {
                "CAST(NULL AS TEXT)"
            } else {
                column
            };
            columns.sql(", ").sql(column);
        }
        let kind = |name: &str| {
            if name == "modified" {
                Kind::DateTime
            } else {
                Kind::Text
            }
        };
        Scope {
            joins: joins(),
            condition,
            columns,
            kinds: COLUMNS.iter().map(|(name, _)| kind(name)).collect(),
            closed: self.closed.clone(),
        }
    }
}

/// `c` is a comment, `m` a mail, `t` the ticket.
fn joins() -> Query<'static> {
    let mut query = Query::new();
    query
        .sql(
            " LEFT JOIN \"tabHD Ticket Comment\" AS c ON s.doctype = 'HD Ticket Comment' AND c.name = s.name \
             LEFT JOIN \"tabCommunication\" AS m ON s.doctype = 'Communication' AND m.name = s.name \
             AND m.reference_doctype = 'HD Ticket'",
        )
        // From the words to the tickets, never the other way round.
        .either(" CROSS JOIN ", " JOIN ")
        .sql(
            "\"tabHD Ticket\" AS t ON t.name = CASE s.doctype WHEN 'HD Ticket' THEN s.name \
             WHEN 'HD Ticket Comment' THEN c.reference_ticket ELSE m.reference_name END",
        );
    query
}

/// What is read of each document beside its words.
const COLUMNS: [(&str, &str); 8] = [
    (
        "agent_group",
        "CASE s.doctype WHEN 'HD Ticket' THEN t.agent_group END",
    ),
    ("status", "CASE s.doctype WHEN 'HD Ticket' THEN t.status END"),
    ("priority", "CASE s.doctype WHEN 'HD Ticket' THEN t.priority END"),
    (
        "owner",
        "CASE s.doctype WHEN 'HD Ticket' THEN t.owner WHEN 'HD Ticket Comment' THEN c.commented_by ELSE m.sender END",
    ),
    ("reference_doctype", "m.reference_doctype"),
    ("reference_name", "m.reference_name"),
    ("reference_ticket", "t.name"),
    (
        "modified",
        "CASE s.doctype WHEN 'HD Ticket' THEN t.modified WHEN 'HD Ticket Comment' THEN c.modified ELSE m.modified END",
    ),
];

/// A column of a hit; `None` where it is unset.
pub(super) fn text<'a>(hit: &'a Hit, name: &str) -> Option<&'a str> {
    let at = COLUMNS.iter().position(|(column, _)| *column == name)?;
    hit.columns
        .get(at)
        .and_then(Scalar::as_str)
        .filter(|text| !text.is_empty())
}
