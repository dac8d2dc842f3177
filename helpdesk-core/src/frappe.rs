//! The base app every site has: its DocTypes and `frappe.*` methods.

pub mod auth;
pub mod client;

use crate::prelude::*;

/// Whether the server answers.
#[whitelist(allow_guest, inline, alias = "ping")]
pub fn ping() -> &'static str {
    "pong"
}
