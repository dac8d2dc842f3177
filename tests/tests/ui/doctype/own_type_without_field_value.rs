#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

pub struct State;

#[doctype(name = "Shop Order")]
pub struct ShopOrder {
    #[field(select = ["Open", "Paid"])]
    pub state: Option<State>,
}

fn main() {}
