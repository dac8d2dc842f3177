//! Notices to users of the desk: HD Notification.
//!
//! Source: spec/helpdesk-a.md §3, spec/helpdesk-b.md §11.

mod mention;

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::save;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

/// Who hears of being assigned a ticket is led to its page.
#[doc_event(doctype = "Notification Log", on = "before_insert")]
fn lead_to_ticket(log: &mut Document, cx: &mut Cx) -> Result<()> {
    let is_meant = log.text("type") == "Assignment"
        && log.text("document_type") == "HD Ticket"
        && !log.is_empty("document_name");
    if is_meant {
        let host = cx.site().config.host_name.trim_end_matches('/');
        log.set(
            "link",
            format!("{host}/helpdesk/tickets/{}", log.text("document_name")),
        );
    }
    Ok(())
}

/// What a user is told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notice<'a> {
    /// Who did it; empty: the caller.
    pub(crate) from: &'a str,
    /// Who is told.
    pub(crate) to: &'a str,
    /// `Assignment`, `Mention` or `Reaction`.
    pub(crate) kind: &'static str,
    /// The ticket it is about.
    pub(crate) ticket: &'a str,
    /// The comment it is about.
    pub(crate) comment: &'a str,
    /// What is told.
    pub(crate) message: &'a str,
}

/// Tells a user something.
///
/// # Errors
/// 417 if there is no such user.
pub(crate) fn tell(cx: &mut Cx, notice: &Notice<'_>) -> Result<()> {
    let mut row = Document::new(meta_of(cx, "HD Notification")?);
    let from = if notice.from.is_empty() {
        cx.user().to_owned()
    } else {
        notice.from.to_owned()
    };
    row.set("user_from", from);
    row.set("user_to", notice.to);
    row.set("notification_type", notice.kind);
    for (field, value) in [
        ("reference_ticket", notice.ticket),
        ("reference_comment", notice.comment),
        ("message", notice.message),
    ] {
        if !value.is_empty() {
            row.set(field, value);
        }
    }
    row.set("read", 0);
    row.flags.ignore_permissions = true;
    save::insert(cx, &mut row)
}
