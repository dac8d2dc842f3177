//! `frappe.website`: what people without access to the desk see.

pub mod doctype;
