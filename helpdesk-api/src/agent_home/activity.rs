//! What an agent did last.
//!
//! Source: spec/helpdesk-a.md §4.2.

use std::collections::HashMap;

use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::prelude::*;
use jiff::civil::Time;
use schemars::JsonSchema;

use super::relative;
use crate::metrics::before;
use crate::rows::{self, text};

/// Tickets shown at most.
const MOST: usize = 20;

/// The last thing the caller did on a ticket.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Activity {
    /// The ticket.
    name: String,
    subject: String,
    /// `replied`, `commented`, `updated`, `viewed` or `assigned`.
    activity_type: &'static str,
    /// What was changed.
    text: Option<String>,
    /// How long ago.
    timestamp: String,
    creation: Value,
}

/// Where activities are found: the DocType, how it names the ticket and the caller, and what it tells.
type Source = (&'static str, &'static str, &'static str, &'static str);

/// Later ones win where two happened at the same moment.
const SOURCES: [Source; 5] = [
    ("Communication", "reference_name", "owner", "replied"),
    (
        "HD Ticket Comment",
        "reference_ticket",
        "commented_by",
        "commented",
    ),
    ("HD Ticket Activity", "ticket", "owner", "updated"),
    ("View Log", "reference_name", "viewed_by", "viewed"),
    ("ToDo", "reference_name", "assigned_by", "assigned"),
];

/// What the caller did since the day before the day before yesterday, the newest on each ticket, the newest first.
///
/// # Errors
/// A database failure.
pub(super) fn recent(cx: &mut Cx) -> Result<Vec<Activity>> {
    let now = cx.now();
    let since = before(now.date(), 3).to_datetime(Time::midnight()).to_string();
    let user = cx.user().to_owned();
    let mut newest: HashMap<String, Activity> = HashMap::new();
    for (doctype, link, by, kind) in SOURCES {
        let mut filters = vec![json!([by, "=", user]), json!(["creation", ">=", since])];
        match doctype {
            "Communication" => {
                filters.push(json!(["reference_doctype", "=", "HD Ticket"]));
                filters.push(json!(["sent_or_received", "=", "Sent"]));
            }
            "View Log" => filters.push(json!(["reference_doctype", "=", "HD Ticket"])),
            "ToDo" => filters.push(json!(["reference_type", "=", "HD Ticket"])),
            "HD Ticket Activity" => filters.push(json!(["action", "not like", "%SLA%"])),
            _ => {}
        }
        let mut fields = vec![link, "creation"];
        if doctype == "HD Ticket Activity" {
            fields.push("action");
        }
        for row in rows::all(cx, doctype, &fields, filters.into(), "creation asc, name asc")? {
            let ticket = text(&row, link).to_owned();
            let known = newest
                .get(&ticket)
                .map(|known| known.creation.as_str().unwrap_or(""));
            if ticket.is_empty() || known.is_some_and(|known| known > text(&row, "creation")) {
                continue;
            }
            let told = (doctype == "HD Ticket Activity").then(|| capital(text(&row, "action")));
            newest.insert(
                ticket.clone(),
                Activity {
                    name: ticket,
                    subject: String::new(),
                    activity_type: kind,
                    text: told,
                    timestamp: relative::since(parse_datetime(text(&row, "creation")), now),
                    creation: row.get("creation").cloned().unwrap_or_default(),
                },
            );
        }
    }
    visible(cx, newest)
}

/// The activities on tickets that the caller may list, with their subjects.
fn visible(cx: &mut Cx, mut newest: HashMap<String, Activity>) -> Result<Vec<Activity>> {
    if newest.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&String> = newest.keys().collect();
    let length = names.len() as u64;
    let filters = json!([["name", "in", names]]);
    let tickets = rows::listed(cx, "HD Ticket", &["name", "subject"], filters, "name asc", length)?;
    let mut shown: Vec<Activity> = tickets
        .iter()
        .filter_map(|ticket| {
            let mut activity = newest.remove(text(ticket, "name"))?;
            text(ticket, "subject").clone_into(&mut activity.subject);
            Some(activity)
        })
        .collect();
    shown.sort_by(|a, b| {
        let at = |activity: &Activity| activity.creation.as_str().unwrap_or("").to_owned();
        at(b).cmp(&at(a)).then_with(|| b.name.cmp(&a.name))
    });
    shown.truncate(MOST);
    Ok(shown)
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}
