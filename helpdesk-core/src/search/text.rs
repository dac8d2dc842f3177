//! From HTML to plain text, and from text to the words that are searched.
//!
//! Source: spec/helpdesk-b.md §4.2: words are runs of letters and digits with `-` and `_`, regardless of case and
//! diacritics; addresses stand as `[link]`.

use std::borrow::Cow;
use std::ops::Range;

use icu_normalizer::DecomposingNormalizerBorrowed;

/// What stands for an address, and for a link without words.
const LINK: &str = "[link]";
/// Characters of a text that are searched; what follows is left out.
pub const MOST_CHARS: usize = 200_000;
/// Bytes of a word that count; a longer one is cut. PostgreSQL takes no word of more than 2 KB.
const LONGEST_WORD: usize = 128;

/// Elements whose end does not end a word.
const INLINE: [&str; 17] = [
    "a", "abbr", "b", "big", "em", "font", "i", "label", "mark", "s", "small", "span", "strong", "sub",
    "sup", "tt", "u",
];

/// The words of a text that may be HTML, as they are read: without tags, white space folded, addresses as `[link]`.
pub fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    // Where the words of the link that is open begin.
    let mut link: Option<usize> = None;
    // Behind the last `>` no tag ends, and looking there for the end of each that seems to begin would take forever.
    let untagged = html.rfind('>').map_or(html.len(), |last| html.len() - last);
    while let Some(at) = rest.find('<') {
        decoded(&rest[..at], &mut out);
        rest = &rest[at..];
        let may_end = rest.len() > untagged || rest.starts_with("<!--");
        let Some((tag, length)) = may_end.then(|| tag(rest)).flatten() else {
            out.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = &rest[length..];
        let name = tag.name.to_ascii_lowercase();
        if matches!(name.as_str(), "script" | "style") && !tag.closes {
            rest = after_element(rest, &name);
        }
        if name == "a" {
            if let Some(from) = link.take().filter(|_| tag.closes)
                && out.get(from..).is_some_and(|words| words.trim().is_empty())
            {
                out.push_str(LINK);
            }
            link = (!tag.closes).then_some(out.len());
        }
        if !INLINE.contains(&name.as_str()) {
            out.push(' ');
        }
    }
    decoded(rest, &mut out);
    folded(&out)
}

struct Tag<'a> {
    name: &'a str,
    closes: bool,
}

/// The tag or comment a text begins with, and its length.
fn tag(text: &str) -> Option<(Tag<'_>, usize)> {
    if text.starts_with("<!--") {
        let length = text.find("-->").map_or(text.len(), |at| at + 3);
        return Some((
            Tag {
                name: "",
                closes: false,
            },
            length,
        ));
    }
    let closes = text.starts_with("</");
    let begin = if closes { 2 } else { 1 };
    let inner = text.get(begin..)?;
    let length = inner
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(inner.len());
    let first = inner.chars().next()?;
    if !first.is_ascii_alphabetic() && first != '!' {
        return None;
    }
    let name = &inner[..length];
    // A `>` inside quotes does not end the tag.
    let mut quote = None;
    for (at, c) in inner[length..].char_indices() {
        match (quote, c) {
            (None, '>') => return Some((Tag { name, closes }, begin + length + at + 1)),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            _ => {}
        }
    }
    // Quotes that are never closed: the next `>` will do.
    let end = text.find('>')?;
    Some((Tag { name, closes }, end + 1))
}

/// What follows the end of an element whose words are not read.
fn after_element<'a>(text: &'a str, name: &str) -> &'a str {
    let mut from = 0;
    while let Some(at) = text[from..].find("</") {
        let place = from + at;
        let found = text.get(place + 2..place + 2 + name.len());
        if found.is_some_and(|found| found.eq_ignore_ascii_case(name)) {
            return text[place..].find('>').map_or("", |end| &text[place + end + 1..]);
        }
        from = place + 2;
    }
    ""
}

/// Appends a text with its entities read.
fn decoded(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let sign = end.and_then(|end| entity(&rest[1..end]));
        if let (Some(sign), Some(end)) = (sign, end) {
            out.push(sign);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    let number = match name.strip_prefix('#') {
        Some(number) => number,
        None => {
            return Some(match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                "nbsp" => ' ',
                _ => return None,
            });
        }
    };
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => number.parse().ok()?,
    };
    char::from_u32(code)
}

