//! Categories of articles: making, filling, merging.
//!
//! Source: spec/helpdesk-b.md §2.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::html;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use schemars::JsonSchema;

use super::{Author, author};
use crate::doctype::hd_article::events::keep_one;
use crate::doctype::hd_article_category::events::{GENERAL, general, is_reserved, move_articles};
use crate::permitted::{self, require_right};
use crate::rows::{Row, text, value_text};

/// Characters of an article that a list shows.
const PREVIEW: usize = 100;
/// Articles one call may move or delete.
const MOST: usize = 500;

fn some(articles: &[String]) -> Result<()> {
    if articles.len() > MOST {
        return Err(invalid(format!("articles: at most {MOST} at once")));
    }
    Ok(())
}

/// Deletes articles; names that are not there are passed over.
///
/// # Errors
/// - 403 without the right to delete one of them
/// - 417 for the last article of a category, and for one that has votes; then none is deleted
#[whitelist(path = "helpdesk.api.knowledge_base.delete_articles")]
pub fn delete_articles(
    cx: &mut Cx,
    /// Names of articles.
    articles: List<String>,
) -> Result<()> {
    let List(articles) = articles;
    some(&articles)?;
    let meta = meta_of(cx, "HD Article")?;
    for article in articles {
        if storage::exists(cx, "HD Article", &article)?.is_some() {
            save::delete(cx, &meta, &article)?;
        }
    }
    Ok(())
}

/// What making a category brings.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Created {
    /// Its first article, a draft.
    article: String,
    /// The category.
    category: String,
}

/// Makes a category, and a draft in it to begin with.
///
/// # Errors
/// - 403 without the right to make both
/// - 417 for the reserved title `General`, in any spelling
#[whitelist(path = "helpdesk.api.knowledge_base.create_category")]
pub fn create_category(cx: &mut Cx, title: String) -> Result<Created> {
    if is_reserved(&title) {
        return Err(invalid(
            "General is reserved as the name of a category. Please choose another one.",
        ));
    }
    let mut category = Document::new(meta_of(cx, "HD Article Category")?);
    category.set("category_name", title);
    save::insert(cx, &mut category)?;
    let mut article = Document::new(meta_of(cx, "HD Article")?);
    article.set("title", "New Article");
    article.set("category", category.name_text());
    save::insert(cx, &mut article)?;
    Ok(Created {
        article: article.name_text(),
        category: category.name_text(),
    })
}

/// Moves articles into a category. `modified` stays.
///
/// # Errors
/// - 403 without the right to change articles
/// - 404 if there is no such category or article
/// - 417 for the last article of a category; then none is moved
#[whitelist(path = "helpdesk.api.knowledge_base.move_to_category")]
pub fn move_to_category(
    cx: &mut Cx,
    /// Name of the category.
    category: String,
    /// Names of articles.
    articles: List<String>,
) -> Result<()> {
    require_right(cx, "HD Article", Right::Write)?;
    let List(articles) = articles;
    some(&articles)?;
    let category = existing(cx, &category)?;
    for article in articles {
        let article = permitted::document(cx, "HD Article", &article, Right::Write)?;
        if let Err(error) = keep_one(cx, article.text("category")) {
            // The cause stays among the messages; the error says what it came to.
            if let Some(message) = error.message() {
                cx.msgprint(message.clone());
            }
            return Err(invalid("The articles could not be moved to the category"));
        }
        let change = [("category", Value::from(category.as_str()))];
        storage::set_columns(cx, "HD Article", &article.name_text(), &change)?;
    }
    Ok(())
}

fn existing(cx: &mut Cx, category: &str) -> Result<String> {
    storage::exists(cx, "HD Article Category", category)?
        .ok_or_else(|| not_found("HD Article Category", category))
}

/// A category with published articles.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Category {
    name: String,
    category_name: String,
    modified: Value,
    /// Published ones.
    article_count: i64,
}

