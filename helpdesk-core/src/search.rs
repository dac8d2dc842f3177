//! Full-text search: documents' words, kept in the transaction of their writes.
//!
//! An app says which fields of which DocTypes are searched ([`search_index!`](crate::search_index)). All writes of rows
//! (`doctype::storage`) put the texts of such a document into its index, so that whatever is committed can be found and
//! whatever is rolled back can't. Only texts and names are kept; who may see a document, and all else that is asked of
//! it, is read from its own table, so nothing of that can get out of step.
//!
//! On SQLite the words are in an FTS5 table, on PostgreSQL in a `tsvector`; both count the same words and give the same
//! scores (BM25 with FTS5's constants).
//!
//! Source: spec/helpdesk-b.md §3 and §4.

mod bm25;
pub mod find;
pub mod rights;
pub mod shown;
pub mod spell;
mod tables;
pub mod text;
pub(crate) mod write;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use self::find::{Hit, Phrase, Scope, Wanted, find, texts};
pub use self::rights::Closed;
pub(crate) use self::tables::{is_of_search, plan};
pub use self::write::{clear, put, rebuild, remove, size};
use crate::method::Location;

/// Which texts of a DocType an index holds.
pub struct SearchIndex {
    /// The index: lower-case letters. Documents of all DocTypes in one index are ranked against each other.
    pub index: &'static str,
    /// The DocType; it can be in one index only.
    pub doctype: &'static str,
    /// The field that is shown and ranked as the title, if there is one.
    pub title: Option<&'static str>,
    /// The field of the text proper; HTML or plain.
    pub content: &'static str,
    /// Where that stands in the source.
    pub location: Location,
}

inventory::collect!(SearchIndex);

/// Registers a [`SearchIndex`]: `search_index!("tickets", "HD Ticket", title = "subject", content = "description")`, the
/// title left out where there is none.
#[macro_export]
macro_rules! search_index {
    ($index:literal, $doctype:literal, title = $title:literal, content = $content:literal $(,)?) => {
        $crate::search_index!(@ $index, $doctype, Some($title), $content);
    };
    ($index:literal, $doctype:literal, content = $content:literal $(,)?) => {
        $crate::search_index!(@ $index, $doctype, None, $content);
    };
    (@ $index:literal, $doctype:literal, $title:expr, $content:literal) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::search::SearchIndex {
                    index: $index,
                    doctype: $doctype,
                    title: $title,
                    content: $content,
                    location: $crate::method::Location { file: file!(), line: line!() },
                }
            }
        };
    };
}

static BY_DOCTYPE: LazyLock<HashMap<&'static str, &'static SearchIndex>> = LazyLock::new(|| {
    inventory::iter::<SearchIndex>
        .into_iter()
        .map(|entry| (entry.doctype, entry))
        .collect()
});

/// The index a DocType is in.
fn of_doctype(doctype: &str) -> Option<&'static SearchIndex> {
    BY_DOCTYPE.get(doctype).copied()
}

/// The DocTypes of an index, sorted.
fn doctypes_of(index: &str) -> Vec<&'static SearchIndex> {
    let mut all: Vec<_> = BY_DOCTYPE
        .values()
        .filter(|entry| entry.index == index)
        .copied()
        .collect();
    all.sort_by_key(|entry| entry.doctype);
    all
}

/// The indexes there are, sorted.
pub fn indexes() -> Vec<&'static str> {
    let mut all: Vec<_> = BY_DOCTYPE.values().map(|entry| entry.index).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What is wrong with the registrations: told at the start.
///
/// # Errors
/// Names the place: an index name that is none, or a DocType that is registered twice.
pub(crate) fn check() -> Result<(), String> {
    let mut seen: HashMap<&str, &SearchIndex> = HashMap::new();
    for entry in inventory::iter::<SearchIndex> {
        let place = format!("{}:{}", entry.location.file, entry.location.line);
        let fits = |c: char| c.is_ascii_lowercase() || c == '_';
        if entry.index.is_empty() || entry.index.len() > 32 || !entry.index.chars().all(fits) {
            return Err(format!(
                "{place}: the search index {:?} is to be named by lower-case letters",
                entry.index
            ));
        }
        if let Some(other) = seen.insert(entry.doctype, entry) {
            return Err(format!(
                "{place}: {} is in a search index already ({}:{})",
                entry.doctype, other.location.file, other.location.line
            ));
        }
    }
    Ok(())
}
