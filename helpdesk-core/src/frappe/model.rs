//! `frappe.model`: documents, and what users keep of them.

pub mod utils;
