//! What follows from a change of the settings.
//!
//! Source: spec/helpdesk-a.md §2.10.

use helpdesk_core::doc_event;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::save;
use helpdesk_core::install::{custom_perms, put};
use helpdesk_core::prelude::*;

use crate::{notice_mails, rows, templates};

doc_event!("HD Settings", Validate, validate);
doc_event!("HD Settings", OnUpdate, on_update);

const RULE: &str = "Custom DocPerm";

/// Texts of mails that change can be read as templates.
fn validate(settings: &mut Document, _: &mut Cx) -> Result<()> {
    for mail in notice_mails::ALL {
        if settings.has_value_changed(mail.content) {
            templates::check(settings.text(mail.content))?;
        }
    }
    Ok(())
}

/// Guests may make tickets, or no more.
fn on_update(settings: &mut Document, cx: &mut Cx) -> Result<()> {
    let is_on = settings.is_on("allow_anyone_to_create_tickets");
    let known = rows::names(
        cx,
        RULE,
        json!({ "parent": "HD Ticket", "role": "Guest", "permlevel": 0, "if_owner": 1 }),
    )?;
    if is_on != known.is_empty() {
        return Ok(());
    }
    if !is_on {
        let meta = meta_of(cx, RULE)?;
        for name in known {
            save::delete_with(cx, &meta, &name, true)?;
        }
        return Ok(());
    }
    let rule = json!({
        "role": "Guest", "permlevel": 0, "if_owner": 1, "read": 1, "write": 1, "create": 1, "export": 0,
    });
    if rows::names(cx, RULE, json!({ "parent": "HD Ticket" }))?.is_empty() {
        let meta = meta_of(cx, "HD Ticket")?;
        let rule = rule.as_object().cloned().into_iter().collect();
        return custom_perms(cx, &meta, rule);
    }
    let mut rule = rule;
    rule["parent"] = "HD Ticket".into();
    put(cx, RULE, rule).map(|_| ())
}
