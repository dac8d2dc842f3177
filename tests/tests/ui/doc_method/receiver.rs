#![allow(unused)]

use helpdesk_core::doctype::document::Document;
use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

struct Ticket;

impl Ticket {
    #[doc_method(doctype = "HD Ticket")]
    fn close(&mut self, cx: &mut Cx) {}
}

fn main() {}
