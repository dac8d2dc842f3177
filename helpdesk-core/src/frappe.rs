//! The base app every site has: its DocTypes and `frappe.*` methods.

pub mod auth;
pub mod client;
pub mod desk;
mod permission_rules;

use crate::prelude::*;

/// Whether the server answers.
#[whitelist(allow_guest, inline, alias = "ping")]
pub fn ping() -> &'static str {
    "pong"
}
