//! What an assignment rule must be.
//!
//! Source: spec/helpdesk-b.md §8.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

use super::choice;
use crate::rows::{self, text};

/// A rule is for documents but not for tasks, and names a day once. Conditions that editors keep as JSON are JSON; users of a team's rule who are not in the team are told of.
#[doc_event(doctype = "Assignment Rule", on = "validate")]
fn validate(rule: &mut Document, cx: &mut Cx) -> Result<()> {
    if rule.text("document_type") == "ToDo" {
        // An assignment is a task: such a rule would assign its own assignments.
        return Err(invalid("document_type: tasks can't be assigned by a rule"));
    }
    let days = rule.rows("assignment_days");
    for (place, row) in days.iter().enumerate() {
        let day = row.text("day");
        if days[..place].iter().any(|earlier| earlier.text("day") == day) {
            return Err(invalid(format!(
                "assignment_days, row {}: {day} is there already",
                place + 1
            )));
        }
    }
    for field in ["assign_condition_json", "unassign_condition_json"] {
        let condition = rule.text(field);
        if !condition.is_empty() && serde_json::from_str::<Value>(condition).is_err() {
            return Err(invalid(format!("{} is no JSON", rule.meta().label(field))));
        }
    }
    if rule.text("document_type") != "HD Ticket"
        || rule.is_on("disabled")
        || rule.text("rule") == "Based on Field"
    {
        return Ok(());
    }
    for team in rows::names(cx, "HD Team", json!([["assignment_rule", "=", rule.name_text()]]))? {
        let members = rows::all(
            cx,
            "HD Team Member",
            &["user"],
            json!({ "parent": team, "parenttype": "HD Team" }),
            "idx asc",
        )?;
        for row in rule.rows(choice::table(rule)) {
            let user = row.text("user");
            if !members.iter().any(|member| text(member, "user") == user) {
                cx.msgprint(Message::plain(format!("{user} is not in the team {team}")));
            }
        }
    }
    Ok(())
}

#[doc_event(doctype = "Assignment Rule", on = "on_trash")]
fn on_trash(rule: &mut Document, cx: &mut Cx) -> Result<()> {
    if rule.text("document_type") != "HD Ticket" {
        return Ok(());
    }
    let others = json!([
        ["document_type", "=", "HD Ticket"],
        ["name", "!=", rule.name_text()]
    ]);
    if rows::names(cx, "Assignment Rule", others)?.is_empty() {
        return Err(invalid("One assignment rule for tickets must stay."));
    }
    Ok(())
}
