//! The helpdesk app: its DocTypes, their rules, and `helpdesk.api.*`.

#![warn(missing_docs)]

pub mod doctype;
pub mod install;
