//! DocTypes of the module `Desk`, a struct each.

pub mod notification_log;
pub mod tag;
pub mod todo;
