//! HD Article: one page of the knowledge base.

mod doc_methods;
pub mod events;

use helpdesk_core::doctype::typed::{Layout, doctype};

/// One page of the knowledge base.
#[doctype(
    name = "HD Article", app = "helpdesk", module = "Helpdesk", autoname = "hash",
    naming_rule = "Random", sort_field = "modified", track_changes, make_attachments_public,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "HD Customer", rights = [read, report, export, share, print, email]),
    permission(role = "HD Customer Manager", rights = [read, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdArticle {
    #[field(standard)]
    pub name: String,
    #[field(reqd, in_list_view, in_standard_filter, allow_in_quick_entry)]
    pub title: String,
    #[field(
        select = ["Published", "Draft", "Archived"],
        default = "Draft",
        in_standard_filter,
    )]
    pub status: Option<String>,
    #[field(datetime, read_only, depends_on = r#"eval:doc.status === "Published""#)]
    pub published_on: Option<String>,
    /// How often the page was opened.
    #[field(default = 0, read_only)]
    pub views: i64,
    #[field(column_break)]
    pub column_break_7: Layout,
    #[field(link = "HD Article Category", in_list_view)]
    pub category: Option<String>,
    #[field(link = "User", read_only, depends_on = "author")]
    pub author: Option<String>,
    /// The title as it stands in the page's address; computed.
    #[field(is_virtual)]
    pub title_slug: Option<String>,

    #[field(section_break, label = "Content")]
    pub content_section: Layout,
    #[field(text_editor, allow_in_quick_entry)]
    pub content: Option<String>,
}
