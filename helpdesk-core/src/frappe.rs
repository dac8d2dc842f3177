//! The base app that every site has: its dotted paths begin with `frappe.`.
//!
//! DocTypes whose fields no Rust code reads by name are kept as data, in `doctype_data`.

mod announce;
pub mod apps;
pub mod auth;
pub mod client;
pub mod contacts;
pub mod core;
pub mod desk;
mod doctype_data;
pub mod handler;
pub mod housekeeping;
mod install;
pub mod model;
pub mod onboarding;
mod permission_rules;
pub mod realtime;
pub mod share;
pub mod telemetry;
pub mod translate;
pub mod website;
pub mod www;

use crate::prelude::*;

/// Whether the server answers.
#[whitelist(allow_guest, inline, alias = "ping")]
pub fn ping() -> &'static str {
    "pong"
}

// What templates and the program itself have of the base app (spec/framework-api.md §12, spec/framework-data.md §5.3.1).
not_whitelisted! { path = "frappe.config"; get_site_config as "frappe.get_site_config" }
not_whitelisted! {
    bold, call, copy_doc, delete_doc, enqueue, format, format_value, get_all, get_cached_doc, get_doc, get_hooks,
    get_last_doc, get_list, get_meta, get_system_settings, get_url, log_error, msgprint, new_doc, publish_realtime,
    render_template, safe_eval, sanitize_html, sendmail, throw
}
