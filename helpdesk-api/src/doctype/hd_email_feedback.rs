//! HD Email Feedback: a rating given by the link in a mail.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;

use crate::rows;

/// The ticket whose key the link carries.
fn ticket_of(cx: &mut Cx, key: &str) -> Result<String> {
    rows::names(cx, "HD Ticket", json!([["key", "=", key]]))?
        .into_iter()
        .next()
        .ok_or_else(|| invalid("The link of this feedback is not valid."))
}

#[doc_event(doctype = "HD Email Feedback", on = "validate")]
fn validate(feedback: &mut Document, cx: &mut Cx) -> Result<()> {
    let key = feedback.text("key").to_owned();
    if key.is_empty() {
        return Err(invalid("Feedback can only be given by the link in a mail."));
    }
    ticket_of(cx, &key)?;
    if !rows::names(cx, "HD Email Feedback", json!([["key", "=", key]]))?.is_empty() {
        return Err(invalid("Feedback was given already."));
    }
    Ok(())
}

/// The ticket takes the rating, and is closed.
#[doc_event(doctype = "HD Email Feedback", on = "before_save")]
fn before_save(feedback: &mut Document, cx: &mut Cx) -> Result<()> {
    let key = feedback.text("key").to_owned();
    let name = ticket_of(cx, &key)?;
    let mut ticket = storage::get_to_change(cx, &meta_of(cx, "HD Ticket")?, &name)?;
    ticket.set("feedback_rating", feedback.get("feedback_rating").clone());
    ticket.set("feedback_extra", feedback.get("feedback_extra").clone());
    ticket.set("status", "Closed");
    ticket.flags.ignore_permissions = true;
    save::save(cx, &mut ticket)?;
    feedback.set("ticket", name);
    Ok(())
}