/// A text with white space and control characters folded into single blanks, and addresses replaced.
fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    for (i, word) in words.enumerate() {
        if i > 0 {
            out.push(' ');
        }
        match word.find("http://").or_else(|| word.find("https://")) {
            Some(at) => {
                out.push_str(&word[..at]);
                out.push_str(LINK);
            }
            None => out.push_str(word),
        }
    }
    if let Some((cut, _)) = out.char_indices().nth(MOST_CHARS) {
        out.truncate(cut);
    }
    out
}

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it stands.
    pub place: Range<usize>,
    /// Itself, in lower case and without diacritics.
    pub word: String,
}

/// The words of a plain text, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut all = Vec::new();
    let mut begin = None;
    for (at, c) in text.char_indices() {
        if is_of_word(c) || begin.is_some() && is_mark(c) {
            begin.get_or_insert(at);
        } else if let Some(begin) = begin.take() {
            all.push(token(text, begin..at));
        }
    }
    if let Some(begin) = begin {
        all.push(token(text, begin..text.len()));
    }
    all
}

fn token(text: &str, place: Range<usize>) -> Token {
    let mut word = fold(&text[place.clone()]);
    if word.len() > LONGEST_WORD {
        let cut = (0..=LONGEST_WORD).rev().find(|at| word.is_char_boundary(*at));
        word.truncate(cut.unwrap_or(0));
    }
    Token { place, word }
}

fn is_of_word(c: char) -> bool {
    matches!(c, '-' | '_') || c.is_alphanumeric()
}

/// Marks that go onto the letter before them.
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// A word in lower case and without diacritics.
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let lower = word.to_lowercase();
    // Beyond these scripts nothing is a letter with a mark: Korean would come apart into sounds.
    let decomposed = if lower.chars().all(|c| c < '\u{2000}') {
        DecomposingNormalizerBorrowed::new_nfd().normalize(&lower)
    } else {
        Cow::Borrowed(lower.as_str())
    };
    decomposed.chars().filter(|c| !is_mark(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.word).collect()
    }

    #[test]
    fn html_is_read_as_it_is_seen() {
        assert_eq!(
            plain("<p>Fish &amp; <b>chi</b>ps</p><ul><li>one</li><li>two</li></ul>"),
            "Fish & chips one two"
        );
        assert_eq!(plain("a<br>b<script>x()</script >c<style>p{}</style>"), "a b c");
        assert_eq!(plain("<!-- a > b -->c <img alt='>' src=x>d"), "c d");
        assert_eq!(
            plain("1 < 2 &lt;b&gt; &#65;&#x42; &nope; &"),
            "1 < 2 <b> AB &nope; &"
        );
    }

    #[test]
    fn links_keep_their_words_and_addresses_stand_as_such() {
        assert_eq!(plain("<a href='http://x.example'>the  page</a>!"), "the page!");
        assert_eq!(plain("see <a href='http://x.example'> </a>."), "see [link].");
        assert_eq!(plain("at https://x.example/a?b=c now"), "at [link] now");
    }

    #[test]
    fn any_text_can_be_read() {
        for text in [
            "<",
            "</",
            "<a",
            "<a href='",
            "<é>",
            "&#x110000;",
            "&#",
            "&;",
            "\u{0}a\u{0}",
            "<script>",
            "<!--",
        ] {
            let _ = words(&plain(text));
        }
        assert_eq!(plain("a\u{0}b"), "a b");
        assert_eq!(plain("a<!-- b <c"), "a");
        assert_eq!(plain("a <b 'c"), "a <b 'c");
    }

    #[test]
    fn tags_that_never_end_are_read_once() {
        // Looked through to its end from each of them, this text would take hours.
        let text = "<a 'b\"".repeat(200_000);
        let read = [plain(&text), plain(&format!("<i></i>{text}"))];
        assert!(
            read.iter()
                .all(|read| read.len() >= MOST_CHARS && text.starts_with(read))
        );
    }

    #[test]
    fn words_fold_case_and_diacritics() {
        assert_eq!(words("Grüße aus Zürich, ÉTÉ"), ["gruße", "aus", "zurich", "ete"]);
        assert_eq!(words("E\u{301}te\u{301}"), ["ete"]);
        assert_eq!(words("re-send order_7 [0101]"), ["re-send", "order_7", "0101"]);
        assert_eq!(words("日本語 한국"), ["日本語", "한국"]);
        assert!(words("!?., ' \" ()").is_empty());
        assert_eq!(words(&"x".repeat(500))[0].len(), 128);
    }
}
