#![allow(unused)]

use helpdesk_core::doctype::typed::{Layout, doctype};

#[doctype(name = "Shop Order", title_field = "titel", search_fields = "title,status")]
pub struct ShopOrder {
    pub title: String,
    #[field(dynamic_link = "about_doctype")]
    pub about: Option<String>,
}

fn main() {}
