//! hyper, pages and the command line of Helpdesk in Rust.
//!
//! [`Server`] answers HTTP for one site; [`cli::run`] is all that the `main` of an app's own binary calls.
//! Nothing here knows a DocType or a method: requests become a `Target` and go to `helpdesk_core::call`.

#![warn(missing_docs)]

pub mod cli;
mod commands;
pub mod config;
mod engine;
pub mod http;
mod nodes;
mod sockets;

pub use engine::open as open_site;
pub use http::Server;
