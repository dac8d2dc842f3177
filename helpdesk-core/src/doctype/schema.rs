//! The schema of the database, derived from metadata: what is missing is added, nothing is dropped.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::meta::{Column, Meta, quoted};
use super::system::{AUTH_TABLE, CHANGE_TABLE, SERIES_TABLE, SINGLES_TABLE};
use crate::db::{Kind, Query, Tx};
use crate::error::Result;

/// One change of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does, in words.
    pub what: String,
    /// The statement.
    pub sql: String,
}

/// What the database lacks of the given metadata, in order. Running it twice finds nothing the second time.
///
/// # Errors
/// A database failure.
pub fn plan(tx: &mut Tx, metas: &HashMap<String, Arc<Meta>>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let existing = objects(tx)?;
    let mut step = |what: String, sql: String| steps.push(Step { what, sql });
    for (table, columns) in system_tables() {
        if !existing.contains(table) {
            step(
                format!("create table {table}"),
                format!("CREATE TABLE {} ({columns})", quoted(table)),
            );
        }
    }
    let sorted: BTreeMap<&String, &Arc<Meta>> = metas.iter().collect();
    for meta in sorted.into_values() {
        if meta.issingle || meta.is_virtual {
            continue;
        }
        if existing.contains(meta.table.as_str()) {
            let known = columns_of(tx, &meta.table)?;
            for column in meta
                .columns
                .iter()
                .filter(|column| !known.contains(&column.name.to_ascii_lowercase()))
            {
                step(
                    format!("add column {} to {}", column.name, meta.table),
                    format!(
                        "ALTER TABLE {} ADD COLUMN {}",
                        quoted(&meta.table),
                        definition(meta, column)
                    ),
                );
            }
        } else {
            let columns: Vec<String> = meta
                .columns
                .iter()
                .map(|column| definition(meta, column))
                .collect();
            step(
                format!("create table {}", meta.table),
                format!("CREATE TABLE {} ({})", quoted(&meta.table), columns.join(", ")),
            );
        }
        for (name, unique, columns) in indexes(meta) {
            if existing.contains(name.as_str()) {
                continue;
            }
            let list: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
            let unique = if unique { "UNIQUE " } else { "" };
            step(
                format!(
                    "create {}index on {} ({})",
                    unique.to_ascii_lowercase(),
                    meta.table,
                    columns.join(", ")
                ),
                format!(
                    "CREATE {unique}INDEX {} ON {} ({})",
                    quoted(&name),
                    quoted(&meta.table),
                    list.join(", ")
                ),
            );
        }
    }
    Ok(steps)
}

/// Runs a plan in the transaction of `tx`.
///
/// # Errors
/// A database failure; the caller rolls back.
pub fn apply(tx: &mut Tx, steps: &[Step]) -> Result<()> {
    for step in steps {
        let mut query = Query::new();
        query.checked(step.sql.clone());
        tx.execute_schema(query)?;
    }
    Ok(())
}

fn system_tables() -> [(&'static str, &'static str); 4] {
    [
        (
            SINGLES_TABLE,
            "doctype TEXT COLLATE NOCASE NOT NULL, field TEXT NOT NULL, value TEXT, PRIMARY KEY (doctype, field)",
        ),
        (
            SERIES_TABLE,
            "name TEXT NOT NULL PRIMARY KEY, current INTEGER NOT NULL DEFAULT 0",
        ),
        (
            AUTH_TABLE,
            "doctype TEXT COLLATE NOCASE NOT NULL, name TEXT COLLATE NOCASE NOT NULL, fieldname TEXT NOT NULL, password TEXT NOT NULL, \
             encrypted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (doctype, name, fieldname)",
        ),
        (
            CHANGE_TABLE,
            "name TEXT NOT NULL PRIMARY KEY, current INTEGER NOT NULL DEFAULT 0",
        ),
    ]
}

fn definition(meta: &Meta, column: &Column) -> String {
    let mut text = format!("{} ", quoted(&column.name));
    let field = meta.field_of(column);
    text.push_str(match column.kind {
        Kind::Int | Kind::Check => "INTEGER",
        Kind::Float => "REAL",
        Kind::Text | Kind::Date | Kind::Time | Kind::DateTime => "TEXT",
    });
    let folds = match field {
        Some(field) => column.kind == Kind::Text && field.fieldtype.folds_case(),
        None => column.kind == Kind::Text && !column.name.starts_with('_'),
    };
    if folds {
        text.push_str(" COLLATE NOCASE");
    }
    if column.name == "name" {
        text.push_str(" NOT NULL PRIMARY KEY");
        return text;
    }
    let not_null = match field {
        Some(field) => field.fieldtype.is_not_null(),
        None => column.kind == Kind::Int,
    };
    if not_null {
        text.push_str(" NOT NULL DEFAULT 0");
    }
    text
}

/// Indexes of a DocType: name, uniqueness, columns.
fn indexes(meta: &Meta) -> Vec<(String, bool, Vec<String>)> {
    let mut all: Vec<(bool, Vec<String>)> = Vec::new();
    if meta.istable {
        all.push((false, vec!["parent".to_owned()]));
    } else {
        all.push((false, vec!["modified".to_owned()]));
        all.push((false, vec!["creation".to_owned()]));
    }
    for field in &meta.fields {
        if !field.fieldtype.is_column() || field.is_virtual {
            continue;
        }
        if field.unique {
            all.push((true, vec![field.fieldname.clone()]));
        } else if field.search_index && !meta.istable {
            all.push((false, vec![field.fieldname.clone(), "modified".to_owned()]));
        }
    }
    for group in &meta.indexes {
        all.push((false, group.clone()));
    }
    let mut seen = HashSet::new();
    all.retain(|(_, columns)| {
        columns.iter().all(|column| meta.column_index(column).is_some()) && seen.insert(columns.clone())
    });
    all.into_iter()
        .map(|(unique, columns)| (format!("{}|{}", meta.name, columns.join("|")), unique, columns))
        .collect()
}

/// Whether the database holds nothing yet.
///
/// # Errors
/// A database failure.
pub fn is_blank(tx: &mut Tx) -> Result<bool> {
    Ok(objects(tx)?.is_empty())
}

fn objects(tx: &mut Tx) -> Result<HashSet<String>> {
    let mut query = Query::new();
    query
        .sql("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')")
        .forget();
    Ok(tx
        .rows(query, &[Kind::Text])?
        .into_iter()
        .filter_map(|row| row.first()?.as_str().map(str::to_owned))
        .collect())
}

fn columns_of(tx: &mut Tx, table: &str) -> Result<HashSet<String>> {
    let mut query = Query::new();
    query
        .sql("SELECT name FROM pragma_table_info(")
        .text(table.to_owned())
        .sql(")")
        .forget();
    Ok(tx
        .rows(query, &[Kind::Text])?
        .into_iter()
        .filter_map(|row| row.first()?.as_str().map(str::to_ascii_lowercase))
        .collect())
}
