//! `frappe.model.utils`.

pub mod user_settings;
