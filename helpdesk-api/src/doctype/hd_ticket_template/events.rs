//! A template asks for fields that tickets have.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

#[doc_event(doctype = "HD Ticket Template", on = "validate")]
fn validate(template: &mut Document, cx: &mut Cx) -> Result<()> {
    let ticket = meta_of(cx, "HD Ticket")?;
    for row in template.rows("fields") {
        let name = row.text("fieldname");
        if ticket.field(name).is_none() {
            return Err(invalid(format!("Tickets have no field {name}")));
        }
        if matches!(name, "status" | "agreement_status") {
            return Err(invalid(format!(
                "The field {name} can't be asked for in a template"
            )));
        }
    }
    Ok(())
}

#[doc_event(doctype = "HD Ticket Template", on = "on_trash")]
fn on_trash(template: &mut Document, _: &mut Cx) -> Result<()> {
    if template.name() == "Default" {
        return Err(forbidden("The template Default stays."));
    }
    Ok(())
}
