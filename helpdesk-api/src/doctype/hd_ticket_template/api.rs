//! `helpdesk.helpdesk.doctype.hd_ticket_template.api`: the form of a new ticket.

use helpdesk_core::prelude::*;

use super::fields;
use crate::permitted;

/// The fields a template adds to the form of a new ticket, with what precedes it; no fields for an unknown template.
///
/// # Errors
/// 403 if the caller may not read templates.
#[whitelist]
pub fn get_one(
    cx: &mut Cx,
    /// Name of the template.
    name: String,
) -> Result<Value> {
    permitted::require_listing(cx, "HD Ticket Template")?;
    fields::payload(cx, &name)
}
