//! The DocType engine.

pub mod def;
pub mod document;
pub mod typed;
