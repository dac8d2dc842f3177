//! `helpdesk.api.assignment_rule`: the rules that assign tickets.
//!
//! Source: spec/helpdesk-b.md, assignment rules.

use std::collections::BTreeSet;

use helpdesk_core::doctype::permissions::{Access, Right, meta_of};
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use crate::rows::{self, text};

/// An assignment rule as the settings list it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rule {
    name: String,
    description: Value,
    /// 0 or 1.
    disabled: Value,
    /// Rules of a higher priority come first.
    priority: Value,
    /// Whether it assigns to anybody.
    users_exists: bool,
}

/// All assignment rules, those changed last first.
///
/// # Errors
/// 403 without the right to read assignment rules.
#[whitelist]
pub fn get_assignment_rules_list(cx: &mut Cx) -> Result<Vec<Rule>> {
    let meta = meta_of(cx, "Assignment Rule")?;
    if !Access::of(&meta, cx.session()).somewhere(Right::Read) {
        return Err(forbidden("You do not have permission to access Assignment Rules"));
    }
    let fields = ["name", "description", "disabled", "priority"];
    let rules = rows::listed(cx, "Assignment Rule", &fields, Value::Null, "modified desc", MOST)?;
    let users = rows::all(cx, "Assignment Rule User", &["parent"], Value::Null, "parent asc")?;
    let with_users: BTreeSet<&str> = users.iter().map(|row| text(row, "parent")).collect();
    Ok(rules
        .iter()
        .map(|row| {
            let value = |key: &str| row.get(key).cloned().unwrap_or_default();
            Rule {
                name: text(row, "name").to_owned(),
                description: value("description"),
                disabled: value("disabled"),
                priority: value("priority"),
                users_exists: with_users.contains(text(row, "name")),
            }
        })
        .collect())
}

/// Rules that are listed at most.
const MOST: u64 = 1_000;
