//! HD Agent Status: a state of presence an agent can choose, such as being at lunch.

mod events;

use helpdesk_core::doctype::typed::{Layout, doctype};

/// A state of presence an agent can choose, such as being at lunch.
#[doctype(
    name = "HD Agent Status", app = "helpdesk", module = "Helpdesk",
    autoname = "field:agent_status", naming_rule = "By fieldname", allow_rename,
    index_web_pages_for_search,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, report, export]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdAgentStatus {
    #[field(standard)]
    pub name: String,
    #[field(unique)]
    pub agent_status: Option<String>,
    #[field(default = true)]
    pub enable: bool,
    #[field(select = ["Active", "Away", "Unavailable"], reqd, in_list_view)]
    pub category: String,

    #[field(section_break)]
    pub section_break_jqvx: Layout,
    #[field(
        select = [
            "Gray", "Blue", "Green", "Red", "Pink", "Orange", "Amber", "Yellow", "Cyan", "Teal", "Violet",
            "purple",
        ],
    )]
    pub color: Option<String>,
    #[field(column_break)]
    pub column_break_ekva: Layout,
    pub status_order: i64,
}
