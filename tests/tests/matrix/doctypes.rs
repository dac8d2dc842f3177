//! Every DocType by every kind of user: listing, reading, changing, creating and deleting by address.
//!
//! A cell holds a letter for each of the five that the caller's rights did not stand in the way of. What rules say
//! of the values is no matter of rights: 417 counts as allowed, and keeps the document.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::storage;
use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

use crate::cast::{Cast, PERSONAS, cast};
use crate::table::{Entry, Table};

pub(crate) const FILE: &str = "tests/matrix/doctypes.txt";

/// Name of the document that a DocType gets for the test where the cast has none.
const RAW: &str = "matrix-raw-1";

#[test]
fn every_doctype_answers_every_user_as_listed() {
    let table = Table::read(FILE);
    let cast = cast();
    let registered: BTreeMap<String, bool> = cast
        .site
        .site()
        .registered()
        .iter()
        .filter(|(_, meta)| !meta.istable)
        .map(|(name, meta)| (name.clone(), meta.issingle))
        .collect();
    table.is_of(&registered);
    let documents: HashMap<String, String> = registered
        .iter()
        .filter(|(_, single)| !**single)
        .map(|(doctype, _)| (doctype.clone(), document(&cast, doctype)))
        .collect();

    let entries = table.entries();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut stage = Stage {
                    cast: &cast,
                    site: None,
                };
                while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let cells = stage.cells(entry, documents.get(&entry.name));
                    found.lock().unwrap().insert(entry.name.clone(), cells);
                }
            });
        }
    });
    table.settle(&found.into_inner().unwrap());
}

/// The document to ask about: the cast's, the first that a new site has, or a bare one of the Administrator's.
fn document(cast: &Cast, doctype: &str) -> String {
    let of_cast = match doctype {
        "Comment" => "$note",
        "Communication" => "$message",
        "File" => "$file",
        "HD Article" => "$article",
        "HD Article Category" => "$category",
        "HD Notification" => "$mention",
        "HD Saved Reply" => "$reply",
        "HD Ticket" => "$ticket",
        "HD Ticket Activity" => "$activity",
        "HD Ticket Comment" => "$comment",
        "Notification Log" => "$notice",
        "ToDo" => "$todo",
        "User Invitation" => "$invitation",
        _ => "",
    };
    if let Some(name) = cast.words.get(of_cast) {
        return name.clone();
    }
    match doctype {
        "Contact" | "User" => return "carl@acme.example".to_owned(),
        "HD Agent" => return "ada@desk.example".to_owned(),
        "HD Customer" => return "Acme".to_owned(),
        "HD Team" => return "Inside".to_owned(),
        _ => {}
    }
    let first = cast
        .site
        .admin()
        .list(doctype, json!({ "limit_page_length": 1, "order_by": "name asc" }));
    if first.status == 200
        && let Some(name) = first.data().get(0).map(|row| &row["name"])
    {
        return name.as_str().map_or_else(|| name.to_string(), str::to_owned);
    }
    insert_raw(&cast.site, doctype);
    RAW.to_owned()
}

/// Stores a document without values, past all rules.
fn insert_raw(site: &TestSite, doctype: &str) {
    site.transaction(|cx| {
        let meta = meta_of(cx, doctype)?;
        let mut bare = Document::new(meta);
        bare.set("name", RAW);
        for (field, value) in [
            ("owner", "Administrator"),
            ("modified_by", "Administrator"),
            ("creation", "2026-01-05 06:14:04.000000"),
            ("modified", "2026-01-05 06:14:04.000000"),
        ] {
            bare.set(field, value);
        }
        storage::insert_row(cx, &bare)
    });
}

struct Stage<'c> {
    cast: &'c Cast,
    site: Option<TestSite>,
}

impl Stage<'_> {
    fn cells(&mut self, entry: &Entry, document: Option<&String>) -> Vec<String> {
        PERSONAS
            .iter()
            .map(|persona| {
                let mut cell = String::new();
                for letter in ['l', 'r', 'w', 'c', 'd'] {
                    let site = self.site.get_or_insert_with(|| self.cast.site.twin(|_| {}));
                    let caller = Cast::caller(site, persona);
                    let Some(status) = ask(&caller, &entry.name, document, letter) else {
                        cell.push('.');
                        continue;
                    };
                    let is_allowed = match status {
                        200..=399 | 409 | 417 => true,
                        401 | 403 | 404 => false,
                        _ => panic!("{} by the {}, {letter}: {status}", entry.name, persona.title),
                    };
                    cell.push(if is_allowed { letter } else { '-' });
                    // What was deleted is not there for the next.
                    if letter == 'd' && status < 300 {
                        match document {
                            Some(name) if name == RAW => insert_raw(site, &entry.name),
                            _ => self.site = None,
                        }
                    }
                }
                cell
            })
            .collect()
    }
}

/// The status of an answer; `None` for what can't be asked.
fn ask(caller: &TestUser, doctype: &str, document: Option<&String>, letter: char) -> Option<u16> {
    let Some(name) = document else {
        return match letter {
            'r' => Some(caller.read(doctype, doctype).status),
            'w' => Some(caller.update(doctype, doctype, stale()).status),
            _ => None,
        };
    };
    let reply = match letter {
        'l' => caller.list(doctype, json!({})),
        'r' => caller.read(doctype, name),
        'w' => caller.update(doctype, name, stale()),
        'c' => caller.insert(doctype, json!({})),
        _ => caller.remove(doctype, name),
    };
    Some(reply.status)
}

/// A change that no document takes: rights are looked at first, then that it is not based on the latest state.
fn stale() -> Value {
    json!({ "modified": "2001-01-01 00:00:00.000000" })
}
