#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

#[doctype(module = "Shop")]
pub struct ShopOrder {
    pub title: String,
}

fn main() {}
