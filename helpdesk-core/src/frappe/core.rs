//! Users, roles, communications, files.

pub mod api;
pub mod doctype;
