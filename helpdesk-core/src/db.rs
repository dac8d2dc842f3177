//! The database: connections, the write lock, transactions, statements.
//!
//! Reads run in autocommit and see the newest commit. The first write of a request takes the process-wide fair
//! lock and begins; the end of the request commits or rolls back (design/data-layer.md §4).

pub mod durable;
pub mod json;
pub mod pool;
pub mod query;
mod sqlite;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::{DefaultLoadingMode, LoadConnection, SimpleConnection};
use diesel::prelude::*;
use diesel::row::Field as _;
use diesel::sqlite::{Sqlite, SqliteConnection};
use parking_lot::lock_api::ArcMutexGuard;
use parking_lot::{FairMutex, RawFairMutex};

use self::durable::Durable;
pub use self::durable::Ticket;
pub use self::pool::Pool;
pub use self::query::{Kind, Query, Scalar};
use self::query::{Shapes, SqlBackend};
use crate::config::Durability;
use crate::cx::Outbox;
use crate::error::{Error, ErrorKind, Result};

/// Holding the write lock longer than this is reported: a method did slow work after its first write.
const LONG_HOLD: Duration = Duration::from_millis(100);

/// One database, shared by all its connections.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    lock: Arc<FairMutex<()>>,
    durable: Option<Durable>,
    sync: sqlite::Sync,
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For a server, alone on the file: commits are synced in groups, or not at all.
    Server(Durability),
    /// For a command that may run beside a server: each commit is synced by SQLite.
    Command,
}

impl Database {
    /// Opens the SQLite file at `path`, making it if there is none.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path, mode: Mode) -> Result<Arc<Database>> {
        let sync = if mode == Mode::Command {
            sqlite::Sync::Each
        } else {
            sqlite::Sync::Grouped
        };
        let mut first = sqlite::open(path, sync)?;
        if !sqlite::has_stable_planner(&mut first)? {
            tracing::warn!(
                "SQLite was built without ENABLE_QPSG, so statements with bound limits are prepared at every run; \
                 put LIBSQLITE3_FLAGS = \"-DSQLITE_ENABLE_QPSG\" under [env] in .cargo/config.toml"
            );
        }
        let durable = match mode {
            Mode::Server(Durability::Full) => Some(Durable::start(path, Box::new(end_process))?),
            Mode::Server(Durability::Relaxed) | Mode::Command => None,
        };
        Ok(Arc::new(Database {
            path: path.to_owned(),
            lock: Arc::new(FairMutex::new(())),
            durable,
            sync,
        }))
    }

    /// A connection of its own, with its transaction state.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn connect(self: &Arc<Database>) -> Result<Tx> {
        let conn = Box::new(Conn {
            sqlite: sqlite::open(&self.path, self.sync)?,
            shapes: Shapes::default(),
        });
        Ok(Tx {
            out: Outbox::default(),
            conn,
            database: Arc::clone(self),
            writing: None,
            savepoints: Vec::new(),
            forced: 0,
            may_take_long: false,
        })
    }

    /// Waits until a commit is on disk; at once where nothing is synced.
    ///
    /// # Errors
    /// 500 when the disk refused.
    pub async fn durable(&self, ticket: Option<Ticket>) -> Result<()> {
        match (&self.durable, ticket) {
            (Some(durable), Some(ticket)) => durable.wait(ticket).await,
            _ => Ok(()),
        }
    }

    /// As [`Database::durable`], blocking the thread.
    ///
    /// # Errors
    /// 500 when the disk refused.
    pub fn durable_blocking(&self, ticket: Option<Ticket>) -> Result<()> {
        match (&self.durable, ticket) {
            (Some(durable), Some(ticket)) => durable.wait_blocking(ticket),
            _ => Ok(()),
        }
    }
}

/// A failed sync is final: those who wait are told, then the process ends so that nothing more is promised.
fn end_process() {
    std::thread::sleep(Duration::from_millis(500));
    std::process::exit(70);
}

struct Conn {
    sqlite: SqliteConnection,
    shapes: Shapes,
}

/// The lock a writer holds, and since when.
struct Writing {
    _guard: ArcMutexGuard<RawFairMutex, ()>,
    since: Instant,
}

