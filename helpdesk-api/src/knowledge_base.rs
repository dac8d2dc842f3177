//! `helpdesk.api.knowledge_base`: reading articles, and the categories they are in.
//!
//! Source: spec/helpdesk-b.md, knowledge base.

pub mod categories;

pub(crate) use categories::now;

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions;
use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use crate::agents::{first_name, is_agent};

helpdesk_core::virtual_field!("HD Article", "title_slug", title_slug);

/// The title as it stands in addresses: lower case, `-` for blanks.
fn title_slug(article: &Document) -> Value {
    Value::from(article.text("title").to_lowercase().replace(' ', "-"))
}

/// Who wrote an article.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Author {
    /// Address.
    email: String,
    /// URL of the picture.
    image: Option<String>,
    /// Full name.
    name: String,
}

/// An article as readers see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Article {
    name: String,
    title: Option<String>,
    /// HTML.
    content: Option<String>,
    author: Author,
    /// `YYYY-MM-DD HH:MM:SS`, the site's time zone.
    creation: Option<String>,
    /// `Draft`, `Published` or `Archived`.
    status: Option<String>,
    published_on: Option<String>,
    modified: Option<String>,
    category_name: Option<String>,
    category_id: Option<String>,
    /// The caller's own vote: 0 none, 1 like, 2 dislike.
    feedback: i64,
}

/// A published article; agents also see drafts.
///
/// # Errors
/// - 403 if the article is not published and the caller is no agent
/// - 404 if there is none
#[whitelist(allow_guest)]
pub fn get_article(
    cx: &mut Cx,
    /// Name of the article.
    name: String,
) -> Result<Article> {
    let meta = permissions::meta_of(cx, "HD Article")?;
    let article = storage::get(cx, &meta, &name)?;
    if article.text("status") != "Published" && !is_agent(cx)? {
        return Err(forbidden("Access denied"));
    }
    let text = |field: &str| article.get(field).as_str().map(str::to_owned);
    let author = author(cx, article.text("author"))?;
    let category_id = text("category").filter(|category| !category.is_empty());
    let category_name = match &category_id {
        Some(category) => storage::values(cx, "HD Article Category", category, &["category_name"])?
            .and_then(|row| row.first()?.as_str().map(str::to_owned)),
        None => None,
    };
    Ok(Article {
        name: article.name_text(),
        title: text("title"),
        content: text("content"),
        author,
        creation: text("creation"),
        status: text("status"),
        published_on: text("published_on"),
        modified: text("modified"),
        category_name,
        category_id,
        feedback: own_feedback(cx, article.name())?,
    })
}

fn author(cx: &mut Cx, user: &str) -> Result<Author> {
    let row = storage::values(cx, "User", user, &["email", "user_image", "full_name"])?.unwrap_or_default();
    let text = |i: usize| {
        row.get(i)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    Ok(Author {
        email: text(0).unwrap_or_else(|| user.to_owned()),
        image: text(1),
        name: text(2).unwrap_or_else(|| user.to_owned()),
    })
}

/// The caller's vote on an article: 0, 1 or 2.
fn own_feedback(cx: &mut Cx, article: &str) -> Result<i64> {
    if cx.session().is_guest() {
        return Ok(0);
    }
    let filters = json!({ "user": cx.user(), "article": article });
    let Some(vote) = first_name(cx, "HD Article Feedback", filters)? else {
        return Ok(0);
    };
    let row = storage::values(cx, "HD Article Feedback", &vote, &["feedback"])?.unwrap_or_default();
    Ok(match row.first() {
        Some(Value::Number(number)) => number.as_i64().unwrap_or(0),
        Some(Value::String(text)) => text.trim().parse().unwrap_or(0),
        _ => 0,
    })
}

/// Count one more view of an article.
///
/// # Errors
/// - 404 if there is no such article
/// - 429 after five views of one article from one address within an hour
#[whitelist]
#[rate_limit(key = "article", limit = 5, seconds = 60 * 60)]
pub fn increment_views(
    cx: &mut Cx,
    /// Name of the article.
    article: String,
) -> Result<()> {
    let meta = permissions::meta_of(cx, "HD Article")?;
    storage::lock(cx, &meta, &article)?;
    let row = storage::values(cx, "HD Article", &article, &["views"])?
        .ok_or_else(|| not_found("HD Article", &article))?;
    let views = row.first().and_then(Value::as_i64).unwrap_or(0);
    storage::set_columns(cx, "HD Article", &article, &[("views", Value::from(views + 1))])?;
    Ok(())
}
