//! Tags: words on a document, in its `_user_tags` column and as rows of Tag Link.
//!
//! Source: spec/framework-data.md §5.11.

use serde_json::{Value, json};

use super::document::Document;
use super::permissions::{self, Right};
use super::{save, storage, system};
use crate::cx::Cx;
use crate::error::{Result, invalid};
use crate::query::{self, ListRequest};

const COLUMN: &str = "_user_tags";

/// The tags in a `_user_tags` text, each once.
pub fn split(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        if !tags.iter().any(|known| known.eq_ignore_ascii_case(tag)) {
            tags.push(tag.to_owned());
        }
    }
    tags
}

/// Tags as `_user_tags` holds them: a comma before each.
pub fn joined(tags: &[String]) -> String {
    tags.iter().map(|tag| format!(",{tag}")).collect()
}

/// Puts a tag on a document. Needs the right to write it.
///
/// # Errors
/// 403, 404; 417 for a tag that is empty or holds a comma.
pub fn add(cx: &mut Cx, doctype: &str, name: &str, tag: &str) -> Result<()> {
    let tag = tag.trim();
    if tag.is_empty() || tag.contains([',', '<', '>']) || tag.chars().count() > 140 {
        return Err(invalid(format!(
            "{tag:?} is no tag: one word or phrase without a comma"
        )));
    }
    change(cx, doctype, name, |tags| {
        if !tags.iter().any(|known| known.eq_ignore_ascii_case(tag)) {
            tags.push(tag.to_owned());
        }
    })
}

/// Takes a tag from a document. Needs the right to write it.
///
/// # Errors
/// 403, 404.
pub fn remove(cx: &mut Cx, doctype: &str, name: &str, tag: &str) -> Result<()> {
    change(cx, doctype, name, |tags| {
        tags.retain(|known| !known.eq_ignore_ascii_case(tag.trim()));
    })
}

fn change(cx: &mut Cx, doctype: &str, name: &str, change: impl FnOnce(&mut Vec<String>)) -> Result<()> {
    let doc = permissions::document(cx, doctype, name, Right::Write)?;
    let meta = doc.meta().clone();
    if meta.column_index(COLUMN).is_none() {
        return Err(invalid(format!("{} documents have no tags", meta.name)));
    }
    storage::lock(cx, &meta, name)?;
    let stored = storage::values(cx, &meta.name, name, &[COLUMN])?.unwrap_or_default();
    let before = split(stored.first().and_then(Value::as_str).unwrap_or(""));
    let mut after = before.clone();
    change(&mut after);
    for tag in after.iter().filter(|tag| !before.contains(tag)) {
        link(cx, &doc, tag)?;
    }
    for tag in before.iter().filter(|tag| !after.contains(tag)) {
        unlink(cx, &doc, tag)?;
    }
    if after != before {
        storage::set_columns(cx, &meta.name, name, &[(COLUMN, Value::from(joined(&after)))])?;
    }
    Ok(())
}

/// A row of Tag Link, and the Tag itself where it is a new one.
fn link(cx: &mut Cx, doc: &Document, tag: &str) -> Result<()> {
    if storage::exists(cx, system::TAG, tag)?.is_none() {
        let mut new = Document::new(permissions::meta_of(cx, system::TAG)?);
        new.set("name", tag);
        new.flags.ignore_permissions = true;
        save::insert(cx, &mut new)?;
    }
    let mut link = Document::new(permissions::meta_of(cx, system::TAG_LINK)?);
    let title = doc.text(&doc.meta().title_field).to_owned();
    link.set("document_type", doc.doctype());
    link.set("document_name", doc.name_text());
    link.set("tag", tag);
    link.set("title", title.chars().take(140).collect::<String>());
    link.flags.ignore_permissions = true;
    save::insert(cx, &mut link)
}

fn unlink(cx: &mut Cx, doc: &Document, tag: &str) -> Result<()> {
    let meta = permissions::meta_of(cx, system::TAG_LINK)?;
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters: json!({
                "document_type": doc.doctype(),
                "document_name": doc.name_text(),
                "tag": tag
            }),
            ignore_permissions: true,
            ..ListRequest::of(system::TAG_LINK)
        },
    )?;
    for row in rows {
        if let Some(link) = row.get("name").and_then(Value::as_str) {
            save::delete_with(cx, &meta, link, true)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_stands_before_each_tag() {
        assert_eq!(joined(&split(",vip, new,,VIP")), ",vip,new");
        assert_eq!(joined(&[]), "");
    }
}
