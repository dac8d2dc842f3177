//! `frappe.core.doctype.user.user`: lists of users and time zones.

use std::sync::Arc;

use serde_json::Map;

use crate::doctype::predicate::Predicate;
use crate::doctype::system;
use crate::frappe::desk::search::conditions;
use crate::prelude::*;
use crate::query::{self, ListRequest};
use crate::users;

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

/// Roles that nobody is given: they come with being signed in, working at the desk, or being the Administrator.
const AUTOMATIC_ROLES: [&str; 4] = ["Guest", "All", "Desk User", "Administrator"];

/// The names of the roles that users can be given, sorted.
///
/// # Errors
/// A database failure.
#[whitelist]
pub fn get_all_roles(cx: &mut Cx) -> Result<Vec<String>> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters: json!({ "disabled": 0, "name": ["not in", AUTOMATIC_ROLES] }),
            ignore_permissions: true,
            ..ListRequest::of("Role")
        },
    )?;
    let names = rows.iter().filter_map(|row| row.get("name")?.as_str());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_unstable();
    Ok(names)
}

/// The roles that a user holds now, those that come by themselves included, sorted.
///
/// # Errors
/// - 403 for another user, unless the caller is a System Manager
/// - 404 if there is no such user
#[whitelist]
pub fn get_roles(
    cx: &mut Cx,
    /// The user; the caller unless given.
    arg: Option<String>,
) -> Result<Vec<String>> {
    let of_another = arg.filter(|user| !user.is_empty() && !user.eq_ignore_ascii_case(cx.user()));
    let roles = match of_another {
        None => Arc::clone(&cx.session().roles),
        Some(_) if !cx.session().has_role("System Manager") => {
            return Err(Error::bare(ErrorKind::PermissionError, ""));
        }
        Some(user) => {
            let session = users::session_of(cx, &user)?;
            session.ok_or_else(|| not_found(system::USER, &user))?.roles
        }
    };
    Ok(roles.iter().map(|role| role.to_string()).collect())
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
