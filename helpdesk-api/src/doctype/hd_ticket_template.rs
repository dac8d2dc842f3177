//! HD Ticket Template: which fields a ticket form shows, and its preset description.

pub mod api;
mod events;
pub(crate) mod fields;

use helpdesk_core::doctype::typed::doctype;

use super::hd_ticket_template_field::HdTicketTemplateField;

/// Which fields a ticket form shows, and its preset description.
#[doctype(
    name = "HD Ticket Template", app = "helpdesk", module = "Helpdesk",
    autoname = "field:template_name", naming_rule = "By fieldname", title_field = "template_name",
    sort_field = "modified", allow_rename, index_web_pages_for_search,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "HD Customer", rights = [read, report, export, share, print, email]),
    permission(role = "Agent Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdTicketTemplate {
    #[field(standard)]
    pub name: String,
    #[field(unique)]
    pub template_name: Option<String>,
    #[field(code, options = "HTML", label = "Additional Information")]
    pub about: Option<String>,
    #[field(table = "HD Ticket Template Field")]
    pub fields: Vec<HdTicketTemplateField>,
    #[field(text_editor)]
    pub description_template: Option<String>,
}
