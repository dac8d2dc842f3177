//! Several processes that start on one new PostgreSQL database at the same moment.
//!
//! `tests/with-postgres.sh cargo nextest run -p helpdesk-server --test together -- --ignored`

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets an error is to stop right there"
)]

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use helpdesk_core::db::{Database, Mode, Place, Query};

/// A database that is dropped with its test.
struct Fresh {
    server: String,
    name: String,
}

impl Fresh {
    fn new() -> Fresh {
        let server = std::env::var("HELPDESK_TEST_DATABASE").expect("tests/with-postgres.sh starts a server");
        let fresh = Fresh {
            server,
            name: format!("helpdesk_together_{}", std::process::id()),
        };
        fresh.run(format!("CREATE DATABASE \"{}\"", fresh.name));
        fresh
    }

    fn url(&self) -> String {
        let base = self.server.rsplit_once('/').unwrap().0;
        format!("{base}/{}", self.name)
    }

    fn run(&self, statement: String) {
        let place = Place::Server(self.server.clone());
        let mut tx = Database::open_at(&place, Mode::Command)
            .unwrap()
            .connect()
            .unwrap();
        let mut query = Query::new();
        query.checked(statement).forget();
        tx.rows(query, &[]).unwrap();
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.run(format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name));
    }
}

/// A served site; killed when dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(folder: &Path, database: &str) -> Serving {
    let child = Command::new(env!("CARGO_BIN_EXE_helpdesk"))
        .env_clear()
        .args([
            "--site",
            folder.to_str().unwrap(),
            "serve",
            "--listen",
            "127.0.0.1:0",
        ])
        .env("HELPDESK_DATABASE", database)
        .env("HELPDESK_ENCRYPTION_KEY", "the same for all of them")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Serving(child)
}

#[test]
#[ignore = "needs PostgreSQL: tests/with-postgres.sh"]
fn processes_that_open_a_new_database_at_once_all_serve_it() {
    let database = Fresh::new();
    let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();

    let mut serving: Vec<_> = folders
        .iter()
        .map(|folder| serve(folder.path(), &database.url()))
        .collect();

    for Serving(child) in &mut serving {
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let listens = lines.any(|line| line.unwrap().contains("listens on http://"));
        if !listens {
            let mut why = String::new();
            child.stderr.take().unwrap().read_to_string(&mut why).unwrap();
            panic!("one of them did not start: {why}");
        }
    }
    let place = Place::Server(database.url());
    let mut tx = Database::open_at(&place, Mode::Command)
        .unwrap()
        .connect()
        .unwrap();
    let mut welcome = Query::new();
    welcome.sql("SELECT count(*) FROM ").ident("tabHD Ticket");
    assert_eq!(
        tx.count(welcome).unwrap(),
        1,
        "one of them put in the first records"
    );
}
