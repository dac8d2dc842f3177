//! The commands, as the built program runs them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets an error is to stop right there"
)]

mod imports;
mod jobs;
mod search;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// What a command left behind.
#[derive(Debug)]
struct Done {
    code: Option<i32>,
    out: String,
    err: String,
}

struct Desk {
    dir: TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_helpdesk"));
        command
            .env_clear()
            .arg("--site")
            .arg(self.dir.path().join("site"))
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str]) -> Done {
        self.run_with(args, "")
    }

    fn run_with(&self, args: &[&str], input: &str) -> Done {
        let mut child = self.command(args).spawn().unwrap();
        // A command that refuses before it reads closes its end.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Done {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn load(&self, lines: &[Value]) -> Done {
        self.run_with(&["load", "-"], &text(lines))
    }

    /// What a method returns.
    fn call(&self, path: &str, args: &Value) -> Value {
        let done = self.run(&["call", path, "--args", &args.to_string(), "--get"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        serde_json::from_str(&done.out).unwrap()
    }

    fn count(&self, doctype: &str) -> Value {
        self.call("frappe.client.get_count", &json!({ "doctype": doctype }))
    }

    /// Starts a server on a port of its own and waits until it listens.
    fn serve(&self, options: &[&str]) -> Serving {
        let args = [&["serve", "--listen", "127.0.0.1:0"], options].concat();
        let mut child = self.command(&args).stderr(Stdio::null()).spawn().unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines
                .next()
                .expect("the server ended before it listened")
                .unwrap();
            said.push_str(&line);
            said.push('\n');
            if let Some((_, rest)) = line.split_once("listens on http://") {
                break rest.split(' ').next().unwrap().to_owned();
            }
        };
        Serving { child, address, said }
    }
}

struct Serving {
    child: Child,
    address: String,
    /// What it wrote up to the line with its address.
    said: String,
}

impl Serving {
    /// The body of the answer to a GET.
    fn get(&self, path: &str, token: &str) -> Value {
        self.ask(path, &format!("token {token}"))
    }

