//! The same on a PostgreSQL server: a template database, copied for each test.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

/// A database of one test; dropped with it.
#[derive(Debug)]
pub(super) struct Database {
    server: String,
    name: String,
}

impl Database {
    pub(super) fn url(&self) -> String {
        url(&self.server, &self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Database threads may be about to end: FORCE.
        let drop = format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name);
        let _ = connect(&self.server).batch_execute(&drop);
    }
}

/// The server that tests are to run on, if it is not SQLite.
pub(super) fn server() -> Option<String> {
    std::env::var("HELPDESK_TEST_DATABASE")
        .ok()
        .filter(|url| !url.is_empty())
}

/// A copy of the template.
pub(super) fn copy(server: &str) -> Database {
    static TEMPLATE: LazyLock<String> = LazyLock::new(|| template(&self::server().unwrap_or_default()));
    static COPIES: AtomicU32 = AtomicU32::new(0);
    let number = COPIES.fetch_add(1, Ordering::Relaxed);
    let name = format!("helpdesk_test_{}_{number}", std::process::id());
    connect(server)
        .batch_execute(&format!("CREATE DATABASE \"{name}\" TEMPLATE \"{}\"", *TEMPLATE))
        .expect("a database for the test");
    Database {
        server: server.to_owned(),
        name,
    }
}

/// Name of this binary's template, made by whichever test comes first; the others wait for it.
fn template(server: &str) -> String {
    let mut hasher = DefaultHasher::new();
    super::binary().hash(&mut hasher);
    let hash = hasher.finish();
    let name = format!("helpdesk_template_{hash:016x}");
    let mut conn = connect(server);
    let lock = i64::from_ne_bytes(hash.to_ne_bytes());
    conn.batch_execute(&format!("SELECT pg_advisory_lock({lock})"))
        .expect("a lock");
    let there = diesel::sql_query("SELECT 1 FROM pg_database WHERE datname = $1")
        .bind::<diesel::sql_types::Text, _>(&name)
        .execute(&mut conn)
        .expect("the list of databases");
    if there == 0 {
        let fresh = format!("{name}_new");
        conn.batch_execute(&format!("DROP DATABASE IF EXISTS \"{fresh}\" WITH (FORCE)"))
            .expect("no half-made template");
        conn.batch_execute(&format!("CREATE DATABASE \"{fresh}\""))
            .expect("a new database");
        super::make(super::folder().path(), &url(server, &fresh));
        conn.batch_execute(&format!("ALTER DATABASE \"{fresh}\" RENAME TO \"{name}\""))
            .expect("nobody is connected to the template");
    }
    name
}

fn connect(server: &str) -> PgConnection {
    PgConnection::establish(server).unwrap_or_else(|error| panic!("HELPDESK_TEST_DATABASE: {error}"))
}

/// The address of another database of the server.
fn url(server: &str, database: &str) -> String {
    let (base, options) = match server.split_once('?') {
        Some((base, options)) => (base, format!("?{options}")),
        None => (server, String::new()),
    };
    let base = base.rsplit_once('/').map_or(base, |(base, _)| base);
    format!("{base}/{database}{options}")
}
