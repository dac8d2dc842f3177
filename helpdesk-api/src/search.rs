//! `helpdesk.api.search`: tickets, their comments and their mails by their words.
//!
//! A hit is what its ticket lets the caller see; customers find tickets alone, agents comments and mails too. Fields that
//! are closed to a caller find nothing, and nothing of them is shown.
//!
//! Source: spec/helpdesk-b.md §4, and the recorded answers.

mod facets;
mod filters;
mod question;
mod ranking;
mod tables;

use std::time::Instant;

use helpdesk_core::prelude::*;
use helpdesk_core::search::shown::{self, MARK};
use helpdesk_core::search::{self as index, Phrase};
use helpdesk_core::search_index;
use schemars::JsonSchema;
use serde_json::Map;

pub use self::facets::FilterOptions;
use self::filters::Filters;
use self::question::Question;
use self::tables::Visible;

search_index!("tickets", "HD Ticket", title = "subject", content = "description");
search_index!("tickets", "HD Ticket Comment", content = "content");
search_index!("tickets", "Communication", content = "content");

/// The index that is asked.
const INDEX: &str = "tickets";
/// Characters a query has at least.
const SHORTEST: usize = 2;
/// Documents that are ranked: the best by their words.
const RANKED: usize = 500;
/// Documents that are answered.
const SHOWN: usize = 100;
/// Words of a text that are shown.
const SNIPPET: usize = 64;

/// A ticket, a comment or a mail.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SearchHit {
    /// DocType and name, joined by a colon.
    id: String,
    /// The higher, the better: for words in the title, and for what changed lately.
    score: f64,
    /// Place by the words alone, from 1.
    original_rank: usize,
    /// How well the words fit: the lower, the better.
    bm25_score: f64,
    /// HTML, what was looked for in `<mark>`; empty for comments and mails.
    title: String,
    /// HTML: the best part of the text, what was looked for in `<mark>`.
    content: String,
    /// Team of a ticket.
    agent_group: Option<String>,
    /// Always null.
    customer: Option<String>,
    status: Option<String>,
    priority: Option<String>,
    /// Who wrote it.
    author: Option<String>,
    /// `HD Ticket` for mails.
    reference_doctype: Option<String>,
    /// The ticket of a mail.
    reference_name: Option<String>,
    /// The ticket.
    reference_ticket: Option<String>,
    doctype: String,
    name: String,
    /// Seconds since 1970.
    modified: f64,
    /// Place in this answer, from 1.
    modified_rank: usize,
}

/// What was found, in numbers.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// Seconds it took.
    duration: f64,
    /// Documents the caller may see that meet query and filters; 500 where there are more.
    total_matches: usize,
    /// The same.
    returned_matches: usize,
    /// Words that are nowhere, and what was looked for in their place.
    corrected_words: Option<Map<String, Value>>,
    /// The query with these words in it.
    corrected_query: Option<String>,
    title_only: bool,
    /// Those that are answered.
    filtered_matches: usize,
    /// The filters of the caller.
    applied_filters: Map<String, Value>,
}

/// What was found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Found {
    /// Best first.
    results: Vec<SearchHit>,
    summary: Summary,
}

/// Documents in which all words of a query stand.
///
/// Words may be the beginnings of longer ones, and a word that is nowhere is taken for one that is alike. The answer holds
/// at most 100 documents, whatever `limit` says.
///
/// # Errors
/// - 403 if the caller may list no tickets
/// - 417 for a query of less than two characters, and for a filter by what is no filter
#[whitelist]
pub fn search(
    cx: &mut Cx,
    /// Words, in any order.
    query: String,
    /// JSON of an object: `agent_group`, `status`, `priority`, `customer`, `owner`, `doctype`, `name`,
    /// `reference_doctype`, `reference_name` or `reference_ticket`, each a value, a list of values, or `["LIKE", text]`.
    /// What is no JSON of an object is ignored.
    filters: Option<String>,
    /// Is read, and changes nothing.
    #[arg(default = 20)]
    limit: i64,
    /// Whether titles alone are looked at.
    #[arg(default = false)]
    title_only: bool,
) -> Result<Found> {
    let since = Instant::now();
    let _ = limit;
    let query = query.trim();
    if query.chars().count() < SHORTEST {
        return Err(invalid("Search query must be at least 2 characters"));
    }
    let filters = Filters::parse(filters.as_deref())?;
    let visible = Visible::to_caller(cx)?;
    let question = Question::of(cx, query, title_only, &visible.scope(&Filters::default()))?;
    let scope = visible.scope(&filters);
    let hits = index::find(cx.db(), INDEX, &question.wanted, &scope, RANKED)?;
    let returned = hits.len();
    let texts = index::texts(cx.db(), INDEX, &hits, &scope.closed)?;
    let mut ranked = ranking::ranked(cx, &question.text, hits, &texts);
    ranked.truncate(SHOWN);
    let phrases: Vec<&Phrase> = question.wanted.phrases().collect();
    let results: Vec<SearchHit> = ranked
        .into_iter()
        .enumerate()
        .map(|(at, ranked)| {
            let (title, content) = texts
                .get(&ranked.hit.id)
                .map_or(("", ""), |(title, content)| (title, content));
            let column = |name: &str| tables::text(&ranked.hit, name).map(str::to_owned);
            let in_content: &[&Phrase] = if title_only { &[] } else { &phrases };
            SearchHit {
                id: format!("{}:{}", ranked.hit.doctype, ranked.hit.name),
                score: ranked.score,
                original_rank: ranked.original_rank,
                bm25_score: ranked.hit.bm25,
                title: shown::highlight(title, &phrases, MARK),
                content: shown::snippet(content, in_content, SNIPPET, MARK),
                agent_group: column("agent_group"),
                customer: None,
                status: column("status"),
                priority: column("priority"),
                author: column("owner"),
                reference_doctype: column("reference_doctype"),
                reference_name: column("reference_name"),
                reference_ticket: column("reference_ticket"),
                modified: ranked.modified,
                modified_rank: at + 1,
                doctype: ranked.hit.doctype,
                name: ranked.hit.name,
            }
        })
        .collect();
    let summary = Summary {
        duration: (since.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        total_matches: returned,
        returned_matches: returned,
        corrected_query: (!question.corrected.is_empty()).then_some(question.text),
        corrected_words: (!question.corrected.is_empty()).then_some(question.corrected),
        title_only,
        filtered_matches: results.len(),
        applied_filters: filters.given,
    };
    Ok(Found { results, summary })
}

/// What there is to filter by, and how many of the documents the caller can find have it.
///
/// # Errors
/// A database failure.
#[whitelist]
pub fn get_filter_options(cx: &mut Cx) -> Result<FilterOptions> {
    facets::of_caller(cx)
}
