//! `helpdesk.api.general`: words of the interface in the caller's language.
//!
//! Source: spec/helpdesk-a.md §4.4.

use std::collections::BTreeMap;

use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use helpdesk_core::{catalogue, translate};

use crate::rows::{self, text};

// The keys are the English words of the interface and of our messages; in English there are but common names of countries
// for those of ISO 3166 (recorded).
catalogue!("de", include_str!("general/de.json"));
catalogue!("en", include_str!("general/en.json"));

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
    let mut words = translate::words(&language).map_or_else(BTreeMap::new, |words| words.all().clone());
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
        let word = |language: &str, key: &str| translate::words(language)?.all().get(key).cloned();
        assert_eq!(word("de", "Open").as_deref(), Some("Offen"));
        assert_eq!(word("de-AT", "Closed").as_deref(), Some("Geschlossen"));
        assert_eq!(word("en-GB", "Czech Republic").as_deref(), Some("Czechia"));
        assert!(translate::words("xx").is_none() && translate::words("").is_none());
    }

    #[test]
    fn all_catalogues_say_something() {
        for language in ["de", "en"] {
            for (key, word) in translate::words(language).unwrap().all() {
                assert!(
                    !key.trim().is_empty() && !word.trim().is_empty(),
                    "{language}: {key}"
                );
            }
        }
    }
}
