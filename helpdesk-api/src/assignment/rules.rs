//! Assignment rules: after every save they give a document to a user, take it away, or close what is assigned.
//!
//! Source: spec/helpdesk-b.md §8.

use std::sync::Arc;

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::frappe::desk::form::assign_to::{self, Assignment};
use helpdesk_core::kept_sources;
use helpdesk_core::prelude::*;
use helpdesk_core::site::kept;
use minijinja::value::Serde;

use super::choice;
use crate::rows::{self, Row, text};
use crate::sla::holds_of_fields;
use crate::templates;

const RULE: &str = "Assignment Rule";

/// Where a rule keeps whose turn it was.
const TURN: [&str; 2] = ["last_user", "current_index"];

/// Applies the rules of a DocType to a document that was just stored.
#[doc_event(doctype = "*", on = "on_update", order = 100)]
fn apply(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let meta = doc.meta();
    if meta.issingle || meta.istable || meta.column_index("_assign").is_none() {
        return Ok(());
    }
    let rules = rules_of(cx, doc.doctype())?;
    let rules = of_today(cx, &rules);
    if rules.is_empty() {
        return Ok(());
    }
    let name = doc.name_text();
    let assigned = assignments(cx, doc.doctype(), &name)?;
    let by_rule = |rule: &Document, assigned: &[Row]| {
        assigned
            .iter()
            .any(|todo| text(todo, "assignment_rule") == rule.name())
    };
    let mut is_free = assigned.is_empty();
    for rule in rules.iter().filter(|rule| by_rule(rule, &assigned)) {
        if holds(rule, "unassign_condition", doc) {
            assign_to::clear(cx, doc.doctype(), &name, None)?;
            is_free = true;
            break;
        }
    }
    if is_free {
        for rule in &rules {
            if holds(rule, "assign_condition", doc) && give(cx, rule, doc)? {
                return Ok(());
            }
        }
    }
    close_or_reopen(cx, &rules, doc)
}

fn holds(rule: &Document, field: &str, doc: &Document) -> bool {
    holds_of_fields(rule.text(field), &doc.as_dict())
}

kept_sources! {
    "Assignment Rule" except ["last_user", "current_index"],
    "Assignment Rule Day",
    "Assignment Rule User",
}

/// The enabled rules of a DocType, the most important first. Whose turn was last is not among what is kept of them.
struct Rules(Vec<Document>);

fn rules_of(cx: &mut Cx, doctype: &str) -> Result<Arc<Rules>> {
    kept(cx, doctype, |cx| {
        let names = rows::all(
            cx,
            RULE,
            &["name"],
            json!({ "document_type": doctype, "disabled": 0 }),
            "priority desc, creation asc, name asc",
        )?;
        let meta = meta_of(cx, RULE)?;
        let mut rules = Vec::new();
        for row in names {
            rules.extend(storage::load(cx, &meta, text(&row, "name"))?);
        }
        Ok(Rules(rules))
    })
}

/// Those rules that work today.
fn of_today<'a>(cx: &Cx, rules: &'a Rules) -> Vec<&'a Document> {
    let today =
        crate::install::DAYS[usize::from(cx.now().weekday().to_monday_zero_offset().unsigned_abs()) % 7];
    let works = |rule: &&Document| {
        let days = rule.rows("assignment_days");
        days.is_empty() || days.iter().any(|day| day.text("day") == today)
    };
    rules.0.iter().filter(works).collect()
}

/// What is assigned of a document, closed or not.
fn assignments(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<Row>> {
    rows::all(
        cx,
        "ToDo",
        &["name", "status", "assignment_rule"],
        json!([
            ["reference_type", "=", doctype],
            ["reference_name", "=", name],
            ["status", "!=", "Cancelled"]
        ]),
        "creation asc, name asc",
    )
}

/// Whether a rule is on and has somebody to choose.
///
/// # Errors
/// A database failure.
pub(super) fn can_choose(cx: &mut Cx, rule: &str) -> Result<bool> {
    let Some(rule) = storage::load(cx, &meta_of(cx, RULE)?, rule)? else {
        return Ok(false);
    };
    Ok(!rule.is_on("disabled") && !choice::candidates(cx, &rule)?.is_empty())
}

/// Gives a document to the user a rule chooses. Whether there was one.
fn give(cx: &mut Cx, rule: &Document, doc: &Document) -> Result<bool> {
    // Two documents must not take the same turn.
    storage::lock(cx, rule.meta(), rule.name())?;
    let Some(turn) = storage::values(cx, RULE, rule.name(), &TURN)? else {
        return Ok(false);
    };
    let mut rule = rule.clone();
    for (field, value) in TURN.into_iter().zip(turn) {
        rule.set(field, value);
    }
    let (doctype, name) = (doc.doctype().to_owned(), doc.name_text());
    assign_to::clear(cx, &doctype, &name, None)?;
    let Some((user, index)) = choice::choose(cx, &rule, doc)? else {
        return Ok(false);
    };
    let due = doc.text(rule.text("due_date_based_on"));
    let assignment = Assignment {
        description: Some(described(&rule, doc)),
        date: due.get(..10).map(str::to_owned),
        assignment_rule: Some(rule.name().to_owned()),
        ..Assignment::default()
    };
    assign_to::give(cx, doc, std::slice::from_ref(&user), &assignment)?;
    let mut changes = vec![("last_user", Value::from(user))];
    if let Some(index) = index {
        changes.push(("current_index", Value::from(index)));
    }
    storage::set_columns(cx, RULE, rule.name(), &changes)?;
    Ok(true)
}

/// The rule's description with the document's values in it; as it is where that fails.
fn described(rule: &Document, doc: &Document) -> String {
    let description = rule.text("description");
    if !description.contains('{') {
        return description.to_owned();
    }
    let values = minijinja::Value::from(Serde(doc.as_dict()));
    templates::filled(description, values).unwrap_or_else(|_| description.to_owned())
}

/// The first rule that made an assignment and says when it is done closes it then, and opens it again otherwise.
fn close_or_reopen(cx: &mut Cx, rules: &[&Document], doc: &Document) -> Result<()> {
    let assigned = assignments(cx, doc.doctype(), &doc.name_text())?;
    for rule in rules {
        let own: Vec<&Row> = assigned
            .iter()
            .filter(|todo| text(todo, "assignment_rule") == rule.name())
            .collect();
        if own.is_empty() || rule.text("close_condition").trim().is_empty() {
            continue;
        }
        let (from, to) = if holds(rule, "close_condition", doc) {
            ("Open", "Closed")
        } else {
            ("Closed", "Open")
        };
        for todo in own.into_iter().filter(|todo| text(todo, "status") == from) {
            let meta = meta_of(cx, "ToDo")?;
            let mut todo = storage::get_to_change(cx, &meta, text(todo, "name"))?;
            todo.set("status", to);
            todo.flags.ignore_permissions = true;
            save::save(cx, &mut todo)?;
        }
        break;
    }
    Ok(())
}
