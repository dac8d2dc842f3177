//! Documents as such and as structs of their DocType.

#![allow(unused)]

use helpdesk_core::doctype::Document;
use helpdesk_core::doctype::typed::{doc_event, doctype};
use helpdesk_core::prelude::*;

/// A bill.
#[doctype(name = "Shop Bill", module = "Shop")]
pub struct ShopBill {
    pub title: String,
}

#[doc_event(doctype = "Shop Bill", on = "validate")]
fn by_name(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    Ok(())
}

#[doc_event(doctype = ShopBill, on = "before_save", order = 2)]
fn by_struct(bill: &mut ShopBill, cx: &mut Cx) -> Result<()> {
    bill.title.push('!');
    Ok(())
}
