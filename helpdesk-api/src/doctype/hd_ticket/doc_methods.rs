//! Methods of a ticket that reading it is enough for.
//!
//! Source: spec/helpdesk-a.md §4.9.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::{permissions, save, storage};
use helpdesk_core::frappe::desk::form::assign_to::json_list;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};

// What the original's tickets do by themselves (spec/helpdesk-a.md); the first is recorded.
not_whitelisted! {
    doctype = "HD Ticket", path = "helpdesk.helpdesk.doctype.hd_ticket.hd_ticket";
    set_sla, on_communication_update
}

/// The newest message of a ticket, sent or received; nothing where there is none.
///
/// Whoever may read the ticket may read its messages.
#[doc_method(doctype = "HD Ticket")]
fn get_last_communication(ticket: &Document, cx: &mut Cx) -> Result<Option<Document>> {
    let newest = query::list_values(
        cx,
        &ListRequest {
            filters: json!([
                ["reference_doctype", "=", ticket.doctype()],
                ["reference_name", "=", ticket.name()]
            ]),
            order_by: "creation desc, name desc".to_owned(),
            length: Some(1),
            ignore_permissions: true,
            ..ListRequest::of("Communication")
        },
    )?;
    let Some(name) = newest
        .first()
        .and_then(|row| row.get("name"))
        .and_then(Value::as_str)
    else {
        return Ok(None);
    };
    let meta = permissions::meta_of(cx, "Communication")?;
    storage::load(cx, &meta, name)
}

/// Notes that the caller saw a ticket: in the log of views, once a user, among those who have seen it, and in the
/// caller's notifications about it, which are read now.
#[doc_method(doctype = "HD Ticket")]
fn mark_seen(ticket: &Document, cx: &mut Cx) -> Result<()> {
    log_view(cx, ticket)?;
    add_to_seen(cx, ticket)?;
    let unread = query::list_values(
        cx,
        &ListRequest {
            filters: json!({"reference_ticket": ticket.name(), "user_to": cx.user(), "read": 0}),
            ignore_permissions: true,
            ..ListRequest::of("HD Notification")
        },
    )?;
    for row in unread {
        if let Some(name) = row.get("name").and_then(Value::as_str) {
            storage::set_columns(cx, "HD Notification", name, &[("read", Value::from(1))])?;
        }
    }
    Ok(())
}

fn log_view(cx: &mut Cx, ticket: &Document) -> Result<()> {
    let known = query::count(
        cx,
        &ListRequest {
            filters: json!({
                "viewed_by": cx.user(),
                "reference_doctype": ticket.doctype(),
                "reference_name": ticket.name()
            }),
            ignore_permissions: true,
            ..ListRequest::of("View Log")
        },
    )?;
    if known > 0 {
        return Ok(());
    }
    let mut view = Document::new(permissions::meta_of(cx, "View Log")?);
    view.set("viewed_by", cx.user().to_owned());
    view.set("reference_doctype", ticket.doctype().to_owned());
    view.set("reference_name", ticket.name().to_owned());
    view.flags.ignore_permissions = true;
    save::insert(cx, &mut view)
}

/// Adds the caller to `_seen`, as it is stored now.
fn add_to_seen(cx: &mut Cx, ticket: &Document) -> Result<()> {
    cx.db().begin()?;
    let stored = storage::values(cx, ticket.doctype(), ticket.name(), &["_seen"])?;
    let text = stored.and_then(|row| row.into_iter().next()).unwrap_or_default();
    let mut seen: Vec<String> = text
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    if seen.iter().any(|user| user.eq_ignore_ascii_case(cx.user())) {
        return Ok(());
    }
    seen.push(cx.user().to_owned());
    let list = Value::from(json_list(&seen));
    storage::set_columns(cx, ticket.doctype(), ticket.name(), &[("_seen", list)])?;
    Ok(())
}
