//! Votes on an article.
//!
//! Source: spec/helpdesk-b.md §2.1.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;

use crate::rows;

/// Sets the caller's own vote: 0 none, 1 a like, 2 a dislike. There is one vote of a user on an article.
///
/// # Errors
/// - 403 for a first vote without the right to make one
/// - 417 for another number
#[doc_method(doctype = "HD Article")]
fn set_feedback(article: &Document, cx: &mut Cx, value: i64) -> Result<()> {
    if !(0..=2).contains(&value) {
        return Err(invalid("value: 0 is no vote, 1 a like, 2 a dislike"));
    }
    let name = article.name_text();
    let meta = meta_of(cx, "HD Article")?;
    // Two votes at once of one user would make two rows.
    storage::lock(cx, &meta, &name)?;
    let mine = json!({ "user": cx.user(), "article": name });
    if let Some(vote) = rows::names(cx, "HD Article Feedback", mine)?.into_iter().next() {
        let now = Value::from(helpdesk_core::clock::stored(cx.now()));
        let changes = [
            ("feedback", Value::from(value.to_string())),
            ("modified", now),
            ("modified_by", Value::from(cx.user())),
        ];
        storage::set_columns(cx, "HD Article Feedback", &vote, &changes)?;
        return Ok(());
    }
    let mut vote = Document::new(meta_of(cx, "HD Article Feedback")?);
    vote.set("user", cx.user().to_owned());
    vote.set("article", name);
    vote.set("feedback", value.to_string());
    save::insert(cx, &mut vote)
}
