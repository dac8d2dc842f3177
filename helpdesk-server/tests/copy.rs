//! `helpdesk copy`: what it brings along, and what it leaves behind when it fails.
//!
//! With `HELPDESK_TEST_DATABASE=postgres://…` (`tests/with-postgres.sh`) a site goes to PostgreSQL and back, else from
//! one SQLite file to the next.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets an error is to stop right there"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use helpdesk_core::clock::Clock;
use helpdesk_core::config::Config;
use helpdesk_core::cx::Cx;
use helpdesk_core::db::{Database, Mode, Place, Query, Tx};
use helpdesk_core::doctype::{passwords, registry};
use helpdesk_core::method::Verb;
use helpdesk_core::session::Session;
use helpdesk_server::open_site;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helpdesk"));
    command.env_clear().args(args);
    command
}

fn run(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A name as part of an address.
fn encoded(name: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    name.bytes().map(encode).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A served site.
struct Serving {
    child: Child,
    address: String,
    token: String,
}

impl Serving {
    fn start(site: &Path, database: Option<&str>, options: &[&str], token: &str) -> Serving {
        let mut command = command(&["--site", text(site), "serve", "--listen", "127.0.0.1:0"]);
        if let Some(database) = database {
            command.env("HELPDESK_DATABASE", database);
        }
        let mut child = command
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines
                .next()
                .expect("the server ended before it listened")
                .unwrap();
            if let Some((_, rest)) = line.split_once("listens on http://") {
                break rest.split(' ').next().unwrap().to_owned();
            }
        };
        Serving {
            child,
            address,
            token: token.to_owned(),
        }
    }

    fn send(&self, verb: &str, path: &str, body: &str) -> (String, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{verb} {} HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nAuthorization: token {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            path.replace(' ', "%20"),
            self.token,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().to_owned();
        (status, serde_json::from_str(body).unwrap())
    }

    #[track_caller]
    fn insert(&self, doctype: &str, values: Value) -> Value {
        let (status, answer) = self.send("POST", &format!("/api/resource/{doctype}"), &values.to_string());
        assert_eq!(status, "200", "{answer}");
        answer["data"].clone()
    }

    /// What the API says of everything: each DocType's list with all fields, each document of it. Lists are sorted here,
    /// since the databases sort blanks and dashes each in their way.
    fn answers(&self) -> BTreeMap<String, Value> {
        let mut answers = BTreeMap::new();
        for (doctype, meta) in registry::global().unwrap() {
            let mut names = Vec::new();
            if meta.issingle {
                names.push(doctype.clone());
            } else if !meta.istable && !meta.is_virtual {
                let path = format!("/api/resource/{doctype}?fields=%5B%22*%22%5D&limit_page_length=0");
                let mut list = self.send("GET", &path, "").1;
                if let Some(rows) = list["data"].as_array_mut() {
                    rows.sort_by_key(|row| row["name"].to_string());
                    // Countries, languages and versions by the hundred teach nothing new.
                    let some = rows.iter().take(30);
                    names.extend(some.map(|row| row["name"].as_str().unwrap().to_owned()));
                }
                answers.insert(path, list);
            }
            for name in names {
                let path = format!("/api/resource/{doctype}/{}", encoded(&name));
                let answer = self.send("GET", &path, "").1;
                answers.insert(path, answer);
            }
        }
        for query in ["unicode quoted", "printer", "the"] {
            answers.insert(format!("search {query}"), self.found(query));
        }
        answers
    }

    /// What a search finds, each with its score by words: that is the same on both databases.
    fn found(&self, query: &str) -> Value {
        let path = "/api/method/helpdesk.api.search.search";
        let found = self.send("POST", path, &json!({ "query": query }).to_string()).1;
        let hits = found["message"]["results"].as_array().unwrap().iter();
        let shown = hits.map(|hit| {
            let rank = (hit["bm25_score"].as_f64().unwrap() * 1e6).round();
            let shown = json!({ "title": hit["title"], "content": hit["content"], "rank": rank });
            (hit["id"].as_str().unwrap().to_owned(), shown)
        });
        let shown: serde_json::Map<String, Value> = shown.collect();
        assert!(!shown.is_empty(), "{query}: {found}");
        Value::from(shown)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A database of a test's own on the server of `HELPDESK_TEST_DATABASE`, dropped with it.
struct OnServer {
    server: String,
    name: String,
}

impl OnServer {
    fn new() -> Option<OnServer> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("HELPDESK_TEST_DATABASE").ok()?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("helpdesk_copy_{}_{number}", std::process::id());
        admin(&server, format!("CREATE DATABASE \"{name}\""));
        Some(OnServer { server, name })
    }

    fn url(&self) -> String {
        let (base, _) = self.server.rsplit_once('/').unwrap();
        format!("{base}/{}", self.name)
    }
}

impl Drop for OnServer {
    fn drop(&mut self) {
        admin(
            &self.server,
            format!("DROP DATABASE \"{}\" WITH (FORCE)", self.name),
        );
    }
}

fn admin(url: &str, statement: String) {
    let mut query = Query::new();
    query.checked(statement).forget();
    connect(url).rows(query, &[]).unwrap();
}

fn connect(url: &str) -> Tx {
    let place = Place::parse(url, Path::new("")).unwrap();
    Database::open_at(&place, Mode::Command)
        .unwrap()
        .connect()
        .unwrap()
}

fn sqlite(site: &Path, statement: &str) {
    let mut connection = SqliteConnection::establish(text(&site.join("site.db"))).unwrap();
    connection.batch_execute(statement).unwrap();
}

/// A demonstration site with what no demonstration has, and the Administrator's key.
fn site(folder: &Path) -> (PathBuf, String) {
    let path = folder.join("first");
    drop(Serving::start(&path, None, &["--demo"], ""));
    let token = done(&run(&["--site", text(&path), "api-key", "Administrator"]))
        .trim()
        .to_owned();
    let served = Serving::start(&path, None, &[], &token);
    served.insert(
        "Custom Field",
        json!({ "dt": "HD Ticket", "fieldname": "visit", "label": "Visit", "fieldtype": "Datetime", "insert_after": "subject" }),
    );
    served.insert(
        "HD Ticket",
        json!({ "subject": "Ünïcode 🎫 \"quoted\" 'it'", "visit": "2026-12-24 10:11:12.5", "raised_by": "ada@acme.example" }),
    );
    served.insert("HD Team", team("Night shift"));
    served.insert(
        "Email Account",
        json!({ "email_account_name": "Help", "email_id": "help@desk.example", "password": "s3cret" }),
    );
    let settings = json!({ "doctype": "HD Ticket", "user_settings": { "List": { "filters": [] } } });
    let path_of_settings = "/api/method/frappe.model.utils.user_settings.save";
    assert_eq!(
        served.send("POST", path_of_settings, &settings.to_string()).0,
        "200"
    );
    drop(served);
    fs::create_dir_all(path.join("private/files")).unwrap();
    fs::write(path.join("private/files/a.txt"), "a file").unwrap();
    (path, token)
}

fn team(name: &str) -> Value {
    json!({ "team_name": name, "users": [{ "user": "nora@desk.example" }] })
}

fn password(site: &Path) -> Option<String> {
    let text = fs::read_to_string(site.join("site.toml")).unwrap();
    let config: Config = toml::from_str(&text).unwrap();
    let site = open_site(site, config, Clock::system(TimeZone::UTC)).unwrap();
    let mut cx: Cx = site
        .context(std::sync::Arc::new(Session::administrator()), Verb::Get)
        .unwrap();
    passwords::get(&mut cx, "Email Account", "Help", "password").unwrap()
}

#[test]
fn a_copy_and_a_copy_of_it_answer_as_their_origin() {
    let folder = tempfile::tempdir().unwrap();
    let (first, token) = site(folder.path());
    let (second, third) = (folder.path().join("second"), folder.path().join("a/third"));
    let server = OnServer::new();
    let before = Serving::start(&first, None, &[], &token).answers();
    assert!(before.len() > 200, "{} answers", before.len());

    match &server {
        Some(server) => {
            let figures = done(&run(&["copy", "--from", text(&first), "--to", &server.url()]));
            assert!(figures.contains("tabHD Ticket"), "{figures}");
            // The folder of the second site is one with nothing but its settings.
            fs::create_dir(&second).unwrap();
            let settings = fs::read_to_string(first.join("site.toml")).unwrap();
            let settings = format!("database = \"{}\"\n{settings}", server.url());
            fs::write(second.join("site.toml"), settings).unwrap();
        }
        None => {
            done(&run(&["copy", "--from", text(&first), "--to", text(&second)]));
            assert_eq!(
                fs::read_to_string(second.join("private/files/a.txt")).unwrap(),
                "a file"
            );
        }
    }
    let middle = Serving::start(&second, None, &[], &token).answers();
    done(&run(&["copy", "--from", text(&second), "--to", text(&third)]));
    let served = Serving::start(&third, None, &[], &token);
    let after = served.answers();

    for (path, answer) in &before {
        assert_eq!(&middle[path], answer, "{path} in between");
        assert_eq!(&after[path], answer, "{path}");
    }
    assert_eq!((middle.len(), after.len()), (before.len(), before.len()));

    // What comes next has the names it would have had.
    let origin = Serving::start(&first, None, &[], &token);
    let between = Serving::start(&second, None, &[], &token);
    let next = |served: &Serving| {
        let ticket = served.insert(
            "HD Ticket",
            json!({ "subject": "Next", "raised_by": "ada@acme.example" }),
        );
        let team = served.insert("HD Team", team("Day shift"));
        assert!(team["users"][0]["name"].is_i64(), "{team}");
        (ticket["name"].clone(), team["users"][0]["name"].clone())
    };
    let expected = next(&origin);
    assert_eq!(next(&between), expected);
    assert_eq!(next(&served), expected);
    drop((origin, between, served));
    assert_eq!(password(&third).as_deref(), Some("s3cret"));
    assert_eq!(password(&second).as_deref(), Some("s3cret"));
}

#[test]
fn a_copy_that_can_not_be_made_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = site(folder.path());
    let target = folder.path().join("new/target");
    let copy = |to: &str| run(&["copy", "--from", text(&first), "--to", to]);

    // A key that does not open the passwords.
    fs::create_dir_all(&target).unwrap();
    fs::write(
        target.join("site.toml"),
        "encryption_key = \"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"\n",
    )
    .unwrap();
    let said = refused(&copy(text(&target)));
    assert!(
        said.contains("encryption_key") && said.contains("password of Email Account Help"),
        "{said}"
    );
    let left: Vec<_> = fs::read_dir(&target)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["site.toml"]);

    // Data that no DocType of the program has.
    sqlite(
        &first,
        "CREATE TABLE other (name TEXT PRIMARY KEY); INSERT INTO other VALUES ('a'); ALTER TABLE \"tabToDo\" ADD COLUMN lost TEXT",
    );
    let (absent, server) = (folder.path().join("absent/x"), OnServer::new());
    let to = server
        .as_ref()
        .map_or_else(|| text(&absent).to_owned(), OnServer::url);
    let said = refused(&copy(&to));
    assert!(
        said.contains("the table other (1 rows)") && !said.contains("lost"),
        "{said}"
    );
    assert!(!absent.parent().unwrap().exists());

    // A target that is in use, or is the source.
    let said = refused(&copy(text(&first)));
    assert!(said.contains("same folder"), "{said}");
    let said = refused(&copy(&format!("sqlite:{}", text(&first.join("site.db")))));
    assert!(said.contains("same database"), "{said}");
    done(&run(&[
        "copy",
        "--leave-out-unknown",
        "--from",
        text(&first),
        "--to",
        &to,
    ]));
    let said = refused(&copy(&to));
    assert!(said.contains("is not empty"), "{said}");
    let said = refused(&run(&[
        "copy",
        "--from",
        text(&folder.path().join("nothing")),
        "--to",
        &to,
    ]));
    assert!(said.contains("there is no site in"), "{said}");
    let serving = Serving::start(&first, None, &[], "");
    let said = refused(&copy("sqlite:/nowhere/x.db"));
    assert!(said.contains("in use by another process"), "{said}");
    drop(serving);
}

#[test]
fn a_row_the_target_does_not_take_is_named() {
    let Some(server) = OnServer::new() else {
        // SQLite takes whatever another SQLite had.
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (first, _) = site(folder.path());
    sqlite(
        &first,
        "UPDATE \"tabToDo\" SET date = 'soon' WHERE name = (SELECT min(name) FROM \"tabToDo\")",
    );

    let said = refused(&run(&["copy", "--from", text(&first), "--to", &server.url()]));

    assert!(
        said.contains("tabToDo: the row \"") && said.contains("soon"),
        "{said}"
    );
    let mut query = Query::new();
    query.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
    assert_eq!(connect(&server.url()).count(query).unwrap(), 0);
}
