//! The schema of the database, derived from metadata: what is missing is added, nothing is dropped.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::field::Field;
use super::meta::{Column, Meta, quoted};
use super::registry::{self, Metas};
use super::system::{
    AUTH_TABLE, CHANGE_TABLE, JOB_TABLE, LOGIN_FAILURE_TABLE, META_SOURCES, ONE_TIME_TABLE, SCHEDULE_TABLE,
    SERIES_TABLE, SESSION_TABLE, SINGLES_TABLE, TOKEN_TABLE, USER_SETTINGS_TABLE,
};
use crate::db::{Kind, Query, Tx};
use crate::error::Result;
use crate::search;

/// One change of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does, in words.
    pub what: String,
    /// The statement.
    pub sql: String,
}

impl Step {
    /// Whether it fails where documents share a value.
    pub(crate) fn is_unique_index(&self) -> bool {
        self.sql.starts_with("CREATE UNIQUE INDEX")
    }

    /// Whether it makes a table of search, which is empty then although there may be documents.
    pub fn makes_search_table(&self) -> bool {
        self.what.starts_with("create search table")
    }

    /// Whether it makes an index.
    pub fn makes_index(&self) -> bool {
        self.sql.starts_with("CREATE INDEX") || self.sql.starts_with("CREATE UNIQUE INDEX")
    }
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
    for (name, table, columns) in SYSTEM_INDEXES {
        if !existing.contains(*name) {
            step(
                format!("create index on {table} ({columns})"),
                format!("CREATE INDEX {} ON {} ({columns})", quoted(name), quoted(table)),
            );
        }
    }
    let sorted: BTreeMap<&String, &Arc<Meta>> = metas.iter().collect();
    for meta in sorted.into_values() {
        steps.extend(table(tx, meta, &existing)?);
    }
    steps.extend(search::plan(&existing, postgres));
    Ok(steps)
}

/// What the database lacks of one DocType, in order.
///
/// # Errors
/// A database failure.
pub(crate) fn plan_of(tx: &mut Tx, meta: &Meta) -> Result<Vec<Step>> {
    let existing = objects(tx)?;
    table(tx, meta, &existing)
}

fn table(tx: &mut Tx, meta: &Meta, existing: &HashSet<String>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    if meta.issingle || meta.is_virtual {
        return Ok(steps);
    }
    let postgres = tx.is_postgres();
    let mut step = |what: String, sql: String| steps.push(Step { what, sql });
    if existing.contains(meta.table.as_str()) {
        let known = columns_of(tx, &meta.table)?;
        for column in meta
            .columns
            .iter()
            .filter(|column| !known.contains_key(&column.name.to_ascii_lowercase()))
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
    for (name, unique, columns) in indexes(meta, postgres) {
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
    let indexed = |list: &&str| meta.indexes.iter().flatten().any(|column| column == list);
    for list in LISTS.iter().filter(|list| postgres && indexed(list)) {
        let name = index_name(&meta.name, &[(*list).to_owned()]);
        if !existing.contains(name.as_str()) {
            step(
                format!("create index on {} (items of {list})", meta.table),
                format!(
                    "CREATE INDEX {} ON {} USING gin \
                     (string_to_array(lower({} COLLATE \"und-x-icu\"), '\"'))",
                    quoted(&name),
                    quoted(&meta.table),
                    quoted(list)
                ),
            );
        }
    }
    Ok(steps)
}

/// How the table of a DocType keeps a field that is not among its columns (any more, or not yet).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leftover {
    /// There is no such column.
    None,
    /// A column like the one that `field` asks for.
    Alike,
    /// A column of another kind.
    Other,
}

/// What is left in a table of a field of this name.
///
/// # Errors
/// A database failure.
pub(crate) fn leftover(tx: &mut Tx, meta: &Meta, field: &Field) -> Result<Leftover> {
    let columns = columns_of(tx, &meta.table)?;
    let Some(found) = columns.get(&field.fieldname.to_ascii_lowercase()) else {
        return Ok(Leftover::None);
    };
    let wanted = ColumnForm {
        sql_type: sql_type(field.fieldtype.kind(), tx.is_postgres()).to_ascii_lowercase(),
        not_null: field.fieldtype.is_not_null(),
    };
    Ok(if *found == wanted {
        Leftover::Alike
    } else {
        Leftover::Other
    })
}

/// Indexes of a field alone (or with `modified`) that the metadata does not ask for any more.
///
/// # Errors
/// A database failure.
pub(crate) fn drop_indexes(tx: &mut Tx, meta: &Meta, field: &str) -> Result<()> {
    let existing = objects(tx)?;
    let wanted = indexes(meta, tx.is_postgres());
    for columns in [
        vec![field.to_owned()],
        vec![field.to_owned(), "modified".to_owned()],
    ] {
        let name = index_name(&meta.name, &columns);
        if existing.contains(&name) && !wanted.iter().any(|(wanted, _, _)| *wanted == name) {
            let mut query = Query::new();
            query.sql("DROP INDEX ").ident(name);
            tx.execute_schema(query)?;
        }
    }
    Ok(())
}

/// Drops a column; its indexes must be gone.
///
/// # Errors
/// A database failure.
pub(crate) fn drop_column(tx: &mut Tx, meta: &Meta, column: &str) -> Result<()> {
    let mut query = Query::new();
    query
        .sql("ALTER TABLE ")
        .ident(meta.table.clone())
        .sql(" DROP COLUMN ")
        .ident(column.to_owned());
    tx.execute_schema(query)
}

/// What the schema lacks, the site's own fields included where the tables that hold them are there.
///
/// # Errors
/// A database failure.
pub(crate) fn plan_of_site(tx: &mut Tx, registered: &Metas) -> Result<Vec<Step>> {
    for source in META_SOURCES {
        let is_complete = match registered.get(*source) {
            Some(meta) => plan_of(tx, meta)?.is_empty(),
            None => true,
        };
        if !is_complete {
            return plan(tx, registered);
        }
    }
    let metas = registry::of_site(tx, registered)?;
    plan(tx, &metas)
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

/// Indexes of the engine's own tables: name, table, columns.
const SYSTEM_INDEXES: &[(&str, &str, &str)] = &[
    ("__Job|due", JOB_TABLE, "queue, state, run_at, queued_at, id"),
    ("__Job|state", JOB_TABLE, "state, queued_at"),
    ("__Job|queued", JOB_TABLE, "queued_at"),
];

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
            ONE_TIME_TABLE,
            format!(
                "digest TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, \"user\" {text} NOT NULL, data TEXT NOT NULL, \
                 expires {int} NOT NULL"
            ),
        ),
        (
            JOB_TABLE,
            format!(
                "id TEXT NOT NULL PRIMARY KEY, path TEXT NOT NULL, queue TEXT NOT NULL, args TEXT NOT NULL, \
                 \"user\" {text} NOT NULL, dedupe TEXT, holds TEXT UNIQUE, state TEXT NOT NULL, \
                 attempts {int} NOT NULL, most {int} NOT NULL, timeout {int} NOT NULL, token {int} NOT NULL, \
                 owner TEXT, lease {int} NOT NULL, run_at {int} NOT NULL, queued_at {int} NOT NULL, \
                 started_at {int}, ended_at {int}, error TEXT, result TEXT"
            ),
        ),
        (
            SCHEDULE_TABLE,
            format!("name TEXT NOT NULL PRIMARY KEY, last_run {int} NOT NULL"),
        ),
        (
            USER_SETTINGS_TABLE,
            format!(
                "\"user\" {text} NOT NULL, doctype {text} NOT NULL, data TEXT NOT NULL, PRIMARY KEY (\"user\", doctype)"
            ),
        ),
    ]
}

