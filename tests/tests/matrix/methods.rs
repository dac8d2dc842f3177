//! Every method by every kind of user.
//!
//! A cell is `yes` for an answer of 2xx or 3xx, else the status. No answer may hold what its caller may not see.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use helpdesk_core::dispatch::Dispatch;
use helpdesk_core::method::{Method, Verb};
use helpdesk_tests::{Reply, TestSite, TestUser};
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::cast::{Cast, INTERNAL, PERSONAS, Persona, SECRET, cast};
use crate::table::{Entry, Table};

pub(crate) const FILE: &str = "tests/matrix/methods.txt";

/// System Managers have the right to all files.
const MAY_TELL: (&str, &str) = ("frappe.core.doctype.file.file.download_file", "system manager");

/// Documents' methods are listed as `DocType: name`.
fn registered() -> BTreeMap<String, &'static Method> {
    let dispatch = Dispatch::global().unwrap();
    let mut all: BTreeMap<String, &'static Method> = dispatch
        .methods()
        .iter()
        .map(|method| (method.path.to_owned(), *method))
        .collect();
    for found in dispatch.of_doctypes() {
        all.insert(format!("{}: {}", found.doctype, found.name()), &found.method);
    }
    for found in dispatch.of_doctype("ToDo") {
        all.insert(format!("*: {}", found.name()), &found.method);
    }
    all
}

#[test]
fn every_method_answers_every_user_as_listed() {
    let table = Table::read(FILE);
    let registered = registered();
    table.is_of(&registered);

    let cast = cast();
    let entries = table.entries();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let leaks = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut stage = Stage::new(&cast);
                while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let method = registered[&entry.name];
                    let mut cells = vec![stage.gate(entry, method)];
                    cells.extend(PERSONAS.iter().map(|persona| stage.cell(entry, method, persona)));
                    found.lock().unwrap().insert(entry.name.clone(), cells);
                }
                leaks.lock().unwrap().append(&mut stage.leaks);
            });
        }
    });
    let found = found.into_inner().unwrap();
    let leaks: Vec<&String> = found
        .iter()
        .filter(|(_, cells)| cells.iter().any(|cell| cell.ends_with("!leak")))
        .map(|(name, _)| name)
        .collect();
    assert!(
        leaks.is_empty(),
        "these tell what the caller may not see: {leaks:#?}"
    );
    table.settle(&found);
}

/// A copy of the cast's site, made anew once a call has changed it.
struct Stage<'c> {
    cast: &'c Cast,
    site: Option<(TestSite, Connection)>,
    /// The same with the request gate shut.
    shut: Option<TestSite>,
    /// Answers with what their caller may not see.
    leaks: Vec<String>,
}

impl<'c> Stage<'c> {
    fn new(cast: &'c Cast) -> Stage<'c> {
        Stage {
            cast,
            site: None,
            shut: None,
            leaks: Vec::new(),
        }
    }

    /// Whether the request gate lets a customer to the method.
    fn gate(&mut self, entry: &Entry, method: &Method) -> String {
        let site = self
            .shut
            .get_or_insert_with(|| self.cast.site.twin(|config| config.block_endpoints = true));
        // The arguments are missing, so that nothing comes of a call that is let through.
        let customer = Cast::caller(site, &PERSONAS[1]);
        let reply = match entry.name.split_once(": ") {
            Some(_) => customer.call("run_doc_method", json!({})),
            None => customer
                .request(verb(method).name(), &format!("/api/method/{}", entry.name))
                .send(),
        };
        let is_shut = reply
            .text
            .contains("not open to users without access to the desk");
        if is_shut { "shut" } else { "open" }.to_owned()
    }

    fn cell(&mut self, entry: &Entry, method: &Method, persona: &Persona) -> String {
        let (site, watch) = self.site.get_or_insert_with(|| {
            let site = self.cast.site.twin(|_| {});
            let watch = Connection::open(site.folder().join("site.db")).unwrap();
            (site, watch)
        });
        let before = version(watch);
        let caller = Cast::caller(site, persona);
        let reply = call(&caller, entry, method, &self.cast.words);
        // What limits count is kept in memory.
        if version(watch) != before || !method.limits.is_empty() {
            self.site = None;
        }
        let cell = match reply.status {
            200..=399 => "yes".to_owned(),
            status => status.to_string(),
        };
        let text = reply.text.as_str();
        if (entry.name.as_str(), persona.title) == MAY_TELL {
            return cell;
        }
        if (!persona.sees_ticket && text.contains(SECRET))
            || (!persona.sees_internal && text.contains(INTERNAL))
        {
            let at = text.find(INTERNAL).or_else(|| text.find(SECRET)).unwrap_or(0);
            let around: String = text.chars().skip(at.saturating_sub(200)).take(400).collect();
            self.leaks
                .push(format!("{} to the {}: …{around}…", entry.name, persona.title));
        }
        cell
    }
}

/// Changes with each commit of another connection.
fn version(watch: &Connection) -> i64 {
    watch
        .query_row("PRAGMA data_version", [], |row| row.get(0))
        .unwrap()
}

/// The verb to call with: QUERY where the method reads and writes, which has a body and commits nothing; else the one
/// that it takes.
fn verb(method: &Method) -> Verb {
    let takes = |verb| method.verbs.contains(verb);
    match (takes(Verb::Get), takes(Verb::Post)) {
        (true, true) => Verb::Query,
        (true, false) => Verb::Get,
        (false, true) => Verb::Post,
        (false, false) => Verb::Put,
    }
}

fn call(caller: &TestUser, entry: &Entry, method: &Method, words: &HashMap<&'static str, String>) -> Reply {
    let mut text = entry.args.clone();
    let mut known: Vec<_> = words.iter().collect();
    // `$category2` before `$category`.
    known.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    for (word, value) in known {
        text = text.replace(word, value);
    }
    let mut args: Map<String, Value> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    if let Some((doctype, name)) = entry.name.split_once(": ") {
        let (doctype, document) = match doctype {
            "HD Article" => (doctype, words["$article"].as_str()),
            "HD Customer" => (doctype, "Acme"),
            "HD Service Holiday List" => (doctype, "Default"),
            _ => ("HD Ticket", words["$ticket"].as_str()),
        };
        return caller
            .request(verb(method).name(), "/api/method/run_doc_method")
            .json(&json!({ "dt": doctype, "dn": document, "method": name, "args": args }))
            .send();
    }
    let path = format!("/api/method/{}", entry.name);
    if let Some(Value::String(content)) = args.remove("$upload") {
        let file_name = args.remove("$upload_name");
        let file_name = file_name.as_ref().and_then(Value::as_str).unwrap_or("b.txt");
        return caller
            .request("POST", &path)
            .multipart(&args.into(), Some((file_name, content.as_bytes())))
            .send();
    }
    // Files are given out to GET alone.
    let takes_get = args.remove("$get").is_some();
    match if takes_get { Verb::Get } else { verb(method) } {
        Verb::Get => caller.request("GET", &path).query(&args.into()).send(),
        verb => caller.request(verb.name(), &path).json(&args.into()).send(),
    }
}
