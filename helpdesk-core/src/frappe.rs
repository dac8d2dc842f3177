//! The base app that every site has: its dotted paths begin with `frappe.`.
//!
//! DocTypes whose fields no Rust code reads by name are kept as data, in `doctype_data`.

mod announce;
pub mod apps;
pub mod auth;
pub mod client;
pub mod contacts;
pub mod core;
pub mod desk;
mod doctype_data;
pub mod handler;
pub mod housekeeping;
mod install;
pub mod model;
pub mod onboarding;
mod permission_rules;
pub mod realtime;
pub mod share;
pub mod telemetry;

use crate::prelude::*;

/// Whether the server answers.
#[whitelist(allow_guest, inline, alias = "ping")]
pub fn ping() -> &'static str {
    "pong"
}
