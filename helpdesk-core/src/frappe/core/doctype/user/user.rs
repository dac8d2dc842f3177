//! `frappe.core.doctype.user.user`: lists of users and time zones.

use serde_json::Map;

use crate::doctype::predicate::Predicate;
use crate::doctype::system;
use crate::frappe::desk::search::conditions;
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// The names of all time zones, sorted.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct TimeZones {
    timezones: Vec<&'static str>,
}

/// The zones in use, as the tz database's own table of them names them, with UTC and the North American short names.
const TIME_ZONES: &str = include_str!("time_zones.txt");

/// The names of all time zones, sorted.
#[whitelist(inline)]
pub fn get_timezones() -> TimeZones {
    TimeZones {
        timezones: TIME_ZONES.lines().collect(),
    }
}

/// Rows for a link field that leads to users: enabled users of the desk, by name and full name.
///
/// # Errors
/// - 403 if the caller may not list users
/// - 417 for filters that can't be read
#[whitelist]
pub fn user_query(
    cx: &mut Cx,
    #[arg(default = String::new())] txt: String,
    #[arg(default = 0)] start: u64,
    #[arg(default = 10)] page_len: u64,
    /// An object or a list of conditions, or its JSON text; `ignore_user_type` lets portal users in.
    filters: Option<Value>,
) -> Result<Vec<Vec<Value>>> {
    let mut filters = conditions(query::json_argument("filters", filters.as_ref())?)?;
    let is_switch = |filter: &Value| filter.get(0).is_some_and(|field| field == "ignore_user_type");
    let all_types = filters.iter().any(is_switch);
    filters.retain(|filter| !is_switch(filter));
    let mut also = vec![
        Predicate::On("enabled".into()),
        Predicate::NotIn("name".into(), vec!["Administrator".into(), "Guest".into()]),
    ];
    if !all_types {
        also.push(Predicate::NotIn("user_type".into(), vec!["Website User".into()]));
    }
    let pattern = format!("%{txt}%");
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["name".into(), "full_name".into()],
            filters: filters.into(),
            or_filters: json!([["name", "like", pattern], ["full_name", "like", pattern]]),
            also,
            near: txt,
            order_by: "full_name asc".into(),
            start,
            length: (page_len > 0).then_some(page_len),
            ..ListRequest::of(system::USER)
        },
    )?;
    let cells = |row: Map<String, Value>| row.into_iter().map(|(_, value)| value).collect();
    Ok(rows.into_iter().map(cells).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_offered_can_be_used() {
        let zones: Vec<&str> = TIME_ZONES.lines().collect();

        assert!(zones.is_sorted());
        for zone in zones {
            assert!(jiff::tz::TimeZone::get(zone).is_ok(), "{zone}");
        }
    }
}
