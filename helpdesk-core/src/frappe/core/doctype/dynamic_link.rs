//! Dynamic Link: a row that ties its parent to a document of any DocType.

use crate::doctype::typed::doctype;

/// A row that ties its parent to a document of any DocType.
#[doctype(
    name = "Dynamic Link",
    app = "frappe",
    module = "Core",
    istable,
    track_changes,
    quick_entry,
    index("link_doctype", "link_name")
)]
#[derive(Clone, Debug, Default)]
pub struct DynamicLink {
    #[field(standard)]
    pub name: String,
    #[field(link = "DocType", label = "Link Document Type", reqd, in_list_view)]
    pub link_doctype: String,
    #[field(dynamic_link = "link_doctype", reqd, in_list_view)]
    pub link_name: String,
    #[field(read_only_text, read_only, in_list_view)]
    pub link_title: Option<String>,
}
