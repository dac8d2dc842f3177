//! `helpdesk.api.agent_home.agent_home`: charts about the caller's own tickets.
//!
//! Source: spec/helpdesk-a.md §4.2 and §6.6.

use std::collections::BTreeMap;

use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::prelude::*;
use jiff::civil::Date;
use schemars::JsonSchema;

use super::activity::{self, Activity};
use super::feedback::{self, Period, RecentFeedback};
use super::pending::{self, Pending};
use crate::agents::require_agent;
use crate::metrics::{self, Averages, Counts, Metric, Scope};
use crate::rows::{self, Row, text};

/// Where the charts stand that nobody moved: x, y, w, h, minW, minH, maxH.
const LAYOUT: [(&str, [i64; 7]); 7] = [
    ("avg_resolution_time", [33, 0, 17, 10, 16, 10, 11]),
    ("avg_first_response_time", [16, 0, 17, 10, 16, 10, 11]),
    ("agent_tickets", [0, 0, 16, 10, 16, 10, 11]),
    ("pending_tickets", [0, 10, 50, 32, 25, 32, 32]),
    ("recent_activity", [0, 42, 17, 29, 12, 20, 44]),
    ("avg_time_metrics", [17, 42, 33, 29, 18, 24, 44]),
    ("recent_feedback", [0, 71, 50, 21, 50, 21, 21]),
];
/// Charts of a stored layout that are filled, at most.
const MOST_CHARTS: usize = 50;

fn default_layout() -> Vec<Row> {
    let place = |values: &[i64; 7]| -> Row {
        ["x", "y", "w", "h", "minW", "minH", "maxH"]
            .iter()
            .zip(values)
            .map(|(key, value)| ((*key).to_owned(), Value::from(*value)))
            .collect()
    };
    LAYOUT
        .iter()
        .map(|(chart, values)| {
            Row::from_iter([
                ("chart".to_owned(), Value::from(*chart)),
                ("layout".to_owned(), place(values).into()),
            ])
        })
        .collect()
}

/// The page with its charts filled.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Dashboard {
    /// Charts, each with its place (`layout`) and `data`.
    layout: Vec<Row>,
    /// The layout nobody changed, as JSON text.
    default_layout: String,
    /// Name of the stored layout.
    dashboard_id: Option<String>,
}

/// The caller's page with its charts filled.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn get_dashboard(
    cx: &mut Cx,
    /// Whether the layout nobody changed is answered.
    #[arg(default = false)]
    reset_layout: bool,
) -> Result<Dashboard> {
    require_agent(cx)?;
    let user = cx.user().to_owned();
    let stored = rows::all(
        cx,
        "HD Field Layout",
        &["name", "layout"],
        json!({ "user": user }),
        "creation asc",
    )?;
    let stored = stored.first();
    let mut layout: Vec<Row> = match stored {
        Some(stored) if !reset_layout => {
            serde_json::from_str(text(stored, "layout")).unwrap_or_else(|_| default_layout())
        }
        _ => default_layout(),
    };
    layout.truncate(MOST_CHARTS);
    let mut filled: BTreeMap<String, Value> = BTreeMap::new();
    for item in &mut layout {
        let chart = text(item, "chart").to_owned();
        let data = match filled.get(&chart) {
            Some(data) => data.clone(),
            None => data_of(cx, &chart)?,
        };
        filled.insert(chart, data.clone());
        item.insert("data".to_owned(), data);
    }
    Ok(Dashboard {
        layout,
        default_layout: serde_json::to_string(&default_layout())?,
        dashboard_id: stored.map(|stored| text(stored, "name").to_owned()),
    })
}

