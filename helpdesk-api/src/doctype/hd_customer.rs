//! HD Customer: an organisation whose contacts open tickets.

pub(crate) mod doc_methods;
pub(crate) mod events;
pub(crate) mod members;

use helpdesk_core::doctype::typed::{Layout, doctype};

use super::hd_customer_member::HdCustomerMember;

/// An organisation whose contacts open tickets.
#[doctype(
    name = "HD Customer", app = "helpdesk", module = "Helpdesk", autoname = "field:customer_name",
    naming_rule = "Expression", sort_field = "modified", image_field = "image", allow_rename,
    index_web_pages_for_search,
    permission(role = "Administrator",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "System Manager",
        rights = [select, read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent Manager",
        rights = [select, read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [select, read, report, export, share, print, email]),
    permission(role = "HD Customer Manager",
        rights = [select, read, write, delete, report, export, share, print, email]),
    permission(role = "HD Customer", rights = [select, read, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdCustomer {
    #[field(standard)]
    pub name: String,
    #[field(attach_image)]
    pub image: Option<String>,
    #[field(unique)]
    pub customer_name: Option<String>,
    #[field(select = ["Company", "Individual", "Partnership"], default = "Company")]
    pub customer_type: Option<String>,
    #[field(in_list_view, in_standard_filter)]
    pub domain: Option<String>,
    #[field(label = "ERPNext Customer", read_only, hidden)]
    pub erpnext_customer: Option<String>,
    #[field(link = "Country")]
    pub country: Option<String>,
    #[field(column_break)]
    pub column_break_fead: Layout,
    #[field(link = "Contact")]
    pub primary_contact: Option<String>,
    #[field(
        options = "Email",
        label = "Email ID",
        read_only,
        fetch_from = "primary_contact.email_id"
    )]
    pub email_id: Option<String>,
    #[field(options = "Phone", read_only, fetch_from = "primary_contact.mobile_no")]
    pub mobile_no: Option<String>,

    #[field(section_break)]
    pub section_break_fxor: Layout,
    #[field(table = "HD Customer Member")]
    pub contacts: Vec<HdCustomerMember>,

    #[field(tab_break, label = "References")]
    pub references_tab: Layout,
    #[field(html, label = "Contact HTML")]
    pub contact_html: Layout,
}
