#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

#[doctype(name = "Shop Order", trak_changes)]
pub struct ShopOrder {
    #[field(required)]
    pub title: String,
}

fn main() {}
