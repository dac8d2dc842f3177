//! `helpdesk.api.general`: words of the interface in the caller's language.
//!
//! Source: spec/helpdesk-a.md §4.4.

use std::collections::BTreeMap;

use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;

use crate::rows::{self, text};

/// Common names of countries for those of ISO 3166, which the original serves as its English words (recorded).
const ENGLISH: &str = include_str!("general/en.json");

/// What stands for which text in the caller's language, or in the site's for guests: the site's own translations, and
/// in English the common names of countries.
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
    let mut words: BTreeMap<String, String> = if language == "en" || language.starts_with("en-") {
        serde_json::from_str(ENGLISH)?
    } else {
        BTreeMap::new()
    };
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
