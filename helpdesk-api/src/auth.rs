//! `helpdesk.api.auth`: who the caller is.
//!
//! Source: spec/helpdesk-a.md §4.3.

use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use schemars::JsonSchema;

use crate::agents::{is_agent, require_agent};
use crate::rows::{self, Row, text};

/// The caller, and what the desk offers to them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the contract's keys")]
pub struct Caller {
    has_desk_access: bool,
    is_admin: bool,
    is_agent: bool,
    /// Whether there is an HD Agent of the user.
    has_agent_record: bool,
    user_id: String,
    is_manager: bool,
    user_image: Value,
    user_first_name: Value,
    user_name: Value,
    username: Value,
    time_zone: Value,
    /// Enabled teams the user is in.
    user_teams: Vec<String>,
    language: Value,
    availability: Value,
    availability_changed_on: Value,
    /// Whether the questions after the installation were answered.
    persona_captured: bool,
}

/// The caller, and what the desk offers to them.
#[whitelist]
pub fn get_user(cx: &mut Cx) -> Result<Caller> {
    let user = cx.user().to_owned();
    let fields = [
        "user_image",
        "first_name",
        "full_name",
        "username",
        "time_zone",
        "language",
    ];
    let row = storage::values(cx, "User", &user, &fields)?.unwrap_or_default();
    let value = |i: usize| row.get(i).cloned().unwrap_or_default();
    let language = match value(5) {
        Value::String(text) if !text.is_empty() => Value::String(text),
        _ => single(cx, "System Settings", "language")?,
    };
    let agent = storage::values(
        cx,
        "HD Agent",
        &user,
        &["availability", "availability_changed_on"],
    )?;
    let is_agent = is_agent(cx)?;
    let session = cx.session();
    let is_admin = session.is_administrator() || session.has_role("System Manager");
    let has_desk_access = is_agent || session.is_administrator();
    let is_manager = session.has_role("Agent Manager");
    let persona_captured = is_true(Some(&single(cx, "HD Settings", "persona_captured")?));
    let has_agent_record = agent.is_some();
    let mut presence = agent.unwrap_or_default().into_iter();
    Ok(Caller {
        has_desk_access,
        is_admin,
        is_agent,
        has_agent_record,
        is_manager,
        user_image: value(0),
        user_first_name: value(1),
        user_name: value(2),
        username: value(3),
        time_zone: value(4),
        user_teams: teams(cx, &user)?,
        language,
        availability: presence.next().unwrap_or_default(),
        availability_changed_on: presence.next().unwrap_or_default(),
        persona_captured,
        user_id: user,
    })
}

/// The enabled teams of a user, in the order they were made.
fn teams(cx: &mut Cx, user: &str) -> Result<Vec<String>> {
    let filters = json!([["users.user", "=", user], ["disabled", "=", 0]]);
    Ok(
        rows::all(cx, "HD Team", &["name"], filters, "creation asc, name desc")?
            .iter()
            .map(|row| text(row, "name").to_owned())
            .collect(),
    )
}

/// What a caller can write mails with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EmailInfo {
    email_signature: Value,
    email: Value,
    /// Accounts of the user's own that can send.
    outgoing_emails: Vec<Row>,
    /// All accounts that can send.
    available_emails: Vec<Row>,
}

/// The caller's signature, and the accounts that mails can go out from.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn get_current_user_email_info(cx: &mut Cx) -> Result<EmailInfo> {
    require_agent(cx)?;
    let user = cx.user().to_owned();
    let row = storage::values(cx, "User", &user, &["email_signature", "email"])?.unwrap_or_default();
    let available_emails = rows::all(
        cx,
        "Email Account",
        &["name", "email_id"],
        json!({ "enable_outgoing": 1 }),
        "creation asc, name asc",
    )?;
    let own = rows::all(
        cx,
        "User Email",
        &["email_account", "email_id"],
        json!({ "parent": user, "parenttype": "User" }),
        "idx asc",
    )?;
    let outgoing_emails = own
        .into_iter()
        .filter(|row| {
            available_emails
                .iter()
                .any(|account| text(account, "name") == text(row, "email_account"))
        })
        .collect();
    let value = |i: usize| row.get(i).cloned().unwrap_or_default();
    Ok(EmailInfo {
        email_signature: value(0),
        email: value(1),
        outgoing_emails,
        available_emails,
    })
}
