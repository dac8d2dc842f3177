//! Sections of published articles by their words.
//!
//! Source: spec/helpdesk-b.md §3.2 and §3.3.

use std::collections::HashSet;

use helpdesk_core::db::{Kind, Scalar};
use helpdesk_core::doctype::value::{lenient_float, parse_datetime};
use helpdesk_core::prelude::*;
use helpdesk_core::search::find::MOST_PHRASES;
use helpdesk_core::search::shown::{self, BOLD};
use helpdesk_core::search::spell;
use helpdesk_core::search::text::{plain, tokens};
use helpdesk_core::search::{self, Closed, Phrase, Scope, Wanted};
use helpdesk_core::site::single;
use schemars::JsonSchema;

use super::INDEX;
use super::sections::{self, Section};
use crate::words;

/// Words that say nothing, beside those of the site.
const STOP_WORDS: [&str; 45] = [
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "do", "for", "from", "he", "how", "i",
    "if", "in", "is", "it", "my", "not", "of", "on", "or", "our", "she", "that", "the", "their", "they",
    "this", "to", "urgent", "want", "was", "we", "what", "when", "where", "which", "who", "why", "with",
    "you",
];
/// Sections that are answered.
const SHOWN: usize = 5;
/// Articles whose sections are looked at: the best by their words.
const ARTICLES: usize = 100;
/// Words of a section that are shown.
const SNIPPET: usize = 40;
/// Characters of a word from which on it may be misspelt.
const FUZZY_FROM: usize = 4;
/// Fields of the settings with the weights of the article's name, title, text and heading, and what they are unset.
const WEIGHTS: [(&str, f64); 4] = [
    ("name_weight", 1.0),
    ("subject_weight", 6.0),
    ("description_weight", 5.0),
    ("headings_weight", 8.0),
];

/// A section of an article.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ArticleHit {
    /// `HD Article:` and the name.
    id: String,
    /// Always null.
    payload: Option<String>,
    /// The higher, the better.
    pub(crate) score: f64,
    /// The article's name, `#`, and the heading as a part of an address.
    name: String,
    /// HTML: the article's title, what was looked for in `<b>`.
    subject: String,
    /// HTML: the best part of the section, what was looked for in `<b>`.
    description: String,
    /// HTML: the section's heading, what was looked for in `<b>`.
    pub(crate) headings: String,
    /// Seconds since 1970.
    modified: f64,
    /// `HD Article`.
    doctype: &'static str,
}

/// The best sections for a query: first those with all words, then those with any.
pub(super) fn of(cx: &mut Cx, query: &str) -> Result<Vec<ArticleHit>> {
    let groups = groups(cx, query)?;
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let candidates = candidates(cx, &groups)?;
    let weights = weights(cx)?;
    let mut found: Vec<Scored<'_>> = Vec::new();
    for all in [true, false] {
        let mut more: Vec<Scored<'_>> = candidates
            .iter()
            .flat_map(|article| article.scored(&groups, &weights, all))
            .filter(|scored| !found.iter().any(|other| other.is(scored)))
            .collect();
        more.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then(b.article.modified.cmp(&a.article.modified))
                .then(a.article.name.cmp(&b.article.name))
        });
        found.extend(more);
        if found.len() >= SHOWN {
            break;
        }
    }
    found.truncate(SHOWN);
    let phrases: Vec<&Phrase> = groups.iter().flatten().collect();
    Ok(found.iter().map(|scored| scored.shown(cx, &phrases)).collect())
}

/// For each word of the query that says something: itself, what it begins, words one letter apart; or it and its
/// synonyms, as they are.
fn groups(cx: &mut Cx, query: &str) -> Result<Vec<Vec<Phrase>>> {
    let mut seen = HashSet::new();
    let mut words: Vec<String> = tokens(&query.replace(['-', '_'], " "))
        .into_iter()
        .map(|token| token.word)
        .filter(|word| seen.insert(word.clone()))
        .collect();
    words.truncate(MOST_PHRASES);
    let typed: Vec<&str> = words.iter().map(String::as_str).collect();
    let synonyms = words::synonyms(cx, &typed)?;
    let stopped = words::stopped(cx, &typed)?;
    let exact = |word: &str| Phrase::of(word, usize::MAX);
    let mut groups = Vec::new();
    for word in typed {
        if let Some(others) = synonyms.get(word) {
            let same = others.iter().map(String::as_str).chain([word]);
            groups.push(same.filter_map(exact).collect());
            continue;
        }
        if STOP_WORDS.contains(&word) || stopped.contains(word) {
            continue;
        }
        let mut group: Vec<Phrase> = Phrase::of(word, 1).into_iter().collect();
        if word.chars().count() >= FUZZY_FROM {
            let near = spell::one_apart(cx.db(), INDEX, word)?;
            group.extend(near.iter().filter_map(|near| exact(near)));
        }
        groups.push(group);
    }
    Ok(groups)
}

