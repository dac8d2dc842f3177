//! `helpdesk.api.session`: the people of the site.
//!
//! Source: spec/helpdesk-a.md §4.14.

use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use crate::agents::require_agent;
use crate::rows::{self, Row, text};

/// A user as the desk shows them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Person {
    name: Value,
    email: Value,
    enabled: Value,
    user_image: Value,
    full_name: Value,
    user_type: Value,
    /// `Manager`, `Agent` or `Guest`, by the roles the user was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// `true` for the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_user: Option<bool>,
}

/// The enabled users by their full names.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn get_users(cx: &mut Cx) -> Result<Vec<Person>> {
    require_agent(cx)?;
    let fields = ["name", "email", "enabled", "user_image", "full_name", "user_type"];
    let users = rows::all(
        cx,
        "User",
        &fields,
        json!({ "enabled": 1 }),
        "full_name asc, name asc",
    )?;
    let roles = rows::all(
        cx,
        "Has Role",
        &["parent", "role"],
        json!([
            ["parenttype", "=", "User"],
            ["role", "in", ["Agent Manager", "Agent", "Guest"]]
        ]),
        "parent asc",
    )?;
    let own = cx.user().to_owned();
    Ok(users
        .into_iter()
        .map(|mut user| {
            let name = text(&user, "name").to_owned();
            let has = |role: &str| {
                matches!(name.as_str(), "Administrator" | "Guest") && role == "Guest"
                    || roles
                        .iter()
                        .any(|row: &Row| text(row, "parent") == name && text(row, "role") == role)
            };
            let role = match () {
                () if has("Agent Manager") => Some("Manager"),
                () if has("Agent") => Some("Agent"),
                () if has("Guest") => Some("Guest"),
                () => None,
            };
            let mut take = |field: &str| user.get_mut(field).map(Value::take).unwrap_or_default();
            Person {
                name: take("name"),
                email: take("email"),
                enabled: take("enabled"),
                user_image: take("user_image"),
                full_name: take("full_name"),
                user_type: take("user_type"),
                role,
                session_user: (name == own).then_some(true),
            }
        })
        .collect())
}
