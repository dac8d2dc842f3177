//! Who counts as an agent, and what callers belong to.
//!
//! Source: spec/helpdesk-a.md §1.

use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};

/// Whether the caller is an agent: the Administrator, by role, or by an HD Agent record.
///
/// # Errors
/// A database failure.
pub fn is_agent(cx: &mut Cx) -> Result<bool> {
    if has_agent_role(cx.session()) {
        return Ok(true);
    }
    if cx.session().is_guest() {
        return Ok(false);
    }
    let user = cx.user().to_owned();
    Ok(storage::exists(cx, "HD Agent", &user)?.is_some())
}

fn has_agent_role(session: &Session) -> bool {
    session.is_administrator() || session.has_any_role(&["Agent", "Agent Manager"])
}

/// Refuses a caller who is no agent.
///
/// # Errors
/// 403, titled `Not Allowed`.
pub fn require_agent(cx: &mut Cx) -> Result<()> {
    if is_agent(cx)? {
        return Ok(());
    }
    Err(forbidden("You are not permitted to access this resource.").title("Not Allowed"))
}

/// The contact of the caller: the one linked to the user, else an unlinked one with the user's address.
///
/// # Errors
/// A database failure.
pub fn session_contact(cx: &mut Cx) -> Result<Option<String>> {
    let user = cx.user().to_owned();
    if let Some(contact) = first_name(cx, "Contact", json!({ "user": user }))? {
        return Ok(Some(contact));
    }
    let email = storage::values(cx, "User", &user, &["email"])?
        .and_then(|row| row.first()?.as_str().map(str::to_owned))
        .filter(|email| !email.is_empty());
    match email {
        Some(email) => first_name(
            cx,
            "Contact",
            json!([["email_id", "=", email], ["user", "is", "not set"]]),
        ),
        None => Ok(None),
    }
}

/// The first document of a DocType that filters let through, by name.
///
/// # Errors
/// A database failure.
pub fn first_name(cx: &mut Cx, doctype: &str, filters: Value) -> Result<Option<String>> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters,
            length: Some(1),
            order_by: "creation asc".into(),
            ignore_permissions: true,
            ..ListRequest::of(doctype)
        },
    )?;
    Ok(rows
        .first()
        .and_then(|row| row.get("name"))
        .and_then(Value::as_str)
        .map(str::to_owned))
}

/// A customer the caller belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The HD Customer.
    pub customer: String,
    /// Whether the caller manages it.
    pub is_manager: bool,
}

/// The customers a contact is a member of.
///
/// # Errors
/// A database failure.
pub fn memberships_of(cx: &mut Cx, contact: &str) -> Result<Vec<Membership>> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["parent".into(), "is_manager".into()],
            filters: json!([["contact_name", "=", contact], ["parenttype", "=", "HD Customer"]]),
            order_by: "parent asc".into(),
            ignore_permissions: true,
            ..ListRequest::of("HD Customer Member")
        },
    )?;
    let mut all: Vec<Membership> = Vec::new();
    for row in rows {
        let Some(customer) = row.get("parent").and_then(Value::as_str) else {
            continue;
        };
        let is_manager = row.get("is_manager").and_then(Value::as_i64) == Some(1);
        match all.iter_mut().find(|known| known.customer == customer) {
            Some(known) => known.is_manager |= is_manager,
            None => all.push(Membership {
                customer: customer.to_owned(),
                is_manager,
            }),
        }
    }
    Ok(all)
}

/// The customers the caller's linked contact is a member of.
///
/// # Errors
/// A database failure.
pub fn memberships(cx: &mut Cx) -> Result<Vec<Membership>> {
    let user = cx.user().to_owned();
    match first_name(cx, "Contact", json!({ "user": user }))? {
        Some(contact) => memberships_of(cx, &contact),
        None => Ok(Vec::new()),
    }
}

/// A team the caller is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnTeam {
    /// The HD Team.
    pub name: String,
    /// Whether its members see all tickets.
    pub ignore_restrictions: bool,
}

/// The enabled teams the caller is in.
///
/// # Errors
/// A database failure.
pub fn own_teams(cx: &mut Cx) -> Result<Vec<OwnTeam>> {
    let user = cx.user().to_owned();
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["name".into(), "ignore_restrictions".into()],
            filters: json!([["users.user", "=", user], ["disabled", "=", 0]]),
            order_by: "name asc".into(),
            ignore_permissions: true,
            ..ListRequest::of("HD Team")
        },
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            Some(OwnTeam {
                name: row.get("name")?.as_str()?.to_owned(),
                ignore_restrictions: row.get("ignore_restrictions").and_then(Value::as_i64) == Some(1),
            })
        })
        .collect())
}
