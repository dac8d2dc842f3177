//! `frappe.desk`: assignments and what else forms need.

pub mod form;