    /// The body of the answer to a GET with an `Authorization` header.
    fn ask(&self, path: &str, authorization: &str) -> Value {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A user, two roles and a ticket.
fn lines() -> Vec<Value> {
    let line = |doctype: &str, mut doc: Value| {
        doc["owner"] = "Administrator".into();
        doc["creation"] = "2026-01-05 06:14:04".into();
        json!({ "doctype": doctype, "doc": doc })
    };
    vec![
        line(
            "Role",
            json!({ "name": "Agent", "role_name": "Agent", "desk_access": 1 }),
        ),
        line(
            "Role",
            json!({ "name": "System Manager", "role_name": "System Manager", "desk_access": 1 }),
        ),
        line(
            "User",
            json!({ "name": "Administrator", "email": "admin@example.com", "first_name": "Administrator", "enabled": 1, "user_type": "System User" }),
        ),
        line(
            "User",
            json!({ "name": "ada@desk.example", "email": "ada@desk.example", "first_name": "Ada", "enabled": 1, "user_type": "System User", "roles": [{ "name": "a", "role": "Agent" }] }),
        ),
        line(
            "HD Ticket Status",
            json!({ "name": "Open", "label_agent": "Open", "category": "Open" }),
        ),
        line(
            "HD Ticket",
            json!({ "name": "0001", "subject": "Printer", "status": "Open" }),
        ),
        json!({ "doctype": "Series", "doc": { "name": "", "current": 1 } }),
    ]
}

#[test]
fn load_makes_a_site_of_the_file() {
    let desk = Desk::new();

    let done = desk.load(&lines());

    assert_eq!(done.code, Some(0), "{done:?}");
    let words: Vec<Vec<&str>> = done
        .out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert!(words.contains(&vec!["HD", "Ticket", "1"]), "{}", done.out);
    assert_eq!(words.last().unwrap(), &["Total", "7"]);
    assert_eq!(desk.count("HD Ticket"), json!(1));
    let ticket = desk.call(
        "frappe.client.get",
        &json!({ "doctype": "HD Ticket", "name": "0001" }),
    );
    assert_eq!(
        (&ticket["subject"], &ticket["creation"]),
        (&json!("Printer"), &json!("2026-01-05 06:14:04"))
    );
    // Without the records of a new site, with the lists that links lead into.
    assert_eq!(desk.count("HD Team"), json!(0));
    assert_eq!(desk.count("Country"), json!(249));
}

#[test]
fn load_leaves_a_site_with_documents_alone_unless_it_may_replace_them() {
    let desk = Desk::new();
    desk.load(&lines());
    let mut other = lines();
    other[5]["doc"]["subject"] = "Scanner".into();

    let refused = desk.load(&other);
    let replaced = desk.run_with(&["load", "-", "--replace"], &text(&other));

    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    assert!(refused.err.contains("--replace"), "{}", refused.err);
    assert_eq!(replaced.code, Some(0), "{replaced:?}");
    assert_eq!(desk.count("HD Ticket"), json!(1));
    let ticket = desk.call(
        "frappe.client.get",
        &json!({ "doctype": "HD Ticket", "name": "0001" }),
    );
    assert_eq!(ticket["subject"], "Scanner");
}

#[test]
fn a_line_that_fails_is_told_and_nothing_is_kept() {
    let desk = Desk::new();
    let mut bad = lines();
    bad[5]["doc"]["colour"] = "blue".into();

    let done = desk.load(&bad);

    assert_eq!((done.code, done.out.as_str()), (Some(1), ""));
    assert!(done.err.contains("Line 6"), "{}", done.err);
    assert!(done.err.contains("colour"), "{}", done.err);
    // The site is still empty, so that the corrected file loads.
    assert_eq!(desk.load(&lines()).code, Some(0));
}

#[test]
fn an_api_key_works_beside_a_running_server() {
    let desk = Desk::new();
    desk.load(&lines());
    let server = desk.serve(&[]);

    let first = desk.run(&["api-key", "ada@desk.example"]);
    let second = desk.run(&["api-key", "ada@desk.example"]);
    let unknown = desk.run(&["api-key", "nobody@desk.example"]);

    let (first_key, _) = first.out.trim().split_once(':').unwrap();
    let (second_key, secret) = second.out.trim().split_once(':').unwrap();
    assert_eq!((first.out.lines().count(), first.err.as_str()), (1, ""));
    assert_eq!((first_key, secret.len()), (second_key, 32));
    let path = "/api/method/frappe.auth.get_logged_user";
    assert_eq!(server.get(path, second.out.trim())["message"], "ada@desk.example");
    assert_eq!(
        server.get(path, first.out.trim())["exc_type"],
        "AuthenticationError"
    );
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(1), ""));
    assert!(unknown.err.contains("nobody@desk.example"), "{}", unknown.err);
}

#[test]
fn a_password_is_a_line_of_standard_input_and_works_beside_a_running_server() {
    let desk = Desk::new();
    desk.load(&lines());
    let server = desk.serve(&[]);
    let login = |password: &str| {
        let path = format!("/api/method/login?usr=ada%40desk.example&pwd={password}");
        server.get(&path, "")["message"].clone()
    };

    let first = desk.run_with(&["set-password", "ADA@desk.example"], "one-Horse-1\r\nrest\n");
    assert_eq!(login("one-Horse-1"), "Logged In", "{first:?}");
    let second = desk.run_with(&["set-password", "ada@desk.example"], "two-Horse-2");

    assert_eq!((first.code, first.err.as_str()), (Some(0), ""));
    assert_eq!(first.out, "ada@desk.example has a new password\n");
    assert_eq!(second.code, Some(0));
    assert_eq!(login("two-Horse-2"), "Logged In");
    assert_eq!(login("one-Horse-1"), "Invalid login credentials");
    for (user, input, why) in [
        ("nobody@desk.example", "x\n", "nobody@desk.example"),
        ("ada@desk.example", "", "empty"),
        ("ada@desk.example", "\n", "empty"),
        ("ada@desk.example", &"x".repeat(513), "512"),
    ] {
        let refused = desk.run_with(&["set-password", user], input);
        assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
        assert!(refused.err.contains(why), "{}", refused.err);
    }
    assert_eq!(
        login("two-Horse-2"),
        "Logged In",
        "what was refused changed nothing"
    );
}

