//! HD Ticket Priority: how urgent a ticket is.

pub mod events;

use helpdesk_core::doctype::typed::doctype;

/// How urgent a ticket is.
#[doctype(
    name = "HD Ticket Priority", app = "helpdesk", module = "Helpdesk", autoname = "Prompt",
    naming_rule = "Set by user", sort_field = "modified", sort_order = "ASC", track_changes,
    allow_rename, quick_entry,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, report, export, share, print, email]),
    permission(role = "HD Customer", rights = [select, read, report, export, share, print, email]),
    permission(role = "HD Customer Manager", rights = [select, read, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdTicketPriority {
    #[field(standard)]
    pub name: String,
    #[field(
        select = ["Urgent", "High", "Medium", "Low"],
        reqd,
        default = "Medium",
        in_list_view,
    )]
    pub level: String,
    #[field(small_text)]
    pub description: Option<String>,
    pub disabled: bool,
}
