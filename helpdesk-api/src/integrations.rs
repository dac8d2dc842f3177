//! `helpdesk.integrations`: other programs.

pub mod erpnext;