#[test]
fn tokens_are_made_listed_and_revoked_beside_a_running_server() {
    let desk = Desk::new();
    desk.load(&lines());
    let server = desk.serve(&[]);
    let user = "ada@desk.example";

    let made = desk.run(&[
        "token", "create", user, "--scope", "read", "--days", "1", "--label", "a report",
    ]);
    let token = made.out.trim();
    assert_eq!((made.code, made.err.as_str()), (Some(0), ""));
    let who = || {
        server.ask(
            "/api/method/frappe.auth.get_logged_user",
            &format!("Bearer {token}"),
        )
    };
    assert_eq!(who()["message"], user);
    let list = desk.run(&["token", "list"]).out;
    let row = list.lines().find(|line| line.contains(user)).unwrap();
    assert!(row.contains("read") && row.ends_with("a report"), "{list}");
    assert!(!list.contains(token));
    let id = row.split_whitespace().next().unwrap();
    assert_eq!(desk.run(&["token", "revoke", id]).code, Some(0));
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    assert_eq!(who()["exc_type"], "AuthenticationError");
    for (args, why) in [
        (&["token", "create", user, "--scope", "write"][..], "write"),
        (
            &["token", "create", "nobody@desk.example", "--scope", "all"],
            "nobody@desk.example",
        ),
        (&["token", "revoke", id], id),
    ] {
        let refused = desk.run(args);
        assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
        assert!(refused.err.contains(why), "{}", refused.err);
    }
    assert_eq!(
        desk.run(&["token", "create", user]).code,
        Some(2),
        "without a scope"
    );
}

#[test]
fn users_are_added_disabled_enabled_and_listed() {
    let desk = Desk::new();
    desk.load(&lines());
    let ok = |args: &[&str]| {
        let done = desk.run(args);
        assert_eq!((done.code, done.err.as_str()), (Some(0), ""), "{args:?}");
        done.out
    };
    let refused = |args: &[&str], why: &str| {
        let done = desk.run(args);
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{args:?}");
        assert!(done.err.contains(why), "{}", done.err);
    };

    ok(&["user", "add", "new@desk.example", "--first-name", "New"]);
    refused(&["user", "add", "NEW@desk.example"], "already");
    refused(&["user", "add", "no address"], "no mail address");
    refused(&["user", "add", "b@desk.example", "--role", "Nothing"], "Nothing");
    refused(&["user", "disable", "nobody@desk.example"], "nobody@desk.example");
    refused(&["user", "disable", "Administrator"], "can't be disabled");
    assert_eq!(
        ok(&["user", "disable", "new@desk.example"]),
        "new@desk.example is disabled\n"
    );
    let list = ok(&["user", "list"]);
    let row = list
        .lines()
        .find(|line| line.starts_with("new@desk.example"))
        .unwrap();
    assert!(row.contains("Website User") && row.contains("no"), "{list}");
    ok(&["user", "enable", "new@desk.example"]);
    assert_eq!(ok(&["user", "roles", "new@desk.example"]), "");
    assert_eq!(
        ok(&[
            "user",
            "roles",
            "new@desk.example",
            "--add",
            "System Manager",
            "--add",
            "Agent"
        ]),
        "Agent\nSystem Manager\n"
    );
    let of_desk = |list: String| {
        let row = list
            .lines()
            .find(|line| line.starts_with("new@desk.example"))
            .unwrap()
            .to_owned();
        row.contains("System User")
    };
    assert!(of_desk(ok(&["user", "list"])));
    let removed = ["--remove", "Agent", "--remove", "System Manager"];
    assert_eq!(
        ok(&[&["user", "roles", "new@desk.example"], &removed[..]].concat()),
        ""
    );
    assert!(!of_desk(ok(&["user", "list"])));
}

