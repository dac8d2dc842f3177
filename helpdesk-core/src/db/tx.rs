//! One request's view of the database.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel::sqlite::SqliteConnection;
use parking_lot::lock_api::ArcMutexGuard;
use parking_lot::{FairMutex, RawFairMutex};

use super::connection::{Connection, Link};
use super::durable::Durable;
use super::{Database, Engine, JsonColumn, Kind, Query, RowForm, Scalar, Ticket};
use crate::cx::Outbox;
use crate::error::{Error, ErrorKind, Result};

/// Holding the write lock longer than this is reported: a method did slow work after its first write.
const LONG_HOLD: Duration = Duration::from_millis(100);

/// Rows of a table below which its statistics say nothing about what it will be.
const SMALL_TABLE: i64 = 1_000;

/// A transaction that has begun.
struct Writing {
    /// SQLite's process-wide lock; PostgreSQL needs none.
    _guard: Option<ArcMutexGuard<RawFairMutex, ()>>,
    since: Instant,
    schema_changed: bool,
    /// Whether all reads see one state, which may be older than what is committed.
    holds: bool,
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
    conn: Connection,
    database: Arc<Database>,
    writing: Option<Writing>,
    savepoints: Vec<Savepoint>,
    numbered: u64,
    may_take_long: bool,
    generation: u64,
    /// Whether rows changed that kept values are derived from.
    source_changed: bool,
    /// Texts of the statements that read, where somebody wants to know.
    noted: Option<Vec<String>>,
    /// From when on every statement is refused: the end of a job's time.
    pub(crate) deadline: Option<Instant>,
}

impl Tx {
    pub(super) fn new(conn: Connection, database: &Arc<Database>) -> Tx {
        Tx {
            out: Outbox::default(),
            conn,
            database: Arc::clone(database),
            writing: None,
            savepoints: Vec::new(),
            numbered: 0,
            may_take_long: false,
            generation: database.generation(),
            source_changed: false,
            noted: None,
            deadline: None,
        }
    }

