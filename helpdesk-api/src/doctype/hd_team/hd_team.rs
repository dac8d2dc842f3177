//! `helpdesk.helpdesk.doctype.hd_team.hd_team`: who is in a team.
//!
//! Source: spec/helpdesk-a.md §4.14.

use helpdesk_core::prelude::*;

use crate::agents::require_agent;
use crate::rows::{self, text};

/// The users of a team in their order; none for an unknown team.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn get_team_members(
    cx: &mut Cx,
    /// Name of the team.
    team: String,
) -> Result<Vec<String>> {
    require_agent(cx)?;
    let filters = json!({ "parent": team, "parenttype": "HD Team" });
    Ok(rows::all(cx, "HD Team Member", &["user"], filters, "idx asc")?
        .iter()
        .map(|row| text(row, "user").to_owned())
        .collect())
}
