#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

#[doctype(name = "Shop Order")]
pub enum ShopOrder {
    Open,
    Paid,
}

fn main() {}
