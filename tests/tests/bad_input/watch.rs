//! What every answer is held to, and whether the database changed.

use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use helpdesk_core::db::{Kind, Query};
use helpdesk_core::error::ErrorKind;
use helpdesk_tests::{Reply, TestSite};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// Whether an answer is one the contract knows.
pub(crate) fn judge(reply: &Reply) -> Result<(), String> {
    let kind = reply.header("content-type").unwrap_or("");
    if !(200..300).contains(&reply.status) && !(400..500).contains(&reply.status) {
        return Err(format!("status {}", reply.status));
    }
    // These are pages in the original too.
    if matches!(reply.status, 405 | 408 | 413) && kind.starts_with("text/html") {
        return Ok(());
    }
    if kind != "application/json" || !reply.json.is_object() {
        return Err(format!("{kind} instead of a JSON object"));
    }
    if reply.status < 300 {
        return Ok(());
    }
    let class = match reply.exc_type() {
        "" => reply.json["errors"][0]["type"].as_str().unwrap_or(""),
        class => class,
    };
    if !ErrorKind::ALL
        .iter()
        .any(|kind| kind.exc_type() == class && kind.status() == reply.status)
    {
        return Err(format!("{} with class {class:?}", reply.status));
    }
    for leak in [
        "syntax error",
        "no such column",
        "no such table",
        "does not exist\\nLINE",
        "src/",
        ".rs:",
    ] {
        if reply.text.contains(leak) {
            return Err(format!("an inside: {leak}"));
        }
    }
    Ok(())
}

/// The database as another process sees it.
pub(crate) enum Watch<'s> {
    Sqlite(Connection),
    /// By the site's own connections: hashes are the server's.
    Postgres(&'s TestSite),
}

impl Watch<'_> {
    pub(crate) fn new(site: &TestSite) -> Watch<'_> {
        if site.site().database().is_postgres() {
            return Watch::Postgres(site);
        }
        let path = site.folder().join("site.db");
        Watch::Sqlite(Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap())
    }

    /// Another number after any commit. PostgreSQL has no such number for one database; there it is always 0.
    pub(crate) fn commits(&self) -> i64 {
        match self {
            Watch::Sqlite(sqlite) => sqlite
                .query_row("PRAGMA data_version", [], |row| row.get(0))
                .unwrap(),
            Watch::Postgres(_) => 0,
        }
    }

    /// Rows of every table, and the sum of their hashes.
    pub(crate) fn checksum(&self) -> BTreeMap<String, (u64, u64)> {
        match self {
            Watch::Sqlite(sqlite) => sqlite_checksum(sqlite),
            Watch::Postgres(site) => postgres_checksum(site),
        }
    }
}

fn postgres_checksum(site: &TestSite) -> BTreeMap<String, (u64, u64)> {
    site.transaction(|cx| {
        let mut names = Query::new();
        names.sql("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'");
        let names = cx.db().rows(names, &[Kind::Text])?;
        let mut sums = BTreeMap::new();
        for name in names.iter().filter_map(|row| row[0].as_str()) {
            let mut sum = Query::new();
            sum.sql("SELECT count(*), coalesce(sum(hashtext(x::text)::bigint), 0)::bigint FROM ")
                .ident(name.to_owned())
                .sql(" AS x");
            let row = cx.db().row(sum, &[Kind::Int, Kind::Int])?.unwrap();
            let int = |i: usize| row[i].as_int().unwrap().cast_unsigned();
            sums.insert(name.to_owned(), (int(0), int(1)));
        }
        Ok(sums)
    })
}

fn sqlite_checksum(sqlite: &Connection) -> BTreeMap<String, (u64, u64)> {
    let mut tables = sqlite
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
        .unwrap();
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    names
        .into_iter()
        .map(|name| {
            let quoted = name.replace('"', "\"\"");
            let mut rows = sqlite.prepare(&format!("SELECT * FROM \"{quoted}\"")).unwrap();
            let columns = rows.column_count();
            let mut rows = rows.query([]).unwrap();
            let (mut count, mut sum) = (0_u64, 0_u64);
            while let Some(row) = rows.next().unwrap() {
                let mut hasher = DefaultHasher::new();
                for column in 0..columns {
                    match row.get_ref(column).unwrap() {
                        ValueRef::Null => 0_u8.hash(&mut hasher),
                        ValueRef::Integer(int) => int.hash(&mut hasher),
                        ValueRef::Real(real) => real.to_bits().hash(&mut hasher),
                        ValueRef::Text(text) | ValueRef::Blob(text) => text.hash(&mut hasher),
                    }
                }
                count += 1;
                sum = sum.wrapping_add(hasher.finish());
            }
            (name, (count, sum))
        })
        .collect()
}
