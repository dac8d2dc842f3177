//! `helpdesk.api.ticket_stats`: figures of a customer's or contact's tickets.
//!
//! Source: spec/helpdesk-a.md §4.13.

use std::collections::BTreeMap;

use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use crate::agents::require_agent;
use crate::metrics::{self, Averages, Counts, Metric, Scope};

/// Stars that customers gave.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FeedbackReceived {
    /// Tickets by stars, 1 to 5.
    data: BTreeMap<String, i64>,
    average: f64,
    total: i64,
}

/// The four blocks of figures.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TicketStats {
    feedback_received: FeedbackReceived,
    sla_violations: Counts,
    avg_first_response_time: Averages,
    avg_resolution_time: Averages,
}

fn scope_of(doctype: &str, name: String) -> Result<Scope> {
    match doctype {
        "HD Customer" => Ok(Scope::Customer(name)),
        "Contact" => Ok(Scope::Contact(name)),
        other => Err(invalid(format!(
            "Unsupported doctype '{}' for ticket stats.",
            other.replace('<', "&lt;").replace('>', "&gt;")
        ))),
    }
}

/// Days of a period's name; a week for names that are none.
fn days_of(period: &str) -> i64 {
    match period {
        "last month" => 30,
        "last 3 months" => 90,
        "last 6 months" => 180,
        _ => 7,
    }
}

/// The stars that the customers of some tickets gave.
///
/// # Errors
/// - 403 if the caller is no agent, or asks for another agent without managing agents
/// - 417 for another scope
#[whitelist]
pub fn get_feedback_received(
    cx: &mut Cx,
    /// `agent`, `customer` or `contact`.
    scope: String,
    /// Whose: a user, HD Customer or Contact. Of agents empty means the caller.
    value: String,
) -> Result<FeedbackReceived> {
    require_agent(cx)?;
    let scope = match scope.as_str() {
        "agent" => {
            let user = if value.is_empty() {
                cx.user().to_owned()
            } else {
                value
            };
            let is_own = user.eq_ignore_ascii_case(cx.user());
            if !is_own && !cx.session().is_administrator() && !cx.session().has_role("Agent Manager") {
                return Err(forbidden("You are not allowed to view another agent's stats."));
            }
            Scope::Agent(user)
        }
        "customer" => Scope::Customer(value),
        "contact" => Scope::Contact(value),
        _ => return Err(invalid("scope is agent, customer or contact")),
    };
    feedback(cx, &scope)
}

fn feedback(cx: &mut Cx, scope: &Scope) -> Result<FeedbackReceived> {
    let rated = stars(cx, scope, Vec::new())?;
    let total: i64 = rated.values().sum();
    #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 tickets")]
    let average = if total == 0 {
        0.0
    } else {
        let sum: i64 = rated.iter().map(|(stars, count)| stars * count).sum();
        metrics::rounded(sum as f64 / total as f64, 1)
    };
    Ok(FeedbackReceived {
        data: rated
            .iter()
            .map(|(stars, count)| (stars.to_string(), *count))
            .collect(),
        average,
        total,
    })
}

/// How many of a scope's tickets have how many stars.
///
/// # Errors
/// A database failure.
pub(crate) fn stars(cx: &mut Cx, scope: &Scope, mut filters: Vec<Value>) -> Result<BTreeMap<i64, i64>> {
    filters.push(json!(["feedback_rating", ">", 0]));
    let fields = [
        json!("feedback_rating"),
        json!({ "COUNT": "name", "as": "tickets" }),
    ];
    let rows = metrics::tickets(cx, scope, &fields, filters.into(), "feedback_rating")?;
    let mut counts: BTreeMap<i64, i64> = (1..=5).map(|stars| (stars, 0)).collect();
    for row in rows {
        let rating = row.get("feedback_rating").and_then(Value::as_f64).unwrap_or(0.0);
        let tickets = row.get("tickets").and_then(Value::as_i64).unwrap_or(0);
        #[expect(clippy::cast_possible_truncation, reason = "clamped to five stars")]
        let stars = (rating * 5.0).round().clamp(1.0, 5.0) as i64;
        *counts.entry(stars).or_default() += tickets;
    }
    Ok(counts)
}

/// How many tickets broke their agreement: by day, by week from a month on, by month from half a year on.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for another DocType
#[whitelist]
pub fn get_sla_violations(
    cx: &mut Cx,
    /// `HD Customer` or `Contact`.
    dt: String,
    /// Its name.
    dn: String,
    /// `last week`, `last month`, `last 3 months` or `last 6 months`.
    #[arg(default = "last month".to_owned())]
    period: String,
) -> Result<Counts> {
    require_agent(cx)?;
    violations(cx, &scope_of(&dt, dn)?, days_of(&period))
}

fn violations(cx: &mut Cx, scope: &Scope, length: i64) -> Result<Counts> {
    let today = cx.now().date();
    let from = metrics::before(today, length - 1);
    let failed = |cx: &mut Cx, from, to| {
        let filters = json!([
            ["agreement_status", "=", "Failed"],
            metrics::made_between(from, to)
        ]);
        metrics::tickets(cx, scope, &["creation".into()], filters, "")
    };
    let now = failed(cx, from, today)?;
    let earlier = failed(
        cx,
        metrics::before(today, 2 * length - 1),
        metrics::before(today, length),
    )?;
    let data = match length {
        ..=7 => metrics::by_day(&now, from, today),
        8..=90 => metrics::by_week(&now, from, today),
        _ => metrics::by_month(&now, length / 30, today),
    };
    #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 tickets")]
    let percentage_change = metrics::change(now.len() as f64, earlier.len() as f64);
    Ok(Counts {
        data,
        total: now.len(),
        percentage_change,
    })
}

/// The average time to the first response, by day.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for another DocType
#[whitelist]
pub fn get_avg_first_response_time(
    cx: &mut Cx,
    /// `HD Customer` or `Contact`.
    dt: String,
    /// Its name.
    dn: String,
    #[arg(default = "last month".to_owned())] period: String,
) -> Result<Averages> {
    require_agent(cx)?;
    metrics::averages(cx, &scope_of(&dt, dn)?, Metric::FirstResponse, days_of(&period))
}

/// The average time to resolution of tickets that are resolved, by day.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for another DocType
#[whitelist]
pub fn get_avg_resolution_time(
    cx: &mut Cx,
    /// `HD Customer` or `Contact`.
    dt: String,
    /// Its name.
    dn: String,
    #[arg(default = "last month".to_owned())] period: String,
) -> Result<Averages> {
    require_agent(cx)?;
    metrics::averages(cx, &scope_of(&dt, dn)?, Metric::Resolution, days_of(&period))
}

/// All figures at once.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for another DocType
#[whitelist]
pub fn get_ticket_stats(
    cx: &mut Cx,
    /// `HD Customer` or `Contact`.
    dt: String,
    /// Its name.
    dn: String,
    #[arg(default = "last month".to_owned())] period: String,
) -> Result<TicketStats> {
    require_agent(cx)?;
    let scope = scope_of(&dt, dn)?;
    let length = days_of(&period);
    Ok(TicketStats {
        feedback_received: feedback(cx, &scope)?,
        sla_violations: violations(cx, &scope, length)?,
        avg_first_response_time: metrics::averages(cx, &scope, Metric::FirstResponse, length)?,
        avg_resolution_time: metrics::averages(cx, &scope, Metric::Resolution, length)?,
    })
}
