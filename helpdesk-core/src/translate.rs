//! Messages and words of the interface in other languages.
//!
//! Code words its messages in English. An app's [`catalogue!`](crate::catalogue) says how each reads in another language:
//! a key is such a text, or one with `{0}`, `{1}` … where names and values stand, and its value has them where the
//! language wants them. Messages are put into the caller's language where an answer is written, so nothing that code
//! compares changes with it.
//!
//! Source: spec/framework.md §1 ("Language of messages"); spec/helpdesk-a.md §4.4.

mod pattern;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use self::pattern::Pattern;
use crate::error::Error;
use crate::message::Message;
use crate::method::Location;

/// The language code is written in.
pub const SOURCE: &str = "en";

/// What an app's texts read in another language.
pub struct Catalogue {
    /// Its code, such as `de`.
    pub language: &'static str,
    /// A JSON object: English texts, and what stands for them.
    pub json: &'static str,
    /// Where that stands in the source.
    pub location: Location,
}

inventory::collect!(Catalogue);

/// Registers a [`Catalogue`]: `catalogue!("de", include_str!("general/de.json"))`.
#[macro_export]
macro_rules! catalogue {
    ($language:literal, $json:expr) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::translate::Catalogue {
                    language: $language,
                    json: $json,
                    location: $crate::method::Location { file: file!(), line: line!() },
                }
            }
        };
    };
}

crate::catalogue!("de", include_str!("translate/de.json"));

/// The texts of one language.
#[derive(Debug, Default)]
pub struct Words {
    whole: BTreeMap<String, String>,
    /// Keys with places for values, the longest first: those say most exactly what they are about.
    patterns: Vec<Pattern>,
}

static LANGUAGES: LazyLock<Result<HashMap<String, Words>, String>> = LazyLock::new(|| {
    let mut languages: HashMap<String, Words> = HashMap::new();
    for catalogue in inventory::iter::<Catalogue> {
        let place = format!("{}:{}", catalogue.location.file, catalogue.location.line);
        let texts: BTreeMap<String, String> =
            serde_json::from_str(catalogue.json).map_err(|error| format!("{place}: {error}"))?;
        let words = languages.entry(catalogue.language.to_owned()).or_default();
        for (key, text) in texts {
            if let Some(pattern) = Pattern::of(&key, &text).map_err(|error| format!("{place}: {error}"))? {
                words.patterns.push(pattern);
            }
            words.whole.insert(key, text);
        }
    }
    for words in languages.values_mut() {
        words.patterns.sort_by_key(|pattern| Reverse(pattern.weight()));
    }
    Ok(languages)
});

/// What is wrong with the catalogues: told at the start.
///
/// # Errors
/// Names the catalogue that is no JSON object of texts, or a text whose values are not those of its key.
pub(crate) fn check() -> Result<(), String> {
    LANGUAGES.as_ref().map(drop).map_err(Clone::clone)
}

/// The texts of a language; those of `de` for `de-AT`, `None` where there are none.
pub fn words(language: &str) -> Option<&'static Words> {
    let general = language.split(['-', '_']).next().unwrap_or_default();
    LANGUAGES.as_ref().ok()?.get(&general.to_ascii_lowercase())
}

impl Words {
    /// Every key with its text.
    pub fn all(&self) -> &BTreeMap<String, String> {
        &self.whole
    }

    /// What a text reads in this language, if a catalogue says so.
    pub fn say(&self, text: &str) -> Option<String> {
        if let Some(said) = self.whole.get(text) {
            return Some(said.clone());
        }
        self.patterns.iter().find_map(|pattern| pattern.say(text))
    }

    /// Puts a message into this language, its heading too.
    pub fn message(&self, message: &mut Message) {
        if let Some(said) = self.say(&message.message) {
            message.message = said.into();
        }
        if let Some(said) = self.say(&message.title) {
            message.title = said.into();
        }
    }

    /// What a caller is told of an error, in this language.
    pub fn error(&self, error: &Error) -> Error {
        error.told(|text| self.say(text), |message| self.message(message))
    }
}

/// The language of a caller who is not signed in: the first of `Accept-Language` that there are texts in, English among
/// them.
pub fn accepted(header: &str) -> Option<&str> {
    let mut wanted: Vec<(&str, f64)> = header
        .split(',')
        .take(32)
        .filter_map(|part| {
            let mut parts = part.split(';');
            let language = parts.next()?.trim();
            let quality = parts.find_map(|part| part.trim().strip_prefix("q="));
            let quality = quality.map_or(Some(1.0), |quality| quality.trim().parse().ok())?;
            (quality > 0.0 && !language.is_empty()).then_some((language, quality))
        })
        .collect();
    wanted.sort_by(|a, b| b.1.total_cmp(&a.1));
    let known = |language: &str| {
        let general = language.split('-').next().unwrap_or_default();
        general.eq_ignore_ascii_case(SOURCE) || words(language).is_some()
    };
    wanted
        .into_iter()
        .map(|(language, _)| language)
        .find(|language| known(language))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{ErrorKind, invalid};

    #[test]
    fn all_catalogues_can_be_read() {
        check().unwrap();
        assert!(words("de-AT").is_some() && words("DE").is_some() && words("xx").is_none());
    }

    #[test]
    fn messages_and_errors_are_put_into_a_language() {
        let german = words("de").unwrap();
        let error = german.error(&invalid("HD Ticket 7 not found").title("Message"));

        assert_eq!(error.kind(), ErrorKind::ValidationError);
        assert_eq!(error.text(), "HD Ticket 7 nicht gefunden");
        let message = error.message().unwrap();
        assert_eq!(
            (&*message.message, &*message.title),
            ("HD Ticket 7 nicht gefunden", "Meldung")
        );
        assert_eq!(german.say("Nobody says this"), None);
    }

    #[test]
    fn the_language_a_browser_likes_best_is_taken_of_those_there_are() {
        assert_eq!(accepted("de-AT,de;q=0.9,en;q=0.8"), Some("de-AT"));
        assert_eq!(accepted("xx, en;q=0.2, de;q=0.5"), Some("de"));
        assert_eq!(accepted("en-GB,de;q=0.5"), Some("en-GB"));
        for none in ["", "xx", "de;q=0", "de;q=x", ";,;", "*"] {
            assert_eq!(accepted(none), None, "{none}");
        }
    }
}
