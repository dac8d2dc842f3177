//! The standard views of the ticket list.

use helpdesk_core::install::put;
use helpdesk_core::prelude::*;

use crate::views::TICKET_ROWS;

/// Fields the first three views fetch beside those of every list of tickets.
const MORE_ROWS: [&str; 3] = ["feedback_rating", "owner", "modified_by"];

/// Fields the feedback view fetches.
const FEEDBACK_ROWS: [&str; 14] = [
    "name",
    "owner",
    "_seen",
    "creation",
    "modified_by",
    "_assign",
    "modified",
    "subject",
    "response_by",
    "resolution_by",
    "feedback_rating",
    "feedback",
    "feedback_extra",
    "contact",
];

pub(super) fn install(cx: &mut Cx) -> Result<()> {
    let mine = json!(["LIKE", "%@me%"]);
    let quarter = json!(["timespan", "last 90 days"]);
    let tickets = ticket_columns();
    let rows = [&TICKET_ROWS[..], &MORE_ROWS].concat();
    view(
        cx,
        [
            "STD-VIEW-SLA-ALERTS",
            "SLA Alerts",
            "clock-alert",
            "response_by asc",
        ],
        json!({
            "sla": ["is", "set"],
            "agreement_status": ["in", "First Response Due,Resolution Due"],
            "status_category": "Open",
            "_assign": mine,
            "creation": quarter,
        }),
        &tickets,
        &rows,
    )?;
    view(
        cx,
        [
            "STD-VIEW-RECENTLY-ASSIGNED-TICKETS",
            "Recently Assigned Tickets",
            "user-check",
            "creation desc",
        ],
        json!({ "__assigned_on": ["timespan", "last 7 days"], "status_category": "Open", "_assign": mine }),
        &tickets,
        &rows,
    )?;
    view(
        cx,
        [
            "STD-VIEW-PENDING-TICKETS",
            "Pending Tickets",
            "hourglass",
            "last_customer_response asc",
        ],
        json!({
            "_assign": mine,
            "status_category": "Open",
            "last_customer_response": ["is", "set"],
            "creation": quarter,
        }),
        &tickets,
        &rows,
    )?;
    view(
        cx,
        [
            "STD-VIEW-ALL-FEEDBACK",
            "My Feedback",
            "star",
            "feedback_rating desc",
        ],
        json!({ "_assign": mine, "feedback_rating": ["is", "set"] }),
        &feedback_columns(),
        &FEEDBACK_ROWS,
    )
}

fn view(
    cx: &mut Cx,
    [name, label, icon, order_by]: [&str; 4],
    filters: Value,
    columns: &Value,
    rows: &[&str],
) -> Result<()> {
    let view = json!({
        "name": name,
        "label": label,
        "icon": icon,
        "order_by": order_by,
        "filters": filters.to_string(),
        "columns": columns.to_string(),
        "rows": serde_json::to_string(rows)?,
        "dt": "HD Ticket",
        "type": "list",
        "route_name": "TicketsAgent",
        "user": "Administrator",
        "is_standard": 1,
        "public": 1,
    });
    put(cx, "HD View", view).map(|_| ())
}

/// The agents' columns of the ticket list.
fn ticket_columns() -> Value {
    json!([
        { "label": "ID", "type": "Int", "key": "name", "width": "5rem" },
        { "label": "Subject", "type": "Data", "key": "subject", "width": "25rem" },
        { "label": "Status", "type": "Select", "key": "status", "width": "8rem" },
        { "label": "First response", "type": "Datetime", "key": "response_by", "width": "8rem" },
        { "label": "Resolution", "type": "Datetime", "key": "resolution_by", "width": "8rem" },
        { "label": "Assigned To", "type": "MultipleAvatar", "key": "_assign", "width": "8rem" },
        { "label": "Customer", "type": "Link", "key": "customer", "options": "HD Customer", "width": "8rem" },
        { "label": "Priority", "type": "Link", "options": "HD Ticket Priority", "key": "priority", "width": "10rem" },
        { "label": "Type", "type": "Link", "options": "HD Ticket Type", "key": "ticket_type", "width": "11rem" },
        { "label": "Team", "type": "Link", "options": "HD Team", "key": "agent_group", "width": "10rem" },
        { "label": "Contact", "type": "Link", "key": "contact", "options": "Contact", "width": "8rem" },
        { "label": "Rating", "type": "Rating", "key": "feedback_rating", "width": "10rem" },
        { "label": "Created", "type": "Datetime", "key": "creation", "options": "Contact", "width": "8rem" },
    ])
}

fn feedback_columns() -> Value {
    let column = |label: &str, kind: &str, key: &str, width: &str| json!({ "label": label, "type": kind, "key": key, "width": width, "align": "left" });
    json!([
        { "label": "ID", "type": "Data", "key": "name", "width": "5rem" },
        column("Subject", "Data", "subject", "16rem"),
        column("Rating", "Rating", "feedback_rating", "8rem"),
        column("Contact", "Link", "contact", "10rem"),
        column("Feedback (Option)", "Link", "feedback", "10rem"),
        column("Feedback (Extra)", "Long Text", "feedback_extra", "10rem"),
        column("First response", "Datetime", "response_by", "7rem"),
        column("Resolution By", "Datetime", "resolution_by", "7rem"),
    ])
}
