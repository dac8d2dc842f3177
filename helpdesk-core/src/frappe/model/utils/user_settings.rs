//! `frappe.model.utils.user_settings`: what a user keeps of a DocType's lists and forms.
//!
//! Source: spec/framework-api.md §7.4.

use serde_json::Map;

use crate::db::Kind;
use crate::db::Query;
use crate::doctype::permissions;
use crate::doctype::system::USER_SETTINGS_TABLE;
use crate::prelude::*;
use crate::query;

/// Bytes the settings of one user and DocType may have.
const MOST: usize = 64 * 1024;

/// The caller's settings for a DocType, as JSON text.
///
/// # Errors
/// 403 for an unknown DocType.
#[whitelist]
pub fn get(cx: &mut Cx, doctype: String) -> Result<String> {
    let meta = permissions::meta_of(cx, &doctype)?;
    stored(cx, &meta.name)
}

/// Merges settings into the caller's for a DocType; returns the ones sent.
///
/// # Errors
/// - 403 for an unknown DocType
/// - 417 for settings that are no object, and too many of them
#[whitelist]
pub fn save(
    cx: &mut Cx,
    doctype: String,
    /// An object, or its JSON text.
    user_settings: Option<Value>,
) -> Result<Map<String, Value>> {
    let meta = permissions::meta_of(cx, &doctype)?;
    let changes = match query::json_argument("user_settings", user_settings.as_ref())? {
        Value::Null => Map::new(),
        Value::Object(changes) => changes,
        other => return Err(invalid(format!("Settings are one JSON object, not {other}"))),
    };
    // Two tabs save at once; the one that comes second must merge into what the first wrote.
    cx.db().begin()?;
    let mut settings: Map<String, Value> = serde_json::from_str(&stored(cx, &meta.name)?).unwrap_or_default();
    settings.extend(changes.clone());
    let text = Value::Object(settings).to_string();
    if text.len() > MOST {
        return Err(invalid(format!("The settings of {} are too large", meta.name)));
    }
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(USER_SETTINGS_TABLE)
        .sql(" (\"user\", doctype, data) VALUES (")
        .text(cx.user().to_owned())
        .sql(", ")
        .text(meta.name.clone())
        .sql(", ")
        .text(text)
        .sql(") ON CONFLICT (\"user\", doctype) DO UPDATE SET data = excluded.data");
    cx.db().execute(query)?;
    Ok(changes)
}

/// The caller's settings for a DocType as JSON text, `{}` where there are none.
///
/// # Errors
/// A database failure.
pub(crate) fn stored(cx: &mut Cx, doctype: &str) -> Result<String> {
    let mut query = Query::fixed();
    query
        .sql("SELECT data FROM ")
        .ident(USER_SETTINGS_TABLE)
        .sql(" WHERE \"user\" = ")
        .text(cx.user().to_owned())
        .sql(" AND doctype = ")
        .text(doctype.to_owned());
    let row = cx.db().row(query, &[Kind::Text])?;
    let text = row.and_then(|row| row.first().and_then(|cell| cell.as_str().map(str::to_owned)));
    Ok(text.unwrap_or_else(|| "{}".to_owned()))
}
