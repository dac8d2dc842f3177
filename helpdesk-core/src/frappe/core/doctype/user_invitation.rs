//! User Invitation: somebody is asked by mail to become a user of an app.
//!
//! Source: spec/framework-api.md §7.6, spec/helpdesk-b.md §14.3.

pub mod accept;
pub(crate) mod events;
pub mod expire;
pub mod invite;
pub mod rules;
