//! `helpdesk.api.general`: words of the interface in the caller's language.
//!
//! Source: spec/helpdesk-a.md §4.4.

use std::collections::BTreeMap;

use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;

use crate::rows::{self, text};

/// The catalogues, by language. The keys are the English words of the interface and of our messages; in English there
/// are but common names of countries for those of ISO 3166 (recorded).
const CATALOGUES: [(&str, &str); 2] = [
    ("de", include_str!("general/de.json")),
    ("en", include_str!("general/en.json")),
];

/// The catalogue of a language; that of `de` for `de-AT`, an empty one for others.
fn catalogue(language: &str) -> Result<BTreeMap<String, String>> {
    let general = language.split(['-', '_']).next().unwrap_or_default();
    for (code, words) in CATALOGUES {
        if code.eq_ignore_ascii_case(general) {
            return Ok(serde_json::from_str(words)?);
        }
    }
    Ok(BTreeMap::new())
}

/// What stands for which text in the caller's language, or in the site's for guests: the words of a catalogue, and
/// instead of them the site's own translations.
#[whitelist(methods = [GET], allow_guest)]
pub fn get_translations(cx: &mut Cx) -> Result<BTreeMap<String, String>> {
    let user = cx.user().to_owned();
    let mut language = String::new();
    if !cx.session().is_guest() {
        language = storage::values(cx, "User", &user, &["language"])?
            .and_then(|row| row.first()?.as_str().map(str::to_owned))
            .unwrap_or_default();
    }
    if language.is_empty() {
        let site = single(cx, "System Settings", "language")?;
        site.as_str().unwrap_or("en").clone_into(&mut language);
    }
    let mut words = catalogue(&language)?;
    let own = rows::all(
        cx,
        "Translation",
        &["source_text", "translated_text"],
        json!({ "language": language }),
        "creation asc",
    )?;
    for row in own {
        words.insert(
            text(&row, "source_text").to_owned(),
            text(&row, "translated_text").to_owned(),
        );
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_of_a_country_has_the_words_of_the_language() {
        assert_eq!(catalogue("de").unwrap()["Open"], "Offen");
        assert_eq!(catalogue("de-AT").unwrap()["Closed"], "Geschlossen");
        assert_eq!(catalogue("en-GB").unwrap()["Czech Republic"], "Czechia");
        assert!(catalogue("xx").unwrap().is_empty() && catalogue("").unwrap().is_empty());
    }

    #[test]
    fn all_catalogues_can_be_read_and_say_something() {
        for (code, _) in CATALOGUES {
            for (key, word) in catalogue(code).unwrap() {
                assert!(!key.trim().is_empty() && !word.trim().is_empty(), "{code}: {key}");
            }
        }
    }
}
