//! The same on a PostgreSQL server: a template database, copied for each test.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use helpdesk_core::db::{Database as Server, Mode, Place, Query, Tx};

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
        run(&mut connect(&self.server), drop);
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
    run(
        &mut connect(server),
        format!("CREATE DATABASE \"{name}\" TEMPLATE \"{}\"", *TEMPLATE),
    );
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
    // However long another test takes to make it.
    run(&mut conn, "SET lock_timeout TO 0".to_owned());
    let lock = i64::from_ne_bytes(hash.to_ne_bytes());
    run(&mut conn, format!("SELECT pg_advisory_lock({lock})"));
    let mut there = Query::new();
    there
        .sql("SELECT count(*) FROM pg_database WHERE datname = ")
        .text(name.clone());
    if conn.count(there).expect("the list of databases") == 0 {
        let fresh = format!("{name}_new");
        run(
            &mut conn,
            format!("DROP DATABASE IF EXISTS \"{fresh}\" WITH (FORCE)"),
        );
        run(&mut conn, format!("CREATE DATABASE \"{fresh}\""));
        super::make(super::folder().path(), &url(server, &fresh));
        run(
            &mut conn,
            format!("ALTER DATABASE \"{fresh}\" RENAME TO \"{name}\""),
        );
    }
    name
}

/// Runs a statement outside of any transaction, as those on whole databases must.
fn run(conn: &mut Tx, statement: String) {
    let mut query = Query::new();
    query.checked(statement.clone()).forget();
    if let Err(error) = conn.rows(query, &[]) {
        panic!("{statement}: {error} {:?}", error.cause());
    }
}

fn connect(server: &str) -> Tx {
    let place = Place::Server(server.to_owned());
    let open = || Server::open_at(&place, Mode::Command)?.connect();
    // Who opens a new server first makes a collation, and others at that moment fail over it.
    let mut tries = 0;
    loop {
        match open() {
            Ok(conn) => return conn,
            Err(_) if tries < 5 => tries += 1,
            Err(error) => panic!("HELPDESK_TEST_DATABASE: {error} {:?}", error.cause()),
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
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
