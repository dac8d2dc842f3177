#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

#[doctype(name = "Shop Order")]
pub struct ShopOrder<T> {
    pub title: String,
    #[field(select = ["a", "b"])]
    pub state: T,
}

fn main() {}
