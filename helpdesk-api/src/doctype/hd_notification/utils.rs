//! `helpdesk.helpdesk.doctype.hd_notification.utils`: one's own notices.
//!
//! Source: spec/helpdesk-b.md §11.1.

use helpdesk_core::db::Query;
use helpdesk_core::prelude::*;

/// Marks the caller's own unread notices as read; nothing else of them changes.
///
/// # Errors
/// A database failure.
#[whitelist]
pub fn clear(
    cx: &mut Cx,
    /// Only those about this ticket.
    ticket: Option<String>,
    /// Only those about this comment.
    comment: Option<String>,
) -> Result<()> {
    let mut query = Query::new();
    query
        .sql("UPDATE ")
        .ident("tabHD Notification")
        .sql(" SET ")
        .ident("read")
        .sql(" = 1 WHERE user_to = ")
        .text(cx.user().to_owned())
        .sql(" AND ")
        .ident("read")
        .sql(" = 0");
    for (column, name) in [("reference_ticket", ticket), ("reference_comment", comment)] {
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            query.sql(" AND ").ident(column).sql(" = ").text(name);
        }
    }
    cx.db().execute(query)?;
    Ok(())
}
