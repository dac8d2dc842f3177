//! `frappe.model`: documents, and what users keep of them.

pub mod document;
pub mod rename_doc;
pub mod utils;
