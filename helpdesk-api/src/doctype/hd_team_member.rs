//! HD Team Member: an agent's place in a team.

use helpdesk_core::doctype::typed::doctype;

/// An agent's place in a team.
#[doctype(
    name = "HD Team Member",
    app = "helpdesk",
    module = "Helpdesk",
    autoname = "autoincrement",
    naming_rule = "Autoincrement",
    sort_field = "modified",
    istable,
    index_web_pages_for_search
)]
#[derive(Clone, Debug, Default)]
pub struct HdTeamMember {
    #[field(standard)]
    pub name: String,
    #[field(link = "User", in_list_view, in_standard_filter)]
    pub user: Option<String>,
}
