//! `helpdesk.api.article`: what readers think of an article, and articles by their words.
//!
//! Source: spec/helpdesk-b.md §2.1 and §3.

mod hits;
mod sections;

use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::search_index;
use schemars::JsonSchema;

pub use self::hits::ArticleHit;

search_index!("articles", "HD Article", title = "title", content = "content");

/// The index of the articles.
pub(crate) const INDEX: &str = "articles";

/// Counts of an article.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Stats {
    /// Null if there is no such article.
    views: Option<i64>,
    likes: i64,
    dislikes: i64,
}

/// How often an article was read, liked and disliked.
///
/// # Errors
/// A database failure.
#[whitelist]
pub fn get_article_stats(
    cx: &mut Cx,
    /// Name of the article.
    article_name: String,
) -> Result<Stats> {
    let row = storage::values(cx, "HD Article", &article_name, &["views"])?;
    Ok(Stats {
        views: row.map(|row| row.first().and_then(Value::as_i64).unwrap_or(0)),
        likes: votes(cx, &article_name, "1")?,
        dislikes: votes(cx, &article_name, "2")?,
    })
}

fn votes(cx: &mut Cx, article: &str, vote: &str) -> Result<i64> {
    query::count(
        cx,
        &ListRequest {
            filters: json!({ "article": article, "feedback": vote }),
            ignore_permissions: true,
            ..ListRequest::of("HD Article Feedback")
        },
    )
}

/// The best sections of published articles, at most five: those with all words of a query, then those with any. Words
/// that say nothing don't count; others may have one letter wrong, or be the beginning of a longer word.
///
/// # Errors
/// A database failure.
#[whitelist]
pub fn search(
    cx: &mut Cx,
    /// Words, in any order.
    query: String,
) -> Result<Vec<ArticleHit>> {
    hits::of(cx, &query)
}
