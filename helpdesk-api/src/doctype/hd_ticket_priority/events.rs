//! A priority is of use once agreements have times for it.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::message::Message;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};

#[doc_event(doctype = "HD Ticket Priority", on = "before_save")]
fn before_save(priority: &mut Document, cx: &mut Cx) -> Result<()> {
    if priority.is_on("disabled") {
        return Ok(());
    }
    let name = priority.name_text();
    let rows = ListRequest {
        filters: json!({ "priority": name }),
        ignore_permissions: true,
        ..ListRequest::of("HD Service Level Priority")
    };
    if query::count(cx, &rows)? == 0 {
        let text =
            format!("Add the priority {name} to a service level agreement, so that its tickets have times.");
        let message = Message {
            indicator: Some("orange"),
            ..Message::plain(text)
        };
        cx.msgprint(message);
    }
    Ok(())
}
