//! Ticket-Search Analysis: which parts of the knowledge base a search for a ticket's subject would find.
//!
//! Source: spec/helpdesk-b.md §15.

use std::collections::BTreeSet;

use helpdesk_core::html::text_of;
use helpdesk_core::prelude::*;
use helpdesk_core::report::{Column, Filters, Row, Table};

use super::{SUPPORT_TEAM, TICKET};
use crate::rows::{self, text};

helpdesk_core::report! {
    name: "Ticket-Search Analysis",
    doctype: TICKET,
    roles: &["System Manager", "Agent", SUPPORT_TEAM, "Supported Site User", "External Agent"],
    total_row: false,
    filters: &[],
    run: run,
}

/// Tickets looked at.
const TICKETS: u64 = 100;
/// Articles searched.
const ARTICLES: u64 = 1_000;
/// Parts of articles that are shown.
const MOST_HITS: usize = 5;
/// Shorter words say nothing.
const SHORTEST: usize = 3;

/// A heading of an article and what stands below it.
struct Section {
    heading: String,
    heading_words: BTreeSet<String>,
    words: BTreeSet<String>,
}

fn run(cx: &mut Cx, _: &Filters) -> Result<Table> {
    let tickets = rows::listed(
        cx,
        TICKET,
        &["name", "subject"],
        json!([["agent_group", "like", "%FC%"]]),
        "creation desc",
        TICKETS,
    )?;
    let articles = rows::listed(
        cx,
        "HD Article",
        &["title", "content"],
        json!({ "status": "Published" }),
        "creation desc",
        ARTICLES,
    )?;
    let sections: Vec<Section> = articles
        .iter()
        .flat_map(|article| sections(text(article, "title"), text(article, "content")))
        .collect();
    let mut table = Table::new(vec![
        Column::new("name", "Ticket", "Link").link(TICKET),
        Column::new("subject", "Subject", "Data").width(400),
        Column::new("headings", "Headings", "Data").width(400),
        Column::new("score", "Score", "Float"),
    ]);
    for ticket in &tickets {
        let (headings, score) = hits(&sections, text(ticket, "subject"));
        table.rows.push(Row::from_iter([
            ("name".to_owned(), text(ticket, "name").into()),
            ("subject".to_owned(), text(ticket, "subject").into()),
            ("headings".to_owned(), headings.join(", ").into()),
            ("score".to_owned(), score.into()),
        ]));
    }
    Ok(table)
}

/// Headings of the sections that have most in common with a subject, and the sum of their scores: two points for a word
/// in a heading, one for a word below it.
fn hits(sections: &[Section], subject: &str) -> (Vec<String>, f64) {
    let wanted = words(subject);
    let mut found: Vec<(u32, &str)> = sections
        .iter()
        .map(|section| {
            let score = |word: &String| {
                2 * u32::from(section.heading_words.contains(word)) + u32::from(section.words.contains(word))
            };
            (wanted.iter().map(score).sum(), section.heading.as_str())
        })
        .filter(|(score, _)| *score > 0)
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    found.truncate(MOST_HITS);
    let score: u32 = found.iter().map(|(score, _)| score).sum();
    let headings = found.iter().map(|(_, heading)| (*heading).to_owned());
    (headings.collect(), f64::from(score))
}

fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= SHORTEST)
        .map(str::to_lowercase)
        .collect()
}

/// An article cut at its headings; what stands above the first one belongs to the title.
fn sections(title: &str, content: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut push = |heading: &str, below: &str| {
        sections.push(Section {
            heading: heading.to_owned(),
            heading_words: words(heading),
            words: words(&text_of(below)),
        });
    };
    let mut heading = title.to_owned();
    let mut rest = content;
    while let Some((at, close)) = next_heading(rest) {
        push(&heading, &rest[..at]);
        let behind = &rest[at..];
        let end = behind.find(close).unwrap_or(behind.len());
        heading = text_of(&behind[..end]).trim().to_owned();
        rest = behind[end..].strip_prefix(close).unwrap_or_default();
    }
    push(&heading, rest);
    sections.retain(|section| !section.heading.is_empty());
    sections
}

/// Where the next heading begins, and the tag that ends it.
fn next_heading(html: &str) -> Option<(usize, &'static str)> {
    [
        ("<h1", "</h1>"),
        ("<h2", "</h2>"),
        ("<h3", "</h3>"),
        ("<h4", "</h4>"),
    ]
    .into_iter()
    .filter_map(|(open, close)| Some((html.find(open)?, close)))
    .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_cut_at_its_headings() {
        let cut = sections(
            "Printers",
            "<p>About <b>ink</b></p><h2 class=\"x\">Paper jam</h2><p>Open the tray.</p><h3>Toner</h3>",
        );

        let headings: Vec<&str> = cut.iter().map(|section| section.heading.as_str()).collect();
        assert_eq!(headings, ["Printers", "Paper jam", "Toner"]);
        assert!(cut[0].words.contains("ink") && cut[1].words.contains("tray"));
        assert_eq!(
            hits(&cut, "The PAPER in the tray is stuck"),
            (vec!["Paper jam".to_owned()], 4.0)
        );
        assert_eq!(hits(&cut, "a b"), (Vec::new(), 0.0));
    }
}
