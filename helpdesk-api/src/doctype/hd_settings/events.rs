//! What follows from a change of the settings.
//!
//! Source: spec/helpdesk-a.md §2.10, spec/helpdesk-b.md §9.5.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::save;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::doctype::value::lenient_int;
use helpdesk_core::install::{custom_perms, put};
use helpdesk_core::prelude::*;

use crate::{notice_mails, rows, templates};

const RULE: &str = "Custom DocPerm";

/// Settings that need each other fit, and texts of mails that change can be read as templates.
#[doc_event(doctype = "HD Settings", on = "validate")]
fn validate(settings: &mut Document, cx: &mut Cx) -> Result<()> {
    if settings.is_on("auto_close_tickets") && lenient_int(settings.get("auto_close_after_days")) <= 0 {
        return Err(invalid(
            "auto_close_after_days: tickets are closed after one day at the earliest",
        ));
    }
    feedback_status(settings, cx)?;
    for mail in notice_mails::ALL {
        if settings.has_value_changed(mail.content) {
            templates::check(settings.text(mail.content))?;
        }
    }
    Ok(())
}

/// Feedback is asked for once a ticket is resolved.
fn feedback_status(settings: &Document, cx: &mut Cx) -> Result<()> {
    if !settings.is_on("enable_email_ticket_feedback") {
        return Ok(());
    }
    let status = match settings.text("send_email_feedback_on_status") {
        "" => "Closed",
        status => status,
    };
    if rows::value_text(cx, "HD Ticket Status", status, "category")? == "Resolved" {
        return Ok(());
    }
    Err(invalid(
        "send_email_feedback_on_status: feedback is asked for in a status of the category Resolved",
    ))
}

/// Saving brings the rights of guests in line with the settings, which only System Managers may (recorded). While
/// guests may make tickets there is nothing to bring in line, unless a caller turns that on. Methods that change a
/// setting for a manager have looked at the caller themselves.
#[doc_event(doctype = "HD Settings", on = "before_save")]
fn before_save(settings: &mut Document, cx: &mut Cx) -> Result<()> {
    let is_on = |doc: &Document| doc.is_on("allow_anyone_to_create_tickets");
    let stays_on = is_on(settings) && settings.before.as_ref().is_some_and(|before| is_on(before));
    let is_own = settings.flags.ignore_permissions;
    if is_own || stays_on || cx.session().is_administrator() || cx.session().has_role("System Manager") {
        return Ok(());
    }
    Err(Error::bare(ErrorKind::PermissionError, ""))
}

/// Guests may make tickets, or no more.
#[doc_event(doctype = "HD Settings", on = "on_update")]
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
