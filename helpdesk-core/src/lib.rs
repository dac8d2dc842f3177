//! The framework of Helpdesk in Rust: annotated functions answer over HTTP, DocTypes are structs.
//!
//! Start at [`prelude`]; the map of the modules is in `ARCHITECTURE.md`.

#![warn(missing_docs)]

#[allow(unused_extern_crates, reason = "generated code names this crate from outside and inside alike")]
extern crate self as helpdesk_core;

pub mod args;
pub mod call;
pub mod clock;
pub mod config;
pub mod cx;
pub mod db;
pub mod doctype;
pub mod error;
pub mod frappe;
pub mod html;
pub mod message;
pub mod method;
pub mod reply;
pub mod secret;
pub mod session;
pub mod site;
