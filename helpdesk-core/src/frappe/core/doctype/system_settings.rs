//! System Settings ask for nothing this site can't do.

use crate::doc_event;
use crate::doctype::document::Document;
use crate::prelude::*;
use crate::sign_in::second;

doc_event!("System Settings", Validate, validate);

fn validate(settings: &mut Document, cx: &mut Cx) -> Result<()> {
    second::check_settings(cx, settings)
}
