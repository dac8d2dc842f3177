#![allow(unused)]

use helpdesk_core::doctype::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[doc_event(doctype = "Shop Order", on = "before_saving")]
fn check(_: &mut Document, _: &mut Cx) -> Result<()> {
    Ok(())
}

fn main() {}
