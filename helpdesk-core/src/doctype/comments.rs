//! Comments: entries in a document's timeline, and the newest of them in its `_comments` column.
//!
//! Source: spec/framework-data.md §5.11.

use serde_json::{Value, json};

use super::document::Document;
use super::json_text;
use super::meta::Meta;
use super::{permissions, save, storage, system};
use crate::cx::Cx;
use crate::error::Result;
use crate::query::{self, ListRequest};

/// The side column that keeps them.
pub(crate) const COLUMN: &str = "_comments";
/// Entries that `_comments` keeps.
const MOST: usize = 100;
/// Longest text of an entry, in characters; longer ones are cut three shorter.
const LONGEST: usize = 100;

/// Adds an entry of a type (`Comment`, `Like`, `Assigned`, `Shared` …) by the caller, without a permission check.
///
/// # Errors
/// A database failure, or what a hook refuses.
pub fn add(cx: &mut Cx, doctype: &str, name: &str, comment_type: &str, content: &str) -> Result<Document> {
    let meta = permissions::meta_of(cx, system::COMMENT)?;
    let mut comment = Document::new(meta);
    comment.set("comment_type", comment_type);
    comment.set("comment_email", cx.user().to_owned());
    comment.set("reference_doctype", doctype);
    comment.set("reference_name", name);
    comment.set("content", content);
    comment.flags.ignore_permissions = true;
    save::insert(cx, &mut comment)?;
    Ok(comment)
}

/// What is shown of a comment's text in lists.
fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST - 3).collect();
    format!("{head}...")
}

/// The list with an entry added, or changed where it is there already.
fn with_entry(mut list: Vec<Value>, name: &str, by: &str, text: &str) -> Vec<Value> {
    match list.iter_mut().find(|entry| entry["name"] == name) {
        Some(entry) => entry["comment"] = Value::from(cut(text)),
        None => list.push(json!({"comment": cut(text), "by": by, "name": name})),
    }
    if list.len() > MOST {
        list.drain(..list.len() - MOST);
    }
    list
}

/// Those entries of a `_comments` that the caller may see, as text. People without access to the desk see messages, but
/// of comments their own and those that were published: the others are what the desk writes among itself.
///
/// # Errors
/// A database failure.
pub fn shown(cx: &mut Cx, column: &Value) -> Result<Value> {
    if cx.session().system_user {
        return Ok(column.clone());
    }
    let list: Vec<Value> = serde_json::from_str(column.as_str().unwrap_or("")).unwrap_or_default();
    if list.is_empty() {
        return Ok(column.clone());
    }
    let names: Vec<&Value> = list.iter().map(|entry| &entry["name"]).collect();
    let hidden = query::list_values(
        cx,
        &ListRequest {
            filters: json!([
                ["name", "in", names],
                ["published", "=", 0],
                ["owner", "!=", cx.user()]
            ]),
            ignore_permissions: true,
            ..ListRequest::of(system::COMMENT)
        },
    )?;
    let is_hidden = |entry: &Value| hidden.iter().any(|row| row.get("name") == entry.get("name"));
    let shown: Vec<Value> = list.into_iter().filter(|entry| !is_hidden(entry)).collect();
    Ok(json_text::spaced(&Value::from(shown)).into())
}

/// The document a message is about, where it is a message to be noted: a Communication, or a Comment that somebody wrote.
pub(crate) fn about(message: &Document) -> Option<(String, String)> {
    let noted = match message.doctype() {
        system::COMMENT => message.text("comment_type") == "Comment",
        doctype => doctype == "Communication",
    };
    let (doctype, name) = (message.text("reference_doctype"), message.text("reference_name"));
    (noted && !doctype.is_empty() && !name.is_empty()).then(|| (doctype.to_owned(), name.to_owned()))
}

/// Whether documents of a DocType keep their newest messages.
pub(crate) fn are_kept(meta: &Meta) -> bool {
    !meta.issingle && !meta.is_virtual && meta.column_index(COLUMN).is_some()
}

/// The list with a message; one without text changes nothing.
pub(crate) fn with_message(list: Vec<Value>, message: &Document) -> Vec<Value> {
    let by = ["comment_email", "sender", "owner"]
        .iter()
        .map(|field| message.text(field))
        .find(|by| !by.is_empty())
        .unwrap_or("");
    match message.text("content") {
        "" => list,
        text => with_entry(list, &message.name_text(), by, text),
    }
}

/// Notes a message (a Comment or Communication) in the `_comments` of the document it is about.
///
/// # Errors
/// A database failure.
pub fn note(cx: &mut Cx, message: &Document) -> Result<()> {
    change(cx, message, |list| with_message(list, message))
}

/// Takes a message out of the `_comments` of the document it is about.
///
/// # Errors
/// A database failure.
pub fn forget(cx: &mut Cx, message: &Document) -> Result<()> {
    let name = message.name_text();
    change(cx, message, |mut list| {
        list.retain(|entry| entry["name"] != name.as_str());
        list
    })
}

fn change(cx: &mut Cx, message: &Document, change: impl FnOnce(Vec<Value>) -> Vec<Value>) -> Result<()> {
    let Some((doctype, name)) = about(message) else {
        return Ok(());
    };
    let Some(meta) = cx.site().meta(&doctype).filter(|meta| are_kept(meta)) else {
        return Ok(());
    };
    let Some(stored) = storage::values(cx, &meta.name, &name, &[COLUMN])? else {
        return Ok(());
    };
    let text = stored.first().and_then(Value::as_str).unwrap_or("");
    let before: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let after = change(before.clone());
    if after != before {
        let list = Value::from(json_text::spaced(&Value::from(after)));
        storage::set_columns(cx, &meta.name, &name, &[(COLUMN, list)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_entries_stay_and_known_ones_change() {
        let mut list = Vec::new();
        for i in 0..105 {
            list = with_entry(list, &format!("c{i}"), "ada", "x");
        }
        list = with_entry(list, "c104", "ada", &"é".repeat(101));

        assert_eq!(list.len(), MOST);
        assert_eq!(list[0]["name"], "c5");
        assert_eq!(list[99]["comment"], format!("{}...", "é".repeat(97)));
    }
}
