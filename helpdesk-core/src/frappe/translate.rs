//! `frappe.translate`: the languages a site has.

use crate::prelude::*;
use crate::query::{self, ListRequest};

/// A language and what it calls itself.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct NamedLanguage {
    language_code: Value,
    language_name: Value,
}

/// The site's languages: codes alone, or with their names.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Languages {
    /// `en`, `de` …
    Codes(Vec<Value>),
    /// With names.
    Named(Vec<NamedLanguage>),
}

/// The languages that are enabled, by code.
///
/// # Errors
/// A database failure.
#[whitelist(allow_guest)]
pub fn get_all_languages(
    cx: &mut Cx,
    /// Objects with `language_code` and `language_name` in place of codes.
    #[arg(default = false)]
    with_language_name: bool,
) -> Result<Languages> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["language_code".into(), "language_name".into()],
            filters: json!({ "enabled": 1 }),
            order_by: "language_code asc".to_owned(),
            ignore_permissions: true,
            ..ListRequest::of("Language")
        },
    )?;
    let languages = rows.into_iter().map(|mut row| NamedLanguage {
        language_code: row.remove("language_code").unwrap_or_default(),
        language_name: row.remove("language_name").unwrap_or_default(),
    });
    Ok(if with_language_name {
        Languages::Named(languages.collect())
    } else {
        Languages::Codes(languages.map(|one| one.language_code).collect())
    })
}
