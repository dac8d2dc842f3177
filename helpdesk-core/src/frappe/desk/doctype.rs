//! DocTypes of the module `Desk`, a struct each.

pub mod tag;
pub mod todo;
