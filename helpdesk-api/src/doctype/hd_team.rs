//! HD Team: a group of agents that tickets are assigned to.

pub mod events;
#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod hd_team;

use helpdesk_core::doctype::typed::{Layout, doctype};

use super::hd_team_member::HdTeamMember;

/// A group of agents that tickets are assigned to.
#[doctype(
    name = "HD Team", app = "helpdesk", module = "Helpdesk", autoname = "field:team_name",
    naming_rule = "By fieldname", sort_field = "modified", allow_rename,
    index_web_pages_for_search, quick_entry,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Administrator",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "HD Customer", rights = [select]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdTeam {
    #[field(standard)]
    pub name: String,
    #[field(label = "Name", reqd, unique, in_list_view)]
    pub team_name: String,
    /// The rule that hands the team's tickets to its members; made with the team.
    #[field(link = "Assignment Rule", read_only, depends_on = "eval:doc.assignment_rule")]
    pub assignment_rule: Option<String>,
    #[field(table_multiselect = "HD Team Member", reqd)]
    pub users: Vec<HdTeamMember>,
    #[field(column_break, label = "Settings")]
    pub column_break_feto: Layout,
    pub disabled: bool,
    /// Members see all tickets, whatever the settings restrict.
    pub ignore_restrictions: bool,
}
