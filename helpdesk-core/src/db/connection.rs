//! One connection of either database, and the generic code that runs statements on it.

use diesel::connection::{CacheSize, DefaultLoadingMode, LoadConnection, SimpleConnection};
use diesel::deserialize::Result as ReadResult;
use diesel::expression::QueryMetadata;
#[cfg(feature = "postgres")]
use diesel::pg::{PgConnection, PgRowByRowLoadingMode};
use diesel::row::{Field as _, Row};
use diesel::sql_types::Untyped;
use diesel::sqlite::SqliteConnection;
use diesel::{Connection as _, QueryResult};

use super::query::{Kind, Query, Scalar, Shapes, SqlBackend};
use super::{JsonColumn, RowForm};
use crate::error::Result;

/// The connection proper.
pub(super) enum Link {
    Sqlite(Box<SqliteConnection>),
    #[cfg(feature = "postgres")]
    Postgres(Box<PgConnection>),
}

/// A connection with what it keeps prepared.
pub(super) struct Connection {
    pub(super) link: Link,
    shapes: Shapes,
}

/// Runs one expression on whichever connection there is.
macro_rules! on {
    ($link:expr, $conn:ident => $body:expr) => {
        match $link {
            Link::Sqlite($conn) => $body,
            #[cfg(feature = "postgres")]
            Link::Postgres($conn) => $body,
        }
    };
}

impl Connection {
    pub(super) fn new(link: Link) -> Connection {
        Connection {
            link,
            shapes: Shapes::default(),
        }
    }

    pub(super) fn is_postgres(&self) -> bool {
        !matches!(self.link, Link::Sqlite(_))
    }

    /// Runs SQL text of ours that takes no values.
    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        Ok(on!(&mut self.link, conn => conn.batch_execute(sql))?)
    }

    pub(super) fn execute(&mut self, mut query: Query<'_>) -> Result<usize> {
        query.admit(&mut self.shapes);
        Ok(on!(&mut self.link, conn => conn.execute_returning_count(&query))?)
    }

    pub(super) fn rows(&mut self, mut query: Query<'_>, kinds: &[Kind]) -> Result<Vec<Vec<Scalar<'static>>>> {
        query.admit(&mut self.shapes);
        Ok(on!(&mut self.link, conn => read_rows(&mut **conn, &query, kinds))?)
    }

    pub(super) fn json_rows(
        &mut self,
        mut query: Query<'_>,
        columns: &[JsonColumn<'_>],
        form: RowForm<'_>,
        out: &mut Vec<u8>,
    ) -> Result<usize> {
        query.admit(&mut self.shapes);
        Ok(on!(&mut self.link, conn => write_rows(&mut **conn, &query, columns, form, out))?)
    }

    /// Hands over row by row; no more of them is held than one, on PostgreSQL by its single-row mode.
    pub(super) fn each_row(
        &mut self,
        mut query: Query<'_>,
        kinds: &[Kind],
        take: &mut dyn FnMut(Vec<Scalar<'static>>) -> Result<()>,
    ) -> Result<()> {
        query.admit(&mut self.shapes);
        match &mut self.link {
            Link::Sqlite(conn) => take_rows::<DefaultLoadingMode, _>(&mut **conn, &query, kinds, take),
            #[cfg(feature = "postgres")]
            Link::Postgres(conn) => take_rows::<PgRowByRowLoadingMode, _>(&mut **conn, &query, kinds, take),
        }
    }

    /// Forgets prepared statements, whose columns may have changed.
    pub(super) fn forget(&mut self) {
        on!(&mut self.link, conn => {
            conn.set_prepared_statement_cache_size(CacheSize::Disabled);
            conn.set_prepared_statement_cache_size(CacheSize::Unbounded);
        });
        self.shapes.clear();
    }

    /// Whether the connection still answers; asked after a failure.
    pub(super) fn is_alive(&mut self) -> bool {
        !self.is_postgres() || self.batch("SELECT 1").is_ok()
    }
}

/// A connection whose rows the engine reads.
trait Reads: LoadConnection<DefaultLoadingMode, Backend: SqlBackend + QueryMetadata<Untyped>> {}

impl<C> Reads for C
where
    C: LoadConnection<DefaultLoadingMode>,
    C::Backend: SqlBackend + QueryMetadata<Untyped>,
{
}

fn failed<T>(result: ReadResult<T>) -> QueryResult<T> {
    result.map_err(diesel::result::Error::DeserializationError)
}

fn read_rows<C: Reads>(
    conn: &mut C,
    query: &Query<'_>,
    kinds: &[Kind],
) -> QueryResult<Vec<Vec<Scalar<'static>>>> {
    let mut rows = Vec::new();
    for row in LoadConnection::<DefaultLoadingMode>::load(conn, query)? {
        rows.push(cells(&row?, kinds)?);
    }
    Ok(rows)
}

fn take_rows<M, C>(
    conn: &mut C,
    query: &Query<'_>,
    kinds: &[Kind],
    take: &mut dyn FnMut(Vec<Scalar<'static>>) -> Result<()>,
) -> Result<()>
where
    C: LoadConnection<M, Backend: SqlBackend + QueryMetadata<Untyped>>,
{
    for row in LoadConnection::<M>::load(conn, query)? {
        let row = row?;
        take(cells(&row, kinds)?)?;
    }
    Ok(())
}

/// The columns of a row, each read as the kind at its place.
fn cells<'a, B: SqlBackend>(row: &impl Row<'a, B>, kinds: &[Kind]) -> QueryResult<Vec<Scalar<'static>>> {
    let mut cells = Vec::with_capacity(kinds.len());
    for (i, kind) in kinds.iter().enumerate() {
        let field = Row::get(row, i).ok_or(diesel::result::Error::NotFound)?;
        cells.push(match field.value() {
            None => Scalar::Null,
            Some(raw) => failed(B::read(raw, *kind))?,
        });
    }
    Ok(cells)
}

fn write_rows<C: Reads>(
    conn: &mut C,
    query: &Query<'_>,
    columns: &[JsonColumn<'_>],
    form: RowForm<'_>,
    out: &mut Vec<u8>,
) -> QueryResult<usize> {
    let mut count = 0;
    for row in LoadConnection::<DefaultLoadingMode>::load(conn, query)? {
        let row = row?;
        if count > 0 {
            out.push(b',');
        }
        count += 1;
        out.push(if form == RowForm::Array { b'[' } else { b'{' });
        let mut first = true;
        for (i, column) in columns.iter().enumerate() {
            let field = Row::get(&row, i).ok_or(diesel::result::Error::NotFound)?;
            let value = field.value();
            if value.is_none() && matches!(form, RowForm::WithoutNulls(_)) {
                continue;
            }
            if !first {
                out.push(b',');
            }
            first = false;
            if form != RowForm::Array {
                out.extend_from_slice(column.key);
            }
            match value {
                None => out.extend_from_slice(b"null"),
                Some(raw) => failed(<C::Backend as SqlBackend>::write_json(raw, column.kind, out))?,
            }
        }
        match form {
            RowForm::Object => out.push(b'}'),
            RowForm::Array => out.push(b']'),
            RowForm::WithoutNulls(tail) => out.extend_from_slice(tail),
        }
    }
    Ok(count)
}
