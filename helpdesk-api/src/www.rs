//! What pages of the app are made of.

pub mod helpdesk;
