//! The framework of Helpdesk in Rust: annotated functions answer over HTTP, DocTypes are structs.
//!
//! Start at [`prelude`]; the map of the modules is in `ARCHITECTURE.md`.

#![warn(missing_docs)]

#[allow(
    unused_extern_crates,
    reason = "generated code names this crate from outside and inside alike"
)]
extern crate self as helpdesk_core;

#[doc(hidden)]
pub mod __private;
pub mod args;
pub mod call;
pub mod clock;
pub mod config;
pub mod copy;
pub mod cx;
pub mod db;
pub mod dispatch;
pub mod doc_methods;
pub mod doctype;
pub mod error;
pub mod files;
pub mod frappe;
pub mod gate;
pub mod html;
pub mod import;
pub mod inject;
pub mod install;
pub mod jobs;
pub mod lane;
pub mod load;
pub mod mail;
pub mod message;
pub mod method;
pub mod openapi;
pub mod path;
pub mod prelude;
pub mod query;
pub mod rate_limit;
pub mod realtime;
pub mod reply;
pub mod report;
pub mod rest;
mod schema;
pub mod search;
pub mod secret;
pub mod session;
pub mod sign_in;
pub mod site;
pub mod translate;
pub mod users;
pub mod v2;

pub use helpdesk_macros::{doc_method, not_whitelisted, rate_limit, whitelist};

app! { "frappe", frappe => "frappe" }
