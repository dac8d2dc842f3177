//! The tables of an index, and their schema.

use std::collections::HashSet;

use super::indexes;
use crate::doctype::meta::quoted;
use crate::doctype::schema::Step;

/// What all tables of search are called by.
const PREFIX: &str = "__search_";

/// Which document has which number; on PostgreSQL its texts too.
pub(super) fn documents(index: &str) -> String {
    format!("{PREFIX}{index}")
}

/// SQLite's FTS5 table: the texts by number.
pub(super) fn texts(index: &str) -> String {
    format!("{PREFIX}{index}_text")
}

/// The words there are or were, for spelling.
pub(super) fn words(index: &str) -> String {
    format!("{PREFIX}{index}_word")
}

/// Whether a table is one of search's. They are made of the documents anew, never copied.
pub(crate) fn is_of_search(table: &str) -> bool {
    table.starts_with(PREFIX)
}

/// What the database lacks of the indexes.
pub(crate) fn plan(existing: &HashSet<String>, postgres: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    for index in indexes() {
        let mut step = |name: &str, what: &str, sql: String| {
            if !existing.contains(name) {
                steps.push(Step {
                    what: format!("create {what} {name}"),
                    sql,
                });
            }
        };
        let (documents, texts, words) = (documents(index), texts(index), words(index));
        if postgres {
            let by_words = format!("{documents}|words");
            let by_size = format!("{documents}|size");
            step(
                &documents,
                "search table",
                format!(
                    "CREATE TABLE {} (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, \
                     doctype TEXT COLLATE helpdesk_ci NOT NULL, name TEXT COLLATE helpdesk_ci NOT NULL, \
                     title TEXT NOT NULL, content TEXT NOT NULL, size BIGINT NOT NULL, words TSVECTOR NOT NULL, \
                     UNIQUE (doctype, name))",
                    quoted(&documents)
                ),
            );
            step(
                &by_words,
                "search index",
                format!(
                    "CREATE INDEX {} ON {} USING gin (words)",
                    quoted(&by_words),
                    quoted(&documents)
                ),
            );
            step(
                &by_size,
                "search index",
                format!(
                    "CREATE INDEX {} ON {} (size)",
                    quoted(&by_size),
                    quoted(&documents)
                ),
            );
        } else {
            step(
                &documents,
                "search table",
                format!(
                    "CREATE TABLE {} (id INTEGER PRIMARY KEY, doctype TEXT COLLATE NOCASE NOT NULL, \
                     name TEXT COLLATE NOCASE NOT NULL, UNIQUE (doctype, name))",
                    quoted(&documents)
                ),
            );
            step(
                &texts,
                "search table",
                format!(
                    "CREATE VIRTUAL TABLE {} USING fts5(title, content, \
                     tokenize = \"unicode61 remove_diacritics 2 tokenchars '-_'\")",
                    quoted(&texts)
                ),
            );
        }
        let (text, int) = if postgres {
            ("TEXT COLLATE \"C\"", "BIGINT")
        } else {
            ("TEXT", "INTEGER")
        };
        step(
            &words,
            "search table",
            format!(
                "CREATE TABLE {} (word {text} NOT NULL PRIMARY KEY, size {int} NOT NULL)",
                quoted(&words)
            ),
        );
    }
    steps
}
