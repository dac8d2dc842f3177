//! Which tickets with what hangs on them, customers and saved replies a caller may see at all.
//!
//! Source: spec/helpdesk-a.md §2.10 and §3, spec/helpdesk-b.md §7.2.

use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::permissions::Right;
use helpdesk_core::doctype::predicate::Predicate;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::site::single;
use helpdesk_core::{link_rule, permission_rule};

use crate::agents::{Membership, is_agent, memberships, own_teams, session_contact};

link_rule!("Contact", own_contact);
permission_rule!("HD Ticket", tickets);
permission_rule!("HD Customer", customers);
permission_rule!("HD Saved Reply", saved_replies);
permission_rule!("HD Ticket Comment", comments);
permission_rule!("HD Ticket Activity", activities);
permission_rule!("HD Notification", notifications);

fn setting(cx: &mut Cx, field: &str) -> Result<bool> {
    Ok(is_true(Some(&single(cx, "HD Settings", field)?)))
}

fn is(column: &str, text: &str) -> Predicate {
    Predicate::Eq(column.to_owned(), text.to_owned())
}

/// Tickets the caller raised, is the contact of or owns; those of customers the caller manages; for agents all, or
/// under the setting only those of their teams and those assigned to them.
fn tickets(cx: &mut Cx, right: Right) -> Result<Predicate> {
    let user = cx.user().to_owned();
    // All guests are one user: what one of them raised is not for the next one to see.
    if cx.session().is_guest() && right != Right::Create {
        return Ok(Predicate::Nothing);
    }
    let is_agent = is_agent(cx)?;
    if is_agent && !setting(cx, "restrict_tickets_by_agent_group")? {
        return Ok(Predicate::All);
    }
    let mut any = vec![is("owner", &user), is("contact", &user), is("raised_by", &user)];
    let managed = memberships(cx)?
        .into_iter()
        .filter(|member| member.is_manager)
        .map(|member| member.customer)
        .collect();
    any.push(Predicate::In("customer".into(), managed));
    if !is_agent {
        return Ok(Predicate::or(any));
    }
    if setting(cx, "do_not_restrict_tickets_without_an_agent_group")? {
        any.push(Predicate::Empty("agent_group".into()));
    }
    let teams = own_teams(cx)?;
    if teams.iter().any(|team| team.ignore_restrictions) {
        return Ok(Predicate::All);
    }
    any.push(Predicate::Lists("_assign".into(), user));
    any.push(Predicate::In(
        "agent_group".into(),
        teams.into_iter().map(|team| team.name).collect(),
    ));
    Ok(Predicate::or(any))
}

/// Customers raise tickets as the contact they are, whoever made it.
fn own_contact(cx: &mut Cx) -> Result<Predicate> {
    Ok(match session_contact(cx)? {
        Some(contact) => is("name", &contact),
        None => Predicate::Nothing,
    })
}

/// What hangs on tickets: the caller's own, and that of tickets the caller may see.
fn of_tickets(cx: &mut Cx, link: &str, own: &[&str]) -> Result<Predicate> {
    let user = cx.user().to_owned();
    let mut any: Vec<Predicate> = own.iter().map(|column| is(column, &user)).collect();
    any.push(match tickets(cx, Right::Read)? {
        Predicate::All => Predicate::All,
        rule => Predicate::Through {
            column: link.to_owned(),
            doctype: "HD Ticket".to_owned(),
            rule: Box::new(rule),
        },
    });
    Ok(Predicate::or(any))
}

fn comments(cx: &mut Cx, _: Right) -> Result<Predicate> {
    of_tickets(cx, "reference_ticket", &["owner"])
}

fn activities(cx: &mut Cx, _: Right) -> Result<Predicate> {
    of_tickets(cx, "ticket", &["owner"])
}

fn notifications(cx: &mut Cx, _: Right) -> Result<Predicate> {
    of_tickets(cx, "reference_ticket", &["user_to", "user_from", "owner"])
}

/// Agents see all customers; others those they are members of, and change those they manage.
fn customers(cx: &mut Cx, right: Right) -> Result<Predicate> {
    if is_agent(cx)? {
        return Ok(Predicate::All);
    }
    let needs_manager = matches!(right, Right::Write | Right::Delete);
    let names = memberships(cx)?
        .into_iter()
        .filter(|Membership { is_manager, .. }| *is_manager || !needs_manager)
        .map(|member| member.customer)
        .collect();
    Ok(Predicate::or(vec![Predicate::In("name".into(), names)]))
}

/// Global replies, one's own, and those of one's teams; managers see all but others' personal ones.
fn saved_replies(cx: &mut Cx, _: Right) -> Result<Predicate> {
    let user = cx.user().to_owned();
    let own = is("owner", &user);
    if cx.session().has_any_role(&["System Manager", "Agent Manager"]) {
        return Ok(Predicate::or(vec![
            Predicate::NotIn("scope".into(), vec!["Personal".into()]),
            own,
        ]));
    }
    let mut any = vec![own];
    if !setting(cx, "disable_saved_replies_global_scope")? {
        any.push(is("scope", "Global"));
    }
    if setting(cx, "restrict_tickets_by_agent_group")? {
        let teams: Vec<String> = own_teams(cx)?.into_iter().map(|team| team.name).collect();
        let names = replies_of_teams(cx, &teams)?;
        any.push(Predicate::and(vec![
            is("scope", "Team"),
            Predicate::or(vec![Predicate::In("name".into(), names)]),
        ]));
    } else {
        any.push(is("scope", "Team"));
    }
    Ok(Predicate::or(any))
}

fn replies_of_teams(cx: &mut Cx, teams: &[String]) -> Result<Vec<String>> {
    if teams.is_empty() {
        return Ok(Vec::new());
    }
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["parent".into()],
            filters: json!([["team", "in", teams], ["parenttype", "=", "HD Saved Reply"]]),
            ignore_permissions: true,
            ..ListRequest::of("HD Saved Reply Team")
        },
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get("parent")?.as_str().map(str::to_owned))
        .collect())
}
