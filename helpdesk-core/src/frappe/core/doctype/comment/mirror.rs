//! The newest messages of a document stand in its `_comments`, so that lists can show how many there are.

use crate::doctype::comments;
use crate::doctype::document::Document;
use crate::doctype::typed::doc_event;
use crate::html;
use crate::prelude::*;

/// Clients show the content as HTML, and the field itself is exempt from cleaning.
#[doc_event(doctype = "Comment", on = "before_save")]
fn clean(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    if let Some(clean) = html::clean_stored(comment.text("content")) {
        comment.set("content", clean);
    }
    if comment.is_empty("comment_email") {
        comment.set("comment_email", cx.user().to_owned());
    }
    Ok(())
}

#[doc_event(doctype = "Comment", on = "on_update")]
#[doc_event(doctype = "Communication", on = "on_update")]
fn note(message: &mut Document, cx: &mut Cx) -> Result<()> {
    comments::note(cx, message)
}

#[doc_event(doctype = "Comment", on = "after_delete")]
#[doc_event(doctype = "Communication", on = "after_delete")]
fn forget(message: &mut Document, cx: &mut Cx) -> Result<()> {
    comments::forget(cx, message)
}
