//! `frappe.desk`: assignments and what the desk keeps for its users.

pub mod doctype;
pub mod form;
pub mod like;
