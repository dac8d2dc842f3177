//! DocTypes of the module `Desk`, a struct each.

pub mod todo;
