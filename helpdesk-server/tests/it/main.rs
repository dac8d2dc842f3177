//! The server over real sockets: what clients may rely on, and what hostile ones run into.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets an error is to stop right there"
)]

mod answers;
mod clients;
mod docs;
mod documents_v2;
mod limits;
mod running;
mod stop;

// The methods that the tests themselves register.
helpdesk_core::app! { "it" }
