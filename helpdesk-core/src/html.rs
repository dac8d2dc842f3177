//! The one place that says which HTML survives, for messages and for stored texts.

mod effort;

use std::collections::HashSet;
use std::sync::LazyLock;

use ammonia::Builder;

/// Messages: inline emphasis, lists, links. `<details>` and `<summary>` vanish, their texts stay.
static MESSAGE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder.rm_tags(["details", "summary"]);
    builder.link_rel(Some("noopener noreferrer"));
    builder
});

/// Stored texts: what a mail or a rich-text editor needs, nothing that runs or fetches by itself.
static STORED: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .link_rel(None)
        .add_tags([
            "font", "big", "section", "label", "mark", "video", "audio", "source", "u", "s",
        ])
        .add_generic_attributes([
            "style", "class", "id", "align", "valign", "width", "height", "bgcolor", "color", "dir", "role",
        ])
        .add_generic_attribute_prefixes(["data-"])
        .add_tag_attributes("a", ["target", "rel"])
        .add_tag_attributes("img", ["loading", "embed"])
        .add_tag_attributes("video", ["src", "controls"])
        .add_tag_attributes("audio", ["src", "controls"])
        .add_tag_attributes("source", ["src", "type"])
        .add_tag_attributes("table", ["border", "cellpadding", "cellspacing"])
        .add_tag_attributes("font", ["face", "size"])
        .add_url_schemes(["data", "cid"])
        .url_relative(ammonia::UrlRelative::PassThrough)
        .attribute_filter(|tag, attribute, value| match attribute {
            "style" => (!runs(value)).then(|| value.into()),
            "href" | "src" | "cite" => is_harmless_address(tag, value).then(|| value.into()),
            _ => Some(value.into()),
        })
        .clean_content_tags(HashSet::from(["script", "style"]));
    builder
});

/// A text without blanks and control signs, in lower case: as browsers read addresses.
fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a style might run something, in any browser there was. Escapes and comments hide such words.
fn runs(style: &str) -> bool {
    let style = folded(style);
    style.contains(['\\', '<'])
        || [
            "/*",
            "expression",
            "javascript:",
            "vbscript:",
            "-moz-binding",
            "behavior:",
            "@import",
            "data:text",
        ]
        .iter()
        .any(|word| style.contains(word))
}

/// Data stand in addresses of pictures and sound only: a page made of data could run.
fn is_harmless_address(tag: &str, address: &str) -> bool {
    let address = folded(address);
    match address.strip_prefix("data:") {
        None => !address.starts_with("javascript:") && !address.starts_with("vbscript:"),
        Some(kind) => {
            tag != "a"
                && ["image/", "audio/", "video/"]
                    .iter()
                    .any(|start| kind.starts_with(start))
                && !kind.starts_with("image/svg")
        }
    }
}

/// No tag at all.
static BARE: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder.clean_content_tags(HashSet::from(["script", "style"]));
    builder
});

/// The text as a cleaner leaves it. What takes too much effort to read as HTML keeps its words alone.
fn cleaned(builder: &Builder<'_>, text: &str) -> String {
    if effort::is_bearable(text) {
        builder.clean(text).to_string()
    } else {
        escape(&between_tags(text))
    }
}

/// What stands outside of `<` and `>`.
fn between_tags(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        words.push_str(&rest[..open]);
        let Some(close) = rest[open..].find('>') else {
            rest = &rest[open..];
            break;
        };
        rest = &rest[open + close + 1..];
    }
    words.push_str(rest);
    words
}

/// Cleans the text of a message for the log.
pub(crate) fn clean_message(text: &str) -> String {
    cleaned(&MESSAGE, text)
}

/// Cleans a text that is to be stored. A text without `<` and `>` comes back as it is, and so does one that is JSON
/// (spec/framework-data.md §5.6), but for tags in it: there `<` is written as JSON can do it without markup.
pub fn clean_stored(text: &str) -> Option<String> {
    if !text.contains(['<', '>']) {
        return None;
    }
    if text.starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return has_tag(text).then(|| text.replace('<', "\\u003c"));
    }
    Some(clean_always(text))
}

/// Whether browsers may take something in a text for a tag.
fn has_tag(text: &str) -> bool {
    text.split('<')
        .skip(1)
        .any(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')))
}

/// As [`clean_stored`], of any text: what is shown as HTML whatever it looks like.
pub fn clean_always(text: &str) -> String {
    cleaned(&STORED, text)
}

/// Text as HTML shows it, inside the quotes of attributes as well: nothing in it is markup.
pub fn escape(text: &str) -> String {
    escape_between_tags(text)
        .replace('"', "&quot;")
        .replace('\'', "&#x27;")
}

/// Text as HTML shows it between tags, with its quotes as they are.
pub fn escape_between_tags(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The words of a text that may be HTML, without its tags; other texts come back as they are.
pub fn text_of(text: &str) -> String {
    if !text.contains('<') || !text.contains('>') {
        return text.to_owned();
    }
    let bare = cleaned(&BARE, text);
    let mut plain = bare.trim().to_owned();
    for (entity, sign) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ] {
        plain = plain.replace(entity, sign);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_loses_details_but_not_its_words() {
        let text = "<details><summary>Login to access</summary>Function <strong>a.b</strong> is not whitelisted.</details>";

        assert_eq!(
            clean_message(text),
            "Login to accessFunction <strong>a.b</strong> is not whitelisted."
        );
    }

    #[test]
    fn the_words_of_html_are_left() {
        assert_eq!(
            text_of("<p>Fish &amp; <b>chips</b></p><script>x</script>"),
            "Fish & chips"
        );
        assert_eq!(text_of("a < b &amp; c"), "a < b &amp; c");
    }

    #[test]
    fn what_can_not_be_read_as_html_keeps_its_words() {
        let nested = format!("{}Help <b onclick=\"x()\">me</b> & them", "<div>".repeat(20_000));

        assert_eq!(clean_stored(&nested).as_deref(), Some("Help me &amp; them"));
        assert_eq!(text_of(&nested), "Help me & them");
    }

    #[test]
    fn stored_text_loses_scripts_and_handlers() {
        assert_eq!(
            clean_stored("<p onclick=\"x()\">Hi<script>alert(1)</script></p>").as_deref(),
            Some("<p>Hi</p>")
        );
        assert_eq!(
            clean_stored("<img src=x onerror=alert(1)>Hello").as_deref(),
            Some("<img src=\"x\">Hello")
        );
        assert_eq!(clean_stored("plain & simple"), None);
        assert_eq!(
            clean_stored("[[\"creation\", \"<\", \"2026\"], [\"a\", \">\", 1]]"),
            None
        );
        assert_eq!(clean_stored("[\"<b>\"]").as_deref(), Some("[\"\\u003cb>\"]"));
        for (text, clean) in [
            ("<a href=\"data:text/html,x\">a</a>", "<a>a</a>"),
            (
                "<img src=\"data:image/png;base64,AA==\">",
                "<img src=\"data:image/png;base64,AA==\">",
            ),
            ("<p style=\"color: red\">a</p>", "<p style=\"color: red\">a</p>"),
            ("<p style=\"width: expr/**/ession(x)\">a</p>", "<p>a</p>"),
        ] {
            assert_eq!(clean_stored(text).as_deref(), Some(clean));
        }
    }
}
