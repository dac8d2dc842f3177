//! What happens when an agent is made or changed.
//!
//! Source: spec/helpdesk-a.md §3.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use helpdesk_core::users;

use crate::agents::first_name;
use crate::permitted::require_manager;

/// A new agent is present.
#[doc_event(doctype = "HD Agent", on = "before_insert")]
fn before_insert(agent: &mut Document, cx: &mut Cx) -> Result<()> {
    if !agent.flags.ignore_permissions {
        may_make(agent, cx)?;
    }
    if let Some(active) = first_name(
        cx,
        "HD Agent Status",
        json!({ "category": "Active", "enable": 1 }),
    )? {
        agent.set("availability", active);
    }
    Ok(())
}

/// The record gives its user the role of agents, and with it the desk: that is for those who manage agents. Others make
/// records of users who are agents already.
fn may_make(agent: &Document, cx: &mut Cx) -> Result<()> {
    let roles = users::session_of(cx, agent.text("user"))?;
    if roles.is_some_and(|user| user.has_any_role(&["Agent", "Agent Manager"])) {
        return Ok(());
    }
    require_manager(cx)
}

/// An agent stays the agent of one user: another user's record would be overwritten by this one.
#[doc_event(doctype = "HD Agent", on = "validate")]
fn validate(agent: &mut Document, _: &mut Cx) -> Result<()> {
    if agent.before.is_some() && agent.has_value_changed("user") {
        return Err(invalid("The user of an agent cannot be changed."));
    }
    Ok(())
}

#[doc_event(doctype = "HD Agent", on = "before_save")]
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
        is_changed |= users::with_roles(&mut account, &["Agent"], &[]);
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
