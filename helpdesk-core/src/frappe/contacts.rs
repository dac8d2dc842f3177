//! Contacts: people and how to reach them.

pub mod doctype;
