//! What happens when an agent is made or changed.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::clock::stored;
use helpdesk_core::doc_event;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use serde_json::Map;

use crate::agents::first_name;

doc_event!("HD Agent", BeforeInsert, before_insert);
doc_event!("HD Agent", Validate, validate);
doc_event!("HD Agent", BeforeSave, before_save);

/// A new agent is present.
fn before_insert(agent: &mut Document, cx: &mut Cx) -> Result<()> {
    if let Some(active) = first_name(
        cx,
        "HD Agent Status",
        json!({ "category": "Active", "enable": 1 }),
    )? {
        agent.set("availability", active);
    }
    Ok(())
}

/// An agent stays the agent of one user: another user's record would be overwritten by this one.
fn validate(agent: &mut Document, _: &mut Cx) -> Result<()> {
    if agent.before.is_some() && agent.has_value_changed("user") {
        return Err(invalid("The user of an agent cannot be changed."));
    }
    Ok(())
}

fn before_save(agent: &mut Document, cx: &mut Cx) -> Result<()> {
    if agent.has_value_changed("availability") {
        agent.set("availability_changed_on", stored(cx.now()));
    }
    let user = agent.text("user").to_owned();
    if user.is_empty() {
        return Ok(());
    }
    let Some(mut account) = storage::load(cx, &meta_of(cx, "User")?, &user)? else {
        return Ok(());
    };
    let mut is_changed = rename(agent, &mut account);
    if agent.has_value_changed("user_image") && (!agent.is_new || !agent.is_empty("user_image")) {
        account.set("user_image", agent.get("user_image").clone());
        is_changed = true;
    }
    if agent.is_new {
        agent.set("name", user);
        is_changed |= add_role(&mut account);
    }
    if is_changed {
        account.flags.ignore_permissions = true;
        save::save(cx, &mut account)?;
    }
    Ok(())
}

/// The agent's name is the user's; without one the agent gets the user's. Whether the user changed.
fn rename(agent: &mut Document, account: &mut Document) -> bool {
    if agent.is_empty("agent_name") {
        agent.set("agent_name", account.get("full_name").clone());
        return false;
    }
    if !agent.has_value_changed("agent_name") {
        return false;
    }
    let name = agent.text("agent_name").trim().to_owned();
    let (first, rest) = name.split_once(' ').unwrap_or((&name, ""));
    if account.text("first_name") == first && account.text("last_name") == rest.trim() {
        return false;
    }
    account.set("first_name", first);
    account.set("last_name", rest.trim());
    true
}

/// Agents have the role of agents. Whether the user changed.
fn add_role(account: &mut Document) -> bool {
    if account
        .rows("roles")
        .iter()
        .any(|row| row.text("role") == "Agent")
    {
        return false;
    }
    let mut roles: Vec<Map<String, Value>> = account
        .rows("roles")
        .iter()
        .map(|row| Map::from_iter([("name".to_owned(), row.get("name").clone())]))
        .collect();
    roles.push(Map::from_iter([("role".to_owned(), Value::from("Agent"))]));
    account.set_rows("roles", roles);
    true
}