/// The data of a chart; null for charts that are none.
fn data_of(cx: &mut Cx, chart: &str) -> Result<Value> {
    let month = || "last month".to_owned();
    Ok(match chart {
        "avg_resolution_time" => serde_json::to_value(get_avg_resolution_time(cx, month())?)?,
        "avg_first_response_time" => serde_json::to_value(get_avg_first_response_time(cx, month())?)?,
        "agent_tickets" => serde_json::to_value(get_agent_tickets(cx, month())?)?,
        "pending_tickets" => serde_json::to_value(pending::of(cx, "upcoming_sla")?)?,
        "recent_activity" => serde_json::to_value(activity::recent(cx)?)?,
        "avg_time_metrics" => serde_json::to_value(metrics_since(cx, 180)?)?,
        "recent_feedback" => serde_json::to_value(feedback::recent(cx, &Period::default(), false)?)?,
        _ => Value::Null,
    })
}

/// Days of a period's name; a month for names that are none.
fn days_of(period: &str) -> i64 {
    match period.to_lowercase().as_str() {
        "last 7 days" | "last week" => 7,
        "last 3 months" | "last 90 days" => 90,
        _ => 30,
    }
}

/// How many tickets assigned to the caller were made on each day.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn get_agent_tickets(
    cx: &mut Cx,
    /// `last 7 days`, `last week`, `last month` or `last 3 months`.
    #[arg(default = "last month".to_owned())]
    period: String,
) -> Result<Counts> {
    require_agent(cx)?;
    let length = days_of(&period);
    let today = cx.now().date();
    let from = metrics::before(today, length - 1);
    let scope = Scope::Agent(cx.user().to_owned());
    let mut made = |from: Date, to: Date| {
        let filters = json!([metrics::made_between(from, to)]);
        metrics::tickets(cx, &scope, &["creation".into()], filters, "")
    };
    let now = made(from, today)?;
    // The time before is a day shorter, as the original counts it.
    let earlier_to = metrics::before(from, 1);
    let earlier = made(metrics::before(earlier_to, (length - 1).max(1) - 1), earlier_to)?;
    #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 tickets")]
    let percentage_change = metrics::change(now.len() as f64, earlier.len() as f64);
    Ok(Counts {
        data: metrics::by_day(&now, from, today),
        total: now.len(),
        percentage_change,
    })
}

/// The average time to the first response of the caller's tickets, by day.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn get_avg_first_response_time(
    cx: &mut Cx,
    #[arg(default = "last month".to_owned())] period: String,
) -> Result<Averages> {
    require_agent(cx)?;
    let scope = Scope::Agent(cx.user().to_owned());
    metrics::averages(cx, &scope, Metric::FirstResponse, days_of(&period))
}

/// The average time to resolution of the caller's tickets, by day.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn get_avg_resolution_time(
    cx: &mut Cx,
    #[arg(default = "last month".to_owned())] period: String,
) -> Result<Averages> {
    require_agent(cx)?;
    let scope = Scope::Agent(cx.user().to_owned());
    metrics::averages(cx, &scope, Metric::Resolution, days_of(&period))
}

/// A date of an argument.
fn date(name: &str, text: Option<&str>) -> Result<Option<Date>> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => parse_datetime(text)
            .map(|at| Some(at.date()))
            .ok_or_else(|| invalid(format!("{name} is no date"))),
    }
}

/// The stars the caller got, and the tickets they are for.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for a date that is none
#[whitelist]
pub fn get_recent_feedback(
    cx: &mut Cx,
    /// `all_time`, `last_week`, `last_month`, `last_3_months`, `last_6_months` or `custom_range`.
    #[arg(default = "all_time".to_owned())]
    period: String,
    /// `positive_first` or `negative_first`.
    #[arg(default = "positive_first".to_owned())]
    sort_order: String,
    from_date: Option<String>,
    to_date: Option<String>,
) -> Result<RecentFeedback> {
    require_agent(cx)?;
    let period = Period {
        name: period,
        from: date("from_date", from_date.as_deref())?,
        to: date("to_date", to_date.as_deref())?,
    };
    feedback::recent(cx, &period, sort_order == "negative_first")
}

/// Averages by month.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TimeMetrics {
    /// `[month, first response, resolution]`, in whole seconds.
    data: Vec<(String, i64, i64)>,
    averages: BothAverages,
}

/// Averages over the whole time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BothAverages {
    first_response: Value,
    resolution: Value,
}

