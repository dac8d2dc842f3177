//! Users hear that a comment mentions them.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::storage;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

use crate::content::mentions;
use crate::notifications::{self, Notice};
use crate::rows;

#[doc_event(doctype = "HD Ticket Comment", on = "after_insert")]
fn after_insert(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    tell(comment, cx, mentions(comment.text("content")))
}

/// Who is mentioned now and was not before.
#[doc_event(doctype = "HD Ticket Comment", on = "on_update")]
fn on_update(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    let Some(before) = &comment.before else {
        return Ok(());
    };
    if !comment.has_value_changed("content") {
        return Ok(());
    }
    let known = mentions(before.text("content"));
    let mut new = mentions(comment.text("content"));
    new.retain(|user| !known.contains(user));
    tell(comment, cx, new)
}

/// One notice a comment and user; nobody hears of oneself, and names that are no user's are skipped.
fn tell(comment: &Document, cx: &mut Cx, users: Vec<String>) -> Result<()> {
    let name = comment.name_text();
    for user in users {
        let Some(user) = storage::exists(cx, "User", &user)? else {
            continue;
        };
        let known = rows::names(
            cx,
            "HD Notification",
            json!({ "reference_comment": name, "user_to": user, "notification_type": "Mention" }),
        )?;
        if !known.is_empty() || user.eq_ignore_ascii_case(comment.text("owner")) {
            continue;
        }
        let notice = Notice {
            from: comment.text("owner"),
            to: &user,
            kind: "Mention",
            ticket: comment.text("reference_ticket"),
            comment: &name,
            message: comment.text("content"),
        };
        notifications::tell(cx, &notice)?;
    }
    Ok(())
}