#[test]
fn call_runs_as_the_user_and_keeps_results_apart_from_errors() {
    let desk = Desk::new();
    desk.load(&lines());

    let user = desk.run(&[
        "call",
        "frappe.auth.get_logged_user",
        "--user",
        "ada@desk.example",
    ]);
    let refused = desk.run(&["call", "frappe.auth.get_logged_user", "--user", "Guest"]);
    let unknown = desk.run(&["call", "frappe.client.nothing"]);
    let from_input = desk.run_with(
        &["call", "frappe.client.get_count", "--args", "-"],
        r#"{"doctype": "User"}"#,
    );
    let no_object = desk.run(&["call", "frappe.ping", "--args", "[1]"]);

    assert_eq!(
        (user.code, user.out.as_str()),
        (Some(0), "\"ada@desk.example\"\n")
    );
    assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
    assert!(refused.err.contains("PermissionError"), "{}", refused.err);
    assert_eq!((unknown.code, unknown.out.as_str()), (Some(1), ""));
    assert!(
        unknown.err.contains("has no attribute 'nothing'"),
        "{}",
        unknown.err
    );
    assert_eq!((from_input.code, from_input.out.as_str()), (Some(0), "2\n"));
    assert_eq!(no_object.code, Some(1));
}

#[test]
fn migrate_twice_finds_nothing_the_second_time() {
    let desk = Desk::new();
    desk.load(&lines());
    drop_table(desk.dir.path());

    let dry = desk.run(&["migrate", "--dry-run"]);
    let refused = desk.run(&["api-key", "ada@desk.example"]);
    let first = desk.run(&["migrate"]);
    let second = desk.run(&["migrate"]);

    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(
        dry.out.contains("create table tabHD Ticket Activity"),
        "{}",
        dry.out
    );
    assert!(dry.out.contains("nothing was changed"), "{}", dry.out);
    assert!(refused.err.contains("helpdesk migrate"), "{}", refused.err);
    assert!(first.out.contains("Done"), "{first:?}");
    assert!(second.out.starts_with("Nothing to do"), "{second:?}");
}

#[test]
fn migrate_adds_reports_that_came_later() {
    let desk = Desk::new();
    desk.load(&lines());
    sql(
        desk.dir.path(),
        "DELETE FROM \"tabReport\" WHERE name = 'Ticket Summary'",
    );
    sql(
        desk.dir.path(),
        "DELETE FROM \"tabHas Role\" WHERE parent = 'Ticket Summary'",
    );
    // With a column that lacks too, all is done in one run.
    sql(desk.dir.path(), "DROP INDEX \"HD Ticket|resolution_date\"");

    let dry = desk.run(&["migrate", "--dry-run"]);
    let first = desk.run(&["migrate"]);
    let second = desk.run(&["migrate"]);

    assert!(dry.out.contains("create Report Ticket Summary\n"), "{dry:?}");
    assert!(dry.out.contains("2 steps; nothing was changed"), "{dry:?}");
    assert!(first.out.contains("Done: 2 steps"), "{first:?}");
    assert!(second.out.starts_with("Nothing to do"), "{second:?}");
    let filters =
        json!({ "doctype": "Has Role", "filters": { "parent": "Ticket Summary" }, "parent": "Report" });
    let roles = desk.run(&["call", "frappe.client.get_count", "--args", &filters.to_string()]);
    assert_eq!(roles.out, "1\n", "{roles:?}");
}

#[test]
fn migrate_knows_the_sites_own_fields() {
    let desk = Desk::new();
    desk.load(&lines());
    let post = |path: &str, args: &Value| {
        let done = desk.run(&["call", path, "--args", &args.to_string()]);
        assert_eq!(done.code, Some(0), "{done:?}");
    };
    for field in ["Serial", "Colour"] {
        post(
            "frappe.client.insert",
            &json!({ "doc": { "doctype": "Custom Field", "dt": "HD Ticket", "label": field, "fieldtype": "Data",
                "unique": 1 } }),
        );
    }

    let with_fields = desk.run(&["migrate", "--dry-run"]);
    post(
        "frappe.client.delete",
        &json!({ "doctype": "Custom Field", "name": "HD Ticket-custom_colour" }),
    );
    let after_deletion = desk.run(&["migrate", "--dry-run"]);
    // As an import by other means would leave it.
    sql(
        desk.dir.path(),
        "DROP INDEX \"HD Ticket|custom_serial\"; ALTER TABLE \"tabHD Ticket\" DROP COLUMN custom_serial",
    );
    let lacking = desk.run(&["migrate", "--dry-run"]);
    let first = desk.run(&["migrate"]);
    let second = desk.run(&["migrate"]);

    assert!(with_fields.out.starts_with("Nothing to do"), "{with_fields:?}");
    assert!(
        after_deletion.out.starts_with("Nothing to do"),
        "{after_deletion:?}"
    );
    assert!(
        lacking.out.contains("add column custom_serial to tabHD Ticket"),
        "{lacking:?}"
    );
    assert!(!lacking.out.contains("custom_colour"), "{lacking:?}");
    assert!(first.out.contains("Done: 2 steps"), "{first:?}");
    assert!(second.out.starts_with("Nothing to do"), "{second:?}");
}

