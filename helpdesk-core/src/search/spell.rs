//! What a word that is nowhere may have been meant as.
//!
//! Source: spec/helpdesk-b.md §4.3, step 1, for what is alike; §3.2 for words one letter apart.

use std::collections::BTreeSet;

use super::find::{Phrase, Scope, documents_with, stands};
use super::tables::words;
use super::text::fold;
use crate::db::{Kind, Query, Scalar, Tx};
use crate::error::Result;

/// Characters of a word that is corrected.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=32;
/// How much longer or shorter a word may be than what is proposed for it.
const FARTHEST: usize = 3;
/// Share of the groups of three letters that two words have to have in common.
const LEAST_SHARED: f64 = 0.3;
/// How alike two words have to be, common ones counting up to a fifth more.
const LEAST_ALIKE: f64 = 0.6;
const MOST_FOR_COMMON: f64 = 1.2;
/// Words whose documents are counted.
const COUNTED: usize = 8;

/// The word of the index that `word` was most probably meant as; `None` where it is in the index, or begins a word
/// there, or nothing is alike that stands in a document of the scope: a proposal tells that there is the word.
///
/// # Errors
/// A database failure.
pub fn correct(tx: &mut Tx, index: &str, word: &str, scope: &Scope<'_>) -> Result<Option<String>> {
    let word = fold(word);
    let length = word.chars().count();
    if !LENGTHS.contains(&length) || !word.chars().all(char::is_alphabetic) {
        return Ok(None);
    }
    let phrase = |word: &str, prefix: bool| Phrase {
        words: vec![word.to_owned()],
        prefix,
    };
    if documents_with(tx, index, &phrase(&word, true), false, 1)? > 0 {
        return Ok(None);
    }
    let threes = trigrams(&word);
    let mut alike: Vec<(f64, String)> = known(tx, index, length, FARTHEST)?
        .into_iter()
        .filter_map(|known| {
            let shared = jaccard(&threes, &trigrams(&known));
            // One slip is always forgiven, wherever it is; in short words it spoils most groups.
            let is_slip = is_one_apart(&word, &known) || is_swapped(&word, &known);
            if shared < LEAST_SHARED && !is_slip {
                return None;
            }
            let score = 0.7 * shared + 0.3 * ratio(&word, &known);
            let score = if is_slip { score.max(LEAST_ALIKE) } else { score };
            (score * MOST_FOR_COMMON >= LEAST_ALIKE).then_some((score, known))
        })
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    alike.truncate(COUNTED);
    let mut counted: Vec<(f64, String)> = Vec::new();
    for (score, known) in alike {
        let count = documents_with(tx, index, &phrase(&known, false), false, 1000)?;
        let score = score * (1.0 + count as f64 / 1000.0).min(MOST_FOR_COMMON);
        // Words of documents that are gone have none.
        if count > 0 && score >= LEAST_ALIKE {
            counted.push((score, known));
        }
    }
    // Equal ones stay in their order.
    counted.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (_, known) in counted {
        if stands(tx, index, &phrase(&known, false), scope)? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// Words of the index that are one letter apart from `word`, which is folded.
///
/// # Errors
/// A database failure.
pub fn one_apart(tx: &mut Tx, index: &str, word: &str) -> Result<Vec<String>> {
    let length = word.chars().count();
    if !LENGTHS.contains(&length) {
        return Ok(Vec::new());
    }
    let mut near = known(tx, index, length, 1)?;
    near.retain(|known| known != word && is_one_apart(word, known));
    Ok(near)
}

/// Words of about a length.
fn known(tx: &mut Tx, index: &str, length: usize, farthest: usize) -> Result<Vec<String>> {
    let bound = |length: usize| Scalar::Int(i64::try_from(length).unwrap_or(i64::MAX));
    let mut query = Query::fixed();
    query
        .sql("SELECT word FROM ")
        .ident(words(index))
        .sql(" WHERE size BETWEEN ")
        .bind(Kind::Int, bound(length.saturating_sub(farthest)))
        .sql(" AND ")
        .bind(Kind::Int, bound(length + farthest));
    let rows = tx.rows(query, &[Kind::Text])?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match row.into_iter().next() {
            Some(Scalar::Text(word)) => Some(word.into_owned()),
            _ => None,
        })
        .collect())
}

/// Groups of three letters, with two blanks on either side.
fn trigrams(word: &str) -> BTreeSet<[char; 3]> {
    let padded: Vec<char> = "  ".chars().chain(word.chars()).chain("  ".chars()).collect();
    padded
        .windows(3)
        .filter_map(|three| <[char; 3]>::try_from(three).ok())
        .collect()
}

fn jaccard(a: &BTreeSet<[char; 3]>, b: &BTreeSet<[char; 3]>) -> f64 {
    let shared = a.intersection(b).count();
    shared as f64 / (a.len() + b.len() - shared).max(1) as f64
}

/// Twice the letters in common runs, longest first, over all letters.
fn ratio(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    2.0 * common(&a, &b) as f64 / (a.len() + b.len()).max(1) as f64
}

fn common(a: &[char], b: &[char]) -> usize {
    let mut best = (0, 0, 0);
    for i in 0..a.len() {
        for j in 0..b.len() {
            let run = a[i..].iter().zip(&b[j..]).take_while(|(x, y)| x == y).count();
            if run > best.2 {
                best = (i, j, run);
            }
        }
    }
    let (i, j, run) = best;
    if run == 0 {
        return 0;
    }
    common(&a[..i], &b[..j]) + run + common(&a[i + run..], &b[j + run..])
}

/// Whether one letter is to be put in, taken out or replaced.
fn is_one_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = |a: &[char], b: &[char]| {
        a.iter()
            .rev()
            .zip(b.iter().rev())
            .take_while(|(x, y)| x == y)
            .count()
    };
    let same = tail(&a[head..], &b[head..]);
    a.len().max(b.len()) - head - same <= 1
}

/// Whether two neighbouring letters changed places.
fn is_swapped(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let at = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    match (a.get(at..), b.get(at..)) {
        (Some([a1, a2, a_rest @ ..]), Some([b1, b2, b_rest @ ..])) => {
            a1 == b2 && a2 == b1 && a_rest == b_rest
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> f64 {
        0.7 * jaccard(&trigrams(a), &trigrams(b)) + 0.3 * ratio(a, b)
    }

    #[test]
    fn slips_are_alike_and_other_words_are_not() {
        assert!((alike("invoice", "invoice") - 1.0).abs() < 1e-9);
        for (slip, meant) in [
            ("invioces", "invoices"),
            ("pasword", "password"),
            ("delivry", "delivery"),
        ] {
            assert!(alike(slip, meant) * MOST_FOR_COMMON >= LEAST_ALIKE, "{slip}");
        }
        assert!(alike("printer", "invoice") < 0.3);
    }

    #[test]
    fn the_ratio_is_of_common_runs() {
        // Runs "a", "cd" of 3 + 4 letters.
        assert!((ratio("acd", "abcd") - 6.0 / 7.0).abs() < 1e-9);
        assert!(ratio("", "").abs() < 1e-9);
    }

    #[test]
    fn one_letter_apart() {
        assert!(is_one_apart("invoice", "invoices"));
        assert!(is_one_apart("onvoice", "invoice"));
        assert!(is_one_apart("invoce", "invoice"));
        assert!(!is_one_apart("invioce", "invoice"));
        assert!(!is_one_apart("aa", "aaaa"));
        assert!(is_swapped("invioce", "invoice") && !is_swapped("invoice", "invoice"));
        assert!(!is_swapped("ab", "abc") && !is_swapped("abcd", "badc"));
    }
}