enum Savepoint {
    /// Begun before the first write: undoing it is undoing the whole transaction.
    Lazy,
    /// A savepoint of the database, by number.
    Real(u64),
}

/// One request's view of the database, and what leaves the request beside its result.
pub struct Tx {
    /// Messages, side keys, after-commit work.
    pub out: Outbox,
    conn: Box<Conn>,
    database: Arc<Database>,
    writing: Option<Writing>,
    savepoints: Vec<Savepoint>,
    forced: u64,
    may_take_long: bool,
}

impl Tx {
    /// All rows of a statement, each column read as the kind at its place.
    ///
    /// # Errors
    /// A database failure.
    pub fn rows(&mut self, mut query: Query<'_>, kinds: &[Kind]) -> Result<Vec<Vec<Scalar<'static>>>> {
        query.admit(&mut self.conn.shapes);
        let mut rows = Vec::new();
        for row in LoadConnection::<DefaultLoadingMode>::load(&mut self.conn.sqlite, &query)? {
            let row = row?;
            let mut cells = Vec::with_capacity(kinds.len());
            for (i, kind) in kinds.iter().enumerate() {
                let field = diesel::row::Row::get(&row, i).ok_or(diesel::result::Error::NotFound)?;
                cells.push(match field.value() {
                    None => Scalar::Null,
                    Some(raw) => <Sqlite as SqlBackend>::read(raw, *kind)
                        .map_err(diesel::result::Error::DeserializationError)?,
                });
            }
            rows.push(cells);
        }
        Ok(rows)
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// A database failure.
    pub fn row(&mut self, query: Query<'_>, kinds: &[Kind]) -> Result<Option<Vec<Scalar<'static>>>> {
        Ok(self.rows(query, kinds)?.into_iter().next())
    }

    /// The first column of the first row as an integer; 0 where there is none.
    ///
    /// # Errors
    /// A database failure.
    pub fn count(&mut self, query: Query<'_>) -> Result<i64> {
        Ok(self
            .row(query, &[Kind::Int])?
            .and_then(|row| row.first().and_then(Scalar::as_int))
            .unwrap_or(0))
    }

    /// Writes each row as JSON: `[` or `{` per row, separated by commas; returns the number of rows.
    ///
    /// # Errors
    /// A database failure.
    pub fn json_rows(
        &mut self,
        mut query: Query<'_>,
        columns: &[JsonColumn<'_>],
        form: RowForm<'_>,
        out: &mut Vec<u8>,
    ) -> Result<usize> {
        query.admit(&mut self.conn.shapes);
        let mut count = 0;
        for row in LoadConnection::<DefaultLoadingMode>::load(&mut self.conn.sqlite, &query)? {
            let row = row?;
            if count > 0 {
                out.push(b',');
            }
            count += 1;
            out.push(if form == RowForm::Array { b'[' } else { b'{' });
            let mut first = true;
            for (i, column) in columns.iter().enumerate() {
                let field = diesel::row::Row::get(&row, i).ok_or(diesel::result::Error::NotFound)?;
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
                    Some(raw) => {
                        <Sqlite as SqlBackend>::write_json(raw, column.kind, out)
                            .map_err(diesel::result::Error::DeserializationError)?;
                    }
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

    /// Runs a statement that writes; the first one of a request begins its transaction.
    ///
    /// # Errors
    /// A database failure; `InReadOnlyMode` when the disk refused to sync before.
    pub fn execute(&mut self, mut query: Query<'_>) -> Result<usize> {
        self.begin()?;
        query.admit(&mut self.conn.shapes);
        Ok(self.conn.sqlite.execute_returning_count(&query)?)
    }

    /// Runs schema changes; prepared statements are forgotten, since their columns may have changed.
    ///
    /// # Errors
    /// A database failure.
    pub fn execute_schema(&mut self, query: Query<'_>) -> Result<()> {
        self.execute({
            let mut query = query;
            query.forget();
            query
        })?;
        self.forget_statements();
        Ok(())
    }

    /// Forgets prepared statements, after a change of the schema.
    pub fn forget_statements(&mut self) {
        self.conn
            .sqlite
            .set_prepared_statement_cache_size(diesel::connection::CacheSize::Disabled);
        self.conn
            .sqlite
            .set_prepared_statement_cache_size(diesel::connection::CacheSize::Unbounded);
        self.conn.shapes.clear();
    }

    /// Takes the write lock and begins, unless that happened already. A document save calls it before it
    /// re-reads what it is going to change.
    ///
    /// # Errors
    /// A database failure; `InReadOnlyMode` when the disk refused to sync before.
    pub fn begin(&mut self) -> Result<()> {
        if self.writing.is_some() {
            return Ok(());
        }
        if self.database.durable.as_ref().is_some_and(Durable::has_failed) {
            return Err(Error::bare(ErrorKind::InReadOnlyMode, "the disk refused to sync"));
        }
        let guard = FairMutex::lock_arc(&self.database.lock);
        self.conn.sqlite.batch_execute("BEGIN IMMEDIATE")?;
        self.writing = Some(Writing {
            _guard: guard,
            since: Instant::now(),
        });
        Ok(())
    }

    /// Says that the transaction is to hold the write lock long, since nobody waits for it: an install, a load.
    pub fn may_take_long(&mut self) {
        self.may_take_long = true;
    }

    /// Gathers statistics for the planner where tables changed much since the last time; a sample of each index.
    ///
    /// # Errors
    /// A database failure.
    pub fn optimize(&mut self) -> Result<()> {
        self.conn.sqlite.batch_execute("PRAGMA analysis_limit=1000")?;
        self.conn.sqlite.batch_execute("PRAGMA optimize=0x10002")?;
        self.forget_statements();
        Ok(())
    }

    /// Whether this request has begun to write.
    pub fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Commits what was written, if anything; the ticket tells when it is durable.
    ///
    /// # Errors
    /// A database failure; then everything is rolled back.
    pub fn commit(&mut self) -> Result<Option<Ticket>> {
        let Some(writing) = self.writing.take() else {
            return Ok(None);
        };
        self.savepoints.clear();
        if let Err(error) = self.conn.sqlite.batch_execute("COMMIT") {
            self.undo();
            return Err(error.into());
        }
        let ticket = self.database.durable.as_ref().map(Durable::committed);
        let held = writing.since.elapsed();
        drop(writing);
        if held > LONG_HOLD && !self.may_take_long {
            tracing::warn!(
                milliseconds = held.as_millis(),
                "the write lock was held long; do slow work before the first write"
            );
        }
        Ok(ticket)
    }

    /// Rolls back what was written, if anything.
    pub fn rollback(&mut self) {
        self.savepoints.clear();
        if self.writing.is_some() {
            self.undo();
            self.writing = None;
        }
    }

    fn undo(&mut self) {
        if let Err(error) = self.conn.sqlite.batch_execute("ROLLBACK") {
            // SQLite has rolled back by itself after some failures; then there is nothing to undo.
            tracing::debug!(%error, "roll-back found no transaction");
        }
    }

    /// Begins a savepoint; see [`crate::cx::Cx::savepoint`].
    ///
    /// # Errors
    /// A database failure.
    pub fn savepoint_begin(&mut self) -> Result<()> {
        if self.writing.is_none() {
            self.savepoints.push(Savepoint::Lazy);
            return Ok(());
        }
        self.forced += 1;
        let number = self.forced;
        self.conn.sqlite.batch_execute(&format!("SAVEPOINT sp{number}"))?;
        self.savepoints.push(Savepoint::Real(number));
        Ok(())
    }

    /// Ends the innermost savepoint, keeping or undoing what was written in it.
    ///
    /// # Errors
    /// A database failure.
    pub fn savepoint_end(&mut self, keep: bool) -> Result<()> {
        match (self.savepoints.pop(), keep) {
            (Some(Savepoint::Real(number)), true) => {
                self.conn.sqlite.batch_execute(&format!("RELEASE sp{number}"))?
            }
            (Some(Savepoint::Real(number)), false) => {
                self.conn
                    .sqlite
                    .batch_execute(&format!("ROLLBACK TO sp{number}; RELEASE sp{number}"))?;
            }
            (Some(Savepoint::Lazy), false) if self.writing.is_some() => {
                self.undo();
                self.writing = None;
            }
            (Some(Savepoint::Lazy) | None, _) => {}
        }
        Ok(())
    }

    /// The database this is a connection of.
    pub fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// The connection itself, for Diesel's typed queries on the real backend. Reads only, unless
    /// [`Tx::begin`] came first.
    pub fn sqlite(&mut self) -> &mut SqliteConnection {
        &mut self.conn.sqlite
    }
}

impl Drop for Tx {
    fn drop(&mut self) {
        self.rollback();
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx")
            .field("writing", &self.writing.is_some())
            .finish_non_exhaustive()
    }
}

/// A column of a JSON row.
#[derive(Clone, Copy, Debug)]
pub struct JsonColumn<'a> {
    /// `"key":` as bytes.
    pub key: &'a [u8],
    /// What the column holds.
    pub kind: Kind,
}

/// The form of a JSON row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowForm<'a> {
    /// `{"key":value,..}` with nulls.
    Object,
    /// `[value,..]`.
    Array,
    /// `{"key":value,..` without nulls, then these bytes: more keys and the closing brace, or keys alone where the
    /// caller goes on.
    WithoutNulls(&'a [u8]),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> (tempfile::TempDir, Arc<Database>) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("t.db"), Mode::Server(Durability::Full)).unwrap();
        let mut tx = database.connect().unwrap();
        let mut create = Query::new();
        create.sql("CREATE TABLE t (name TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER)");
        tx.execute_schema(create).unwrap();
        tx.commit().unwrap();
        (folder, database)
    }

    fn insert(tx: &mut Tx, name: &str) -> Result<usize> {
        let mut query = Query::fixed();
        query
            .sql("INSERT INTO t (name, n) VALUES (")
            .text(name.to_owned())
            .sql(", ")
            .bind(Kind::Int, Scalar::Int(1))
            .sql(")");
        tx.execute(query)
    }

    fn count(tx: &mut Tx) -> i64 {
        let mut query = Query::fixed();
        query.sql("SELECT count(*) FROM t");
        tx.count(query).unwrap()
    }

    #[test]
    fn a_rolled_back_write_is_gone_and_a_committed_one_durable() {
        let (_folder, database) = open();
        let mut tx = database.connect().unwrap();

        insert(&mut tx, "a").unwrap();
        tx.rollback();
        assert_eq!(count(&mut tx), 0);

        insert(&mut tx, "b").unwrap();
        let ticket = tx.commit().unwrap();
        assert!(ticket.is_some());
        database.durable_blocking(ticket).unwrap();
        assert_eq!(count(&mut database.connect().unwrap()), 1);
    }

    #[test]
    fn a_failed_savepoint_undoes_only_what_was_written_in_it() {
        let (_folder, database) = open();
        let mut tx = database.connect().unwrap();

        tx.savepoint_begin().unwrap();
        insert(&mut tx, "lazy").unwrap();
        tx.savepoint_end(false).unwrap();
        assert_eq!(count(&mut tx), 0);

        insert(&mut tx, "kept").unwrap();
        tx.savepoint_begin().unwrap();
        insert(&mut tx, "undone").unwrap();
        tx.savepoint_end(false).unwrap();
        assert_eq!(count(&mut tx), 1);
        tx.commit().unwrap();
        assert_eq!(count(&mut tx), 1);
    }

    #[test]
    fn a_unique_violation_is_the_callers_error() {
        let (_folder, database) = open();
        let mut tx = database.connect().unwrap();

        insert(&mut tx, "x").unwrap();
        let error = insert(&mut tx, "X").unwrap_err();

        assert_eq!(error.kind(), ErrorKind::UniqueValidationError);
    }

    #[test]
    fn readers_are_not_stopped_by_a_writer() {
        let (_folder, database) = open();
        let mut writer = database.connect().unwrap();
        let mut reader = database.connect().unwrap();

        insert(&mut writer, "w").unwrap();

        assert_eq!(count(&mut reader), 0);
        writer.commit().unwrap();
        assert_eq!(count(&mut reader), 1);
    }

    #[test]
    fn many_writers_all_get_through() {
        let (_folder, database) = open();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let database = &database;
                scope.spawn(move || {
                    let mut tx = database.connect().unwrap();
                    for i in 0..25 {
                        insert(&mut tx, &format!("{thread}-{i}")).unwrap();
                        let ticket = tx.commit().unwrap();
                        database.durable_blocking(ticket).unwrap();
                    }
                });
            }
        });

        assert_eq!(count(&mut database.connect().unwrap()), 200);
    }
}
