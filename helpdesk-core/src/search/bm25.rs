//! BM25 as FTS5 counts it, for PostgreSQL, so that both databases give the same scores.

use std::collections::HashMap;

use super::find::{Hit, Phrase, Wanted, documents_with, texts};
use super::rights::Closed;
use super::tables::documents;
use super::text::tokens;
use crate::db::{Kind, Query, Scalar, Tx};
use crate::error::Result;

/// FTS5's constants: how soon more of the same counts no more, and how much long texts lose.
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// What a word counts at least that stands in more than half of the documents.
const LEAST: f64 = 1e-6;

/// Gives the hits their scores.
pub(super) fn score(
    tx: &mut Tx,
    index: &str,
    wanted: &Wanted,
    closed: &Closed,
    hits: &mut [Hit],
) -> Result<()> {
    let (count, words) = figures(tx, index)?;
    if hits.is_empty() || count == 0.0 {
        return Ok(());
    }
    let mut phrases: Vec<(&Phrase, f64)> = Vec::new();
    for phrase in wanted.phrases() {
        let with = documents_with(tx, index, phrase, wanted.title_only, u64::from(u32::MAX))? as f64;
        let weight = ((count - with + 0.5) / (with + 0.5)).ln();
        phrases.push((phrase, if weight <= 0.0 { LEAST } else { weight }));
    }
    let average = words / count;
    let found: HashMap<i64, (String, String)> = texts(tx, index, hits, closed)?;
    for hit in hits.iter_mut() {
        let Some((title, content)) = found.get(&hit.id) else {
            continue;
        };
        let title: Vec<String> = tokens(title).into_iter().map(|token| token.word).collect();
        let content: Vec<String> = tokens(content).into_iter().map(|token| token.word).collect();
        let length = (title.len() + content.len()) as f64;
        let score: f64 = phrases
            .iter()
            .map(|(phrase, weight)| {
                let inside = if wanted.title_only {
                    0
                } else {
                    times(phrase, &content)
                };
                let times = (times(phrase, &title) + inside) as f64;
                weight * (times * (K1 + 1.0)) / (times + K1 * (1.0 - B + B * length / average))
            })
            .sum();
        hit.bm25 = -score;
    }
    Ok(())
}

fn times(phrase: &Phrase, words: &[String]) -> usize {
    (0..words.len())
        .filter(|from| phrase.at(&words[*from..]).is_some())
        .count()
}

/// How many documents there are, and words in all of them.
fn figures(tx: &mut Tx, index: &str) -> Result<(f64, f64)> {
    let mut query = Query::fixed();
    query
        .sql("SELECT count(*), coalesce(CAST(sum(size) AS bigint), 0) FROM ")
        .ident(documents(index));
    let row = tx.row(query, &[Kind::Int, Kind::Int])?.unwrap_or_default();
    let number = |at: usize| row.get(at).and_then(Scalar::as_int).unwrap_or(0) as f64;
    Ok((number(0), number(1)))
}
