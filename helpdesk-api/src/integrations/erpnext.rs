//! `helpdesk.integrations.erpnext`: customers shared with `ERPNext`.

pub mod api;
