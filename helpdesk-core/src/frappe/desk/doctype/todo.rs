//! `ToDo`: a task for one user, on a document: how assignments are kept.

use crate::doctype::typed::{Layout, doctype};

/// A task for one user, on a document: how assignments are kept.
#[doctype(
    name = "ToDo", app = "frappe", module = "Desk", autoname = "hash", title_field = "description",
    search_fields = "description, reference_type, reference_name", document_type = "Setup",
    sender_field = "sender", subject_field = "description", track_changes, track_seen, quick_entry,
    email_append_to,
    index("reference_type", "reference_name"),
    permission(role = "All", rights = [read, write, create, delete, report, share, print, email]),
    permission(role = "System Manager", rights = [read, write, create, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct ToDo {
    #[field(standard)]
    pub name: String,

    #[field(section_break)]
    pub description_and_status: Layout,
    #[field(
        select = ["Open", "Closed", "Cancelled"],
        default = "Open",
        in_list_view,
        in_standard_filter,
        in_global_search,
    )]
    pub status: Option<String>,
    #[field(
        select = ["High", "Medium", "Low"],
        default = "Medium",
        in_list_view,
        in_standard_filter,
    )]
    pub priority: Option<String>,
    #[field(column_break)]
    pub column_break_2: Layout,
    #[field(color)]
    pub color: Option<String>,
    #[field(
        date,
        label = "Due Date",
        default = "Today",
        in_list_view,
        in_standard_filter,
        allow_in_quick_entry
    )]
    pub date: Option<String>,
    /// The user whose task it is.
    #[field(link = "User", in_standard_filter, in_global_search, ignore_user_permissions)]
    pub allocated_to: Option<String>,

    #[field(section_break)]
    pub description_section: Layout,
    #[field(text_editor, reqd, in_global_search)]
    pub description: String,

    #[field(section_break, label = "Reference")]
    pub section_break_6: Layout,
    #[field(link = "DocType", in_list_view)]
    pub reference_type: Option<String>,
    #[field(dynamic_link = "reference_type")]
    pub reference_name: Option<String>,
    #[field(column_break)]
    pub column_break_10: Layout,
    #[field(link = "Role")]
    pub role: Option<String>,
    #[field(link = "User", ignore_user_permissions)]
    pub assigned_by: Option<String>,
    #[field(read_only_text, fetch_from = "assigned_by.full_name")]
    pub assigned_by_full_name: Option<String>,
    #[field(options = "Email", hidden)]
    pub sender: Option<String>,
    #[field(link = "Assignment Rule", read_only)]
    pub assignment_rule: Option<String>,
}
