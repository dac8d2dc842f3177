//! Tickets that wait for an agent.
//!
//! Source: spec/helpdesk-a.md §4.2.

use helpdesk_core::doctype::predicate::Predicate;
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

    /// The field they are ordered by, and whether the latest come first.
    fn order(self) -> (&'static str, bool) {
        match self {
            Kind::UpcomingSla => ("response_by", false),
            Kind::NewTickets => ("creation", true),
            Kind::Pending => ("last_customer_response", false),
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
    let shown = first(cx, kind, &filters, assigned)?;
    let mut tickets = query::list_values(
        cx,
        &ListRequest {
            fields: kind.fields().iter().copied().map(Value::from).collect(),
            filters: json!([["name", "in", shown]]),
            length: Some(SHOWN),
            ..ListRequest::of("HD Ticket")
        },
    )?;
    tickets.sort_by_key(|ticket| shown.iter().position(|name| name == text(ticket, "name")));
    for ticket in &mut tickets {
        let reason = reason(cx, kind, ticket);
        ticket.insert("reason".to_owned(), reason);
    }
    Ok(Pending {
        tickets,
        total_pending_tickets,
    })
}

/// Names of those of the last half year that come first. They are told by the index of open tickets; by their day, which
/// says less, a database would read each of them that anybody has.
fn first(cx: &mut Cx, kind: Kind, filters: &[Value], assigned: Predicate) -> Result<Vec<String>> {
    let (order, latest_first) = kind.order();
    let mut fields = vec![Value::from("name"), "creation".into()];
    if order != "creation" {
        fields.push(order.into());
    }
    let mut tickets = query::list_values(
        cx,
        &ListRequest {
            fields,
            filters: filters.to_vec().into(),
            also: vec![assigned],
            // As that index has them.
            order_by: "modified desc".to_owned(),
            ..ListRequest::of("HD Ticket")
        },
    )?;
    let today = cx.now().date();
    let (from, to) = (today.saturating_sub(6.months()).to_string(), today.to_string());
    tickets.retain(|ticket| {
        let day = text(ticket, "creation").get(..10).unwrap_or("");
        from.as_str() <= day && day <= to.as_str()
    });
    tickets.sort_by(|a, b| {
        let by = text(a, order).cmp(text(b, order));
        let by = if latest_first { by.reverse() } else { by };
        by.then_with(|| text(a, "name").cmp(text(b, "name")))
    });
    let names = tickets.iter().map(|ticket| text(ticket, "name").to_owned());
    Ok(names.take(SHOWN as usize).collect())
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
