//! `ERPNext` HD Settings: whether customers are shared with `ERPNext`.
//!
//! Source: spec/helpdesk-b.md §12.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

use crate::integrations::erpnext::api::is_installed;

#[doc_event(doctype = "ERPNext HD Settings", on = "validate")]
fn validate(settings: &mut Document, cx: &mut Cx) -> Result<()> {
    if settings.is_on("enabled") && !is_installed(cx)? {
        return Err(invalid("enabled: ERPNext is not installed on this site"));
    }
    Ok(())
}
