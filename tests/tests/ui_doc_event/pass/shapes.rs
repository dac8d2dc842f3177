#![allow(unused)]

use helpdesk_core::doctype::Document;
use helpdesk_core::doctype::typed::{doc_event, doctype};
use helpdesk_core::prelude::*;

helpdesk_core::app! { "case" }

/// An order.
#[doctype(name = "Shop Order", module = "Shop")]
pub struct ShopOrder {
    pub title: String,
}

#[doc_event(doctype = "Shop Order", on = "validate")]
fn by_name(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    Ok(())
}

#[doc_event(doctype = ShopOrder, on = "before_save", order = 2)]
fn by_struct(order: &mut ShopOrder, cx: &mut Cx) -> Result<()> {
    order.title.push('!');
    Ok(())
}

fn main() {}