/// The categories that have published articles, the fullest first.
///
/// # Errors
/// 403 if the caller may not list categories.
#[whitelist(path = "helpdesk.api.knowledge_base.get_categories")]
pub fn get_categories(cx: &mut Cx) -> Result<Vec<Category>> {
    let listed = query::list_values(
        cx,
        &ListRequest {
            fields: ["name", "category_name", "modified"].map(Value::from).into(),
            order_by: "modified desc".into(),
            ..ListRequest::of("HD Article Category")
        },
    )?;
    let counts = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["category".into(), json!({ "COUNT": "name", "as": "articles" })],
            filters: json!([["status", "=", "Published"], ["category", "is", "set"]]),
            group_by: "category".into(),
            order_by: "category asc".into(),
            ignore_permissions: true,
            ..ListRequest::of("HD Article")
        },
    )?;
    let count = |name: &str| {
        let row = counts
            .iter()
            .find(|row| text(row, "category").eq_ignore_ascii_case(name));
        row.and_then(|row| row.get("articles")?.as_i64()).unwrap_or(0)
    };
    let mut categories: Vec<Category> = listed
        .iter()
        .map(|row| Category {
            name: text(row, "name").to_owned(),
            category_name: text(row, "category_name").to_owned(),
            modified: row.get("modified").cloned().unwrap_or_default(),
            article_count: count(text(row, "name")),
        })
        .filter(|category| category.article_count > 0)
        .collect();
    categories.sort_by_key(|category| std::cmp::Reverse(category.article_count));
    Ok(categories)
}

/// An article as a category lists it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Listed {
    name: String,
    title: Value,
    published_on: Value,
    modified: Value,
    author: Author,
    /// How its text begins, without markup.
    content: String,
}

/// The published articles of a category, those changed last first.
///
/// # Errors
/// 403 if the caller may not list articles.
#[whitelist(path = "helpdesk.api.knowledge_base.get_category_articles")]
pub fn get_category_articles(
    cx: &mut Cx,
    /// Name of the category.
    category: String,
) -> Result<Vec<Listed>> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: ["name", "title", "published_on", "modified", "author", "content"]
                .map(Value::from)
                .into(),
            filters: json!({ "category": category, "status": "Published" }),
            order_by: "modified desc".into(),
            ..ListRequest::of("HD Article")
        },
    )?;
    rows.iter().map(|row| listed(cx, row)).collect()
}

fn listed(cx: &mut Cx, row: &Row) -> Result<Listed> {
    let value = |key: &str| row.get(key).cloned().unwrap_or_default();
    Ok(Listed {
        name: text(row, "name").to_owned(),
        title: value("title"),
        published_on: value("published_on"),
        modified: value("modified"),
        author: author(cx, text(row, "author"))?,
        content: html::text_of(text(row, "content"))
            .chars()
            .take(PREVIEW)
            .collect(),
    })
}

/// Moves all articles of a category into another one, and deletes it.
///
/// # Errors
/// - 403 without the right to delete categories
/// - 404 if one of them is not there
/// - 417 for one and the same category, and for `General`
#[whitelist(path = "helpdesk.api.knowledge_base.merge_category")]
pub fn merge_category(
    cx: &mut Cx,
    /// Name of the category that goes.
    source: String,
    /// Name of the category that stays.
    target: String,
) -> Result<()> {
    require_right(cx, "HD Article Category", Right::Delete)?;
    if source == target {
        return Err(invalid("A category can't be merged with itself"));
    }
    let (source, target) = (existing(cx, &source)?, existing(cx, &target)?);
    if source == target {
        return Err(invalid("A category can't be merged with itself"));
    }
    if value_text(cx, "HD Article Category", &source, "category_name")? == GENERAL {
        return Err(invalid("The category General stays"));
    }
    move_articles(cx, &source, &target, None)?;
    let meta = meta_of(cx, "HD Article Category")?;
    save::delete(cx, &meta, &source)
}

/// Name of the reserved category `General`; null where there is none.
///
/// # Errors
/// A database failure.
#[whitelist(path = "helpdesk.api.knowledge_base.get_general_category")]
pub fn get_general_category(cx: &mut Cx) -> Result<Option<String>> {
    general(cx)
}

/// Title of a category; null where there is none.
///
/// # Errors
/// A database failure.
#[whitelist(path = "helpdesk.api.knowledge_base.get_category_title")]
pub fn get_category_title(
    cx: &mut Cx,
    /// Name of the category.
    category: String,
) -> Result<Option<String>> {
    let row = storage::values(cx, "HD Article Category", &category, &["category_name"])?;
    Ok(row.and_then(|row| row.first()?.as_str().map(str::to_owned)))
}

/// When articles moved, as `modified` has it.
pub(crate) fn now(cx: &Cx) -> Value {
    Value::from(stored(cx.now()))
}
