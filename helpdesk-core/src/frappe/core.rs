//! Users, roles, communications, files.

pub mod doctype;
