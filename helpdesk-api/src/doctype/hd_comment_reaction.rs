//! HD Comment Reaction: a user's emoji on a comment.

use helpdesk_core::doctype::typed::doctype;

/// A user's emoji on a comment.
#[doctype(
    name = "HD Comment Reaction",
    app = "helpdesk",
    module = "Helpdesk",
    autoname = "autoincrement",
    naming_rule = "Autoincrement",
    sort_field = "modified",
    istable,
    index_web_pages_for_search
)]
#[derive(Clone, Debug, Default)]
pub struct HdCommentReaction {
    #[field(standard)]
    pub name: String,
    #[field(reqd, in_list_view)]
    pub emoji: String,
    #[field(reqd, read_only, in_list_view)]
    pub user: String,
}
