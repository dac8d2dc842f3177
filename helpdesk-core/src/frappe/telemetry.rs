//! `frappe.utils.telemetry.pulse.client`: whether the client reports how it is used. It does not: this server has
//! nobody to report to.
//!
//! Source: spec/spa-calls.json; spec/helpdesk-b.md §14.2.

use schemars::JsonSchema;

use crate::prelude::*;

/// How the client reports.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Telemetry {
    enabled: bool,
}

/// What the client's reporting starts with: that there is none.
#[whitelist(allow_guest, inline, path = "frappe.utils.telemetry.pulse.client.boot_config")]
pub fn boot_config() -> Telemetry {
    Telemetry { enabled: false }
}

/// Whether usage is reported.
#[whitelist(inline, path = "frappe.utils.telemetry.pulse.client.is_enabled")]
pub fn is_enabled() -> bool {
    boot_config().enabled
}
