//! What happens when an article is made, changed or deleted.
//!
//! Source: spec/helpdesk-b.md §2.1.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};

#[doc_event(doctype = "HD Article", on = "before_insert")]
fn before_insert(article: &mut Document, cx: &mut Cx) -> Result<()> {
    article.set("author", cx.user().to_owned());
    Ok(())
}

/// A category keeps at least one article, and what is published says something.
#[doc_event(doctype = "HD Article", on = "validate")]
fn validate(article: &mut Document, cx: &mut Cx) -> Result<()> {
    if let Some(before) = &article.before
        && article.has_value_changed("category")
    {
        // Without an old category the new one is looked at, as the original does.
        let category = Some(before.text("category"))
            .filter(|category| !category.is_empty())
            .unwrap_or_else(|| article.text("category"))
            .to_owned();
        keep_one(cx, &category)?;
    }
    if article.text("status") == "Published" && article.is_empty("content") {
        return Err(invalid("An article needs content before it is published."));
    }
    Ok(())
}

/// Refuses to take the last article out of a category.
///
/// # Errors
/// 417.
pub(crate) fn keep_one(cx: &mut Cx, category: &str) -> Result<()> {
    if category.is_empty() || count(cx, json!({ "category": category }))? != 1 {
        return Ok(());
    }
    Err(invalid("A category needs at least one article."))
}

fn count(cx: &mut Cx, filters: Value) -> Result<i64> {
    let articles = ListRequest {
        filters,
        ignore_permissions: true,
        ..ListRequest::of("HD Article")
    };
    query::count(cx, &articles)
}

#[doc_event(doctype = "HD Article", on = "before_save")]
fn before_save(article: &mut Document, cx: &mut Cx) -> Result<()> {
    match article.text("status") {
        "Published" => {
            if article.is_empty("published_on") {
                article.set("published_on", stored(cx.now()));
            }
            if article.get("idx").as_i64() == Some(-1) {
                let category = article.get("category").clone();
                let last = count(cx, json!({ "category": category, "status": "Published" }))?;
                article.set("idx", last);
            }
        }
        "Draft" => article.set("published_on", Value::Null),
        "Archived" => article.set("category", Value::Null),
        _ => {}
    }
    Ok(())
}

#[doc_event(doctype = "HD Article", on = "on_trash")]
fn on_trash(article: &mut Document, cx: &mut Cx) -> Result<()> {
    let category = article.text("category").to_owned();
    keep_one(cx, &category)
}
