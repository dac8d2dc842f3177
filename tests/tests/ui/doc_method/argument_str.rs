#![allow(unused)]

use helpdesk_core::doctype::document::Document;
use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[doc_method(doctype = "HD Ticket")]
fn close(doc: &mut Document, cx: &mut Cx, reason: &str) -> Result<()> {
    Ok(())
}

fn main() {}
