//! A comment has an author.

use crate::doc_event;
use crate::doctype::document::Document;
use crate::prelude::*;

doc_event!("Comment", BeforeInsert, name_author);

/// Who makes a comment without saying whose it is, is its author (recorded: `create/comment`).
fn name_author(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    if comment.text("comment_email").is_empty() {
        comment.set("comment_email", cx.session().user.to_string());
    }
    Ok(())
}
