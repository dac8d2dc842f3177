//! HD Saved Reply: a text that can be filled is stored, another is not.
//!
//! Source: issue 6; spec/helpdesk-b.md §7.1.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

use crate::templates;

#[doc_event(doctype = "HD Saved Reply", on = "validate")]
fn validate(reply: &mut Document, _: &mut Cx) -> Result<()> {
    if reply.is_new || reply.has_value_changed("message") {
        templates::check(reply.text("message"))?;
    }
    Ok(())
}
