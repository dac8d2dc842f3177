//! Keeping an index in step with its documents.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::tables::{documents, texts, words};
use super::text::{plain, tokens};
use super::{SearchIndex, doctypes_of, indexes, of_doctype};
use crate::db::{Kind, Query, Scalar, Tx};
use crate::doctype::document::Document;
use crate::doctype::meta::Meta;
use crate::doctype::registry::Metas;
use crate::error::{Error, Result};

/// Characters of words that spelling knows.
const SPELLED: std::ops::RangeInclusive<usize> = 4..=32;
/// The highest place of a word in a `tsvector`.
const LAST_PLACE: usize = 16_383;
/// Documents read at once when an index is built.
const BATCH: usize = 500;

/// What a document is found by.
struct Texts {
    title: String,
    content: String,
}

impl Texts {
    fn of(title: &str, content: &str) -> Texts {
        Texts {
            title: plain(title),
            content: plain(content),
        }
    }
}

/// Puts a document's texts into the index of its DocType, if it is in one; `is_new` where it was not there before.
///
/// # Errors
/// A database failure.
pub fn put(tx: &mut Tx, doc: &Document, is_new: bool) -> Result<()> {
    let Some(entry) = of_doctype(doc.doctype()) else {
        return Ok(());
    };
    let text = |field: &str| match doc.get(field) {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    let title = entry.title.map(text).unwrap_or_default();
    let texts = Texts::of(&title, &text(entry.content));
    write(tx, entry, &doc.name_text(), &texts, is_new)
}

/// Puts a stored document's texts into the index after columns of it were set; nothing where none of these columns is
/// searched.
///
/// # Errors
/// A database failure.
pub(crate) fn columns_set<'a>(
    tx: &mut Tx,
    meta: &Meta,
    name: &str,
    mut columns: impl Iterator<Item = &'a str>,
) -> Result<()> {
    match of_doctype(&meta.name) {
        Some(entry) if columns.any(|column| column == entry.content || entry.title == Some(column)) => {
            refresh(tx, entry, meta, name)
        }
        _ => Ok(()),
    }
}

/// Gives a document of an index its new name.
///
/// # Errors
/// A database failure.
pub(crate) fn renamed(tx: &mut Tx, meta: &Meta, old: &str, new: &str) -> Result<()> {
    let Some(entry) = of_doctype(&meta.name) else {
        return Ok(());
    };
    if !old.eq_ignore_ascii_case(new) {
        // One of that name may have gone behind the engine's back.
        remove(tx, entry.doctype, new)?;
    }
    let mut query = Query::fixed();
    query
        .sql("UPDATE ")
        .ident(documents(entry.index))
        .sql(" SET name = ")
        .text(new.to_owned())
        .sql(" WHERE doctype = ")
        .text(entry.doctype)
        .sql(" AND name = ")
        .text(old.to_owned());
    tx.execute(query)?;
    // The field it is named by may be one that is searched.
    refresh(tx, entry, meta, new)
}

/// Takes a document out of the index of its DocType, if it is in one.
///
/// # Errors
/// A database failure.
pub fn remove(tx: &mut Tx, doctype: &str, name: &str) -> Result<()> {
    let Some(entry) = of_doctype(doctype) else {
        return Ok(());
    };
    let this = |query: &mut Query<'static>| {
        query
            .ident(documents(entry.index))
            .sql(" WHERE doctype = ")
            .text(entry.doctype)
            .sql(" AND name = ")
            .text(name.to_owned());
    };
    if !tx.is_postgres() {
        let mut query = Query::fixed();
        query
            .sql("DELETE FROM ")
            .ident(texts(entry.index))
            .sql(" WHERE rowid = (SELECT id FROM ");
        this(&mut query);
        query.sql(")");
        tx.execute(query)?;
    }
    let mut query = Query::fixed();
    query.sql("DELETE FROM ");
    this(&mut query);
    tx.execute(query)?;
    Ok(())
}

/// Empties an index.
///
/// # Errors
/// A database failure.
pub fn clear(tx: &mut Tx, index: &str) -> Result<()> {
    let mut tables = vec![documents(index), words(index)];
    if !tx.is_postgres() {
        tables.push(texts(index));
    }
    for table in tables {
        let mut query = Query::fixed();
        query.sql("DELETE FROM ").ident(table);
        tx.execute(query)?;
    }
    Ok(())
}

/// Empties all indexes.
///
/// # Errors
/// A database failure.
pub(crate) fn clear_all(tx: &mut Tx) -> Result<()> {
    for index in indexes() {
        clear(tx, index)?;
    }
    Ok(())
}

