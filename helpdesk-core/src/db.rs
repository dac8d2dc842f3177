//! The database: connections, the write lock, transactions, statements.
//!
//! Reads run in autocommit and see the newest commit. The first write of a request begins its transaction — on
//! SQLite under the process-wide fair lock — and the end of the request commits or rolls back
//! (design/data-layer.md §4). What differs between SQLite and PostgreSQL stands in `sqlite.rs`, `postgres.rs` and in
//! [`Query::either`].

mod connection;
pub mod durable;
pub mod json;
pub mod pool;
#[cfg(feature = "postgres")]
mod postgres;
pub mod query;
mod sqlite;
mod tx;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::FairMutex;

use self::connection::{Connection, Link};
use self::durable::Durable;
pub use self::durable::Ticket;
pub use self::pool::Pool;
pub use self::query::{Kind, Query, Scalar};
pub use self::tx::Tx;
use crate::config::Durability;
use crate::error::{Error, Result};

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL server: `postgres://user:password@host:port/database`.
    Server(String),
}

impl Place {
    /// The place a setting names: empty for the SQLite file of the site's folder, `sqlite:PATH`, or a PostgreSQL URL.
    ///
    /// # Errors
    /// For a URL of another scheme.
    pub fn parse(setting: &str, default: &Path) -> Result<Place> {
        if setting.is_empty() {
            return Ok(Place::File(default.to_owned()));
        }
        if setting.starts_with("postgres://") || setting.starts_with("postgresql://") {
            return Ok(Place::Server(setting.to_owned()));
        }
        if let Some(path) = setting.strip_prefix("sqlite:") {
            return Ok(Place::File(PathBuf::from(path.trim_start_matches("//"))));
        }
        Err(Error::internal(format!(
            "database = {setting:?}: give nothing (SQLite in the site's folder), sqlite:PATH, or postgres://…"
        )))
    }
}

/// One database, shared by all its connections.
#[derive(Debug)]
pub struct Database {
    engine: Engine,
    /// Rises with each committed change of the schema.
    generation: AtomicU64,
}

#[derive(Debug)]
enum Engine {
    Sqlite {
        path: PathBuf,
        lock: Arc<FairMutex<()>>,
        durable: Option<Durable>,
        sync: sqlite::Sync,
    },
    #[cfg(feature = "postgres")]
    Postgres { url: String },
}

/// Keeps other processes from making or changing the schema; see [`Database::alone`].
pub struct Alone {
    /// The lock belongs to this connection and ends with it.
    #[cfg(feature = "postgres")]
    _conn: Option<Box<diesel::pg::PgConnection>>,
}

impl std::fmt::Debug for Alone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Alone").finish_non_exhaustive()
    }
}

/// How a database is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For a server, alone on the file: commits are synced in groups, or not at all.
    Server(Durability),
    /// For a command that may run beside a server: each commit is synced by the database.
    Command,
}

impl Database {
    /// Opens the SQLite file at `path`, making it if there is none.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path, mode: Mode) -> Result<Arc<Database>> {
        Database::open_at(&Place::File(path.to_owned()), mode)
    }

    /// Opens a database of either kind.
    ///
    /// # Errors
    /// When the file cannot be opened or the server not be reached.
    pub fn open_at(place: &Place, mode: Mode) -> Result<Arc<Database>> {
        let engine = match place {
            Place::File(path) => open_sqlite(path, mode)?,
            #[cfg(feature = "postgres")]
            Place::Server(url) => {
                use diesel::connection::SimpleConnection;
                postgres::open(url)?.batch_execute(postgres::COLLATION)?;
                Engine::Postgres { url: url.clone() }
            }
            #[cfg(not(feature = "postgres"))]
            Place::Server(_) => {
                return Err(Error::internal(
                    "this build knows no PostgreSQL (feature `postgres`)",
                ));
            }
        };
        Ok(Arc::new(Database {
            engine,
            generation: AtomicU64::new(0),
        }))
    }

    /// A connection of its own, with its transaction state.
    ///
    /// # Errors
    /// When the file cannot be opened or the server not be reached.
    pub fn connect(self: &Arc<Database>) -> Result<Tx> {
        let link = match &self.engine {
            Engine::Sqlite { path, sync, .. } => Link::Sqlite(Box::new(sqlite::open(path, *sync)?)),
            #[cfg(feature = "postgres")]
            Engine::Postgres { url } => Link::Postgres(Box::new(postgres::open(url)?)),
        };
        Ok(Tx::new(Connection::new(link), self))
    }

    /// Whether this is a PostgreSQL database.
    pub fn is_postgres(&self) -> bool {
        !matches!(self.engine, Engine::Sqlite { .. })
    }

    /// Waits until no other process makes or changes the schema of this database, and keeps them waiting until the
    /// answer is dropped. On SQLite the lock of the site's folder does that.
    ///
    /// # Errors
    /// When the server can't be reached, or another process holds the lock for longer than ten minutes.
    pub fn alone(&self) -> Result<Alone> {
        match &self.engine {
            Engine::Sqlite { .. } => Ok(Alone {
                #[cfg(feature = "postgres")]
                _conn: None,
            }),
            #[cfg(feature = "postgres")]
            Engine::Postgres { url } => Ok(Alone {
                _conn: Some(Box::new(postgres::alone(url)?)),
            }),
        }
    }

    fn durable_commits(&self) -> Option<&Durable> {
        match &self.engine {
            Engine::Sqlite { durable, .. } => durable.as_ref(),
            #[cfg(feature = "postgres")]
            Engine::Postgres { .. } => None,
        }
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Waits until a commit is on disk; at once where the database synced it itself, or nothing is synced.
    ///
    /// # Errors
    /// 500 when the disk refused.
    pub async fn durable(&self, ticket: Option<Ticket>) -> Result<()> {
        match (self.durable_commits(), ticket) {
            (Some(durable), Some(ticket)) => durable.wait(ticket).await,
            _ => Ok(()),
        }
    }

    /// As [`Database::durable`], blocking the thread.
    ///
    /// # Errors
    /// 500 when the disk refused.
    pub fn durable_blocking(&self, ticket: Option<Ticket>) -> Result<()> {
        match (self.durable_commits(), ticket) {
            (Some(durable), Some(ticket)) => durable.wait_blocking(ticket),
            _ => Ok(()),
        }
    }
}

fn open_sqlite(path: &Path, mode: Mode) -> Result<Engine> {
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
    Ok(Engine::Sqlite {
        path: path.to_owned(),
        lock: Arc::new(FairMutex::new(())),
        durable,
        sync,
    })
}

/// A failed sync is final: those who wait are told, then the process ends so that nothing more is promised.
fn end_process() {
    std::thread::sleep(Duration::from_millis(500));
    std::process::exit(70);
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
    use crate::error::ErrorKind;

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
