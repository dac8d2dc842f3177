//! Copying a site from one database into another, of either kind.
//!
//! All tables the engine made are copied as they are: documents, child rows, single DocTypes, passwords, naming
//! counters, users' settings. The schema of the copy is made of the source's metadata, so columns of Custom Fields are
//! there; kinds of columns are read from both databases' catalogues. Everything happens in one transaction of the
//! target, over one state of the source.

mod rows;
mod tables;

pub use self::tables::Unknown;

use self::tables::Table;
use crate::db::{Kind, Query, Scalar, Tx};
use crate::doctype::registry::{self, Metas};
use crate::doctype::schema;
use crate::doctype::system::AUTH_TABLE;
use crate::error::{Result, invalid};
use crate::search;
use crate::secret::fernet::Key;

/// How many rows of a table there were and are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The table.
    pub table: String,
    /// Rows in the source.
    pub from: i64,
    /// Rows in the target.
    pub to: i64,
}

/// What there is to copy: told before it begins.
#[derive(Debug)]
pub struct Plan {
    tables: Vec<Table>,
    /// Rows of all tables.
    pub rows: u64,
    /// What holds data and belongs to no DocType of this program: it can't be copied.
    pub unknown: Vec<Unknown>,
}

/// Makes the tables in an empty target, and looks at what is to be copied. The source is held as it is now until its
/// connection is dropped; the caller commits the target, or drops it.
///
/// # Errors
/// 417 saying how to go on, when the source holds no site or not this version's schema, or the target is not empty;
/// a database failure.
pub fn begin(source: &mut Tx, target: &mut Tx, registered: &Metas) -> Result<Plan> {
    source.hold()?;
    without_time_limit(source)?;
    if schema::is_blank(source)? {
        return Err(invalid("there is no site in the database to copy from"));
    }
    if let Some(table) = tables::names(target)?.into_iter().next() {
        return Err(invalid(format!(
            "the database to copy to is not empty (it has {table}): name a new one, which is left to this site alone"
        )));
    }
    if !schema::is_blank(target)? {
        return Err(invalid(
            "the database to copy to is not empty: name a new one, which is left to this site alone",
        ));
    }
    let behind = "the site to copy is not at this version: run `helpdesk migrate` on it first";
    if !schema::plan(source, registered)?.is_empty() {
        return Err(invalid(behind));
    }
    let metas = registry::of_site(source, registered)?;
    if !schema::plan(source, &metas)?.is_empty() {
        return Err(invalid(behind));
    }
    target.begin()?;
    target.may_take_long();
    without_time_limit(target)?;
    // Indexes come after the rows: building one at once takes less than keeping it up row by row.
    let steps = schema::plan(target, &metas)?;
    let (_, without_indexes): (Vec<_>, Vec<_>) = steps.into_iter().partition(schema::Step::makes_index);
    schema::apply(target, &without_indexes)?;
    let (tables, unknown) = tables::both(source, target)?;
    let mut rows = 0;
    for table in &tables {
        rows += u64::try_from(count(source, &table.name)?).unwrap_or(0);
    }
    Ok(Plan {
        tables,
        rows,
        unknown,
    })
}

/// Copies all rows, then makes the indexes and counts. `progress` is told how many rows are there.
///
/// # Errors
/// 417 naming the row the target doesn't take; a database failure.
pub fn run(
    source: &mut Tx,
    target: &mut Tx,
    registered: &Metas,
    plan: &Plan,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Copied>> {
    let mut done = 0;
    for table in &plan.tables {
        rows::copy(source, target, table, &mut |rows| {
            done += rows;
            progress(done);
        })?;
    }
    let metas = registry::of_site(target, registered)?;
    let indexes = schema::plan(target, &metas)?;
    schema::apply(target, &indexes)?;
    for index in search::indexes() {
        search::rebuild(target, &metas, index, &mut |_| {})?;
    }
    let mut copied = Vec::with_capacity(plan.tables.len());
    for table in &plan.tables {
        copied.push(Copied {
            table: table.name.clone(),
            from: count(source, &table.name)?,
            to: count(target, &table.name)?,
        });
    }
    Ok(copied)
}

/// A password that can't be decrypted with an `encryption_key`, in words; `None` where all can.
///
/// # Errors
/// A database failure.
pub fn unreadable_password(tx: &mut Tx, encryption_key: &str) -> Result<Option<String>> {
    let key = Key::of(encryption_key);
    let mut query = Query::new();
    query
        .sql("SELECT doctype, name, fieldname, password FROM ")
        .ident(AUTH_TABLE)
        .sql(" WHERE encrypted = 1 ORDER BY doctype, name, fieldname");
    for row in tx.rows(query, &[Kind::Text; 4])? {
        let texts: Vec<&str> = row.iter().filter_map(Scalar::as_str).collect();
        let [doctype, name, field, password] = texts[..] else {
            continue;
        };
        if key.as_ref().and_then(|key| key.decrypt(password)).is_none() {
            return Ok(Some(format!("{field} of {doctype} {name}")));
        }
    }
    Ok(None)
}

/// Large tables take longer to count and to index than any request may.
fn without_time_limit(tx: &mut Tx) -> Result<()> {
    if tx.is_postgres() {
        let mut query = Query::new();
        query.sql("SET LOCAL statement_timeout TO 0").forget();
        tx.rows(query, &[])?;
    }
    Ok(())
}

fn count(tx: &mut Tx, table: &str) -> Result<i64> {
    let mut query = Query::new();
    query.sql("SELECT count(*) FROM ").ident(table.to_owned());
    query.forget();
    tx.count(query)
}
