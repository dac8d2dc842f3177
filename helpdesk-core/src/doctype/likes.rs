//! Likes: the `_liked_by` list of a document, each like with an entry in its timeline.
//!
//! Source: spec/framework-data.md §5.11.

use serde_json::{Value, json};

use super::permissions::{self, Right};
use super::{comments, json_text, save, storage, system};
use crate::cx::Cx;
use crate::error::{Result, invalid};
use crate::query::{self, ListRequest};

const COLUMN: &str = "_liked_by";

/// The caller likes a document, or likes it no longer. Needs the right to read it.
///
/// # Errors
/// 403, 404; 417 for documents that can't be liked.
pub fn toggle(cx: &mut Cx, doctype: &str, name: &str, on: bool) -> Result<()> {
    let doc = permissions::document(cx, doctype, name, Right::Read)?;
    let meta = doc.meta().clone();
    if meta.column_index(COLUMN).is_none() {
        return Err(invalid(format!("{} documents can't be liked", meta.name)));
    }
    storage::lock(cx, &meta, name)?;
    let stored = storage::values(cx, &meta.name, name, &[COLUMN])?.unwrap_or_default();
    let mut users = json_text::texts(stored.first().and_then(Value::as_str).unwrap_or(""));
    let user = cx.user().to_owned();
    if users.contains(&user) == on {
        return Ok(());
    }
    if on {
        users.push(user.clone());
        comments::add(cx, &meta.name, &doc.name_text(), "Like", "Liked")?;
    } else {
        users.retain(|known| *known != user);
        remove_entries(cx, &meta.name, &doc.name_text(), &user)?;
    }
    let list = Value::from(json_text::list(&users));
    storage::set_columns(cx, &meta.name, name, &[(COLUMN, list)])?;
    Ok(())
}

fn remove_entries(cx: &mut Cx, doctype: &str, name: &str, user: &str) -> Result<()> {
    let meta = permissions::meta_of(cx, system::COMMENT)?;
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters: json!({
                "comment_type": "Like",
                "reference_doctype": doctype,
                "reference_name": name,
                "owner": user
            }),
            ignore_permissions: true,
            ..ListRequest::of(system::COMMENT)
        },
    )?;
    for row in rows {
        if let Some(comment) = row.get("name").and_then(Value::as_str) {
            save::delete_with(cx, &meta, comment, true)?;
        }
    }
    Ok(())
}
