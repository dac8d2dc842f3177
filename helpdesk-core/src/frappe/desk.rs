//! `frappe.desk`: lists, forms, searches and assignments, and what the desk keeps for its users.

pub mod doctype;
pub mod form;
pub mod like;
pub mod link_preview;
pub mod listview;
pub mod notifications;
pub mod query_report;
pub mod reportview;
pub mod search;
