//! Statuses that tickets and settings rely on stay as they are.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::rename::Renaming;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::rename_rule;
use helpdesk_core::site::single;

rename_rule!("HD Ticket Status", Before, before_rename);

const CLOSED: &str = "Closed";

/// Code knows the status Closed by its name.
fn before_rename(renaming: &Renaming<'_>, _: &mut Cx) -> Result<()> {
    if renaming.old == CLOSED {
        return Err(invalid("The status Closed keeps its name."));
    }
    Ok(())
}

#[doc_event(doctype = "HD Ticket Status", on = "validate")]
fn validate(status: &mut Document, cx: &mut Cx) -> Result<()> {
    let Some(before) = &status.before else {
        return Ok(());
    };
    let name = status.name_text();
    if name == CLOSED && !status.has_value_changed("order") && !status.has_value_changed("color") {
        return Err(invalid(
            "Of the status Closed only order and color can be changed.",
        ));
    }
    let old_category = before.text("category").to_owned();
    if status.has_value_changed("category")
        && !exists(
            cx,
            "HD Ticket Status",
            json!([["category", "=", old_category], ["name", "!=", name]]),
        )?
    {
        return Err(invalid(format!(
            "There must be a status of the category {old_category}."
        )));
    }
    if status.is_on("enabled") {
        return Ok(());
    }
    let category = status.text("category").to_owned();
    let others = json!([
        ["category", "=", category],
        ["enabled", "=", 1],
        ["name", "not in", [name.as_str(), CLOSED]]
    ]);
    if !exists(cx, "HD Ticket Status", others)? {
        return Err(invalid(format!(
            "There must be an enabled status of the category {category}."
        )));
    }
    refuse_used(cx, &name)
}

/// A status that tickets begin in or are reopened in cannot be disabled.
fn refuse_used(cx: &mut Cx, status: &str) -> Result<()> {
    for field in ["default_ticket_status", "ticket_reopen_status"] {
        if single(cx, "HD Settings", field)?.as_str() == Some(status) {
            return Err(invalid(format!(
                "{status} is used in the settings and cannot be disabled."
            )));
        }
        if exists(cx, "HD Service Level Agreement", json!([[field, "=", status]]))? {
            return Err(invalid(format!(
                "{status} is used in a service level agreement and cannot be disabled."
            )));
        }
    }
    Ok(())
}

fn exists(cx: &mut Cx, doctype: &str, filters: Value) -> Result<bool> {
    let request = ListRequest {
        filters,
        ignore_permissions: true,
        ..ListRequest::of(doctype)
    };
    Ok(query::count(cx, &request)? > 0)
}
