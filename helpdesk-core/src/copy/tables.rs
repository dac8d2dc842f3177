//! The tables of a site as the databases' catalogues have them.

use crate::db::{Kind, Query, Scalar, Tx};
use crate::error::{Error, Result};
use crate::search;

/// A table both databases have.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
    /// Places in `columns` of the primary key, in its order.
    pub(super) key: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// A table or a column that holds data and that this program doesn't know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The table.
    pub table: String,
    /// The column; `None` for the whole table.
    pub column: Option<String>,
    /// How many rows have a value there.
    pub rows: i64,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "the column {column} of {} ({} values)", self.table, self.rows),
            None => write!(f, "the table {} ({} rows)", self.table, self.rows),
        }
    }
}

/// A column as a catalogue tells of it.
struct Found {
    name: String,
    kind: Kind,
    /// Place in the primary key, from 1; 0 for other columns.
    key: i64,
}

/// Names of the tables there are, sorted; those that SQLite keeps for itself or for a search index are none.
///
/// # Errors
/// A database failure.
pub(super) fn names(tx: &mut Tx) -> Result<Vec<String>> {
    let mut query = Query::new();
    query
        .either(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
             AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name COLLATE BINARY",
            "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = current_schema() AND c.relkind = 'r' ORDER BY c.relname::text COLLATE \"C\"",
        )
        .forget();
    let rows = tx.rows(query, &[Kind::Text])?;
    Ok(rows
        .into_iter()
        .filter_map(|row| row.first()?.as_str().map(str::to_owned))
        .collect())
}

/// The source's tables, each with the columns both databases have; and what only the source has and is not empty.
///
/// # Errors
/// A database failure; 500 for a table without a key.
pub(super) fn both(source: &mut Tx, target: &mut Tx) -> Result<(Vec<Table>, Vec<Unknown>)> {
    let there = names(target)?;
    let (mut tables, mut unknown) = (Vec::new(), Vec::new());
    for name in names(source)? {
        if search::is_of_search(&name) {
            continue;
        }
        if !there.contains(&name) {
            unknown.extend(held(source, &name, None)?);
            continue;
        }
        let targets = columns(target, &name)?;
        let mut table = Table {
            name,
            columns: Vec::new(),
            key: Vec::new(),
        };
        let mut places = Vec::new();
        for column in columns(source, &table.name)? {
            let same = |other: &&Found| other.name.eq_ignore_ascii_case(&column.name);
            let Some(target) = targets.iter().find(same) else {
                unknown.extend(held(source, &table.name, Some(&column.name))?);
                continue;
            };
            if column.key > 0 {
                places.push((column.key, table.columns.len()));
            }
            // SQLite keeps moments in columns of text; PostgreSQL knows them apart.
            let kind = if column.kind == Kind::Text {
                target.kind
            } else {
                column.kind
            };
            table.columns.push(Column {
                name: column.name,
                kind,
            });
        }
        places.sort_unstable();
        table.key = places.into_iter().map(|(_, place)| place).collect();
        if table.key.is_empty() {
            return Err(Error::internal(format!(
                "the table {} has no primary key",
                table.name
            )));
        }
        tables.push(table);
    }
    Ok((tables, unknown))
}

/// What a table, or one column of it, holds; `None` for nothing.
fn held(tx: &mut Tx, table: &str, column: Option<&str>) -> Result<Option<Unknown>> {
    let mut query = Query::new();
    query.sql("SELECT count(");
    match column {
        Some(column) => query.ident(column.to_owned()),
        None => query.sql("*"),
    };
    query.sql(") FROM ").ident(table.to_owned()).forget();
    let rows = tx.count(query)?;
    Ok((rows > 0).then(|| Unknown {
        table: table.to_owned(),
        column: column.map(str::to_owned),
        rows,
    }))
}

fn columns(tx: &mut Tx, table: &str) -> Result<Vec<Found>> {
    let mut query = Query::new();
    query.either(
        "SELECT name, type, pk FROM pragma_table_info(",
        "SELECT a.attname::text, format_type(a.atttypid, NULL), coalesce((SELECT k.place \
         FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place) \
         WHERE i.indrelid = c.oid AND i.indisprimary AND k.number = a.attnum), 0) \
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = current_schema() AND a.attnum > 0 AND NOT a.attisdropped AND c.relname = (",
    );
    query.text(table.to_owned());
    query.either(") ORDER BY cid", ") ORDER BY a.attnum").forget();
    let mut found = Vec::new();
    for row in tx.rows(query, &[Kind::Text, Kind::Text, Kind::Int])? {
        let text = |i: usize| row.get(i).and_then(Scalar::as_str).unwrap_or_default();
        found.push(Found {
            name: text(0).to_owned(),
            kind: kind(text(1)),
            key: row.get(2).and_then(Scalar::as_int).unwrap_or(0),
        });
    }
    Ok(found)
}

/// The kind of a column by the name of its type.
fn kind(sql_type: &str) -> Kind {
    match sql_type.to_ascii_lowercase().as_str() {
        "integer" | "bigint" | "smallint" => Kind::Int,
        "real" | "double precision" => Kind::Float,
        "date" => Kind::Date,
        "time without time zone" => Kind::Time,
        "timestamp without time zone" => Kind::DateTime,
        _ => Kind::Text,
    }
}
