//! Articles by their headings.
//!
//! Source: spec/helpdesk-b.md §3.1.

use helpdesk_core::search::text::plain;

/// A part of an article, up to the next heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// Empty for what stands before the first heading.
    pub(super) heading: String,
    /// Plain text.
    pub(super) text: String,
}

impl Section {
    /// The heading as a part of an address.
    pub(super) fn slug(&self) -> String {
        let words: Vec<String> = self
            .heading
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.join("-")
    }
}

/// The sections of an article's HTML. Of several with the same address the last one is left.
pub(super) fn of(html: &str) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    let mut heading = String::new();
    let mut rest = html;
    loop {
        let next = heading_at(rest);
        let (text, after) = match next {
            Some((at, _, _)) => rest.split_at(at),
            None => (rest, ""),
        };
        let section = Section {
            heading: std::mem::take(&mut heading),
            text: plain(text),
        };
        let slug = section.slug();
        all.retain(|other| other.slug() != slug);
        all.push(section);
        let Some((_, level, begin)) = next else {
            break;
        };
        let inner = &after[begin..];
        let close = format!("</h{level}");
        let end = inner.to_ascii_lowercase().find(&close).unwrap_or(inner.len());
        heading = plain(&inner[..end]);
        let behind = &inner[end..];
        rest = behind.find('>').map_or("", |at| &behind[at + 1..]);
    }
    all
}

/// Where the next heading begins, its level, and where its words begin from there.
fn heading_at(html: &str) -> Option<(usize, char, usize)> {
    let mut from = 0;
    while let Some(at) = html[from..].find('<').map(|at| from + at) {
        let mut chars = html[at + 1..].chars();
        let (h, level, after) = (chars.next(), chars.next(), chars.next());
        if let (Some('h' | 'H'), Some(level @ '1'..='6'), Some(after)) = (h, level, after)
            && (after == '>' || after.is_whitespace())
        {
            let begin = html[at..].find('>')? + 1;
            return Some((at, level, begin));
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_cut_at_its_headings() {
        let sections = of(
            "<p>Before.</p><h2 id=\"a\">How <b>to</b> print!</h2><p>Press</p><ul><li>it</li></ul><H3>End</H3>",
        );

        let shown: Vec<(String, &str, &str)> = sections
            .iter()
            .map(|section| (section.slug(), section.heading.as_str(), section.text.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (String::new(), "", "Before."),
                ("how-to-print".to_owned(), "How to print!", "Press it"),
                ("end".to_owned(), "End", ""),
            ]
        );
    }

    #[test]
    fn odd_html_is_cut_too() {
        for html in [
            "",
            "<h1",
            "<h1>",
            "<h1>a",
            "<h1>a</h2>b",
            "<hr><h7>x</h7>",
            "<h1>é</h1",
        ] {
            assert!(!of(html).is_empty(), "{html}");
        }
        assert_eq!(of("<hr><header>x</header>").len(), 1);
    }
}
