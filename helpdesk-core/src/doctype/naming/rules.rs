//! Document Naming Rules: a prefix and a counter for documents of a DocType that meet conditions.
//!
//! Source: spec/framework-data.md §5.7.

use std::cmp::Ordering;

use serde_json::Value;

use super::expression;
use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::document::{Document, equal};
use crate::doctype::system::{NAMING_RULE, NAMING_RULE_CONDITION};
use crate::doctype::typed::doc_event;
use crate::doctype::value::{lenient_float, parse_datetime};
use crate::error::{Result, invalid};

/// More digits than this no counter has.
const MOST_DIGITS: i64 = 20;

struct Rule {
    name: String,
    prefix: String,
    digits: i64,
}

/// The name that the first rule whose conditions hold gives; its counter goes up with the transaction.
pub(super) fn name(doc: &Document, cx: &mut Cx) -> Result<Option<String>> {
    if !cx.site().has_naming_rules(doc.doctype()) {
        return Ok(None);
    }
    for rule in rules(doc.doctype(), cx)? {
        if holds(&rule.name, doc, cx)? {
            let number = count(&rule.name, cx)?;
            let prefix = expression(&rule.prefix, doc, cx)?;
            let width = usize::try_from(rule.digits.clamp(0, MOST_DIGITS)).unwrap_or(0);
            return Ok(Some(format!("{prefix}{number:0width$}")));
        }
    }
    Ok(None)
}

/// A condition is about a field that documents of the DocType have.
#[doc_event(doctype = "Document Naming Rule", on = "validate")]
fn validate(doc: &mut Document, cx: &mut Cx) -> Result<()> {
    let Some(meta) = cx.site().meta(doc.text("document_type")) else {
        return Ok(());
    };
    let mut fields = doc.rows("conditions").iter().map(|row| row.text("field"));
    match fields.find(|field| !field.is_empty() && meta.column(field).is_none()) {
        Some(field) => Err(invalid(format!(
            "{field} is not a field of doctype {}",
            meta.name
        ))),
        None => Ok(()),
    }
}

/// The enabled rules of a DocType, the most important first.
fn rules(doctype: &str, cx: &mut Cx) -> Result<Vec<Rule>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT name, prefix, prefix_digits FROM ")
        .ident(format!("tab{NAMING_RULE}"))
        .sql(" WHERE document_type = ")
        .text(doctype.to_owned())
        .sql(" AND disabled = 0 ORDER BY priority DESC, name");
    let rows = cx.db().rows(query, &[Kind::Text, Kind::Text, Kind::Int])?;
    let text = |cell: Option<&Scalar<'_>>| cell.and_then(Scalar::as_str).unwrap_or("").to_owned();
    Ok(rows
        .iter()
        .map(|row| Rule {
            name: text(row.first()),
            prefix: text(row.get(1)),
            digits: row.get(2).and_then(Scalar::as_int).unwrap_or(0),
        })
        .collect())
}

/// Whether all conditions of a rule hold; one about a field that is not there does not.
fn holds(rule: &str, doc: &Document, cx: &mut Cx) -> Result<bool> {
    let mut query = Query::fixed();
    query
        .sql("SELECT field, condition, value FROM ")
        .ident(format!("tab{NAMING_RULE_CONDITION}"))
        .sql(" WHERE parent = ")
        .text(rule.to_owned());
    let rows = cx.db().rows(query, &[Kind::Text, Kind::Text, Kind::Text])?;
    Ok(rows.iter().all(|row| {
        let text = |at: usize| row.get(at).and_then(Scalar::as_str).unwrap_or("");
        doc.meta().column(text(0)).is_some() && compares(doc.get(text(0)), text(1), text(2))
    }))
}

fn compares(value: &Value, condition: &str, wanted: &str) -> bool {
    let order = order(value, wanted);
    match condition {
        "=" => order == Some(Ordering::Equal),
        "!=" => order != Some(Ordering::Equal),
        ">" => order == Some(Ordering::Greater),
        "<" => order == Some(Ordering::Less),
        ">=" => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        _ => false,
    }
}

/// Numbers compare as such, times too, all else as text; nothing is equal to an empty text alone.
fn order(value: &Value, wanted: &str) -> Option<Ordering> {
    match value {
        Value::Number(_) | Value::Bool(_) => {
            let wanted: f64 = wanted.trim().parse().ok()?;
            lenient_float(value).partial_cmp(&wanted)
        }
        Value::String(text) => match (parse_datetime(text), parse_datetime(wanted)) {
            (Some(text), Some(wanted)) => Some(text.cmp(&wanted)),
            _ => Some(text.as_str().cmp(wanted)),
        },
        other => equal(other, &Value::from(wanted)).then_some(Ordering::Equal),
    }
}

/// The next number of a rule's counter.
fn count(rule: &str, cx: &mut Cx) -> Result<i64> {
    let mut query = Query::fixed();
    query
        .sql("UPDATE ")
        .ident(format!("tab{NAMING_RULE}"))
        .sql(" SET counter = counter + 1 WHERE name = ")
        .text(rule.to_owned())
        .sql(" RETURNING counter");
    cx.db().begin()?;
    let row = cx.db().row(query, &[Kind::Int])?;
    Ok(row
        .and_then(|row| row.first().and_then(Scalar::as_int))
        .unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::compares;

    #[test]
    fn values_compare_by_what_they_are() {
        assert!(compares(&json!(10), ">", "9"));
        assert!(!compares(&json!("10"), ">", "9"));
        assert!(compares(&json!("High"), "=", "High"));
        assert!(compares(&json!(null), "!=", "High"));
        assert!(compares(&json!("2026-11-22 07:00:00"), ">=", "2026-11-22"));
        assert!(!compares(&json!(1), "=", "one"));
        assert!(!compares(&json!(1), "~", "1"));
    }
}
