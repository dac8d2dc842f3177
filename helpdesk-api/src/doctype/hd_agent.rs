//! HD Agent: a user who answers tickets.

pub mod events;
#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod hd_agent;

use helpdesk_core::doctype::typed::doctype;

/// A user who answers tickets.
#[doctype(
    name = "HD Agent", app = "helpdesk", module = "Helpdesk", title_field = "agent_name",
    search_fields = "agent_name", sort_field = "modified", allow_rename,
    index_web_pages_for_search,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, delete, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdAgent {
    #[field(standard)]
    pub name: String,
    #[field(link = "User", reqd)]
    pub user: String,
    #[field(reqd, in_standard_filter, in_global_search)]
    pub agent_name: String,
    #[field(attach_image, label = "Image")]
    pub user_image: Option<String>,
    #[field(default = true, in_list_view)]
    pub is_active: bool,
    #[field(link = "HD Agent Status")]
    pub availability: Option<String>,
    /// When the agent last chose another availability.
    #[field(datetime, read_only)]
    pub availability_changed_on: Option<String>,
}
