//! `frappe.desk.form`.

pub mod assign_to;
