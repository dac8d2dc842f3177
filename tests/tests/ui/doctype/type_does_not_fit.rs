#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

#[doctype(name = "Shop Order")]
pub struct ShopOrder {
    #[field(datetime)]
    pub ordered_on: i64,
    #[field(check)]
    pub paid: String,
    pub pieces: u32,
}

fn main() {}
