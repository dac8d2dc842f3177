#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

#[doctype(name = "Shop Order")]
pub struct ShopOrder {
    #[field(table = "Shop Order Item")]
    pub items: Vec<String>,
}

fn main() {}
