//! Kinds of tickets the app relies on stay.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

#[doc_event(doctype = "HD Ticket Type", on = "on_trash")]
fn on_trash(kind: &mut Document, _: &mut Cx) -> Result<()> {
    if kind.is_on("is_system") {
        return Err(invalid(format!(
            "{} is a ticket type of the system and cannot be deleted.",
            kind.name()
        )));
    }
    Ok(())
}
