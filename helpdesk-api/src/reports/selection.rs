//! Which tickets a report is about.

use helpdesk_core::db::Query;
use helpdesk_core::doctype::permissions::{list_rule, meta_of};
use helpdesk_core::doctype::predicate::Predicate;
use helpdesk_core::prelude::*;
use helpdesk_core::query::ListRequest;
use helpdesk_core::report::Filters;
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::TICKET;
use crate::dashboard::tickets::midnight;

/// Most days of a report.
const MOST_DAYS: i32 = 3_660;

/// The days a report covers, both included. Those that are not given are the last thirty.
///
/// # Errors
/// 417 where they end before they begin, or are more than ten years.
pub(super) fn days(cx: &Cx, filters: &Filters) -> Result<(Date, Date)> {
    let to = filters.date("to_date").unwrap_or_else(|| cx.now().date());
    let from = filters
        .date("from_date")
        .unwrap_or_else(|| to.saturating_sub(30.days()));
    if from > to {
        return Err(invalid("From Date must not be after To Date"));
    }
    if crate::metrics::days_between(from, to) > i64::from(MOST_DAYS) {
        return Err(invalid("A report covers ten years at most"));
    }
    Ok((from, to))
}

/// Whether the caller sees figures of all tickets: who sets up the site could list them any time.
fn sees_all(cx: &Cx) -> bool {
    cx.session().has_role("System Manager")
}

/// ` FROM … WHERE …`: the tickets created on some days that count for the caller.
///
/// # Errors
/// 403 if the caller may list none.
pub(super) fn created(cx: &mut Cx, (from, to): (Date, Date)) -> Result<Query<'static>> {
    let meta = meta_of(cx, TICKET)?;
    let rule = if sees_all(cx) {
        Predicate::All
    } else {
        list_rule(cx, &meta)?
    };
    let mut query = Query::new();
    query.sql(" FROM ").ident("tabHD Ticket").sql(" AS ").ident("t");
    query.sql(" WHERE t.creation >= ").append(midnight(from));
    query
        .sql(" AND t.creation < ")
        .append(midnight(to.saturating_add(1.day())));
    if rule != Predicate::All {
        query.sql(" AND ").append(rule.to_sql("t"));
    }
    Ok(query)
}

/// A list of groups of the tickets that were opened on some days and pass the filters, of those that count for the caller.
pub(super) fn opened(
    cx: &Cx,
    filters: &Filters,
    (from, to): (Date, Date),
    fields: Vec<Value>,
    group_by: &[&str],
) -> ListRequest {
    let mut conditions = vec![
        json!(["opening_date", ">=", from.to_string()]),
        json!(["opening_date", "<=", to.to_string()]),
    ];
    for (filter, field) in [
        ("status", "status"),
        ("priority", "priority"),
        ("contact", "contact"),
        ("ticket_type", "ticket_type"),
    ] {
        let value = filters.text(filter);
        if !value.is_empty() {
            conditions.push(json!([field, "=", value]));
        }
    }
    let agent = filters.text("assigned_to");
    let also = if agent.is_empty() {
        Vec::new()
    } else {
        vec![Predicate::Lists("_assign".into(), agent.to_owned())]
    };
    ListRequest {
        fields,
        filters: conditions.into(),
        group_by: group_by.join(", "),
        order_by: group_by.join(", "),
        also,
        ignore_permissions: sees_all(cx),
        ..ListRequest::of(TICKET)
    }
}