fn weights(cx: &mut Cx) -> Result<[f64; 4]> {
    let mut weights = [0.0; 4];
    for (weight, (field, unset)) in weights.iter_mut().zip(WEIGHTS) {
        let set = lenient_float(&single(cx, "HD Settings", field)?);
        *weight = if set == 0.0 { unset } else { set };
    }
    Ok(weights)
}

/// An article in which a word stands.
struct Article {
    name: String,
    title: String,
    modified: String,
    sections: Vec<Section>,
}

fn candidates(cx: &mut Cx, groups: &[Vec<Phrase>]) -> Result<Vec<Article>> {
    let any = Wanted {
        all: vec![groups.iter().flatten().cloned().collect()],
        title_only: false,
    };
    let mut scope = Scope {
        kinds: vec![Kind::Text, Kind::Text, Kind::DateTime],
        closed: Closed::to_caller(cx, INDEX),
        ..Scope::default()
    };
    scope
        .joins
        .either(" CROSS JOIN ", " JOIN ")
        .sql("\"tabHD Article\" AS a ON a.name = s.name");
    scope
        .condition
        .sql("s.doctype = 'HD Article' AND a.status = 'Published'");
    scope.columns.sql(", a.title, a.content, a.modified");
    let hits = search::find(cx.db(), INDEX, &any, &scope, ARTICLES)?;
    Ok(hits
        .into_iter()
        .map(|hit| {
            let text = |at: usize| hit.columns.get(at).and_then(Scalar::as_str).unwrap_or("");
            let mut texts = (text(0).to_owned(), text(1).to_owned());
            scope.closed.hide(&hit.doctype, &mut texts);
            Article {
                title: plain(&texts.0),
                sections: sections::of(&texts.1),
                modified: text(2).to_owned(),
                name: hit.name.clone(),
            }
        })
        .collect())
}

struct Scored<'a> {
    article: &'a Article,
    section: &'a Section,
    name: String,
    score: f64,
}

impl Article {
    /// The sections that have all groups, or any of them, with the sum or the most of what a group counts.
    fn scored<'a>(&'a self, groups: &[Vec<Phrase>], weights: &[f64; 4], all: bool) -> Vec<Scored<'a>> {
        let mut found = Vec::new();
        for section in &self.sections {
            let name = format!("{}#{}", self.name, section.slug());
            let words =
                |text: &str| -> Vec<String> { tokens(text).into_iter().map(|token| token.word).collect() };
            let fields = [
                words(&name.replace('-', " ")),
                words(&self.title),
                words(&section.text),
                words(&section.heading),
            ];
            let counts: Vec<f64> = groups
                .iter()
                .map(|group| {
                    let of_field =
                        |(words, weight): (&Vec<String>, &f64)| weight * times(group, words) as f64;
                    fields.iter().zip(weights).map(of_field).sum()
                })
                .collect();
            let met = counts.iter().filter(|count| **count > 0.0).count();
            let score = match all {
                true if met == groups.len() => counts.iter().sum(),
                false if met > 0 => counts.iter().copied().fold(0.0, f64::max),
                _ => continue,
            };
            found.push(Scored {
                article: self,
                section,
                name,
                score,
            });
        }
        found
    }
}

fn times(group: &[Phrase], words: &[String]) -> usize {
    (0..words.len())
        .filter(|from| group.iter().any(|phrase| phrase.at(&words[*from..]).is_some()))
        .count()
}

impl Scored<'_> {
    fn is(&self, other: &Scored<'_>) -> bool {
        self.name == other.name
    }

    fn shown(&self, cx: &Cx, phrases: &[&Phrase]) -> ArticleHit {
        let modified = parse_datetime(&self.article.modified)
            .and_then(|at| at.to_zoned(cx.site().clock.zone().clone()).ok())
            .map_or(0.0, |at| at.timestamp().as_second() as f64);
        ArticleHit {
            id: format!("HD Article:{}", self.name),
            payload: None,
            score: self.score,
            name: self.name.clone(),
            subject: shown::highlight(&self.article.title, phrases, BOLD),
            description: shown::snippet(&self.section.text, phrases, SNIPPET, BOLD),
            headings: shown::highlight(&self.section.heading, phrases, BOLD),
            modified,
            doctype: "HD Article",
        }
    }
}
