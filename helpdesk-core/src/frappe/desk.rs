//! What the desk keeps for its users.

pub mod doctype;
