#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

#[doctype(name = "Shop Order")]
pub struct ShopOrder {
    pub details_section: Layout,
    pub title: String,
}

fn main() {}
