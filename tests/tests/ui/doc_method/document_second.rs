#![allow(unused)]

use helpdesk_core::doctype::document::Document;
use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[doc_method(doctype = "HD Ticket")]
fn close(cx: &mut Cx, doc: &mut Document) -> Result<()> {
    Ok(())
}

fn main() {}