#[test]
fn a_new_site_has_its_gate_shut_and_one_brought_in_keeps_it_open() {
    let settings = |desk: &Desk| std::fs::read_to_string(desk.dir.path().join("site/site.toml")).unwrap();
    let is_shut = |desk: &Desk| {
        settings(desk)
            .lines()
            .any(|line| line == "block_endpoints = true")
    };
    let unlisted = "/api/method/frappe.client.get_time_zone";

    let new = Desk::new();
    let server = new.serve(&[]);
    let answer = server.ask(unlisted, "");
    assert_eq!(answer["exc_type"], "PermissionError", "{answer}");
    drop(server);
    assert!(is_shut(&new), "{}", settings(&new));
    // Whoever opens it finds it open from then on.
    let opened = settings(&new).replace("block_endpoints = true", "block_endpoints = false");
    std::fs::write(new.dir.path().join("site/site.toml"), opened).unwrap();
    let server = new.serve(&[]);
    assert!(server.ask(unlisted, "")["message"].is_object());
    drop(server);
    assert!(!is_shut(&new));

    let moved = Desk::new();
    moved.load(&lines());
    let server = moved.serve(&[]);
    assert!(server.ask(unlisted, "")["message"].is_object());
    drop(server);
    assert!(!is_shut(&moved));
}

#[test]
fn methods_are_listed_and_compared_without_a_site() {
    let desk = Desk::new();
    let list = desk.dir.path().join("list.json");
    let entries = json!([
        { "path": "frappe.ping", "params": [], "verbs": ["GET", "POST", "PUT", "DELETE"], "allow_guest": true, "rate_limit": null },
        { "path": "frappe.auth.get_logged_user", "params": [{ "name": "mood", "type": "str", "required": true }], "verbs": ["GET"], "allow_guest": true },
        { "path": "frappe.nothing" },
    ]);
    std::fs::write(&list, entries.to_string()).unwrap();

    let table = desk.run(&["methods"]);
    let json = desk.run(&["methods", "--json"]);
    let check = desk.run(&["methods", "--check", list.to_str().unwrap()]);

    let ping = table
        .out
        .lines()
        .position(|line| line.starts_with("frappe.ping"))
        .unwrap();
    assert_eq!(table.out.lines().nth(ping + 1), Some("  = ping"));
    let all: Vec<Value> = serde_json::from_str(&json.out).unwrap();
    assert!(
        all.iter()
            .any(|method| method["path"] == "frappe.client.get_list")
    );
    assert_eq!(check.code, Some(1), "{check:?}");
    assert_eq!(
        check.out,
        "frappe.auth.get_logged_user: takes DELETE GET POST PUT, wanted GET\n\
         frappe.auth.get_logged_user: guests may not call it, wanted: they may\n\
         frappe.auth.get_logged_user: has no parameter mood\n\
         frappe.nothing: missing\n\
         3 methods on the list: 1 agree, 1 differ in 3 places, 1 are missing\n"
    );
    assert!(!desk.dir.path().join("site").exists());
}