    /// All rows of a statement, each column read as the kind at its place.
    ///
    /// # Errors
    /// A database failure.
    pub fn rows(&mut self, query: Query<'_>, kinds: &[Kind]) -> Result<Vec<Vec<Scalar<'static>>>> {
        self.in_time()?;
        self.note(&query);
        self.conn.rows(query, kinds)
    }

    /// From now on keeps the texts of statements that read, for looking at how the database runs them.
    pub fn note_statements(&mut self) {
        self.noted = Some(Vec::new());
    }

    /// The texts since [`Tx::note_statements`], with `?` for bound values; none are kept any more.
    pub fn noted_statements(&mut self) -> Vec<String> {
        self.noted.take().unwrap_or_default()
    }

    fn note(&mut self, query: &Query<'_>) {
        if let Some(noted) = &mut self.noted {
            noted.push(query.shown());
        }
    }

    /// Hands over the rows of a statement one by one, however many there are; for connections that do nothing else
    /// meanwhile.
    ///
    /// # Errors
    /// A database failure, and what `take` returns, which ends the reading.
    pub fn each_row(
        &mut self,
        query: Query<'_>,
        kinds: &[Kind],
        take: &mut dyn FnMut(Vec<Scalar<'static>>) -> Result<()>,
    ) -> Result<()> {
        self.conn.each_row(query, kinds, take)
    }

    /// Lets statements of this connection run for up to `seconds`: for one of its own that reads as slowly as somebody
    /// takes the rows. SQLite has no limit.
    ///
    /// # Errors
    /// A database failure.
    pub fn read_for(&mut self, seconds: u32) -> Result<()> {
        if self.conn.is_postgres() {
            self.conn
                .batch(&format!("SET statement_timeout TO '{seconds}s'"))?;
        }
        Ok(())
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

    /// Writes each row as JSON of a form, separated by commas; returns the number of rows.
    ///
    /// # Errors
    /// A database failure.
    pub fn json_rows(
        &mut self,
        query: Query<'_>,
        columns: &[JsonColumn<'_>],
        form: RowForm<'_>,
        out: &mut Vec<u8>,
    ) -> Result<usize> {
        self.in_time()?;
        self.note(&query);
        self.conn.json_rows(query, columns, form, out)
    }

    /// Runs a statement that writes; the first one of a request begins its transaction.
    ///
    /// # Errors
    /// A database failure; `InReadOnlyMode` when the disk refused to sync before.
    pub fn execute(&mut self, query: Query<'_>) -> Result<usize> {
        self.in_time()?;
        self.begin()?;
        self.conn.execute(query)
    }

    fn in_time(&self) -> Result<()> {
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(Error::internal(crate::jobs::TimedOut)),
            _ => Ok(()),
        }
    }

    /// Runs a change of the schema; prepared statements are forgotten, since their columns may have changed, here at
    /// once and by other connections after the commit.
    ///
    /// # Errors
    /// A database failure.
    pub fn execute_schema(&mut self, mut query: Query<'_>) -> Result<()> {
        query.forget();
        self.execute(query)?;
        if let Some(writing) = &mut self.writing {
            writing.schema_changed = true;
        }
        self.conn.forget();
        Ok(())
    }

    /// Forgets prepared statements if the schema changed since the last job on this connection.
    pub(crate) fn refresh(&mut self) {
        let current = self.database.generation();
        if self.generation != current {
            self.generation = current;
            self.conn.forget();
        }
    }

    /// Whether the connection still answers; asked after a failure.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.conn.is_alive()
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
        if self.database.durable_commits().is_some_and(Durable::has_failed) {
            return Err(Error::bare(ErrorKind::InReadOnlyMode, "the disk refused to sync"));
        }
        let (guard, begin) = match &self.database.engine {
            Engine::Sqlite { lock, .. } => (Some(FairMutex::lock_arc(lock)), "BEGIN IMMEDIATE"),
            #[cfg(feature = "postgres")]
            Engine::Postgres { .. } => (None, "BEGIN"),
        };
        self.conn.batch(begin)?;
        self.writing = Some(Writing {
            _guard: guard,
            since: Instant::now(),
            schema_changed: false,
            holds: false,
        });
        Ok(())
    }

    /// Keeps to what the database holds now: all reads until the transaction ends see one state. For a connection that
    /// only reads.
    ///
    /// # Errors
    /// A database failure.
    pub fn hold(&mut self) -> Result<()> {
        self.conn.batch(if self.conn.is_postgres() {
            "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        } else {
            "BEGIN"
        })?;
        self.writing = Some(Writing {
            _guard: None,
            since: Instant::now(),
            schema_changed: false,
            holds: true,
        });
        self.may_take_long = true;
        Ok(())
    }

    /// Says that the transaction is to hold the write lock long, since nobody waits for it: an install, a load.
    pub fn may_take_long(&mut self) {
        self.may_take_long = true;
    }

    /// Gathers statistics for the planner where tables changed much since the last time; a sample of each index. Those of
    /// small tables are thrown away: a table that held five rows at the start of a server would be walked by it until its
    /// end, however large it grows. PostgreSQL does all this by itself.
    ///
    /// # Errors
    /// A database failure.
    pub fn optimize(&mut self) -> Result<()> {
        if self.conn.is_postgres() {
            return Ok(());
        }
        self.conn.batch("PRAGMA analysis_limit=1000")?;
        self.conn.batch("PRAGMA optimize=0x10002")?;
        // Makes the table of statistics where there is none, and at the end reads it anew.
        self.conn.batch("ANALYZE sqlite_schema")?;
        let mut small = Query::fixed();
        small
            .sql("DELETE FROM sqlite_stat1 WHERE CAST(stat AS INTEGER) < ")
            .bind(Kind::Int, Scalar::Int(SMALL_TABLE));
        self.conn.execute(small)?;
        self.conn.batch("ANALYZE sqlite_schema")?;
        self.conn.forget();
        Ok(())
    }

    /// Whether this request has begun to write.
    pub fn is_writing(&self) -> bool {
        self.writing.is_some()
    }

    /// Whether what is kept in memory of committed rows holds for this request: it sees the newest rows, and changed none
    /// that values are kept of.
    pub(crate) fn sees_what_is_kept(&self) -> bool {
        !self.source_changed && !self.writing.as_ref().is_some_and(|writing| writing.holds)
    }

    /// Notes that this transaction changed rows that values are kept of.
    pub(crate) fn source_changed(&mut self) {
        self.source_changed = true;
    }

    /// Whether the database is PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.conn.is_postgres()
    }

    /// Commits what was written, if anything; the ticket tells when it is durable.
    ///
    /// # Errors
    /// A database failure; then everything is rolled back.
    pub fn commit(&mut self) -> Result<Option<Ticket>> {
        self.source_changed = false;
        let Some(writing) = self.writing.take() else {
            return Ok(None);
        };
        self.savepoints.clear();
        if let Err(error) = self.conn.batch("COMMIT") {
            self.undo();
            return Err(error);
        }
        let ticket = self.database.durable_commits().map(Durable::committed);
        if writing.schema_changed {
            self.database.generation.fetch_add(1, Ordering::AcqRel);
        }
        let held = writing.since.elapsed();
        drop(writing);
        if held > LONG_HOLD && !self.may_take_long {
            tracing::warn!(
                milliseconds = held.as_millis(),
                "a transaction took long; do slow work before the first write"
            );
        }
        Ok(ticket)
    }

    /// Rolls back what was written, if anything.
    pub fn rollback(&mut self) {
        self.source_changed = false;
        self.savepoints.clear();
        if self.writing.is_some() {
            self.undo();
            self.writing = None;
        }
    }

    fn undo(&mut self) {
        if let Err(error) = self.conn.batch("ROLLBACK") {
            // SQLite has rolled back by itself after some failures; then there is nothing to undo.
            tracing::debug!(%error, "roll-back found no transaction");
        }
        if self
            .writing
            .as_ref()
            .is_some_and(|writing| writing.schema_changed)
        {
            self.conn.forget();
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
        self.numbered += 1;
        let number = self.numbered;
        self.conn.batch(&format!("SAVEPOINT sp{number}"))?;
        self.savepoints.push(Savepoint::Real(number));
        Ok(())
    }

    /// Ends the innermost savepoint, keeping or undoing what was written in it.
    ///
    /// # Errors
    /// A database failure.
    pub fn savepoint_end(&mut self, keep: bool) -> Result<()> {
        match (self.savepoints.pop(), keep) {
            (Some(Savepoint::Real(number)), true) => self.conn.batch(&format!("RELEASE sp{number}"))?,
            (Some(Savepoint::Real(number)), false) => {
                self.conn
                    .batch(&format!("ROLLBACK TO sp{number}; RELEASE sp{number}"))?;
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

    /// The SQLite connection itself, for Diesel's typed queries; `None` on PostgreSQL. Reads only, unless
    /// [`Tx::begin`] came first.
    pub fn sqlite(&mut self) -> Option<&mut SqliteConnection> {
        match &mut self.conn.link {
            Link::Sqlite(conn) => Some(conn),
            #[cfg(feature = "postgres")]
            Link::Postgres(_) => None,
        }
    }

    /// The PostgreSQL connection itself, for Diesel's typed queries; `None` on SQLite. Reads only, unless
    /// [`Tx::begin`] came first.
    #[cfg(feature = "postgres")]
    pub fn postgres(&mut self) -> Option<&mut diesel::pg::PgConnection> {
        match &mut self.conn.link {
            Link::Postgres(conn) => Some(conn),
            Link::Sqlite(_) => None,
        }
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
