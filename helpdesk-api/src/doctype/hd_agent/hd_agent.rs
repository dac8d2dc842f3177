//! `helpdesk.helpdesk.doctype.hd_agent.hd_agent`: who manages agents.
//!
//! Source: spec/helpdesk-a.md §4.14.

use helpdesk_core::doctype::permissions::{Right, only_for};
use helpdesk_core::doctype::save;
use helpdesk_core::prelude::*;
use helpdesk_core::users::with_roles;

use crate::permitted;

/// Makes a user a manager of agents, or an agent again.
///
/// # Errors
/// - 403 unless the caller is an Agent Manager or System Manager who may change the user
/// - 404 if there is no such user
/// - 417 for another role
#[whitelist]
pub fn update_agent_role(
    cx: &mut Cx,
    /// The user.
    user: String,
    /// `Manager` or `Agent`.
    new_role: String,
) -> Result<()> {
    only_for(cx.session(), &["Agent Manager", "System Manager"])?;
    // Users may change themselves, but not what they are.
    permitted::require_right(cx, "User", Right::Write)?;
    let mut account = permitted::document(cx, "User", &user, Right::Write)?;
    let managing = ["Agent Manager", "System Manager"];
    let is_manager = account
        .rows("roles")
        .iter()
        .any(|row| row.text("role") == "Agent Manager");
    let changed = match new_role.as_str() {
        "Manager" => with_roles(&mut account, &managing, &[]),
        "Agent" => with_roles(&mut account, &["Agent"], if is_manager { &managing } else { &[] }),
        _ => return Err(invalid("new_role is Manager or Agent")),
    };
    if changed {
        save::save(cx, &mut account)?;
    }
    Ok(())
}
