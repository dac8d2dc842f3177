//! Somebody can always be there: one enabled status of the category `Active` stays.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

use crate::rows;

#[doc_event(doctype = "HD Agent Status", on = "validate")]
fn validate(status: &mut Document, cx: &mut Cx) -> Result<()> {
    if status.before.is_none() || status.text("category") == "Active" && status.is_on("enable") {
        return Ok(());
    }
    require_another(status, cx)
}

#[doc_event(doctype = "HD Agent Status", on = "on_trash")]
fn on_trash(status: &mut Document, cx: &mut Cx) -> Result<()> {
    if status.text("category") != "Active" {
        return Ok(());
    }
    require_another(status, cx)
}

fn require_another(status: &Document, cx: &mut Cx) -> Result<()> {
    let filters = json!([
        ["category", "=", "Active"],
        ["enable", "=", 1],
        ["name", "!=", status.name()]
    ]);
    if rows::names(cx, "HD Agent Status", filters)?.is_empty() {
        return Err(invalid("There must be an enabled status of the category Active."));
    }
    Ok(())
}
