//! Filters of a search.
//!
//! Source: spec/helpdesk-b.md §4.3, step 3.

use helpdesk_core::db::Query;
use helpdesk_core::doctype::predicate::{escape_like, trimmed};
use helpdesk_core::prelude::*;
use serde_json::Map;

/// What can be filtered by, and where it stands. What a column says of one kind of document only is a filter to those.
const COLUMNS: [(&str, &[(&str, &str)]); 10] = [
    ("agent_group", &[("HD Ticket", "t.agent_group")]),
    ("customer", &[("HD Ticket", "t.customer")]),
    ("status", &[("HD Ticket", "t.status")]),
    ("priority", &[("HD Ticket", "t.priority")]),
    (
        "owner",
        &[
            ("HD Ticket", "t.owner"),
            ("HD Ticket Comment", "c.commented_by"),
            ("Communication", "m.sender"),
        ],
    ),
    ("reference_doctype", &[("Communication", "m.reference_doctype")]),
    ("reference_name", &[("Communication", "m.reference_name")]),
    ("reference_ticket", &[("", "t.name")]),
    ("doctype", &[("", "s.doctype")]),
    ("name", &[("", "s.name")]),
];
/// Values a filter may list.
const MOST_VALUES: usize = 500;

#[derive(Clone, Debug)]
enum Test {
    /// One of these.
    In(Vec<String>),
    /// Contains one of these.
    Like(Vec<String>),
}

/// The filters of a caller.
#[derive(Clone, Debug, Default)]
pub(super) struct Filters {
    /// As they were given.
    pub(super) given: Map<String, Value>,
    tests: Vec<(usize, Test)>,
}

impl Filters {
    /// # Errors
    /// 417 for a filter by what is no filter, or for a value that can't be one.
    pub(super) fn parse(json: Option<&str>) -> Result<Filters> {
        let given = match json.map(serde_json::from_str) {
            Some(Ok(Value::Object(given))) => given,
            _ => return Ok(Filters::default()),
        };
        let mut tests = Vec::new();
        for (key, value) in &given {
            let column = COLUMNS
                .iter()
                .position(|(name, _)| name == key)
                .ok_or_else(|| invalid(format!("Searches can't be filtered by {key}")))?;
            if let Some(test) = test(key, value)? {
                tests.push((column, test));
            }
        }
        Ok(Filters { given, tests })
    }

    /// As SQL that goes on behind a condition. Nothing is found by what is hidden from the caller.
    pub(super) fn condition(&self, is_hidden: impl Fn(&str) -> bool) -> Query<'static> {
        let mut query = Query::new();
        for (column, test) in &self.tests {
            let (name, places) = COLUMNS.get(*column).copied().unwrap_or_default();
            if is_hidden(name) {
                query.sql(" AND 1 = 0");
                continue;
            }
            query.sql(" AND (");
            for (i, (doctype, place)) in places.iter().enumerate() {
                if i > 0 {
                    query.sql(" OR ");
                }
                query.sql("(");
                if !doctype.is_empty() {
                    query.sql("s.doctype = ").text(*doctype).sql(" AND ");
                }
                write(place, test, &mut query);
                query.sql(")");
            }
            query.sql(")");
        }
        if self.tests.len() > 3 {
            query.forget();
        }
        query
    }
}

fn test(key: &str, value: &Value) -> Result<Option<Test>> {
    Ok(match value {
        Value::Array(list) => match list.as_slice() {
            [Value::String(word), Value::Array(values)] if word.eq_ignore_ascii_case("like") => {
                Some(Test::Like(texts(key, values)?))
            }
            [Value::String(word), value] if word.eq_ignore_ascii_case("like") => {
                Some(Test::Like(texts(key, std::slice::from_ref(value))?))
            }
            values => Some(Test::In(texts(key, values)?)),
        },
        Value::Null | Value::Bool(false) => None,
        Value::String(text) if text.is_empty() => None,
        Value::Number(number) if number.as_f64() == Some(0.0) => None,
        Value::Object(object) if object.is_empty() => None,
        value => Some(Test::In(texts(key, std::slice::from_ref(value))?)),
    })
}

fn texts(key: &str, values: &[Value]) -> Result<Vec<String>> {
    if values.len() > MOST_VALUES {
        return Err(invalid(format!(
            "The filter {key} lists more than {MOST_VALUES} values"
        )));
    }
    values
        .iter()
        .map(|value| match value {
            Value::String(text) if text.contains('\0') => Err(invalid(format!(
                "The value of the filter {key} can't be in a text"
            ))),
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(on) => Ok(i64::from(*on).to_string()),
            _ => Err(invalid(format!(
                "The filter {key} is a value, a list of values, or [\"LIKE\", text]"
            ))),
        })
        .collect()
}

fn write(place: &'static str, test: &Test, query: &mut Query<'static>) {
    match test {
        Test::In(values) | Test::Like(values) if values.is_empty() => {
            query.sql("1 = 0");
        }
        Test::In(values) => {
            query.sql(place).sql(" IN (");
            for i in 0..values.len().next_power_of_two() {
                if i > 0 {
                    query.sql(", ");
                }
                // Padded with the last one, so that few shapes arise.
                if let Some(value) = values.get(i).or_else(|| values.last()) {
                    query.text(trimmed(value).to_owned());
                }
            }
            query.sql(")");
        }
        Test::Like(values) => {
            for (i, value) in values.iter().enumerate() {
                if i > 0 {
                    query.sql(" OR ");
                }
                query
                    .sql(place)
                    .either(" LIKE ", " COLLATE \"und-x-icu\" ILIKE ")
                    .text(format!("%{}%", escape_like(value)))
                    .sql(" ESCAPE '\\'");
            }
        }
    }
}
