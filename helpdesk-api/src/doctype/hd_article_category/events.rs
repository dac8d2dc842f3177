//! The category `General` stays; what a deleted category held goes into it.
//!
//! Source: spec/helpdesk-b.md §2.2.

use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;

use crate::rows;

/// The reserved category.
pub(crate) const GENERAL: &str = "General";

/// Whether a title is taken by the reserved category, in any spelling.
pub(crate) fn is_reserved(title: &str) -> bool {
    title.trim().eq_ignore_ascii_case(GENERAL)
}

/// Name of the reserved category.
///
/// # Errors
/// A database failure.
pub(crate) fn general(cx: &mut Cx) -> Result<Option<String>> {
    let rows = rows::all(
        cx,
        "HD Article Category",
        &["name", "category_name"],
        json!({ "category_name": GENERAL }),
        "creation asc",
    )?;
    // The database compares regardless of case.
    Ok(rows
        .iter()
        .find(|row| rows::text(row, "category_name") == GENERAL)
        .map(|row| rows::text(row, "name").to_owned()))
}

#[doc_event(doctype = "HD Article Category", on = "validate")]
fn validate(category: &mut Document, cx: &mut Cx) -> Result<()> {
    let title = category.text("category_name");
    let was = category
        .before
        .as_ref()
        .map(|before| before.text("category_name").to_owned());
    if was.as_deref() == Some(GENERAL) && title != GENERAL {
        return Err(invalid("The category General keeps its name"));
    }
    if is_reserved(title)
        && let Some(other) = general(cx)?
        && other != category.name_text()
    {
        return Err(invalid("There is a category General already"));
    }
    Ok(())
}

#[doc_event(doctype = "HD Article Category", on = "on_trash")]
fn on_trash(category: &mut Document, cx: &mut Cx) -> Result<()> {
    if category.text("category_name") == GENERAL {
        return Err(invalid("The category General can't be deleted"));
    }
    let name = category.name_text();
    if let Some(general) = general(cx)? {
        let now = crate::knowledge_base::now(cx);
        move_articles(cx, &name, &general, Some(now))?;
    }
    Ok(())
}

/// Puts all articles of a category into another, without a look at each; with a time, `modified` says so.
///
/// # Errors
/// A database failure.
pub(crate) fn move_articles(cx: &mut Cx, from: &str, to: &str, modified: Option<Value>) -> Result<()> {
    let user = cx.user().to_owned();
    let mut query = Query::new();
    query
        .sql("UPDATE ")
        .ident("tabHD Article")
        .sql(" SET category = ")
        .text(to.to_owned());
    if let Some(modified) = modified.as_ref().and_then(Value::as_str) {
        query
            .sql(", modified = ")
            .bind(Kind::DateTime, Scalar::Text(modified.to_owned().into()))
            .sql(", modified_by = ")
            .text(user);
    }
    query.sql(" WHERE category = ").text(from.to_owned());
    cx.db().execute(query)?;
    Ok(())
}
