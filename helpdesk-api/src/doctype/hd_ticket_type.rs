//! HD Ticket Type: what kind of request a ticket is.

pub mod events;

use helpdesk_core::doctype::typed::doctype;

/// What kind of request a ticket is.
#[doctype(
    name = "HD Ticket Type", app = "helpdesk", module = "Helpdesk", autoname = "Prompt",
    naming_rule = "Set by user", sort_field = "modified", document_type = "Setup", track_changes,
    allow_rename, allow_import, quick_entry,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Support Team",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "HD Customer", rights = [select, read]),
    permission(role = "HD Customer Manager", rights = [select, read, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdTicketType {
    #[field(standard)]
    pub name: String,
    #[field(label = "System", read_only)]
    pub is_system: bool,
    pub disabled: bool,
    #[field(small_text)]
    pub description: Option<String>,
    #[field(link = "HD Ticket Priority", in_list_view)]
    pub priority: Option<String>,
}
