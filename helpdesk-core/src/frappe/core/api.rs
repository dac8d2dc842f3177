//! `frappe.core.api`.

pub mod file;
