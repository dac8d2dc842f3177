//! What tickets are counted by.

use helpdesk_core::prelude::*;
use helpdesk_core::report::{Column, Filter, Filters};

use crate::rows::{Row, text};

/// Rows of tickets that have none.
const NOT_SPECIFIED: &str = "Not Specified";

pub(super) const BASED_ON: Filter = Filter::choice(
    "based_on",
    "Based On",
    &["Contact", "Ticket Type", "Ticket Priority", "Assigned To"],
);

/// What tickets are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entity {
    Contact,
    Type,
    Priority,
    /// Each of those a ticket is assigned to.
    Assignee,
}

impl Entity {
    /// As the filter [`BASED_ON`] says.
    pub(super) fn of(filters: &Filters) -> Entity {
        match filters.text("based_on") {
            "Ticket Type" => Entity::Type,
            "Ticket Priority" => Entity::Priority,
            "Assigned To" => Entity::Assignee,
            _ => Entity::Contact,
        }
    }

    /// The field of tickets that says it.
    pub(super) fn field(self) -> &'static str {
        match self {
            Entity::Contact => "contact",
            Entity::Type => "ticket_type",
            Entity::Priority => "priority",
            Entity::Assignee => "_assign",
        }
    }

    /// The first column of a report.
    pub(super) fn column(self) -> Column {
        let column = match self {
            Entity::Contact => Column::new("contact", "Contact", "Link").link("Contact"),
            Entity::Type => Column::new("ticket_type", "Ticket Type", "Link").link("HD Ticket Type"),
            Entity::Priority => Column::new("priority", "Priority", "Link").link("HD Ticket Priority"),
            Entity::Assignee => Column::new("user", "User", "Link").link("User"),
        };
        column.width(200)
    }

    /// Who or what a group of tickets counts for.
    pub(super) fn names(self, row: &Row) -> Vec<String> {
        let value = text(row, self.field());
        if self != Entity::Assignee {
            let name = if value.is_empty() { NOT_SPECIFIED } else { value };
            return vec![name.to_owned()];
        }
        let mut users: Vec<String> = serde_json::from_str(value).unwrap_or_default();
        users.dedup();
        users
    }
}

/// A count or sum of a row.
pub(super) fn number(row: &Row, key: &str) -> f64 {
    row.get(key).and_then(Value::as_f64).unwrap_or(0.0)
}
