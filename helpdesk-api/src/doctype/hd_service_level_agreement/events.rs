//! What an agreement must be: one is the default, times and hours make sense, conditions can be read.
//!
//! Source: spec/helpdesk-b.md §10.2.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::storage;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::doctype::value::{lenient_int, parse_time};
use helpdesk_core::prelude::*;

use crate::{rows, sla};

const DOCTYPE: &str = "HD Service Level Agreement";

#[doc_event(doctype = "HD Service Level Agreement", on = "validate")]
fn validate(agreement: &mut Document, cx: &mut Cx) -> Result<()> {
    one_default(agreement, cx)?;
    priorities(agreement, cx)?;
    working_days(agreement)?;
    condition(agreement, cx)
}

/// Names of the default agreements but for this one.
fn other_defaults(agreement: &Document, cx: &mut Cx) -> Result<Vec<String>> {
    let own = if agreement.is_new { "" } else { agreement.name() };
    rows::names(cx, DOCTYPE, json!([["default_sla", "=", 1], ["name", "!=", own]]))
}

/// A new default takes the place of the old one; without any, tickets would have no agreement.
fn one_default(agreement: &Document, cx: &mut Cx) -> Result<()> {
    let others = other_defaults(agreement, cx)?;
    if !agreement.is_on("default_sla") {
        return if others.is_empty() {
            Err(invalid("default_sla: one agreement must be the default"))
        } else {
            Ok(())
        };
    }
    if !agreement.is_on("enabled") {
        return Err(invalid("enabled: the default agreement can't be turned off"));
    }
    for other in others {
        let changes = [
            ("default_sla", Value::from(0)),
            ("modified", stored(cx.now()).into()),
            ("modified_by", cx.user().into()),
        ];
        storage::set_columns(cx, DOCTYPE, &other, &changes)?;
        cx.msgprint(Message::plain(format!(
            "{other} is not the default agreement any more"
        )));
    }
    Ok(())
}

/// Each priority has its times once, at most one is the default. Priorities that are left out are told of.
fn priorities(agreement: &Document, cx: &mut Cx) -> Result<()> {
    let resolves = agreement.is_on("apply_sla_for_resolution");
    let mut known: Vec<&str> = Vec::new();
    let mut defaults = 0;
    for row in agreement.rows("priorities") {
        let priority = row.text("priority");
        let response = lenient_int(row.get("response_time"));
        let resolution = lenient_int(row.get("resolution_time"));
        defaults += usize::from(row.is_on("default_priority"));
        if response <= 0 {
            return Err(invalid(format!(
                "response_time: {priority} needs a time to respond"
            )));
        }
        if resolves && resolution <= 0 {
            return Err(invalid(format!(
                "resolution_time: {priority} needs a time to resolve"
            )));
        }
        if resolves && response > resolution {
            return Err(invalid(format!(
                "response_time: {priority} can't be responded to after it is resolved"
            )));
        }
        if known.contains(&priority) {
            return Err(invalid(format!("priorities: {priority} is there twice")));
        }
        known.push(priority);
    }
    if defaults > 1 {
        return Err(invalid("default_priority: one priority is the default"));
    }
    for priority in rows::names(cx, "HD Ticket Priority", json!({ "disabled": 0 }))? {
        if !known.contains(&priority.as_str()) {
            cx.msgprint(Message::plain(format!(
                "This agreement has no times for the priority {priority}"
            )));
        }
    }
    Ok(())
}

fn working_days(agreement: &Document) -> Result<()> {
    let mut known: Vec<&str> = Vec::new();
    for row in agreement.rows("support_and_resolution") {
        let day = row.text("workday");
        if let (Some(start), Some(end)) = (
            parse_time(row.text("start_time")),
            parse_time(row.text("end_time")),
        ) && start >= end
        {
            return Err(invalid(format!("start_time: {day} ends before it begins")));
        }
        if known.contains(&day) {
            return Err(invalid(format!("workday: {day} is there twice")));
        }
        known.push(day);
    }
    Ok(())
}

/// The condition works on a ticket without values.
fn condition(agreement: &Document, cx: &mut Cx) -> Result<()> {
    let ticket = Document::new(meta_of(cx, "HD Ticket")?);
    sla::check(agreement.text("condition"), &ticket.as_dict())
        .map_err(|error| invalid(format!("condition can't be used: {error}")))?;
    let json = agreement.text("condition_json");
    if !json.is_empty() && serde_json::from_str::<Value>(json).is_err() {
        return Err(invalid("condition_json is no JSON"));
    }
    Ok(())
}

#[doc_event(doctype = "HD Service Level Agreement", on = "before_save")]
fn before_save(agreement: &mut Document, _: &mut Cx) -> Result<()> {
    let default = agreement
        .rows("priorities")
        .iter()
        .find(|row| row.is_on("default_priority"))
        .map(|row| row.text("priority").to_owned())
        .ok_or_else(|| invalid("default_priority: one priority must be the default"))?;
    agreement.set("default_priority", default);
    Ok(())
}

#[doc_event(doctype = "HD Service Level Agreement", on = "on_trash")]
fn on_trash(agreement: &mut Document, cx: &mut Cx) -> Result<()> {
    if agreement.is_on("default_sla") && other_defaults(agreement, cx)?.is_empty() {
        return Err(invalid("The default agreement can't be deleted"));
    }
    if !rows::names(cx, "HD Ticket", json!({ "sla": agreement.name_text() }))?.is_empty() {
        return Err(Error::new(
            ErrorKind::LinkExistsError,
            "There are tickets under this agreement: turn it off instead of deleting it",
        ));
    }
    Ok(())
}
