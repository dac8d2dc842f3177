#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

#[doctype(name = "Shop Order", permission(role = "Shop Manager", rights = [read, wriet, read]))]
pub struct ShopOrder {
    pub title: String,
}

fn main() {}
