//! The API over HTTP, an area a file.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, in helpers too")]

mod auth;
mod envelope;
mod knowledge_base;
mod list;
mod methods;
mod passwords;
mod permissions;
mod rate_limit;
mod resource;
mod session_attacks;
mod sessions;
mod ticket;
mod tokens;
mod transaction;

// Methods that only these tests have: `probe.transaction.write` and the like.
helpdesk_core::app! { "probe" }
