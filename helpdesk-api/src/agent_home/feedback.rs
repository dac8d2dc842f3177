//! Stars an agent got.
//!
//! Source: spec/helpdesk-a.md §4.2.

use std::collections::BTreeMap;

use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use jiff::civil::Date;
use schemars::JsonSchema;

use crate::metrics::{self, Scope, before, made_between};
use crate::rows::{Row, text};
use crate::ticket_stats::stars;

/// Rated tickets shown at most.
const MOST: u64 = 20;

/// Stars an agent got, and the tickets they are for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecentFeedback {
    average_rating: f64,
    total_feedbacks: i64,
    /// Tickets by stars, 1 to 5.
    rating_distribution: BTreeMap<String, i64>,
    recent_feedbacks: Vec<Row>,
}

/// What time is looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Period {
    pub(super) name: String,
    pub(super) from: Option<Date>,
    pub(super) to: Option<Date>,
}

impl Period {
    fn filters(&self, today: Date) -> Vec<Value> {
        let days = match self.name.as_str() {
            "last_week" => 7,
            "last_month" => 30,
            "last_3_months" => 90,
            "last_6_months" => 180,
            "custom_range" => {
                return match (self.from, self.to) {
                    (Some(from), Some(to)) => vec![made_between(from, to)],
                    _ => Vec::new(),
                };
            }
            _ => return Vec::new(),
        };
        vec![json!(["creation", ">=", before(today, days).to_string()])]
    }
}

/// The stars the caller got in a period.
///
/// # Errors
/// A database failure.
pub(super) fn recent(cx: &mut Cx, period: &Period, worst_first: bool) -> Result<RecentFeedback> {
    let scope = Scope::Agent(cx.user().to_owned());
    let filters = period.filters(cx.now().date());
    let counts = stars(cx, &scope, filters.clone())?;
    let mut rated = filters;
    rated.push(json!(["feedback_rating", ">", 0]));
    let total: i64 = counts.values().sum();
    let fields = [json!({ "AVG": "feedback_rating", "as": "average" })];
    let average = metrics::tickets(cx, &scope, &fields, Value::from(rated.clone()), "")?;
    let average = average
        .first()
        .and_then(|row| row.get("average")?.as_f64())
        .unwrap_or(0.0);
    let direction = if worst_first { "asc" } else { "desc" };
    let mut tickets = query::list_values(
        cx,
        &ListRequest {
            fields: [
                "name",
                "subject",
                "feedback_rating",
                "feedback",
                "feedback_extra",
                "contact",
                "modified",
            ]
            .map(Value::from)
            .into(),
            filters: rated.into(),
            also: vec![scope.predicate()],
            order_by: format!("feedback_rating {direction}, modified desc, name desc"),
            length: Some(MOST),
            ignore_permissions: true,
            ..ListRequest::of("HD Ticket")
        },
    )?;
    for ticket in &mut tickets {
        let contact = text(ticket, "contact").to_owned();
        let row = storage::values(cx, "Contact", &contact, &["full_name", "image"])?.unwrap_or_default();
        let value = |i: usize| row.get(i).cloned().unwrap_or_default();
        let rating = ticket
            .get("feedback_rating")
            .and_then(Value::as_f64)
            .unwrap_or(0.0);
        ticket.insert("contact_name".into(), value(0));
        ticket.insert("contact_image".into(), value(1));
        ticket.insert("star_rating".into(), metrics::rounded(rating * 5.0, 1).into());
    }
    Ok(RecentFeedback {
        average_rating: metrics::rounded(average * 5.0, 1),
        total_feedbacks: total,
        rating_distribution: counts
            .into_iter()
            .map(|(stars, count)| (stars.to_string(), count))
            .collect(),
        recent_feedbacks: tickets,
    })
}
