//! HD Article Category: a group of articles in the knowledge base.

pub mod events;

use helpdesk_core::doctype::typed::{Layout, doctype};

/// A group of articles in the knowledge base.
#[doctype(
    name = "HD Article Category", app = "helpdesk", module = "Helpdesk", autoname = "hash",
    naming_rule = "Random", title_field = "category_name", sort_field = "modified",
    nsm_parent_field = "parent_hd_article_category", show_title_field_in_link, allow_guest_to_view,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "HD Customer", rights = [read]),
    permission(role = "HD Customer Manager", rights = [read]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdArticleCategory {
    #[field(standard)]
    pub name: String,
    #[field(label = "Name", in_list_view, allow_in_quick_entry)]
    pub category_name: Option<String>,
    #[field(text, allow_in_quick_entry)]
    pub description: Option<String>,
    #[field(column_break)]
    pub column_break_iczs: Layout,
    pub icon: Option<String>,
}