/// How many documents an index is built of.
///
/// # Errors
/// A database failure.
pub fn size(tx: &mut Tx, metas: &Metas, index: &str) -> Result<u64> {
    let mut size = 0;
    for entry in doctypes_of(index) {
        if let Some(meta) = metas.get(entry.doctype) {
            let mut query = Query::new();
            query.sql("SELECT count(*) FROM ").ident(meta.table.clone());
            size += u64::try_from(tx.count(query)?).unwrap_or(0);
        }
    }
    Ok(size)
}

/// Builds an index anew of the stored documents; `progress` is told how many are in. The caller commits.
///
/// # Errors
/// A database failure.
pub fn rebuild(tx: &mut Tx, metas: &Metas, index: &str, progress: &mut dyn FnMut(u64)) -> Result<()> {
    tx.begin()?;
    tx.may_take_long();
    clear(tx, index)?;
    let mut done = 0;
    for entry in doctypes_of(index) {
        let Some(meta) = metas.get(entry.doctype) else {
            continue;
        };
        let mut query = Query::new();
        query
            .sql("SELECT name FROM ")
            .ident(meta.table.clone())
            .sql(" ORDER BY creation, name");
        let names: Vec<String> = tx
            .rows(query, &[meta.columns[0].kind])?
            .iter()
            .filter_map(|row| name_of(row.first()?))
            .collect();
        for batch in names.chunks(BATCH) {
            for (name, found) in stored(tx, entry, meta, batch)? {
                write(tx, entry, &name, &found, true)?;
            }
            done += batch.len() as u64;
            progress(done);
        }
    }
    Ok(())
}

fn name_of(value: &Scalar<'_>) -> Option<String> {
    match value {
        Scalar::Text(text) => Some(text.to_string()),
        Scalar::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Puts a document as it is stored into the index.
fn refresh(tx: &mut Tx, entry: &'static SearchIndex, meta: &Meta, name: &str) -> Result<()> {
    for (name, found) in stored(tx, entry, meta, &[name.to_owned()])? {
        write(tx, entry, &name, &found, false)?;
    }
    Ok(())
}

/// The texts of stored documents.
fn stored(tx: &mut Tx, entry: &SearchIndex, meta: &Meta, names: &[String]) -> Result<Vec<(String, Texts)>> {
    let kind = meta.columns[0].kind;
    let mut query = Query::new();
    query.sql("SELECT name, ");
    for field in [entry.title, Some(entry.content)] {
        match field {
            Some(field) if meta.column(field).is_some() => query.ident(field),
            _ => query.sql("''"),
        };
        query.sql(if field == Some(entry.content) {
            " FROM "
        } else {
            ", "
        });
    }
    query.ident(meta.table.clone()).sql(" WHERE name IN (");
    for (i, name) in names.iter().enumerate() {
        if i > 0 {
            query.sql(", ");
        }
        match kind {
            Kind::Int => query.bind(kind, name.parse().map_or(Scalar::Null, Scalar::Int)),
            _ => query.text(name.clone()),
        };
    }
    query.sql(") ORDER BY creation, name");
    if names.len() > 1 && names.len() < BATCH {
        query.forget();
    }
    let rows = tx.rows(query, &[kind, Kind::Text, Kind::Text])?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let text = |at: usize| row.get(at).and_then(Scalar::as_str).unwrap_or("");
            Some((name_of(row.first()?)?, Texts::of(text(1), text(2))))
        })
        .collect())
}

fn write(tx: &mut Tx, entry: &'static SearchIndex, name: &str, found: &Texts, is_new: bool) -> Result<()> {
    let id = match if is_new { None } else { current(tx, entry, name)? } {
        // Most saves leave the texts as they are.
        Some((_, known)) if known.title == found.title && known.content == found.content => return Ok(()),
        known => known.map(|(id, _)| id),
    };
    tx.begin()?;
    let (title, content) = (tokens(&found.title), tokens(&found.content));
    let of_title = title.iter().map(|token| token.word.as_str());
    let of_content = content.iter().map(|token| token.word.as_str());
    if tx.is_postgres() {
        let vector = vector(of_title.clone(), of_content.clone());
        write_postgres(tx, entry, name, found, &vector, title.len() + content.len())?;
    } else {
        write_sqlite(tx, entry, name, found, id)?;
    }
    learn(tx, entry.index, of_title.chain(of_content))
}

/// The number of a document in its index, and the texts it is found by.
fn current(tx: &mut Tx, entry: &'static SearchIndex, name: &str) -> Result<Option<(i64, Texts)>> {
    let table = documents(entry.index);
    let mut query = Query::fixed();
    if tx.is_postgres() {
        query
            .sql("SELECT s.id, s.title, s.content FROM ")
            .ident(table)
            .sql(" AS s");
    } else {
        query.sql("SELECT s.id, f.title, f.content FROM ").ident(table);
        query
            .sql(" AS s JOIN ")
            .ident(texts(entry.index))
            .sql(" AS f ON f.rowid = s.id");
    }
    query
        .sql(" WHERE s.doctype = ")
        .text(entry.doctype)
        .sql(" AND s.name = ")
        .text(name.to_owned());
    let row = tx.row(query, &[Kind::Int, Kind::Text, Kind::Text])?;
    Ok(row.and_then(|row| {
        let text = |at: usize| row.get(at).and_then(Scalar::as_str).unwrap_or("").to_owned();
        let (title, content) = (text(1), text(2));
        Some((row.first()?.as_int()?, Texts { title, content }))
    }))
}

