//! Which of a rule's users gets the next document.
//!
//! Source: spec/helpdesk-b.md §8 and spec/helpdesk-a.md §5.3.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::storage;
use helpdesk_core::doctype::value::lenient_int;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};

use crate::rows::{self, text};

/// A user of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) user: String,
    pub(super) weight: i64,
}

/// The table a rule has its users in.
pub(super) fn table(rule: &Document) -> &'static str {
    match rule.text("rule") {
        "Weighted Distribution" => "weighted_users",
        _ => "users",
    }
}

/// The users of a rule who can log in.
///
/// # Errors
/// A database failure.
pub(super) fn candidates(cx: &mut Cx, rule: &Document) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for row in rule.rows(table(rule)) {
        let user = row.text("user");
        let enabled = storage::values(cx, "User", user, &["enabled"])?;
        if enabled.is_some_and(|row| row.first().and_then(Value::as_i64) == Some(1)) {
            found.push(Candidate {
                user: user.to_owned(),
                weight: match lenient_int(row.get("weight")) {
                    weight if weight > 0 => weight,
                    _ => 1,
                },
            });
        }
    }
    Ok(found)
}

/// Agents in a status of a category.
fn in_category(cx: &mut Cx, category: &str) -> Result<Vec<String>> {
    let statuses = rows::names(cx, "HD Agent Status", json!({ "category": category }))?;
    if statuses.is_empty() {
        return Ok(Vec::new());
    }
    let agents = rows::all(
        cx,
        "HD Agent",
        &["user"],
        json!([["availability", "in", statuses]]),
        "name asc",
    )?;
    Ok(agents
        .iter()
        .map(|agent| text(agent, "user").to_owned())
        .collect())
}

/// Those who are there; else those who are not gone for good; else all.
///
/// # Errors
/// A database failure.
fn present(cx: &mut Cx, pool: Vec<Candidate>) -> Result<Vec<Candidate>> {
    let away = in_category(cx, "Away")?;
    let unavailable = in_category(cx, "Unavailable")?;
    Ok(narrowed(pool, &away, &unavailable))
}

fn narrowed(pool: Vec<Candidate>, away: &[String], unavailable: &[String]) -> Vec<Candidate> {
    let is_in = |list: &[String], candidate: &Candidate| list.contains(&candidate.user);
    let reachable: Vec<Candidate> = pool
        .iter()
        .filter(|candidate| !is_in(unavailable, candidate))
        .cloned()
        .collect();
    let there: Vec<Candidate> = reachable
        .iter()
        .filter(|candidate| !is_in(away, candidate))
        .cloned()
        .collect();
    [there, reachable]
        .into_iter()
        .find(|some| !some.is_empty())
        .unwrap_or(pool)
}

/// The user a rule gives a document to, and the index that a weighted rule goes on from; `None` where it has nobody.
///
/// # Errors
/// A database failure.
pub(super) fn choose(cx: &mut Cx, rule: &Document, doc: &Document) -> Result<Option<(String, Option<i64>)>> {
    if rule.text("rule") == "Based on Field" {
        let user = doc.text(rule.text("field")).to_owned();
        let known = storage::exists(cx, "User", &user)?;
        return Ok(known.map(|user| (user, None)));
    }
    let pool = candidates(cx, rule)?;
    let pool = present(cx, pool)?;
    Ok(match rule.text("rule") {
        "Load Balancing" => least_loaded(cx, &pool, doc.doctype())?.map(|user| (user, None)),
        "Weighted Distribution" => {
            let index = lenient_int(rule.get("current_index")).max(0);
            weighted(&pool, index).map(|user| (user, Some(index.wrapping_add(1).max(0))))
        }
        _ => next_after(&pool, rule.text("last_user")).map(|user| (user, None)),
    })
}

fn next_after(pool: &[Candidate], last: &str) -> Option<String> {
    let next = pool
        .iter()
        .position(|candidate| candidate.user == last)
        .map_or(0, |at| (at + 1) % pool.len());
    pool.get(next).map(|candidate| candidate.user.clone())
}

fn weighted(pool: &[Candidate], index: i64) -> Option<String> {
    let sum: i64 = pool.iter().map(|candidate| candidate.weight).sum();
    if sum == 0 {
        return None;
    }
    let slot = index % sum;
    let mut reached = 0;
    pool.iter()
        .find(|candidate| {
            reached += candidate.weight;
            reached > slot
        })
        .map(|candidate| candidate.user.clone())
}

fn least_loaded(cx: &mut Cx, pool: &[Candidate], doctype: &str) -> Result<Option<String>> {
    let mut least: Option<(i64, &str)> = None;
    for candidate in pool {
        let load = query::count(
            cx,
            &ListRequest {
                filters: json!({
                    "reference_type": doctype, "allocated_to": candidate.user, "status": "Open"
                }),
                ignore_permissions: true,
                ..ListRequest::of("ToDo")
            },
        )?;
        if least.is_none_or(|(known, _)| load < known) {
            least = Some((load, &candidate.user));
        }
    }
    Ok(least.map(|(_, user)| user.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(users: &[(&str, i64)]) -> Vec<Candidate> {
        users
            .iter()
            .map(|(user, weight)| Candidate {
                user: (*user).to_owned(),
                weight: *weight,
            })
            .collect()
    }

    #[test]
    fn turns_go_round() {
        let pool = pool(&[("a", 1), ("b", 1), ("c", 1)]);

        assert_eq!(next_after(&pool, "").as_deref(), Some("a"));
        assert_eq!(next_after(&pool, "a").as_deref(), Some("b"));
        assert_eq!(next_after(&pool, "c").as_deref(), Some("a"));
        assert_eq!(next_after(&pool, "gone").as_deref(), Some("a"));
        assert_eq!(next_after(&[], "a"), None);
    }

    #[test]
    fn weights_share_the_turns() {
        let pool = pool(&[("a", 1), ("b", 3)]);
        let turns: Vec<String> = (0..8).filter_map(|index| weighted(&pool, index)).collect();

        assert_eq!(turns, ["a", "b", "b", "b", "a", "b", "b", "b"]);
        assert_eq!(weighted(&[], 3), None);
    }

    #[test]
    fn those_who_are_there_come_first() {
        let users = |pool: Vec<Candidate>| -> Vec<String> { pool.into_iter().map(|one| one.user).collect() };
        let all = pool(&[("a", 1), ("b", 1), ("c", 1)]);
        let list = |names: &[&str]| -> Vec<String> { names.iter().map(|name| (*name).to_owned()).collect() };

        assert_eq!(users(narrowed(all.clone(), &list(&["a"]), &list(&["b"]))), ["c"]);
        assert_eq!(
            users(narrowed(all.clone(), &list(&["a", "c"]), &list(&["b"]))),
            ["a", "c"]
        );
        assert_eq!(
            users(narrowed(all.clone(), &[], &list(&["a", "b", "c"]))),
            ["a", "b", "c"]
        );
        assert_eq!(users(narrowed(all, &[], &[])), ["a", "b", "c"]);
    }
}
