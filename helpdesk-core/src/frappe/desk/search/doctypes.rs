//! Searches for DocTypes, which are no rows: by name, filtered by what their records say.

use serde_json::{Map, Value};

use super::{PAGE, Search, conditions};
use crate::cx::Cx;
use crate::doctype::record;
use crate::error::{Result, forbidden, invalid};
use crate::query;

/// Names of DocTypes that hold the text, in the form of rows. Everybody at the desk may see them, as their metadata.
///
/// # Errors
/// 403 for portal users and guests, 417 for filters that can't be read.
pub(super) fn rows(cx: &Cx, search: &Search) -> Result<Vec<Vec<Value>>> {
    if !cx.session().system_user {
        return Err(forbidden("Only users of the desk can search DocTypes"));
    }
    let filters = conditions(query::json_argument("filters", Some(&search.filters))?)?;
    let filters = filters.iter().map(condition).collect::<Result<Vec<_>>>()?;
    let wanted = search.txt.to_lowercase();
    let most = if search.page_length == 0 {
        PAGE
    } else {
        search.page_length
    };
    let metas = cx.site().metas();
    let mut found: Vec<&str> = Vec::new();
    for meta in metas.values() {
        if !meta.name.to_lowercase().contains(&wanted) {
            continue;
        }
        let Value::Object(record) = record::record(meta) else {
            continue;
        };
        let mut fits = true;
        for filter in &filters {
            fits &= filter.fits(&record)?;
        }
        if fits {
            found.push(&meta.name);
        }
    }
    let mut rows: Vec<Vec<Value>> = found.into_iter().map(|name| vec![Value::from(name)]).collect();
    super::sort(&mut rows, &search.txt);
    rows.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    Ok(rows)
}

struct Condition<'a> {
    field: &'a str,
    operator: &'a str,
    value: &'a Value,
}

fn condition(filter: &Value) -> Result<Condition<'_>> {
    let parts = filter.as_array().map(Vec::as_slice).unwrap_or_default();
    let (field, operator, value) = match parts {
        [field, operator, value] => (field, operator, value),
        [_, field, operator, value, ..] => (field, operator, value),
        _ => {
            return Err(invalid(format!(
                "A filter is [field, operator, value], not {filter}"
            )));
        }
    };
    match (field.as_str(), operator.as_str()) {
        (Some(field), Some(operator)) => Ok(Condition {
            field,
            operator,
            value,
        }),
        _ => Err(invalid(format!(
            "A filter names a field and an operator, not {filter}"
        ))),
    }
}

impl Condition<'_> {
    fn fits(&self, record: &Map<String, Value>) -> Result<bool> {
        let stored = match record.get(self.field) {
            Some(Value::Array(_) | Value::Object(_)) | None => {
                return Err(invalid(format!(
                    "DocType has no field {:?} to search by",
                    self.field
                )));
            }
            Some(stored) => stored,
        };
        let same = |value: &Value| text(stored).eq_ignore_ascii_case(&text(value));
        let among = || match self.value {
            Value::Array(values) => Ok(values.iter().any(same)),
            other => Err(invalid(format!("{} takes a list, not {other}", self.operator))),
        };
        Ok(match self.operator.to_ascii_lowercase().as_str() {
            "=" => same(self.value),
            "!=" => !same(self.value),
            "in" => among()?,
            "not in" => !among()?,
            other => return Err(invalid(format!("DocTypes can't be searched by {other:?}"))),
        })
    }
}

/// A value as it is compared: yes and no are 1 and 0, nothing is blank.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => u8::from(*yes).to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
