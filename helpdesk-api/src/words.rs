//! The words a site wants left out of searches, and those that mean the same.
//!
//! Source: spec/helpdesk-b.md §3.1 and §3.4.

use std::collections::{BTreeSet, HashMap, HashSet};

use helpdesk_core::prelude::*;

use crate::rows::{self, text};

/// Which of some words are stop words of the site, in lower case.
///
/// # Errors
/// A database failure.
pub(crate) fn stopped(cx: &mut Cx, words: &[&str]) -> Result<HashSet<String>> {
    let lower = lower(words);
    if lower.is_empty() {
        return Ok(HashSet::new());
    }
    let found = rows::all(
        cx,
        "HD Stopword",
        &["word"],
        json!([["word", "in", lower], ["enabled", "=", 1]]),
        "name asc",
    )?;
    Ok(found.iter().map(|row| text(row, "word").to_lowercase()).collect())
}

/// Which of some words, in lower case, have synonyms, and which: a word and its synonyms mean the same, in either
/// direction.
///
/// # Errors
/// A database failure.
pub(crate) fn synonyms(cx: &mut Cx, words: &[&str]) -> Result<HashMap<String, BTreeSet<String>>> {
    let lower = lower(words);
    if lower.is_empty() {
        return Ok(HashMap::new());
    }
    let is_of_table = json!(["parenttype", "=", "HD Synonyms"]);
    let as_synonym = rows::all(
        cx,
        "HD Synonym",
        &["parent"],
        json!([is_of_table, ["synonym", "in", lower]]),
        "name asc",
    )?;
    let as_word = rows::all(
        cx,
        "HD Synonyms",
        &["name", "word"],
        json!([["word", "in", lower]]),
        "name asc",
    )?;
    let mut parents: BTreeSet<String> = as_synonym
        .iter()
        .map(|row| text(row, "parent").to_owned())
        .collect();
    parents.extend(as_word.iter().map(|row| text(row, "name").to_owned()));
    let mut found: HashMap<String, BTreeSet<String>> = HashMap::new();
    for parent in parents {
        let mut group: BTreeSet<String> = BTreeSet::from([parent.to_lowercase()]);
        let of_parent = rows::all(
            cx,
            "HD Synonym",
            &["synonym"],
            json!([is_of_table, ["parent", "=", parent]]),
            "idx asc",
        )?;
        group.extend(of_parent.iter().map(|row| text(row, "synonym").to_lowercase()));
        for word in &lower {
            if group.contains(word) {
                let others = group.iter().filter(|other| *other != word).cloned();
                found.entry(word.clone()).or_default().extend(others);
            }
        }
    }
    Ok(found)
}

fn lower(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_lowercase()).collect()
}
