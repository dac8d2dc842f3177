#![allow(unused)]

use helpdesk_core::doctype::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

#[doc_event(on = "validate")]
fn check(_: &mut Document, _: &mut Cx) -> Result<()> {
    Ok(())
}

fn main() {}
