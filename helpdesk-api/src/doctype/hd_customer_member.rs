//! HD Customer Member: a contact's place in a customer organisation.

use helpdesk_core::doctype::typed::doctype;

/// A contact's place in a customer organisation.
#[doctype(
    name = "HD Customer Member",
    app = "helpdesk",
    module = "Helpdesk",
    istable,
    allow_rename,
    index_web_pages_for_search
)]
#[derive(Clone, Debug, Default)]
pub struct HdCustomerMember {
    #[field(standard)]
    pub name: String,
    #[field(link = "Contact", label = "Name", reqd, in_list_view)]
    pub contact_name: String,
    #[field(in_list_view)]
    pub is_manager: bool,
}
