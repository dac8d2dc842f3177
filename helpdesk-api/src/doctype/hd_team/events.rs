//! A team comes with the rule that hands its tickets to its members, and goes with it.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::rename::Renaming;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use helpdesk_core::rename_rule;
use serde_json::Map;

use crate::install::DAYS;

rename_rule!("HD Team", After, after_rename);

const RULE: &str = "Assignment Rule";

#[doc_event(doctype = "HD Team", on = "after_insert")]
fn after_insert(team: &mut Document, cx: &mut Cx) -> Result<()> {
    let rule = create_rule(team, cx)?;
    storage::set_columns(
        cx,
        "HD Team",
        &team.name_text(),
        &[("assignment_rule", Value::from(rule.as_str()))],
    )?;
    team.set("assignment_rule", rule);
    Ok(())
}

fn create_rule(team: &Document, cx: &mut Cx) -> Result<String> {
    let name = team.name_text();
    let days = DAYS.iter().map(|day| json!({ "day": day }));
    let values = json!({
        "name": free_name(cx, &format!("{name} - Support Rotation"))?,
        "document_type": "HD Ticket",
        "description": "Automatic Assignment",
        "priority": 1,
        "disabled": i64::from(team.is_on("disabled")),
        "rule": "Round Robin",
        "assignment_days": days.collect::<Vec<_>>(),
    });
    let values = values.as_object().cloned().unwrap_or_default();
    let mut rule = save::new_document(cx, &meta_of(cx, RULE)?, &values)?;
    set_conditions(&mut rule, &name);
    rule.set_rows("users", members(team, &[]));
    rule.flags.ignore_permissions = true;
    save::insert(cx, &mut rule)?;
    Ok(rule.name_text())
}

/// When the rule gives a ticket to the team's members, and when it takes it away again.
fn conditions(team: &str) -> (String, String) {
    let team = team.replace('\\', "\\\\").replace('\'', "\\'");
    (
        format!("status == 'Open' and agent_group == '{team}'"),
        format!("agent_group != '{team}'"),
    )
}

fn set_conditions(rule: &mut Document, team: &str) {
    let (assign, unassign) = conditions(team);
    rule.set("assign_condition", assign);
    rule.set("unassign_condition", unassign);
    let assign = json!([["status", "==", "Open"], "and", ["agent_group", "==", team]]);
    rule.set("assign_condition_json", assign.to_string());
    rule.set(
        "unassign_condition_json",
        json!([["agent_group", "!=", team]]).to_string(),
    );
}

/// The rule goes on about the team by its new name.
fn after_rename(renaming: &Renaming<'_>, cx: &mut Cx) -> Result<()> {
    let Some(mut team) = storage::load(cx, &meta_of(cx, "HD Team")?, renaming.new)? else {
        return Ok(());
    };
    let name = team.text("assignment_rule").to_owned();
    let Some(mut rule) = storage::load_to_change(cx, &meta_of(cx, RULE)?, &name)? else {
        return after_insert(&mut team, cx);
    };
    set_conditions(&mut rule, renaming.new);
    rule.flags.ignore_permissions = true;
    save::save(cx, &mut rule)
}

/// The name, with a number where it is taken.
fn free_name(cx: &mut Cx, name: &str) -> Result<String> {
    let mut free = name.to_owned();
    let mut number = 0;
    while storage::exists(cx, RULE, &free)?.is_some() {
        number += 1;
        free = format!("{name}-{number}");
    }
    Ok(free)
}

/// The team's members as rows of a rule; those the rule has keep their weights.
fn members(team: &Document, known: &[Document]) -> Vec<Map<String, Value>> {
    let row = |member: &Document| {
        let user = member.text("user");
        let mut row = Map::from_iter([("user".to_owned(), Value::from(user))]);
        match known.iter().find(|row| row.text("user") == user) {
            Some(known) => {
                row.insert("name".to_owned(), known.get("name").clone());
            }
            None => {
                row.insert("weight".to_owned(), Value::from(1));
            }
        }
        row
    };
    team.rows("users")
        .iter()
        .filter(|member| !member.is_empty("user"))
        .map(row)
        .collect()
}

/// The rule follows the team's members, and whether the team is disabled, with every save: what was changed of the rule
/// alone is put right.
#[doc_event(doctype = "HD Team", on = "on_update")]
fn on_update(team: &mut Document, cx: &mut Cx) -> Result<()> {
    // The insert has just made the rule as the team is.
    if team.before.is_none() {
        return Ok(());
    }
    let name = team.text("assignment_rule").to_owned();
    let Some(mut rule) = storage::load_to_change(cx, &meta_of(cx, RULE)?, &name)? else {
        return Ok(());
    };
    let table = match rule.text("rule") {
        "Weighted Distribution" => "weighted_users",
        _ => "users",
    };
    let rows = members(team, rule.rows(table));
    rule.set_rows(table, rows);
    rule.set("disabled", i64::from(team.is_on("disabled")));
    rule.flags.ignore_permissions = true;
    save::save(cx, &mut rule)
}

/// The rule goes first: it is of no use without the team. The link is cut, so that nothing leads to it.
#[doc_event(doctype = "HD Team", on = "on_trash")]
fn on_trash(team: &mut Document, cx: &mut Cx) -> Result<()> {
    let rule = team.text("assignment_rule").to_owned();
    if rule.is_empty() || storage::exists(cx, RULE, &rule)?.is_none() {
        return Ok(());
    }
    save::delete_part(cx, &meta_of(cx, RULE)?, &rule)
}
