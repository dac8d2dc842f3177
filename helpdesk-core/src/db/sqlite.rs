//! What is SQLite's own: opening, pragmas, binding and reading.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::deserialize;
use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{BigInt, Double, Nullable, Text};
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType, SqliteValue};

use super::json;
use super::query::{Bind, Kind, Scalar, SqlBackend};
use crate::error::{Error, Result};

/// How a commit of this connection reaches the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sync {
    /// WAL frames are written, synced in groups by the syncer thread (or not at all).
    Grouped,
    /// SQLite syncs each commit itself: for commands beside a server.
    Each,
}

/// Opens a connection and sets it up (design/data-layer.md §4: one pragma a batch, in this order).
pub(super) fn open(path: &Path, sync: Sync) -> Result<SqliteConnection> {
    let shown = path
        .to_str()
        .ok_or_else(|| Error::internal(format!("the path {} is not UTF-8", path.display())))?;
    let mut conn = SqliteConnection::establish(shown)
        .map_err(|error| Error::internal(format!("cannot open the database {shown}: {error}")))?;
    let synchronous = match sync {
        Sync::Grouped => "PRAGMA synchronous=NORMAL",
        Sync::Each => "PRAGMA synchronous=FULL",
    };
    for pragma in [
        "PRAGMA busy_timeout=5000",
        "PRAGMA journal_mode=WAL",
        synchronous,
        "PRAGMA cache_size=-4096",
        "PRAGMA mmap_size=268435456",
        "PRAGMA temp_store=MEMORY",
    ] {
        conn.batch_execute(pragma)?;
    }
    Ok(conn)
}

/// Whether this SQLite was built with the planner's stability switch (see `.cargo/config.toml`).
pub(super) fn has_stable_planner(conn: &mut SqliteConnection) -> Result<bool> {
    #[derive(QueryableByName)]
    struct Opt {
        #[diesel(sql_type = Text)]
        compile_options: String,
    }
    let options: Vec<Opt> = diesel::sql_query("PRAGMA compile_options").load(conn)?;
    Ok(options
        .iter()
        .any(|option| option.compile_options == "ENABLE_QPSG"))
}

impl SqlBackend for Sqlite {
    const POSTGRES: bool = false;

    fn bind<'b>(bind: &'b Bind<'_>, mut out: AstPass<'_, 'b, Self>) -> QueryResult<()> {
        match &bind.value {
            Scalar::Null => match bind.kind {
                Kind::Int | Kind::Check => out.push_bind_param::<Nullable<BigInt>, Option<i64>>(&None),
                Kind::Float => out.push_bind_param::<Nullable<Double>, Option<f64>>(&None),
                Kind::Text | Kind::Date | Kind::Time | Kind::DateTime => {
                    out.push_bind_param::<Nullable<Text>, Option<String>>(&None)
                }
            },
            Scalar::Int(int) => out.push_bind_param::<BigInt, i64>(int),
            Scalar::Float(float) => out.push_bind_param::<Double, f64>(float),
            Scalar::Text(text) => out.push_bind_param::<Text, std::borrow::Cow<'_, str>>(text),
        }
    }

    fn read(mut raw: SqliteValue<'_, '_, '_>, kind: Kind) -> deserialize::Result<Scalar<'static>> {
        Ok(match raw.value_type() {
            None => Scalar::Null,
            Some(SqliteType::Text) => Scalar::Text(raw.read_text().to_owned().into()),
            Some(SqliteType::Long | SqliteType::Integer | SqliteType::SmallInt) if kind == Kind::Float => {
                Scalar::Float(raw.read_double())
            }
            Some(SqliteType::Long | SqliteType::Integer | SqliteType::SmallInt) => {
                Scalar::Int(raw.read_long())
            }
            Some(SqliteType::Double | SqliteType::Float) => Scalar::Float(raw.read_double()),
            Some(SqliteType::Binary) => return Err("a blob in a column of the framework".into()),
        })
    }

    fn write_json(
        mut raw: SqliteValue<'_, '_, '_>,
        kind: Kind,
        out: &mut Vec<u8>,
    ) -> deserialize::Result<()> {
        match raw.value_type() {
            None => out.extend_from_slice(b"null"),
            Some(SqliteType::Text) => json::write_text(raw.read_text(), kind, out),
            Some(SqliteType::Long | SqliteType::Integer | SqliteType::SmallInt) if kind == Kind::Float => {
                json::write_float(raw.read_double(), out);
            }
            Some(SqliteType::Long | SqliteType::Integer | SqliteType::SmallInt) => {
                json::write_int(raw.read_long(), out);
            }
            Some(SqliteType::Double | SqliteType::Float) => json::write_float(raw.read_double(), out),
            Some(SqliteType::Binary) => return Err("a blob in a column of the framework".into()),
        }
        Ok(())
    }
}
