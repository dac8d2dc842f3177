//! Tickets that wait for an agent.
//!
//! Source: spec/helpdesk-a.md §4.2.

use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use jiff::ToSpan as _;
use schemars::JsonSchema;

use super::relative;
use crate::metrics::{Scope, before};
use crate::rows::{self, Row, text};

/// Tickets shown.
const SHOWN: u64 = 6;
/// For how many days a ticket is new to an agent.
const NEW_DAYS: i64 = 7;

/// Tickets that wait for the caller.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Pending {
    /// Each with its `reason`: `type`, `text` and for agreements `seconds_until_due`.
    tickets: Vec<Row>,
    total_pending_tickets: i64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    UpcomingSla,
    NewTickets,
    Pending,
}

impl Kind {
    fn parse(name: &str) -> Result<Kind> {
        Ok(match name {
            "upcoming_sla" => Kind::UpcomingSla,
            "new_tickets" => Kind::NewTickets,
            "pending" => Kind::Pending,
            _ => return Err(invalid("ticket_type is upcoming_sla, new_tickets or pending")),
        })
    }

    fn fields(self) -> &'static [&'static str] {
        match self {
            Kind::UpcomingSla => &[
                "name",
                "subject",
                "status",
                "priority",
                "agent_group",
                "response_by",
                "resolution_by",
                "agreement_status",
                "creation",
            ],
            Kind::NewTickets => &["name", "subject", "status", "priority", "agent_group", "creation"],
            Kind::Pending => &[
                "name",
                "subject",
                "status",
                "priority",
                "agent_group",
                "creation",
                "last_customer_response",
            ],
        }
    }

    fn order(self) -> &'static str {
        match self {
            Kind::UpcomingSla => "response_by asc",
            Kind::NewTickets => "creation desc",
            Kind::Pending => "last_customer_response asc",
        }
    }
}

/// The first tickets of a kind that wait for the caller, and how many there are.
///
/// # Errors
/// 417 for another kind.
pub(super) fn of(cx: &mut Cx, kind: &str) -> Result<Pending> {
    let kind = Kind::parse(kind)?;
    let mut filters = vec![json!(["status_category", "=", "Open"])];
    match kind {
        Kind::UpcomingSla => {
            filters.push(json!(["sla", "is", "set"]));
            filters.push(json!([
                "agreement_status",
                "in",
                ["First Response Due", "Resolution Due"]
            ]));
        }
        Kind::NewTickets => filters.push(json!(["name", "in", assigned_lately(cx)?])),
        Kind::Pending => filters.push(json!(["last_customer_response", "is", "set"])),
    }
    let assigned = Scope::Agent(cx.user().to_owned()).predicate();
    let total_pending_tickets = query::count(
        cx,
        &ListRequest {
            filters: filters.clone().into(),
            also: vec![assigned.clone()],
            ignore_permissions: true,
            ..ListRequest::of("HD Ticket")
        },
    )?;
    let today = cx.now().date();
    let half_year = today.saturating_sub(6.months()).to_string();
    filters.push(json!(["creation", "between", [half_year, today.to_string()]]));
    let mut tickets = query::list_values(
        cx,
        &ListRequest {
            fields: kind.fields().iter().copied().map(Value::from).collect(),
            filters: filters.into(),
            also: vec![assigned],
            order_by: kind.order().to_owned(),
            length: Some(SHOWN),
            ..ListRequest::of("HD Ticket")
        },
    )?;
    for ticket in &mut tickets {
        let reason = reason(cx, kind, ticket);
        ticket.insert("reason".to_owned(), reason);
    }
    Ok(Pending {
        tickets,
        total_pending_tickets,
    })
}

/// Tickets assigned to the caller in the last days, still open.
fn assigned_lately(cx: &mut Cx) -> Result<Vec<String>> {
    let since = before(cx.now().date(), NEW_DAYS).to_string();
    let user = cx.user().to_owned();
    let todos = rows::all(
        cx,
        "ToDo",
        &["reference_name"],
        json!([
            ["reference_type", "=", "HD Ticket"],
            ["allocated_to", "=", user],
            ["status", "=", "Open"],
            ["creation", ">=", since]
        ]),
        "creation asc",
    )?;
    Ok(todos
        .iter()
        .map(|todo| text(todo, "reference_name").to_owned())
        .collect())
}

fn reason(cx: &Cx, kind: Kind, ticket: &Row) -> Value {
    let now = cx.now();
    let at = |field: &str| parse_datetime(text(ticket, field));
    match kind {
        Kind::NewTickets => json!({ "type": "new_tickets", "text": "Recently assigned" }),
        Kind::Pending => {
            let waits = relative::since(at("last_customer_response"), now);
            json!({ "type": "pending", "text": format!("Pending for {waits}") })
        }
        Kind::UpcomingSla => {
            let (what, due) = if text(ticket, "agreement_status") == "Resolution Due" {
                ("Resolution", at("resolution_by"))
            } else {
                ("Response", at("response_by"))
            };
            let text = match relative::until(due, now).as_str() {
                "overdue" => format!("{what} overdue"),
                left => format!("{what} due in {left}"),
            };
            let seconds = due.map(|due| now.duration_until(due).as_secs_f64());
            json!({ "type": "upcoming_sla", "text": text, "seconds_until_due": seconds })
        }
    }
}
