//! What the base app tells connected clients beside the engine's own events.
//!
//! Source: spec/framework-api.md §10.2, spec/framework-data.md §5.12.

use crate::doctype::document::Document;
use crate::doctype::typed::doc_event;
use crate::prelude::*;
use crate::realtime::room;

/// Under which key a document's page keeps entries of a type; the other types are not told.
fn key_of(comment_type: &str) -> Option<&'static str> {
    Some(match comment_type {
        "Comment" => "comments",
        "Like" => "like_logs",
        "Assigned" | "Assignment Completed" => "assignment_logs",
        "Attachment" | "Attachment Removed" => "attachment_logs",
        _ => return None,
    })
}

/// Tells who follows the document that an entry is about; the entry comes whole, with nulls and marked as in a form
/// (recorded).
fn docinfo(cx: &mut Cx, entry: &Document, key: &str, action: &str) -> Result<()> {
    let (doctype, name) = (entry.text("reference_doctype"), entry.text("reference_name"));
    if doctype.is_empty() || name.is_empty() {
        return Ok(());
    }
    let room = room::doc(doctype, name);
    if !cx.site().realtime.wants(&room) {
        return Ok(());
    }
    let mut doc = serde_json::to_value(entry.as_dict())?;
    doc["__unsaved"] = Value::from(1);
    cx.publish(
        "docinfo_update",
        &room,
        json!({ "doc": doc, "key": key, "action": action }),
    );
    Ok(())
}

fn of_comment(cx: &mut Cx, comment: &Document, action: &str) -> Result<()> {
    match key_of(comment.text("comment_type")) {
        Some(key) => docinfo(cx, comment, key, action),
        None => Ok(()),
    }
}

#[doc_event(doctype = "Comment", on = "after_insert")]
fn comment_added(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    of_comment(cx, comment, "add")
}

/// A new comment is an update, too (recorded).
#[doc_event(doctype = "Comment", on = "on_update")]
fn comment_changed(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    of_comment(cx, comment, "update")
}

#[doc_event(doctype = "Comment", on = "on_trash")]
fn comment_deleted(comment: &mut Document, cx: &mut Cx) -> Result<()> {
    of_comment(cx, comment, "delete")
}

fn of_message(cx: &mut Cx, message: &Document, action: &str) -> Result<()> {
    match message.text("communication_type") {
        "Communication" => docinfo(cx, message, "communications", action),
        _ => Ok(()),
    }
}

#[doc_event(doctype = "Communication", on = "after_insert")]
fn message_added(message: &mut Document, cx: &mut Cx) -> Result<()> {
    of_message(cx, message, "add")
}

#[doc_event(doctype = "Communication", on = "on_trash")]
fn message_deleted(message: &mut Document, cx: &mut Cx) -> Result<()> {
    of_message(cx, message, "delete")
}

#[doc_event(doctype = "Notification Log", on = "after_insert")]
fn notified(notice: &mut Document, cx: &mut Cx) -> Result<()> {
    cx.publish("notification", &room::user(notice.text("for_user")), json!({}));
    Ok(())
}

#[doc_event(doctype = "User Permission", on = "on_update")]
fn confined(rule: &mut Document, cx: &mut Cx) -> Result<()> {
    cx.publish(
        "update_user_permissions",
        &room::user(rule.text("user")),
        json!({}),
    );
    Ok(())
}

#[doc_event(doctype = "User Permission", on = "after_delete")]
fn set_free(rule: &mut Document, cx: &mut Cx) -> Result<()> {
    confined(rule, cx)
}
