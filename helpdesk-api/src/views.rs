//! Saved lists: HD View.
//!
//! Source: spec/helpdesk-a.md §4.8 and §4.10.

use helpdesk_core::prelude::*;

use crate::rows::{self, text};

/// The fields that lists of tickets fetch.
pub(crate) const TICKET_ROWS: [&str; 16] = [
    "name",
    "subject",
    "status",
    "priority",
    "ticket_type",
    "agent_group",
    "contact",
    "agreement_status",
    "response_by",
    "resolution_by",
    "customer",
    "first_responded_on",
    "modified",
    "creation",
    "_assign",
    "resolution_date",
];

/// What a view lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    /// Conditions, each a list.
    pub(crate) filters: Vec<Value>,
    /// Fields to sort by; empty: none given.
    pub(crate) order_by: String,
}

/// The view of a name, if the caller may use it; what it leaves open is as in the caller's default view.
///
/// # Errors
/// A database failure.
pub(crate) fn current(cx: &mut Cx, doctype: &str, name: Option<&str>) -> Result<View> {
    let mut view = View::default();
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        view = found(cx, doctype, json!([["name", "=", name]]))?;
    }
    if view.filters.is_empty() || view.order_by.is_empty() {
        let user = cx.user().to_owned();
        let own = found(cx, doctype, json!([["user", "=", user], ["is_default", "=", 1]]))?;
        if view.filters.is_empty() {
            view.filters = own.filters;
        }
        if view.order_by.is_empty() {
            view.order_by = own.order_by;
        }
    }
    let user = cx.user().to_owned();
    view.filters
        .retain(|condition| !names_field(condition, "__assigned_on"));
    for condition in &mut view.filters {
        replace_me(condition, &user);
    }
    Ok(view)
}

/// The first view of the caller's own or a public one that filters let through.
fn found(cx: &mut Cx, doctype: &str, filters: Value) -> Result<View> {
    let mut filters = filters;
    if let Some(list) = filters.as_array_mut() {
        list.push(json!(["dt", "=", doctype]));
    }
    let fields = ["filters", "order_by", "user", "public"];
    let views = rows::all(cx, "HD View", &fields, filters, "creation asc")?;
    let usable = views.iter().find(|view| {
        text(view, "user").eq_ignore_ascii_case(cx.user())
            || view.get("public").and_then(Value::as_i64) == Some(1)
    });
    Ok(usable.map_or_else(View::default, |view| View {
        filters: conditions(text(view, "filters")),
        order_by: text(view, "order_by").to_owned(),
    }))
}

/// The conditions of a stored filter text; none where it can't be read.
fn conditions(stored: &str) -> Vec<Value> {
    match serde_json::from_str(stored) {
        Ok(Value::Array(list)) => list,
        Ok(Value::Object(object)) => object
            .into_iter()
            .map(|(field, value)| match value {
                Value::Array(parts) => std::iter::once(Value::from(field)).chain(parts).collect(),
                value => json!([field, "=", value]),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether a condition is about a field.
pub(crate) fn names_field(condition: &Value, field: &str) -> bool {
    let Some(parts) = condition.as_array() else {
        return false;
    };
    let place = usize::from(parts.len() > 3);
    parts.get(place).is_some_and(|part| part == field)
}

/// Puts the caller in place of `@me` in a condition's value.
pub(crate) fn replace_me(condition: &mut Value, user: &str) {
    let Some(value) = condition.as_array_mut().and_then(|parts| parts.last_mut()) else {
        return;
    };
    replace_in(value, user);
}

/// Puts the caller in place of `@me` in a value.
pub(crate) fn replace_in(value: &mut Value, user: &str) {
    match value {
        Value::String(text) if text == "@me" => user.clone_into(text),
        Value::String(text) if text == "%@me%" => *text = format!("%{user}%"),
        Value::Array(items) => {
            for item in items {
                if item == "@me" {
                    *item = user.into();
                } else if item == "%@me%" {
                    *item = format!("%{user}%").into();
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_filters_are_read_in_both_forms() {
        assert_eq!(
            conditions(r#"{"status": "Open", "_assign": ["LIKE", "%@me%"]}"#),
            [
                json!(["status", "=", "Open"]),
                json!(["_assign", "LIKE", "%@me%"])
            ]
        );
        assert_eq!(conditions(r#"[["a", "=", 1]]"#), [json!(["a", "=", 1])]);
        assert!(conditions("nonsense").is_empty() && conditions("").is_empty());
    }

    #[test]
    fn me_is_the_caller() {
        let mut condition = json!(["_assign", "LIKE", "%@me%"]);
        replace_me(&mut condition, "ada@x.example");
        assert_eq!(condition, json!(["_assign", "LIKE", "%ada@x.example%"]));
        let mut condition = json!(["HD Ticket", "owner", "in", ["@me", "b"]]);
        replace_me(&mut condition, "ada@x.example");
        assert_eq!(
            condition,
            json!(["HD Ticket", "owner", "in", ["ada@x.example", "b"]])
        );
        assert!(names_field(&condition, "owner") && !names_field(&condition, "status"));
    }
}
