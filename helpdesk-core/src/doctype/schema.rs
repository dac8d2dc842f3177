//! The schema of the database, derived from metadata: what is missing is added, nothing is dropped.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::meta::{Column, Meta, quoted};
use super::system::{
    AUTH_TABLE, CHANGE_TABLE, LOGIN_FAILURE_TABLE, SERIES_TABLE, SESSION_TABLE, SINGLES_TABLE, TOKEN_TABLE,
    USER_SETTINGS_TABLE,
};
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
    let postgres = tx.is_postgres();
    let mut step = |what: String, sql: String| steps.push(Step { what, sql });
    for (table, columns) in system_tables(postgres) {
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
                        definition(meta, column, postgres)
                    ),
                );
            }
        } else {
            let columns: Vec<String> = meta
                .columns
                .iter()
                .map(|column| definition(meta, column, postgres))
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

/// The engine's own tables: name and columns.
fn system_tables(postgres: bool) -> Vec<(&'static str, String)> {
    let text = if postgres {
        "TEXT COLLATE helpdesk_ci"
    } else {
        "TEXT COLLATE NOCASE"
    };
    let int = if postgres { "BIGINT" } else { "INTEGER" };
    vec![
        (
            SINGLES_TABLE,
            format!("doctype {text} NOT NULL, field TEXT NOT NULL, value TEXT, PRIMARY KEY (doctype, field)"),
        ),
        (
            SERIES_TABLE,
            format!("name TEXT NOT NULL PRIMARY KEY, current {int} NOT NULL DEFAULT 0"),
        ),
        (
            AUTH_TABLE,
            format!(
                "doctype {text} NOT NULL, name {text} NOT NULL, fieldname TEXT NOT NULL, password TEXT NOT NULL, \
                 encrypted {int} NOT NULL DEFAULT 0, PRIMARY KEY (doctype, name, fieldname)"
            ),
        ),
        (
            CHANGE_TABLE,
            format!("name TEXT NOT NULL PRIMARY KEY, current {int} NOT NULL DEFAULT 0"),
        ),
        (
            SESSION_TABLE,
            format!(
                "digest TEXT NOT NULL PRIMARY KEY, \"user\" {text} NOT NULL, created {int} NOT NULL, \
                 last_used {int} NOT NULL, csrf {int} NOT NULL DEFAULT 0, address TEXT NOT NULL, \
                 user_agent TEXT NOT NULL"
            ),
        ),
        (
            TOKEN_TABLE,
            format!(
                "digest TEXT NOT NULL PRIMARY KEY, \"user\" {text} NOT NULL, label TEXT NOT NULL, scopes TEXT NOT NULL, \
                 created {int} NOT NULL, expires {int} NOT NULL, last_used {int} NOT NULL"
            ),
        ),
        (
            LOGIN_FAILURE_TABLE,
            format!("name TEXT NOT NULL PRIMARY KEY, failures {int} NOT NULL, since {int} NOT NULL"),
        ),
        (
            USER_SETTINGS_TABLE,
            format!(
                "\"user\" {text} NOT NULL, doctype {text} NOT NULL, data TEXT NOT NULL, PRIMARY KEY (\"user\", doctype)"
            ),
        ),
    ]
}

fn definition(meta: &Meta, column: &Column, postgres: bool) -> String {
    let mut text = format!("{} ", quoted(&column.name));
    let field = meta.field_of(column);
    text.push_str(match (column.kind, postgres) {
        (Kind::Int | Kind::Check, false) => "INTEGER",
        (Kind::Int, true) => "BIGINT",
        (Kind::Check, true) => "SMALLINT",
        (Kind::Float, false) => "REAL",
        (Kind::Float, true) => "DOUBLE PRECISION",
        (Kind::Date, true) => "DATE",
        (Kind::Time, true) => "TIME",
        (Kind::DateTime, true) => "TIMESTAMP",
        (Kind::Text, _) | (Kind::Date | Kind::Time | Kind::DateTime, false) => "TEXT",
    });
    let folds = match field {
        Some(field) => column.kind == Kind::Text && field.fieldtype.folds_case(),
        None => column.kind == Kind::Text && !column.name.starts_with('_'),
    };
    if folds {
        text.push_str(if postgres {
            " COLLATE helpdesk_ci"
        } else {
            " COLLATE NOCASE"
        });
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
        .map(|(unique, columns)| (index_name(&meta.name, &columns), unique, columns))
        .collect()
}

/// Whether the database holds nothing yet.
///
/// # Errors
/// A database failure.
pub fn is_blank(tx: &mut Tx) -> Result<bool> {
    Ok(objects(tx)?.is_empty())
}

/// Names of the tables and indexes there are.
fn objects(tx: &mut Tx) -> Result<HashSet<String>> {
    let mut query = Query::new();
    query
        .either(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'index') AND name NOT LIKE 'sqlite_%'",
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'i')",
        )
        .forget();
    Ok(texts(tx.rows(query, &[Kind::Text])?))
}

fn columns_of(tx: &mut Tx, table: &str) -> Result<HashSet<String>> {
    let mut query = Query::new();
    query.either(
        "SELECT name FROM pragma_table_info(",
        "SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = current_schema() AND a.attnum > 0 AND NOT a.attisdropped AND c.relname = (",
    );
    query.text(table.to_owned()).sql(")").forget();
    Ok(texts(tx.rows(query, &[Kind::Text])?)
        .into_iter()
        .map(|name| name.to_ascii_lowercase())
        .collect())
}

fn texts(rows: Vec<Vec<crate::db::Scalar<'static>>>) -> HashSet<String> {
    rows.into_iter()
        .filter_map(|row| row.first()?.as_str().map(str::to_owned))
        .collect()
}

/// A name an index can have: PostgreSQL cuts names at 63 bytes, so long ones end in a digest.
fn index_name(doctype: &str, columns: &[String]) -> String {
    let name = format!("{doctype}|{}", columns.join("|"));
    if name.len() <= 63 {
        return name;
    }
    let digest = crate::secret::digest(&name);
    let head: String = name.chars().take(40).collect();
    format!("{head}|{}", digest.get(..12).unwrap_or_default())
}
