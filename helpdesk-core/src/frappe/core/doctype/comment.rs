//! Comment: a remark in a document's timeline, by a person or by the system.

mod mirror;

use crate::doctype::typed::{Layout, doctype};

/// A remark in a document's timeline, by a person or by the system.
#[doctype(
    name = "Comment", app = "frappe", module = "Core", title_field = "comment_type", track_changes,
    quick_entry, index("reference_doctype", "reference_name"),
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Website Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct Comment {
    #[field(standard)]
    pub name: String,
    #[field(
        select = [
            "Comment", "Like", "Info", "Label", "Workflow", "Created", "Submitted", "Cancelled", "Updated",
            "Deleted", "Assigned", "Assignment Completed", "Attachment", "Attachment Removed", "Shared",
            "Unshared", "Bot", "Relinked", "Edit",
        ],
        reqd,
        default = "Comment",
    )]
    pub comment_type: String,
    #[field(in_list_view)]
    pub comment_email: Option<String>,
    #[field(text)]
    pub subject: Option<String>,
    #[field(in_list_view)]
    pub comment_by: Option<String>,
    pub published: bool,
    pub seen: bool,
    #[field(column_break)]
    pub column_break_5: Layout,
    #[field(link = "DocType", label = "Reference Document Type", in_list_view)]
    pub reference_doctype: Option<String>,
    #[field(dynamic_link = "reference_doctype")]
    pub reference_name: Option<String>,
    #[field(read_only)]
    pub reference_owner: Option<String>,

    #[field(section_break)]
    pub section_break_10: Layout,
    #[field(html_editor, in_list_view, ignore_xss_filter)]
    pub content: Option<String>,
    #[field(label = "IP Address", hidden)]
    pub ip_address: Option<String>,
}