fn sql_type(kind: Kind, postgres: bool) -> &'static str {
    match (kind, postgres) {
        (Kind::Int | Kind::Check, false) => "INTEGER",
        (Kind::Int, true) => "BIGINT",
        (Kind::Check, true) => "SMALLINT",
        (Kind::Float, false) => "REAL",
        (Kind::Float, true) => "DOUBLE PRECISION",
        (Kind::Date, true) => "DATE",
        (Kind::Time, true) => "TIME",
        (Kind::DateTime, true) => "TIMESTAMP",
        (Kind::Text, _) | (Kind::Date | Kind::Time | Kind::DateTime, false) => "TEXT",
    }
}

fn definition(meta: &Meta, column: &Column, postgres: bool) -> String {
    let mut text = format!("{} ", quoted(&column.name));
    let field = meta.field_of(column);
    text.push_str(sql_type(column.kind, postgres));
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

/// Columns that hold a list as JSON. SQLite has them in an index like any other column, so that the index alone is read.
/// An ordered index of PostgreSQL takes no value of a few kilobytes, which a long list is; it has one of their items
/// ([`Predicate::Lists`](super::predicate::Predicate::Lists) asks for what that holds).
const LISTS: [&str; 2] = ["_assign", "_liked_by"];

/// Indexes of a DocType: name, uniqueness, columns.
fn indexes(meta: &Meta, postgres: bool) -> Vec<(String, bool, Vec<String>)> {
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
        let mut columns = group.clone();
        columns.retain(|column| !postgres || !LISTS.contains(&column.as_str()));
        all.push((false, columns));
    }
    // One that begins with the time of the last change does what one of that alone would.
    let is_longer = |columns: &[String]| columns.len() > 1 && columns[0] == "modified";
    if all.iter().any(|(_, columns)| is_longer(columns)) {
        all.retain(|(_, columns)| *columns != ["modified"]);
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

/// What a column is, as the database words it, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ColumnForm {
    sql_type: String,
    not_null: bool,
}

/// The columns of a table by their names in lower case.
fn columns_of(tx: &mut Tx, table: &str) -> Result<HashMap<String, ColumnForm>> {
    let mut query = Query::new();
    query.either(
        "SELECT name, lower(type), \"notnull\" FROM pragma_table_info(",
        "SELECT a.attname, CASE a.atttypid WHEN 'time'::regtype THEN 'time' WHEN 'timestamp'::regtype THEN 'timestamp' \
         ELSE format_type(a.atttypid, NULL) END, a.attnotnull::int::bigint \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = current_schema() AND a.attnum > 0 AND NOT a.attisdropped AND c.relname = (",
    );
    query.text(table.to_owned()).sql(")").forget();
    let rows = tx.rows(query, &[Kind::Text, Kind::Text, Kind::Int])?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let name = row.first()?.as_str()?.to_ascii_lowercase();
            let form = ColumnForm {
                sql_type: row.get(1)?.as_str()?.to_owned(),
                not_null: row.get(2)?.as_int()? != 0,
            };
            Some((name, form))
        })
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
