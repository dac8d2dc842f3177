//! Reading the HTML of messages and comments: pictures, mentions, what is not to be seen.
//!
//! Source: spec/helpdesk-a.md §1 and §2.4.

use std::ops::Range;

/// An opening tag in a text.
struct Tag<'a> {
    /// Where it stands, `<` and `>` included.
    place: Range<usize>,
    name: String,
    attributes: Vec<(String, &'a str)>,
}

impl<'a> Tag<'a> {
    fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| *value)
    }
}

/// The opening tags of a text, in order. What is no well-formed tag is text.
fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = html[from..].find('<').map(|at| from + at) {
        match tag_at(html, open) {
            Some(tag) => {
                from = tag.place.end;
                found.push(tag);
            }
            None => from = open + 1,
        }
    }
    found
}

fn tag_at(html: &str, open: usize) -> Option<Tag<'_>> {
    let rest = &html[open + 1..];
    let length = rest
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(rest.len());
    if length == 0 {
        return None;
    }
    let name = rest[..length].to_ascii_lowercase();
    let mut at = open + 1 + length;
    let mut attributes = Vec::new();
    loop {
        let tail = &html[at..];
        let skipped = tail.len() - tail.trim_start_matches([' ', '\t', '\n', '\r', '/']).len();
        at += skipped;
        let tail = &html[at..];
        if tail.starts_with('>') {
            return Some(Tag {
                place: open..at + 1,
                name,
                attributes,
            });
        }
        let length = tail.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))?;
        if length == 0 {
            return None;
        }
        let key = tail[..length].to_ascii_lowercase();
        at += length;
        let Some(value) = html[at..].strip_prefix('=') else {
            attributes.push((key, ""));
            continue;
        };
        at += 1;
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let value = match quote {
            Some(quote) => {
                let length = value[1..].find(quote)?;
                at += length + 2;
                &value[1..=length]
            }
            None => {
                let length = value.find(|c: char| c.is_whitespace() || c == '>')?;
                at += length;
                &value[..length]
            }
        };
        attributes.push((key, value));
    }
}

/// Users who are mentioned in a text.
pub(crate) fn mentions(html: &str) -> Vec<String> {
    tags(html)
        .iter()
        .filter(|tag| tag.name == "span" && tag.attribute("data-type") == Some("mention"))
        .filter_map(|tag| tag.attribute("data-id"))
        .map(|user| plain(user).trim().to_owned())
        .filter(|user| !user.is_empty())
        .collect()
}

/// Where the pictures and films of a text come from.
pub(crate) fn media(html: &str) -> Vec<String> {
    tags(html)
        .iter()
        .filter(|tag| matches!(tag.name.as_str(), "img" | "video"))
        .filter_map(|tag| tag.attribute("src"))
        .map(plain)
        .filter(|source| !source.is_empty())
        .collect()
}

fn plain(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

/// A text as a mail carries it: without comments, pictures and films marked for embedding.
pub(crate) fn for_mail(html: &str) -> String {
    let html = without_comments(html);
    let mut out = String::with_capacity(html.len());
    let mut from = 0;
    for tag in tags(&html) {
        let Some(source) = tag
            .attribute("src")
            .filter(|_| matches!(tag.name.as_str(), "img" | "video"))
        else {
            continue;
        };
        let end = tag.place.end - 1;
        out.push_str(html[from..end].trim_end_matches('/'));
        out.push_str(" embed=\"");
        out.push_str(&source.replace('"', "&quot;"));
        out.push('"');
        from = end;
    }
    out.push_str(&html[from..]);
    out
}

fn without_comments(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find("<!--") {
        out.push_str(&rest[..open]);
        rest = rest[open..]
            .find("-->")
            .map_or("", |close| &rest[open + close + 3..]);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mails_have_no_comments_and_their_pictures_embedded() {
        assert_eq!(for_mail(""), "");
        assert_eq!(
            for_mail("<p>Hi</p><!-- secret --><p>there</p>"),
            "<p>Hi</p><p>there</p>"
        );
        assert_eq!(for_mail("a <!-- never closed"), "a ");
        assert_eq!(
            for_mail("<p><img src=\"/files/a.png\" alt='x'></p>"),
            "<p><img src=\"/files/a.png\" alt='x' embed=\"/files/a.png\"></p>"
        );
        assert_eq!(for_mail("1 < 2 <b>x</b> <img"), "1 < 2 <b>x</b> <img");
    }

    #[test]
    fn mentions_are_found_whatever_the_order_of_attributes() {
        let html = "<p><span class=\"m\" data-type=\"mention\" data-id=\"a@x.example\" data-label=\"A\">@A</span> \
                    <span data-id='b@x.example' data-type='mention'>@B</span> <span data-id=\"c\">no</span></p>";

        assert_eq!(mentions(html), ["a@x.example", "b@x.example"]);
        assert!(mentions("").is_empty() && mentions("<span data-type=\"mention\"").is_empty());
    }

    #[test]
    fn media_are_found() {
        assert_eq!(
            media("<img src='/private/files/a&amp;b.png'><video src=/files/v.mp4></video><img>"),
            ["/private/files/a&b.png", "/files/v.mp4"]
        );
    }

    #[test]
    fn any_text_can_be_read() {
        for text in [
            "<",
            "<<<a",
            "<a =>",
            "<a b='",
            "<é>",
            "<img src=",
            "<a b=\"ü\" c>",
        ] {
            let _ = (mentions(text), media(text), for_mail(text));
        }
    }
}
