//! Notification Log: what a user is told. The DocType is kept as data; its methods stand one module deeper, as their
//! dotted path does.

#[expect(clippy::module_inception, reason = "the dotted path is the contract's")]
pub mod notification_log;
