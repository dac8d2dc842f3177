//! Texts as a list of hits shows them: what was looked for marked, a long text cut to the best part.
//!
//! Everything beside the marks is escaped, since clients show these texts as HTML.

use super::find::Phrase;
use super::text::{Token, tokens};
use crate::html::escape_between_tags;

/// What stands around a word that was looked for.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Before it.
    pub open: &'static str,
    /// Behind it.
    pub close: &'static str,
}

/// `<mark>` and `</mark>`.
pub const MARK: Mark = Mark {
    open: "<mark>",
    close: "</mark>",
};
/// `<b>` and `</b>`.
pub const BOLD: Mark = Mark {
    open: "<b>",
    close: "</b>",
};
/// What stands for parts that are left out.
const LEFT_OUT: &str = "...";

/// A plain text with all phrases marked.
pub fn highlight(text: &str, phrases: &[&Phrase], mark: Mark) -> String {
    let words = tokens(text);
    let hits = places(&words, phrases);
    marked(text, &words, &hits, mark)
}

/// The part of a plain text, at most `most` words long, with the most of the phrases in it, marked; `...` stands where
/// something was left out.
pub fn snippet(text: &str, phrases: &[&Phrase], most: usize, mark: Mark) -> String {
    let words = tokens(text);
    let hits = places(&words, phrases);
    if words.len() <= most {
        return marked(text, &words, &hits, mark);
    }
    let first = window(words.len(), &hits, most);
    let last = first + most;
    // The first word's own punctuation belongs to it, and so does what follows the last one up to the next.
    let begin = if first == 0 { 0 } else { words[first].place.start };
    let end = words.get(last).map_or(text.len(), |_| words[last - 1].place.end);
    let shown = &words[first..last];
    let shown: Vec<Token> = shown
        .iter()
        .map(|token| Token {
            place: token.place.start - begin..token.place.end - begin,
            word: token.word.clone(),
        })
        .collect();
    let hits: Vec<Place> = hits
        .into_iter()
        .filter(|hit| hit.from >= first && hit.to <= last)
        .map(|hit| Place {
            from: hit.from - first,
            to: hit.to - first,
            ..hit
        })
        .collect();
    let mut out = String::new();
    if first > 0 {
        out.push_str(LEFT_OUT);
    }
    out.push_str(&marked(&text[begin..end], &shown, &hits, mark));
    if last < words.len() {
        out.push_str(LEFT_OUT);
    }
    out
}

/// Where a phrase stands: words `from..to`.
#[derive(Clone, Copy, Debug)]
struct Place {
    from: usize,
    to: usize,
    phrase: usize,
}

fn places(words: &[Token], phrases: &[&Phrase]) -> Vec<Place> {
    let words: Vec<&str> = words.iter().map(|token| token.word.as_str()).collect();
    let mut found = Vec::new();
    let mut from = 0;
    while from < words.len() {
        let here = phrases
            .iter()
            .enumerate()
            .filter_map(|(phrase, one)| one.at(&words[from..]).map(|length| (length, phrase)))
            .max_by_key(|(length, _)| *length);
        match here {
            Some((length, phrase)) => {
                found.push(Place {
                    from,
                    to: from + length,
                    phrase,
                });
                from += length;
            }
            None => from += 1,
        }
    }
    found
}

/// Where the part begins that has the most different phrases, then the most phrases in it.
fn window(length: usize, hits: &[Place], most: usize) -> usize {
    let mut best = (0, 0, 0);
    for (i, hit) in hits.iter().enumerate() {
        let inside = hits[i..].iter().take_while(|other| other.to <= hit.from + most);
        let mut seen = std::collections::BTreeSet::new();
        let (mut count, mut end) = (0, hit.to);
        for other in inside {
            seen.insert(other.phrase);
            count += 1;
            end = other.to;
        }
        if (seen.len(), count) > (best.0, best.1) {
            let slack = most.saturating_sub(end - hit.from) / 2;
            best = (seen.len(), count, hit.from.saturating_sub(slack));
        }
    }
    best.2.min(length.saturating_sub(most))
}

fn marked(text: &str, words: &[Token], hits: &[Place], mark: Mark) -> String {
    let mut out = String::with_capacity(text.len() + hits.len() * 16);
    let mut from = 0;
    for hit in hits {
        let (Some(first), Some(last)) = (words.get(hit.from), words.get(hit.to - 1)) else {
            continue;
        };
        out.push_str(&escape_between_tags(&text[from..first.place.start]));
        out.push_str(mark.open);
        out.push_str(&escape_between_tags(&text[first.place.start..last.place.end]));
        out.push_str(mark.close);
        from = last.place.end;
    }
    out.push_str(&escape_between_tags(&text[from..]));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(text: &str) -> Phrase {
        Phrase::of(text, 4).unwrap()
    }

    #[test]
    fn words_are_marked_and_the_rest_is_escaped() {
        let (one, two) = (phrase("invo"), phrase("<b>:x"));

        assert_eq!(
            highlight("My Invoices, invoice & <b> x", &[&one, &two], MARK),
            "My <mark>Invoices</mark>, <mark>invoice</mark> &amp; &lt;<mark>b&gt; x</mark>"
        );
        assert_eq!(highlight("", &[&one], MARK), "");
        assert_eq!(highlight("Zürich", &[&phrase("zurich")], BOLD), "<b>Zürich</b>");
    }

    #[test]
    fn a_long_text_is_cut_to_its_best_part() {
        let long: Vec<String> = (0..200)
            .map(|i| match i {
                20 | 100 => "apple".to_owned(),
                103 => "pear".to_owned(),
                i => format!("w{i}"),
            })
            .collect();
        let text = long.join(" ");
        let (apple, pear) = (phrase("apple"), phrase("pear"));

        let shown = snippet(&text, &[&apple, &pear], 10, MARK);

        assert_eq!(
            shown,
            "...w97 w98 w99 <mark>apple</mark> w101 w102 <mark>pear</mark> w104 w105 w106..."
        );
        assert!(snippet(&text, &[], 10, MARK).starts_with("w0 w1 "));
        assert!(snippet(&text, &[&phrase("w199")], 10, MARK).ends_with("w198 <mark>w199</mark>"));
        assert_eq!(
            snippet("short apple.", &[&apple], 10, MARK),
            "short <mark>apple</mark>."
        );
    }
}
