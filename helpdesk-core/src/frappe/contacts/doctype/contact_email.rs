//! Contact Email: one mail address of a contact.

use crate::doctype::typed::doctype;

/// One mail address of a contact.
#[doctype(
    name = "Contact Email",
    app = "frappe",
    module = "Contacts",
    istable,
    track_changes,
    quick_entry
)]
#[derive(Clone, Debug, Default)]
pub struct ContactEmail {
    #[field(standard)]
    pub name: String,
    #[field(options = "Email", label = "Email ID", reqd, in_list_view)]
    pub email_id: String,
    #[field(in_list_view)]
    pub is_primary: bool,
}
