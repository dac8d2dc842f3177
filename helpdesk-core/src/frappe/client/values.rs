//! Single values of documents.

use std::sync::Arc;

use serde_json::Map;

use crate::db::Kind;
use crate::doctype::meta::Meta;
use crate::doctype::permissions::{self, Access, Right};
use crate::doctype::storage;
use crate::prelude::*;
use crate::query::{self, ListRequest};
use crate::reply::Reply;

/// Refuses who may not read any document of a DocType; child rows are read with their parents.
pub(super) fn may_read(cx: &mut Cx, meta: &Arc<Meta>, parent: Option<&str>) -> Result<()> {
    let judged = match parent.and_then(|parent| cx.site().meta(parent)) {
        Some(parent) if meta.istable => parent,
        _ => Arc::clone(meta),
    };
    permissions::require_doctype(cx, &judged, Right::Read).map_err(|error| match error.kind() {
        ErrorKind::PermissionError => forbidden(format!("No permission for {}", meta.name)),
        _ => error,
    })
}

/// Fields of the first document of a list.
pub(super) fn first(
    cx: &mut Cx,
    request: ListRequest,
    fields: &[String],
    filters: Option<Value>,
) -> Result<Option<Map<String, Value>>> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: fields.iter().map(|field| Value::from(field.as_str())).collect(),
            filters: filters_of(filters)?,
            order_by: "creation asc, name asc".to_owned(),
            length: Some(1),
            ..request
        },
    )?;
    Ok(rows.into_iter().next())
}

/// A document's name stands for the filter by it.
fn filters_of(filters: Option<Value>) -> Result<Value> {
    Ok(match filters {
        Some(Value::String(text)) if !text.trim_start().starts_with(['{', '[']) => {
            if text.trim().is_empty() {
                Value::Null
            } else {
                json!({ "name": text })
            }
        }
        Some(Value::Number(name)) => json!({ "name": name.to_string() }),
        filters => query::json_argument("filters", filters.as_ref())?,
    })
}

/// Fields of a single DocType that the caller may read.
pub(super) fn of_single(cx: &mut Cx, meta: &Arc<Meta>, fields: &[String]) -> Result<Map<String, Value>> {
    let access = Access::of(meta, cx.session());
    let doc = storage::get(cx, meta, &meta.name)?;
    let mut row = Map::new();
    for field in fields {
        let Some(column) = meta.column(field) else {
            return Err(Error::new(
                ErrorKind::DataError,
                format!("Field not permitted in query: {field}"),
            ));
        };
        if access.reads_level(column.permlevel) {
            row.insert(field.clone(), doc.get(field).clone());
        }
    }
    Ok(row)
}

/// One field of a single DocType; an unset one as its type's nothing.
pub(super) fn single(cx: &mut Cx, meta: &Arc<Meta>, field: &str) -> Result<Value> {
    if !meta.issingle {
        return Err(invalid(format!("{} is not a single DocType", meta.name)));
    }
    let Some(column) = meta.column(field) else {
        return Err(invalid(format!(
            "Field <strong>{field}</strong> does not exist on <strong>{}</strong>",
            meta.name
        )));
    };
    if !Access::of(meta, cx.session()).reads_level(column.permlevel) {
        return Err(forbidden(format!("No permission for {}", meta.name)));
    }
    Ok(
        match (storage::single_value(cx, &meta.name, field)?, column.kind) {
            (Value::Null, Kind::Text) => Value::from(""),
            (Value::Null, Kind::Int | Kind::Check) => Value::from(0),
            (Value::Null, Kind::Float) => Value::from(0.0),
            (value, _) => value,
        },
    )
}

/// The values as an object, or bare: one alone, several as an array.
pub(super) fn shaped(row: Option<Map<String, Value>>, fields: usize, as_dict: bool) -> Result<Reply> {
    if as_dict {
        return Ok(Reply::json(&row.unwrap_or_default())?);
    }
    let Some(row) = row else {
        return Ok(Reply::Empty);
    };
    let mut values = row.into_iter().map(|(_, value)| value);
    Ok(match fields {
        1 => Reply::json(&values.next())?,
        _ => Reply::json(&values.collect::<Vec<_>>())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_a_name_or_conditions() {
        let read = |filters| filters_of(filters).unwrap();

        assert_eq!(read(Some(json!("0042"))), json!({ "name": "0042" }));
        assert_eq!(read(Some(json!(42))), json!({ "name": "42" }));
        assert_eq!(read(Some(json!("{\"a\": 1}"))), json!({ "a": 1 }));
        assert_eq!(read(Some(json!([["a", "=", 1]]))), json!([["a", "=", 1]]));
        assert_eq!(read(Some(json!(" "))), Value::Null);
        assert_eq!(read(None), Value::Null);
        assert!(filters_of(Some(json!("{bad"))).is_err());
    }

    #[test]
    fn values_come_alone_as_an_array_or_as_an_object() {
        let row = |value: Value| value.as_object().cloned();
        let text = |reply: Reply| match reply {
            Reply::Json(bytes) => String::from_utf8(bytes).unwrap().trim().to_owned(),
            _ => "nothing".to_owned(),
        };

        assert_eq!(text(shaped(row(json!({ "a": 1 })), 1, false).unwrap()), "1");
        assert_eq!(
            text(shaped(row(json!({ "a": 1, "b": null })), 2, false).unwrap()),
            "[1,null]"
        );
        assert_eq!(text(shaped(None, 1, false).unwrap()), "nothing");
        assert_eq!(text(shaped(None, 1, true).unwrap()), "{}");
    }
}
