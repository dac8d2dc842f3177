//! The newest messages of a document stand in its `_comments`, so that lists can show how many there are.

use crate::doc_event;
use crate::doctype::comments;
use crate::doctype::document::Document;
use crate::html;
use crate::prelude::*;

doc_event!("Comment", BeforeSave, clean);
doc_event!("Comment", OnUpdate, note);
doc_event!("Comment", AfterDelete, forget);
doc_event!("Communication", OnUpdate, note);
doc_event!("Communication", AfterDelete, forget);

/// Clients show the content as HTML, and the field itself is exempt from cleaning.
fn clean(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    if let Some(clean) = html::clean_stored(comment.text("content")) {
        comment.set("content", clean);
    }
    if comment.is_empty("comment_email") {
        comment.set("comment_email", cx.user().to_owned());
    }
    Ok(())
}

fn note(message: &mut Document, cx: &mut Cx) -> Result<()> {
    comments::note(cx, message)
}

fn forget(message: &mut Document, cx: &mut Cx) -> Result<()> {
    comments::forget(cx, message)
}