fn write_sqlite(
    tx: &mut Tx,
    entry: &'static SearchIndex,
    name: &str,
    found: &Texts,
    id: Option<i64>,
) -> Result<()> {
    let fts = texts(entry.index);
    let mut query = Query::fixed();
    if let Some(id) = id {
        query.sql("UPDATE ").ident(fts).sql(" SET title = ");
        query
            .text(found.title.as_str())
            .sql(", content = ")
            .text(found.content.as_str())
            .sql(" WHERE rowid = ")
            .bind(Kind::Int, Scalar::Int(id));
        tx.execute(query)?;
        return Ok(());
    }
    query
        .sql("INSERT INTO ")
        .ident(documents(entry.index))
        .sql(" (doctype, name) VALUES (")
        .text(entry.doctype)
        .sql(", ")
        .text(name.to_owned())
        // One of that name may have gone behind the engine's back.
        .sql(") ON CONFLICT (doctype, name) DO UPDATE SET name = excluded.name RETURNING id");
    let id = tx
        .row(query, &[Kind::Int])?
        .and_then(|row| row.first().and_then(Scalar::as_int))
        .ok_or_else(|| Error::internal("an insert returned no number"))?;
    let mut query = Query::fixed();
    query
        .sql("INSERT OR REPLACE INTO ")
        .ident(fts)
        .sql(" (rowid, title, content) VALUES (");
    query
        .bind(Kind::Int, Scalar::Int(id))
        .sql(", ")
        .text(found.title.as_str())
        .sql(", ")
        .text(found.content.as_str())
        .sql(")");
    tx.execute(query)?;
    Ok(())
}

fn write_postgres(
    tx: &mut Tx,
    entry: &'static SearchIndex,
    name: &str,
    found: &Texts,
    vector: &str,
    size: usize,
) -> Result<()> {
    let table = documents(entry.index);
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(table)
        .sql(" (doctype, name, title, content, size, words) VALUES (")
        .text(entry.doctype)
        .sql(", ")
        .text(name.to_owned())
        .sql(", ")
        .text(found.title.as_str())
        .sql(", ")
        .text(found.content.as_str())
        .sql(", ")
        .bind(Kind::Int, Scalar::Int(i64::try_from(size).unwrap_or(i64::MAX)))
        .sql(", CAST(")
        .text(vector)
        .sql(
            " AS tsvector)) ON CONFLICT (doctype, name) DO UPDATE SET title = excluded.title, \
             content = excluded.content, size = excluded.size, words = excluded.words",
        );
    tx.execute(query)?;
    Ok(())
}

/// The words as PostgreSQL reads a `tsvector`: those of the title have the weight A.
fn vector<'a>(title: impl Iterator<Item = &'a str>, content: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    let mut place = 0;
    for (weight, word) in title
        .map(|word| ("A", word))
        .chain(content.map(|word| ("", word)))
    {
        place += 1;
        // Words have no quotes in them.
        let _ = write!(out, "'{word}':{}{weight} ", place.min(LAST_PLACE));
    }
    out
}

/// Notes the words that spelling can lead to. They stay when their documents go: the index is asked again before one is
/// proposed.
fn learn<'a>(tx: &mut Tx, index: &str, all: impl Iterator<Item = &'a str>) -> Result<()> {
    // In one order, so that transactions that note the same words don't wait for each other in turn.
    let new: BTreeSet<&str> = all
        .filter(|word| SPELLED.contains(&word.chars().count()) && word.chars().all(char::is_alphabetic))
        .collect();
    if new.is_empty() {
        return Ok(());
    }
    let list = new.into_iter().collect::<Vec<_>>();
    let table = words(index);
    let mut query = Query::fixed();
    query
        .sql("INSERT INTO ")
        .ident(table.clone())
        .sql(" (word, size) ");
    if tx.is_postgres() {
        query
            .sql("SELECT w, length(w) FROM unnest(string_to_array(")
            .text(list.join(" "))
            .sql(", ' ')) AS w WHERE NOT EXISTS (SELECT 1 FROM ")
            .ident(table)
            .sql(" AS known WHERE known.word = w COLLATE \"C\") ON CONFLICT DO NOTHING");
    } else {
        query
            .sql("SELECT value, length(value) FROM json_each(")
            .text(Value::from(list).to_string())
            .sql(") WHERE true ON CONFLICT DO NOTHING");
    }
    tx.execute(query)?;
    Ok(())
}
