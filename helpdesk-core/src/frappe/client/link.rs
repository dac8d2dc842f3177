//! Whether a link leads somewhere the caller may see.

use std::sync::Arc;

use serde_json::Map;

use crate::doctype::meta::Meta;
use crate::doctype::permissions::{self, Right};
use crate::doctype::system;
use crate::frappe::desk::search;
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// Rows a link's own search may give before a name counts as not found.
const SEARCHED: u64 = 500;

/// Name and fields of a document that a link may lead to; nothing where it may not.
pub(super) fn found(
    cx: &mut Cx,
    meta: &Arc<Meta>,
    name: &str,
    fields: &[String],
    path: Option<&str>,
    filters: &Value,
) -> Result<Map<String, Value>> {
    if meta.name == system::DOCTYPE {
        // DocTypes live in the program, not in rows.
        permissions::require_doctype(cx, meta, Right::Read)?;
        let known = cx.site().meta(name);
        return Ok(known.map(|known| named(&known.name)).unwrap_or_default());
    }
    if meta.issingle {
        permissions::require_doctype(cx, meta, Right::Read)?;
        return Ok(named(&meta.name));
    }
    let mut conditions = Vec::new();
    if let Some(path) = path {
        let rows = search::by_query(cx, &meta.name, name, path, filters, SEARCHED)?;
        let offered = rows.iter().any(|row| {
            let offer = row.first().and_then(Value::as_str);
            offer.is_some_and(|offer| offer.eq_ignore_ascii_case(name))
        });
        if !offered {
            return Ok(Map::new());
        }
    } else {
        conditions = search::conditions(query::json_argument("filters", Some(filters))?)?;
        // A word to searches, which leave out what is disabled; a link may keep leading there.
        conditions.retain(|condition| !search::is_about(condition, "include_disabled"));
    }
    conditions.push(json!(["name", "=", name]));
    let mut wanted = vec![Value::from("name")];
    wanted.extend(fields.iter().map(|field| Value::from(field.as_str())));
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: wanted,
            filters: conditions.into(),
            length: Some(1),
            ..ListRequest::of(meta.name.clone())
        },
    )?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

fn named(name: &str) -> Map<String, Value> {
    Map::from_iter([("name".to_owned(), Value::from(name))])
}
