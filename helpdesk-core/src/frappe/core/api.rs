//! `frappe.core.api`.

pub mod file;
pub mod user_invitation;
