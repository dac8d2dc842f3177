//! A third party's app: a shop beside the help desk.
//!
//! Everything it takes to add methods of your own is the line below, the functions, and `main.rs`.

pub mod orders;

helpdesk_core::app! { "acme.shop" }