#[test]
fn doctypes_are_compared_with_a_list() {
    let desk = Desk::new();
    let list = desk.dir.path().join("list.json");
    let all = desk.run(&["doctypes", "--json"]);
    std::fs::write(&list, &all.out).unwrap();

    let same = desk.run(&["doctypes", "--check", list.to_str().unwrap()]);
    std::fs::write(
        &list,
        r#"[{"name": "HD Nothing", "fields": [], "permissions": []}]"#,
    )
    .unwrap();
    let missing = desk.run(&["doctypes", "--check", list.to_str().unwrap()]);

    assert_eq!(same.code, Some(0), "{same:?}");
    assert!(same.out.contains("0 differ"), "{}", same.out);
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.out.starts_with("HD Nothing: missing\n"),
        "{}",
        missing.out
    );
}

#[test]
fn the_declared_doctypes_are_those_of_the_specification() {
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/spec/doctypes.json");
    if !Path::new(list).exists() {
        skipped(list);
        return;
    }

    let check = Desk::new().run(&["doctypes", "--check", list]);

    assert_eq!(check.code, Some(0), "{}", check.out);
}

#[test]
fn serve_installs_a_new_site_and_fills_it_once_for_a_demonstration() {
    let desk = Desk::new();

    let server = desk.serve(&["--demo"]);
    let keys: Vec<&str> = server
        .said
        .lines()
        .filter(|line| line.contains('@'))
        .map(|line| line.split_whitespace().last().unwrap())
        .collect();
    let agent = server.get("/api/method/frappe.auth.get_logged_user", keys[0]);
    drop(server);
    let again = desk.serve(&["--demo"]);

    assert_eq!(agent["message"], "nora@desk.example");
    assert!(!again.said.contains('@'), "{}", again.said);
    drop(again);
    for (doctype, count) in [
        ("HD Ticket", 201),
        ("HD Agent", 3),
        ("HD Customer", 2),
        ("HD Article", 11),
        ("HD Ticket Status", 4),
        ("HD Ticket Priority", 4),
        ("HD Ticket Feedback Option", 10),
        ("HD View", 4),
        ("HD Team", 2),
        ("HD Service Level Agreement", 1),
        ("Custom DocPerm", 38),
    ] {
        assert_eq!(desk.count(doctype), json!(count), "{doctype}");
    }
    let replies = desk.count("Communication").as_i64().unwrap();
    assert!(replies > 200, "{replies} replies");
}

#[test]
fn a_new_site_has_its_fields_and_settings() {
    let desk = Desk::new();
    drop(desk.serve(&[]));

    let rule = desk.call(
        "frappe.client.get",
        &json!({ "doctype": "Assignment Rule", "name": "Support Rotation" }),
    );
    let settings = desk.call(
        "frappe.client.get",
        &json!({ "doctype": "HD Settings", "name": "HD Settings" }),
    );
    let customer = desk.call(
        "frappe.client.get",
        &json!({ "doctype": "Role", "name": "HD Customer" }),
    );

    assert_eq!(rule["assign_condition_json"], r#"[["status", "==", "Open"]]"#);
    assert_eq!(settings["base_support_rotation"], "Support Rotation");
    assert_eq!(settings["auto_close_after_days"], 14);
    assert_eq!(
        (&customer["home_page"], &customer["desk_access"]),
        (&json!("/helpdesk"), &json!(0))
    );
}

#[test]
fn the_conformance_data_loads_whole() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/conformance/dataset.jsonl"
    );
    if !Path::new(file).exists() {
        skipped(file);
        return;
    }
    let desk = Desk::new();

    let done = desk.run(&["load", file]);

    assert_eq!(done.code, Some(0), "{done:?}");
    for (doctype, count) in [
        ("HD Ticket", 2_001),
        ("Communication", 3_328),
        ("HD Ticket Comment", 463),
        ("HD Ticket Activity", 2_509),
        ("ToDo", 482),
        ("HD Article", 51),
        ("HD Customer", 8),
    ] {
        assert_eq!(desk.count(doctype), json!(count), "{doctype}");
    }
}

fn skipped(file: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {file} is not here");
}

/// Takes a table away, as if an older version had made the database.
fn drop_table(dir: &Path) {
    sql(dir, "DROP TABLE \"tabHD Ticket Activity\"");
}

fn sql(dir: &Path, text: &str) {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, SqliteConnection};
    let path = dir.join("site/site.db");
    let mut database = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    database.batch_execute(text).unwrap();
}
