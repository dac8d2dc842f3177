//! From what was typed to what is looked for.
//!
//! Source: spec/helpdesk-b.md §4.3, steps 1 and 2; §3.4 for stop words and synonyms.

use std::collections::HashSet;

use helpdesk_core::prelude::*;
use helpdesk_core::search::find::MOST_PHRASES;
use helpdesk_core::search::spell;
use helpdesk_core::search::{Phrase, Scope, Wanted};
use serde_json::Map;

use super::INDEX;
use crate::words;

/// Characters of a word from which on longer words that begin with it count too.
const PREFIX_FROM: usize = 4;

/// What is looked for.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// The query, words that are nowhere replaced.
    pub(super) text: String,
    /// The words that were replaced, each with what stands in its place.
    pub(super) corrected: Map<String, Value>,
    /// As the index is asked.
    pub(super) wanted: Wanted,
}

impl Question {
    /// `scope` is what the caller can find, filtered or not.
    ///
    /// # Errors
    /// A database failure.
    pub(super) fn of(cx: &mut Cx, query: &str, title_only: bool, scope: &Scope<'_>) -> Result<Question> {
        let mut seen = HashSet::new();
        let mut typed: Vec<&str> = between_blanks(query)
            .filter(|word| Phrase::of(word, PREFIX_FROM).is_some_and(|phrase| seen.insert(phrase.words)))
            .collect();
        typed.truncate(MOST_PHRASES);
        let stopped = words::stopped(cx, &typed)?;
        // A query of nothing but stop words means them.
        if stopped.len() < typed.len() {
            typed.retain(|word| !stopped.contains(&word.to_lowercase()));
        }
        let synonyms = words::synonyms(cx, &typed)?;
        let mut corrected = Map::new();
        let mut wanted = Wanted {
            title_only,
            ..Wanted::default()
        };
        for word in typed {
            let mut group: Vec<String> = vec![word.to_owned()];
            match synonyms.get(&word.to_lowercase()) {
                Some(others) => group.extend(others.iter().cloned()),
                None => {
                    if let Some(other) = spell::correct(cx.db(), INDEX, word, scope)? {
                        corrected.insert(word.to_owned(), Value::from(other.clone()));
                        group = vec![other];
                    }
                }
            }
            let phrases = group
                .iter()
                .filter_map(|word| Phrase::of(word, PREFIX_FROM))
                .collect();
            wanted.all.push(phrases);
        }
        let text = match corrected.is_empty() {
            true => query.to_owned(),
            false => replaced(query, &corrected),
        };
        Ok(Question {
            text,
            corrected,
            wanted,
        })
    }
}

/// What stands between blanks, line ends and control characters.
fn between_blanks(query: &str) -> impl Iterator<Item = &str> {
    query
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
}

fn replaced(query: &str, corrected: &Map<String, Value>) -> String {
    let words: Vec<&str> = between_blanks(query)
        .map(|word| corrected.get(word).and_then(Value::as_str).unwrap_or(word))
        .collect();
    words.join(" ")
}