/// The average times of the caller's tickets, by the month they were made in.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for a date that is none, or for more than fifty years
#[whitelist]
pub fn get_avg_time_metrics(
    cx: &mut Cx,
    /// `3m`, `6m`, `1y` or `custom_range`.
    #[arg(default = "6m".to_owned())]
    period: String,
    from_date: Option<String>,
    to_date: Option<String>,
) -> Result<TimeMetrics> {
    require_agent(cx)?;
    let (from, to) = (
        date("from_date", from_date.as_deref())?,
        date("to_date", to_date.as_deref())?,
    );
    if period == "custom_range"
        && let (Some(from), Some(to)) = (from, to)
    {
        if i32::from(to.year()) - i32::from(from.year()) > 50 {
            return Err(invalid("from_date and to_date are too far apart"));
        }
        return metrics_between(cx, from, to);
    }
    metrics_since(
        cx,
        match period.as_str() {
            "3m" => 90,
            "1y" => 365,
            _ => 180,
        },
    )
}

fn metrics_since(cx: &mut Cx, days: i64) -> Result<TimeMetrics> {
    let today = cx.now().date();
    metrics_between(cx, metrics::before(today, days), today)
}

fn mean(values: &[f64]) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "far less than 2^52 tickets")]
    let count = values.len() as f64;
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / count)
}

fn metrics_between(cx: &mut Cx, from: Date, to: Date) -> Result<TimeMetrics> {
    let scope = Scope::Agent(cx.user().to_owned());
    let resolved = metrics::resolved_statuses(cx)?;
    let fields = [
        "creation",
        "status",
        "first_responded_on",
        "first_response_time",
        "resolution_time",
    ]
    .map(Value::from);
    let filters = json!([metrics::made_between(from, to)]);
    let rows = metrics::tickets(cx, &scope, &fields, filters, "")?;
    let mut by_month: BTreeMap<String, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
    for row in &rows {
        let month = text(row, "creation").get(..7).unwrap_or("").to_owned();
        let (first, resolution) = by_month.entry(month).or_default();
        let number = |field: &str| row.get(field).and_then(Value::as_f64);
        if !text(row, "first_responded_on").is_empty() {
            first.extend(number("first_response_time"));
        }
        if resolved.iter().any(|status| status == text(row, "status")) {
            resolution.extend(number("resolution_time"));
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a few years")]
    let whole = |values: &[f64]| mean(values).unwrap_or(0.0).round_ties_even() as i64;
    let mut data = Vec::new();
    let mut month = from.first_of_month();
    while month <= to {
        let key = month.strftime("%Y-%m").to_string();
        let (first, resolution) = by_month.get(&key).cloned().unwrap_or_default();
        data.push((
            month.strftime("%b").to_string(),
            whole(&first),
            whole(&resolution),
        ));
        match month.last_of_month().tomorrow() {
            Ok(next) => month = next,
            Err(_) => break,
        }
    }
    let all_first: Vec<f64> = by_month
        .values()
        .flat_map(|both| both.0.iter().copied())
        .collect();
    let all_resolution: Vec<f64> = by_month
        .values()
        .flat_map(|both| both.1.iter().copied())
        .collect();
    let average = |values: &[f64]| mean(values).map_or(0.into(), Value::from);
    Ok(TimeMetrics {
        data,
        averages: BothAverages {
            first_response: average(&all_first),
            resolution: average(&all_resolution),
        },
    })
}

/// Six tickets that wait for the caller, and how many there are.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for another kind
#[whitelist]
pub fn get_pending_tickets(
    cx: &mut Cx,
    /// `upcoming_sla`, `new_tickets` or `pending`.
    #[arg(default = "upcoming_sla".to_owned())]
    ticket_type: String,
) -> Result<Pending> {
    require_agent(cx)?;
    pending::of(cx, &ticket_type)
}

/// What the caller did last, once a ticket.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn get_recent_activity(cx: &mut Cx) -> Result<Vec<Activity>> {
    require_agent(cx)?;
    activity::recent(cx)
}
