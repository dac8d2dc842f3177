//! System Settings ask for nothing this site can't do.

use crate::doctype::document::Document;
use crate::doctype::typed::doc_event;
use crate::prelude::*;
use crate::sign_in::second;

#[doc_event(doctype = "System Settings", on = "validate")]
fn validate(settings: &mut Document, cx: &mut Cx) -> Result<()> {
    second::check_settings(cx, settings)
}
