//! Contact Phone: one phone number of a contact.

use crate::doctype::typed::doctype;

/// One phone number of a contact.
#[doctype(
    name = "Contact Phone",
    app = "frappe",
    module = "Contacts",
    istable,
    track_changes,
    quick_entry
)]
#[derive(Clone, Debug, Default)]
pub struct ContactPhone {
    #[field(standard)]
    pub name: String,
    #[field(options = "Phone", label = "Number", reqd, in_list_view)]
    pub phone: String,
    #[field(in_list_view)]
    pub is_primary_phone: bool,
    #[field(label = "Is Primary Mobile", in_list_view)]
    pub is_primary_mobile_no: bool,
}
