//! Communication Link: a further document whose timeline shows a communication.

use crate::doctype::typed::doctype;

/// A further document whose timeline shows a communication.
#[doctype(
    name = "Communication Link",
    app = "frappe",
    module = "Core",
    istable,
    track_changes,
    quick_entry
)]
#[derive(Clone, Debug, Default)]
pub struct CommunicationLink {
    #[field(standard)]
    pub name: String,
    #[field(link = "DocType", label = "Link DocType", reqd, in_list_view)]
    pub link_doctype: String,
    #[field(dynamic_link = "link_doctype", reqd, in_list_view)]
    pub link_name: String,
    #[field(read_only_text, read_only, in_list_view)]
    pub link_title: Option<String>,
    #[field(datetime, hidden)]
    pub communication_date: Option<String>,
}
