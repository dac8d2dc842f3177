//! A user's full name, user name and kind follow from what is entered.
//!
//! Source: spec/framework.md §4.6, and the recorded users.

use crate::doctype::document::Document;
use crate::doctype::storage;
use crate::doctype::typed::doc_event;
use crate::prelude::*;

/// The users every site has, whose id is no address.
const BUILT_IN: [&str; 2] = ["Administrator", "Guest"];
/// Roles that follow from being a user and are never given.
const AUTOMATIC: [&str; 4] = ["Administrator", "Guest", "All", "Desk User"];

/// Names and kind follow what is entered.
#[doc_event(doctype = "User", on = "validate")]
fn validate(user: &mut Document, cx: &mut Cx) -> Result<()> {
    let is_built_in = BUILT_IN.contains(&user.name_text().as_str());
    if is_built_in && !user.is_on("enabled") && user.name_text() == "Administrator" {
        return Err(invalid("User Administrator cannot be disabled"));
    }
    if !is_built_in {
        let email = user.text("email").trim().to_lowercase();
        user.set("email", email);
    }
    let names = ["first_name", "middle_name", "last_name"].map(|field| user.text(field).trim().to_owned());
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    user.set("full_name", names.join(" "));
    if is_built_in {
        return Ok(());
    }
    if let Some(rows) = user.rows_mut("roles") {
        let mut given: Vec<String> = Vec::new();
        rows.retain(|row| {
            let role = row.text("role").to_owned();
            let keep = !AUTOMATIC.contains(&role.as_str()) && !given.contains(&role);
            given.push(role);
            keep
        });
    }
    // Kinds that a site made itself stay.
    if matches!(user.text("user_type"), "" | "System User" | "Website User") {
        let at_desk = works_at_desk(cx, user)?;
        user.set("user_type", if at_desk { "System User" } else { "Website User" });
    }
    if user.is_new && user.is_empty("username") {
        let username = free_username(cx, user)?;
        user.set("username", username);
    }
    Ok(())
}

/// Whether one of the roles has desk access.
fn works_at_desk(cx: &mut Cx, user: &Document) -> Result<bool> {
    for row in user.rows("roles") {
        let role =
            storage::values(cx, "Role", row.text("role"), &["desk_access", "disabled"])?.unwrap_or_default();
        let is = |i: usize| role.get(i).and_then(Value::as_i64) == Some(1);
        if is(0) && !is(1) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The first name, or both, in lower case and without blanks; none where both are taken.
fn free_username(cx: &mut Cx, user: &Document) -> Result<Value> {
    let plain = |text: &str| -> String {
        let text = text.trim().to_lowercase();
        text.chars()
            .map(|c| if c == ' ' || c == '-' { '_' } else { c })
            .collect()
    };
    let (first, last) = (plain(user.text("first_name")), plain(user.text("last_name")));
    for name in [first.clone(), format!("{first}_{last}")] {
        let name = name.trim_matches('_').to_owned();
        let mut filters = crate::query::ListRequest::of("User");
        filters.filters = json!({ "username": name });
        filters.ignore_permissions = true;
        filters.length = Some(1);
        if !name.is_empty() && crate::query::list_values(cx, &filters)?.is_empty() {
            return Ok(Value::from(name));
        }
    }
    Ok(Value::Null)
}
