//! The order of hits: words in the title count most, then what changed lately.
//!
//! Source: spec/helpdesk-b.md §4.3, step 5, as it was meant.

use std::collections::{HashMap, HashSet};

use helpdesk_core::doctype::value::parse_datetime;
use helpdesk_core::prelude::*;
use helpdesk_core::search::Hit;
use helpdesk_core::search::text::{fold, tokens};

use super::tables;

const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;
/// What counts how much until which age, in days.
const AGES: [(f64, f64); 4] = [(1.0, 1.8), (7.0, 1.5), (30.0, 1.2), (90.0, 1.1)];
/// What is lost with each day after the last of these, and what is left at least.
const A_DAY: f64 = 0.005;
const OLDEST: f64 = 0.5;

/// A hit with its rank.
#[derive(Clone, Debug)]
pub(super) struct Ranked {
    pub(super) hit: Hit,
    pub(super) score: f64,
    /// Place by the words alone, from 1.
    pub(super) original_rank: usize,
    /// Seconds since 1970.
    pub(super) modified: f64,
}

/// The hits, best first; they come in the order of their words. Of equal ones, that order holds.
pub(super) fn ranked(
    cx: &Cx,
    query: &str,
    hits: Vec<Hit>,
    texts: &HashMap<i64, (String, String)>,
) -> Vec<Ranked> {
    let zone = cx.site().clock.zone().clone();
    let seconds = |at: jiff::civil::DateTime| {
        let stamp = at.to_zoned(zone.clone()).ok()?.timestamp();
        Some(stamp.as_second() as f64 + f64::from(stamp.subsec_microsecond()) / 1e6)
    };
    let now = seconds(cx.now()).unwrap_or(0.0);
    let typed = Typed::of(query);
    let mut all: Vec<Ranked> = hits
        .into_iter()
        .enumerate()
        .map(|(at, hit)| {
            let modified = tables::text(&hit, "modified")
                .and_then(parse_datetime)
                .and_then(seconds)
                .unwrap_or(0.0);
            let title = texts.get(&hit.id).map_or("", |(title, _)| title.as_str());
            Ranked {
                score: base(hit.bm25) * typed.title_boost(title) * recency(now - modified),
                original_rank: at + 1,
                modified,
                hit,
            }
        })
        .collect();
    all.sort_by(|a, b| {
        b.score
            .total_cmp(&a.score)
            .then(a.hit.bm25.total_cmp(&b.hit.bm25))
            .then(a.original_rank.cmp(&b.original_rank))
    });
    all
}

/// What the words alone count: 1 for every document they stand in, since that is below 0 then.
fn base(bm25: f64) -> f64 {
    if bm25 <= 0.0 { 1.0 } else { 1.0 / (1.0 + bm25) }
}

/// A query, to be looked for in titles.
struct Typed {
    whole: String,
    words: HashSet<String>,
}

impl Typed {
    fn of(query: &str) -> Typed {
        Typed {
            whole: fold(query.trim()),
            words: tokens(query).into_iter().map(|token| token.word).collect(),
        }
    }

    /// 5 for the query as it is, else 2 to 5 for the share of its words, 1 for none.
    fn title_boost(&self, title: &str) -> f64 {
        if title.is_empty() || self.words.is_empty() {
            return 1.0;
        }
        if fold(title).contains(&self.whole) {
            return 5.0;
        }
        let there: HashSet<String> = tokens(title).into_iter().map(|token| token.word).collect();
        match self.words.intersection(&there).count() {
            0 => 1.0,
            some => 2.0 + 3.0 * some as f64 / self.words.len() as f64,
        }
    }
}

/// What an age in seconds counts.
fn recency(age: f64) -> f64 {
    let days = age / DAY;
    match AGES.iter().find(|(until, _)| days <= *until) {
        Some((_, factor)) => *factor,
        None => {
            let (last, factor) = AGES[AGES.len() - 1];
            (factor - A_DAY * (days - last)).max(OLDEST)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recency_follows_the_table() {
        for (days, factor) in [
            (-1.0, 1.8),
            (0.5, 1.8),
            (1.5, 1.5),
            (7.0, 1.5),
            (29.0, 1.2),
            (90.0, 1.1),
            (100.0, 1.05),
            (1000.0, 0.5),
        ] {
            assert!((recency(days * DAY) - factor).abs() < 1e-9, "{days} days");
        }
    }

    #[test]
    fn titles_count_by_the_share_of_words() {
        let boost = |title: &str| Typed::of("Printer Jam").title_boost(title);
        for (title, factor) in [
            ("The printer jam of today", 5.0),
            ("A jam in the printer", 5.0),
            ("Printer on fire", 3.5),
            ("Nothing", 1.0),
            ("", 1.0),
        ] {
            assert!((boost(title) - factor).abs() < 1e-9, "{title}");
        }
    }

    #[test]
    fn every_match_has_the_same_base() {
        assert!((base(-3.0) - 1.0).abs() < 1e-9 && (base(1.0) - 0.5).abs() < 1e-9);
    }
}
