//! The base app that every site has: its dotted paths begin with `frappe.`.
//!
//! DocTypes whose fields no Rust code reads by name are kept as data, in `doctype_data`.

pub mod auth;
pub mod client;
pub mod contacts;
pub mod core;
pub mod desk;
mod doctype_data;
mod install;
mod permission_rules;
pub mod share;

use crate::prelude::*;

/// Whether the server answers.
#[whitelist(allow_guest, inline, alias = "ping")]
pub fn ping() -> &'static str {
    "pong"
}
