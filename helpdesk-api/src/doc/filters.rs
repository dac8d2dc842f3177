//! Filters as the client sends them: with `@me`, and by the day of assignment.
//!
//! Source: spec/helpdesk-a.md §4.8.

use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::prelude::*;
use serde_json::Map;

use crate::rows::{self, text};
use crate::views::{names_field, replace_in, replace_me};

const ASSIGNED_ON: &str = "__assigned_on";

/// Conditions for the query, each a list, of what a client sent: an object, or a list of conditions.
///
/// # Errors
/// 417 for a day of assignment that can't be read.
pub(super) fn read(cx: &mut Cx, doctype: &str, filters: DictOrList) -> Result<Value> {
    let user = cx.user().to_owned();
    let mut conditions = match filters {
        DictOrList::Dict(object) => of_object(object, &user),
        DictOrList::List(mut list) => {
            for condition in &mut list {
                replace_me(condition, &user);
            }
            list
        }
    };
    let Some(at) = conditions
        .iter()
        .position(|condition| names_field(condition, ASSIGNED_ON))
    else {
        return Ok(conditions.into());
    };
    let condition = conditions.remove(at);
    let names = assigned(cx, doctype, &condition)?;
    conditions.push(json!(["name", "in", names]));
    Ok(conditions.into())
}

fn of_object(object: Map<String, Value>, user: &str) -> Vec<Value> {
    object
        .into_iter()
        .map(|(field, mut value)| {
            replace_in(&mut value, user);
            match value {
                Value::Array(parts) if parts.len() == 2 => {
                    let mut parts = parts.into_iter();
                    json!([field, parts.next(), parts.next()])
                }
                value => json!([field, "=", value]),
            }
        })
        .collect()
}

/// The documents that were assigned to the caller, and still are, at a time that a condition lets through.
fn assigned(cx: &mut Cx, doctype: &str, condition: &Value) -> Result<Vec<String>> {
    let parts: Vec<&Value> = condition.as_array().into_iter().flatten().collect();
    let [.., operator, value] = parts.as_slice() else {
        return Err(invalid("A filter needs a field, an operator and a value"));
    };
    let operator = operator.as_str().unwrap_or("=").to_ascii_lowercase();
    let mut filters = vec![
        json!(["reference_type", "=", doctype]),
        json!(["allocated_to", "=", cx.user()]),
        json!(["status", "=", "Open"]),
    ];
    let day = match operator.as_str() {
        "=" | "!=" => Some(
            value
                .as_str()
                .and_then(parse_datetime)
                .ok_or_else(|| invalid("The day of assignment is no date"))?
                .date()
                .to_string(),
        ),
        _ => {
            filters.push(json!(["creation", operator, value]));
            None
        }
    };
    let todos = rows::all(
        cx,
        "ToDo",
        &["reference_name", "creation"],
        filters.into(),
        "creation asc",
    )?;
    let mut names: Vec<String> = Vec::new();
    for todo in &todos {
        let is_meant = day
            .as_ref()
            .is_none_or(|day| text(todo, "creation").starts_with(day.as_str()) == (operator == "="));
        let name = text(todo, "reference_name");
        if is_meant && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}
