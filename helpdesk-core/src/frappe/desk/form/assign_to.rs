//! Assignments: `ToDo` rows, mirrored in the `_assign` list of the document they are about.
//!
//! Source: spec/framework-data.md §5.11.

use crate::doctype::document::Document;
use crate::doctype::typed::doc_event;
use crate::doctype::{save, storage};
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// Users with an open assignment to a document, the newest assignment first.
///
/// # Errors
/// A database failure.
pub fn assignees(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<String>> {
    let rows = open_todos(cx, doctype, name)?;
    let mut users: Vec<String> = Vec::new();
    for (_, user) in rows {
        if !users.contains(&user) {
            users.push(user);
        }
    }
    Ok(users)
}

/// Open ToDos of a document: name and user.
fn open_todos(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<(String, String)>> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["name".into(), "allocated_to".into()],
            filters: json!([
                ["reference_type", "=", doctype],
                ["reference_name", "=", name],
                ["status", "not in", ["Cancelled", "Closed"]],
                ["allocated_to", "is", "set"]
            ]),
            order_by: "creation desc, name desc".into(),
            ignore_permissions: true,
            ..ListRequest::of("ToDo")
        },
    )?;
    let text = |row: &serde_json::Map<String, Value>, key: &str| {
        row.get(key).and_then(Value::as_str).unwrap_or("").to_owned()
    };
    Ok(rows
        .iter()
        .map(|row| (text(row, "name"), text(row, "allocated_to")))
        .collect())
}

/// Assigns a document to a user, unless the user already has it. The caller has checked that this is allowed.
///
/// # Errors
/// 417 for an unknown user.
pub fn add(cx: &mut Cx, doctype: &str, name: &str, user: &str, description: &str) -> Result<()> {
    if assignees(cx, doctype, name)?
        .iter()
        .any(|known| known.eq_ignore_ascii_case(user))
    {
        return Ok(());
    }
    let meta = crate::doctype::permissions::meta_of(cx, "ToDo")?;
    let mut todo = Document::new(meta);
    todo.set("allocated_to", user);
    todo.set("reference_type", doctype);
    todo.set("reference_name", name);
    let description = if description.is_empty() {
        format!("Assignment for {doctype} {name}")
    } else {
        description.to_owned()
    };
    todo.set("description", description);
    todo.set("priority", "Medium");
    todo.set("status", "Open");
    todo.set("date", cx.now().date().to_string());
    todo.set("assigned_by", cx.user().to_owned());
    todo.flags.ignore_permissions = true;
    save::insert(cx, &mut todo)
}

/// Cancels all open assignments of a document, but for those of `keep`.
///
/// # Errors
/// A database failure.
pub fn clear(cx: &mut Cx, doctype: &str, name: &str, keep: Option<&str>) -> Result<()> {
    let meta = crate::doctype::permissions::meta_of(cx, "ToDo")?;
    for (todo, user) in open_todos(cx, doctype, name)? {
        if keep.is_some_and(|keep| keep.eq_ignore_ascii_case(&user)) {
            continue;
        }
        let mut todo = storage::get(cx, &meta, &todo)?;
        todo.set("status", "Cancelled");
        todo.flags.ignore_permissions = true;
        save::save(cx, &mut todo)?;
    }
    Ok(())
}

/// The assigner's full name stands beside the user id.
#[doc_event(doctype = "ToDo", on = "before_save")]
fn name_assigner(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    let by = todo.text("assigned_by").to_owned();
    if by.is_empty() {
        todo.set("assigned_by_full_name", "");
        return Ok(());
    }
    let name = storage::values(cx, "User", &by, &["full_name"])?.and_then(|row| row.into_iter().next());
    todo.set("assigned_by_full_name", name.unwrap_or(Value::Null));
    Ok(())
}

#[doc_event(doctype = "ToDo", on = "on_update")]
fn changed(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    mirror(todo, cx)
}

#[doc_event(doctype = "ToDo", on = "after_delete")]
fn deleted(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    mirror(todo, cx)
}

/// Writes the users of a document's open ToDos into its `_assign`.
fn mirror(todo: &mut Document, cx: &mut Cx) -> Result<()> {
    let (doctype, name) = (
        todo.text("reference_type").to_owned(),
        todo.text("reference_name").to_owned(),
    );
    if doctype.is_empty() || name.is_empty() {
        return Ok(());
    }
    let has_list = cx
        .site()
        .meta(&doctype)
        .is_some_and(|meta| meta.column_index("_assign").is_some());
    if !has_list {
        return Ok(());
    }
    let users = assignees(cx, &doctype, &name)?;
    let list = if users.is_empty() {
        Value::Null
    } else {
        Value::from(json_list(&users))
    };
    storage::set_columns(cx, &doctype, &name, &[("_assign", list)])?;
    Ok(())
}

/// A JSON list as the contract spells it in text columns: `["a", "b"]`.
pub fn json_list(items: &[String]) -> String {
    let items: Vec<String> = items
        .iter()
        .map(|item| Value::from(item.as_str()).to_string())
        .collect();
    format!("[{}]", items.join(", "))
}
