//! HD Ticket Activity: one line of a ticket's history.

use helpdesk_core::doctype::typed::doctype;

/// One line of a ticket's history.
#[doctype(
    name = "HD Ticket Activity", app = "helpdesk", module = "Helpdesk", autoname = "hash",
    naming_rule = "Random", sort_field = "modified", index_web_pages_for_search,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, delete, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdTicketActivity {
    #[field(standard)]
    pub name: String,
    #[field(link = "HD Ticket", label = "HD Ticket", search_index)]
    pub ticket: Option<String>,
    #[field(small_text)]
    pub action: Option<String>,
}
