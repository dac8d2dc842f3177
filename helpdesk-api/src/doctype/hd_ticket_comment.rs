//! HD Ticket Comment: a note agents leave on a ticket; customers do not see it.

mod events;
#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod hd_ticket_comment;

use helpdesk_core::doctype::typed::{Layout, doctype};

use super::hd_comment_reaction::HdCommentReaction;

/// A note agents leave on a ticket; customers do not see it.
#[doctype(
    name = "HD Ticket Comment", app = "helpdesk", module = "Helpdesk", autoname = "hash",
    naming_rule = "Random", sort_field = "modified", index_web_pages_for_search,
    permission(role = "System Manager",
        rights = [read, write, create, delete, report, export, share, print, email]),
    permission(role = "Agent", rights = [read, write, create, delete, report, export, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct HdTicketComment {
    #[field(standard)]
    pub name: String,
    #[field(link = "HD Ticket", in_list_view, search_index)]
    pub reference_ticket: Option<String>,
    #[field(link = "User", in_list_view)]
    pub commented_by: Option<String>,
    #[field(label = "Is pinned")]
    pub is_pinned: bool,
    #[field(column_break)]
    pub column_break_3: Layout,
    #[field(text_editor)]
    pub content: Option<String>,

    #[field(section_break)]
    pub section_break_qtvl: Layout,
    #[field(table = "HD Comment Reaction")]
    pub reactions: Vec<HdCommentReaction>,
}
