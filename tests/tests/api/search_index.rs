//! The search indexes stay in step with the documents, whatever is written.

use std::sync::Arc;

use helpdesk_core::cx::Cx;
use helpdesk_core::db::{Kind, Query, Scalar};
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{rename, save, storage};
use helpdesk_core::error::{Result, invalid};
use helpdesk_core::search;
use helpdesk_tests::{TestSite, TestUser};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What is in the indexes, and on SQLite that FTS5 holds its own words right.
fn held(site: &TestSite) -> Vec<Vec<String>> {
    site.transaction(|cx| {
        let mut all = Vec::new();
        for index in search::indexes() {
            let mut query = Query::new();
            if cx.db().is_postgres() {
                query.checked(format!(
                    "SELECT doctype, name, title, content || ' / ' || size || words::text FROM \"__search_{index}\""
                ));
            } else {
                let mut check = Query::new();
                check.checked(format!(
                    "INSERT INTO __search_{index}_text (__search_{index}_text) VALUES ('integrity-check')"
                ));
                cx.db().execute(check)?;
                query.checked(format!(
                    "SELECT doctype, name, title, content FROM __search_{index} JOIN __search_{index}_text AS f ON f.rowid = id"
                ));
                let mut count = Query::new();
                count.checked(format!("SELECT count(*) FROM __search_{index}_text"));
                all.push(vec![cx.db().count(count)?.to_string()]);
            }
            let rows = cx.db().rows(query, &[Kind::Text; 4])?;
            let texts = |row: &Vec<Scalar<'_>>| row.iter().filter_map(Scalar::as_str).map(str::to_owned).collect();
            all.extend(rows.iter().map(texts));
        }
        all.sort();
        Ok(all)
    })
}

fn rebuild(site: &TestSite) {
    site.transaction(|cx| {
        let metas = cx.site().metas();
        for index in search::indexes() {
            search::rebuild(cx.db(), &metas, index, &mut |_| {})?;
        }
        Ok(())
    });
}

#[track_caller]
fn in_step(site: &TestSite) {
    let before = held(site);
    rebuild(site);
    assert_eq!(before, held(site));
}

fn hits(user: &TestUser, query: &str) -> usize {
    let reply = user
        .call("helpdesk.api.search.search", json!({ "query": query }))
        .ok();
    reply.message()["results"].as_array().unwrap().len()
}

#[test]
fn writes_are_found_at_once_and_what_is_rolled_back_never() {
    let site = TestSite::start();
    let admin = site.admin();

    let made = admin
        .insert(
            "HD Ticket",
            json!({ "subject": "Alpha", "description": "<p>otherword</p>" }),
        )
        .ok();
    let name = made.data()["name"].as_str().unwrap().to_owned();
    assert_eq!((hits(&admin, "alpha"), hits(&admin, "otherword")), (1, 2));
    admin
        .update("HD Ticket", &name, json!({ "subject": "Beta" }))
        .ok();
    assert_eq!(
        (
            hits(&admin, "alpha"),
            hits(&admin, "beta"),
            hits(&admin, "otherword")
        ),
        (0, 1, 2)
    );
    admin
        .call(
            "frappe.client.set_value",
            json!({ "doctype": "HD Ticket", "name": name, "fieldname": "subject", "value": "Gamma" }),
        )
        .ok();
    assert_eq!((hits(&admin, "beta"), hits(&admin, "gamma")), (0, 1));
    // A GET rolls back.
    admin.call_get(
        "frappe.client.set_value",
        json!({ "doctype": "HD Ticket", "name": name, "fieldname": "subject", "value": "Delta" }),
    );
    assert_eq!((hits(&admin, "gamma"), hits(&admin, "delta")), (1, 0));
    let admin_cx = |body: &dyn Fn(&mut Cx) -> Result<()>| {
        site.transaction(|cx| {
            let undone = cx.savepoint(|cx| {
                body(cx)?;
                Err::<(), _>(invalid("undone"))
            });
            assert!(undone.is_err());
            Ok(())
        });
    };
    admin_cx(&|cx| {
        storage::set_columns(cx, "HD Ticket", &name, &[("subject", json!("Epsilon"))])?;
        Ok(())
    });
    assert_eq!((hits(&admin, "gamma"), hits(&admin, "epsilon")), (1, 0));
    admin.remove("HD Ticket", &name);
    assert_eq!(hits(&admin, "gamma"), 0);
    in_step(&site);
}

#[test]
fn a_ticket_takes_its_comments_along() {
    let site = TestSite::start();
    let ticket = site.ticket().subject("Alpha").create().name;
    site.insert(
        "HD Ticket Comment",
        json!({ "reference_ticket": ticket, "content": "beta", "commented_by": "Administrator" }),
    );
    assert_eq!(hits(&site.admin(), "beta"), 1);

    site.admin().remove("HD Ticket", &ticket).ok();

    assert_eq!(hits(&site.admin(), "beta"), 0);
    in_step(&site);
}

#[test]
fn words_behind_the_engines_back_are_found_after_a_rebuild() {
    let site = TestSite::start();
    let ticket = site.ticket().subject("Alpha").create().name;
    site.transaction(|cx| {
        let mut query = Query::new();
        query
            .sql("UPDATE \"tabHD Ticket\" SET subject = 'Omega' WHERE name = ")
            .text(ticket.clone());
        cx.db().execute(query)
    });
    assert_eq!(hits(&site.admin(), "omega"), 0);

    rebuild(&site);

    assert_eq!(
        (hits(&site.admin(), "omega"), hits(&site.admin(), "alpha")),
        (1, 0)
    );
}

#[test]
fn rows_that_went_behind_the_engines_back_are_in_nobodys_way() {
    let site = TestSite::start();
    let article = |title: &str| site.article().title(title).create();
    let (gone, other) = (article("Alpha"), article("Beta"));
    site.transaction(|cx| {
        let mut query = Query::new();
        query
            .sql("DELETE FROM \"tabHD Article\" WHERE name = ")
            .text(gone.clone());
        cx.db().execute(query)
    });

    // Its name is taken again: by a renamed one, then by a new one.
    site.transaction(|cx| renamed(cx, 3, &other, &gone, false));
    in_step(&site);
    site.transaction(|cx| {
        let mut query = Query::new();
        query
            .sql("DELETE FROM \"tabHD Article\" WHERE name = ")
            .text(gone.clone());
        cx.db().execute(query)?;
        let meta = meta_of(cx, "HD Article")?;
        let mut doc = Document::new(meta);
        for (field, value) in [("name", gone.as_str()), ("title", "Gamma"), ("status", "Draft")] {
            doc.set(field, value);
        }
        for field in ["creation", "modified"] {
            doc.set(field, "2026-01-01 00:00:00");
        }
        storage::insert_row(cx, &doc)
    });
    in_step(&site);
}

/// A write.
#[derive(Clone, Debug)]
enum Write {
    Insert(usize, String),
    Save(usize, String),
    SetColumns(usize, String),
    Delete(usize),
    Rename(usize, u32),
    Merge(usize, usize),
    Undone(Box<Write>),
}

const DOCTYPES: [(&str, &str); 4] = [
    ("HD Ticket", "description"),
    ("HD Ticket Comment", "content"),
    ("Communication", "content"),
    ("HD Article", "content"),
];

fn text() -> impl Strategy<Value = String> {
    "(<p>)?[a-eÄé<>&日 '-]{0,12}( [a-c]{4,6}){0,3}(</p>)?"
}

fn write() -> impl Strategy<Value = Write> {
    let plain = prop_oneof![
        3 => (0..4_usize, text()).prop_map(|(kind, text)| Write::Insert(kind, text)),
        3 => (0..64_usize, text()).prop_map(|(at, text)| Write::Save(at, text)),
        2 => (0..64_usize, text()).prop_map(|(at, text)| Write::SetColumns(at, text)),
        1 => (0..64_usize).prop_map(Write::Delete),
        1 => (0..64_usize, 0..1000_u32).prop_map(|(at, name)| Write::Rename(at, name)),
        1 => (0..64_usize, 0..64_usize).prop_map(|(at, into)| Write::Merge(at, into)),
    ];
    plain.prop_flat_map(|write| {
        prop_oneof![
            4 => Just(write.clone()),
            1 => Just(Write::Undone(Box::new(write))),
        ]
    })
}

/// Documents that were made: DocType by place, and name.
type Made = Vec<(usize, String)>;

fn values(kind: usize, text: &str, ticket: &str) -> Value {
    match kind {
        0 => json!({ "subject": format!("S {text}"), "description": text }),
        1 => json!({ "reference_ticket": ticket, "content": text, "commented_by": "Administrator" }),
        2 => {
            json!({ "content": text, "subject": "Re", "reference_doctype": "HD Ticket", "reference_name": ticket,
            "communication_type": "Communication", "sender": "a@b.example" })
        }
        _ => json!({ "title": format!("T {text}"), "content": text, "author": "Administrator" }),
    }
}

/// Carries out a write; one that is refused changes nothing.
fn carry_out(cx: &mut Cx, write: &Write, ticket: &str, made: &mut Made) -> Result<()> {
    let at = |n: &usize| made.get(n % made.len().max(1)).cloned();
    match write {
        Write::Insert(kind, text) => {
            let meta = meta_of(cx, DOCTYPES[*kind].0)?;
            let Value::Object(values) = values(*kind, text, ticket) else {
                unreachable!("an object")
            };
            let mut doc = save::new_document(cx, &meta, &values)?;
            save::insert(cx, &mut doc)?;
            made.push((*kind, doc.name_text()));
        }
        Write::Save(n, text) => {
            let Some((kind, name)) = at(n) else { return Ok(()) };
            let meta = meta_of(cx, DOCTYPES[kind].0)?;
            let Value::Object(values) = json!({ DOCTYPES[kind].1: text }) else {
                unreachable!("an object")
            };
            save::update(cx, &meta, &name, &values)?;
        }
        Write::SetColumns(n, text) => {
            let Some((kind, name)) = at(n) else { return Ok(()) };
            storage::set_columns(cx, DOCTYPES[kind].0, &name, &[(DOCTYPES[kind].1, json!(text))])?;
        }
        Write::Delete(n) => {
            let Some((kind, name)) = at(n) else { return Ok(()) };
            let meta = meta_of(cx, DOCTYPES[kind].0)?;
            save::delete_with(cx, &meta, &name, true)?;
        }
        Write::Rename(n, to) => {
            let Some((kind, name)) = at(n) else { return Ok(()) };
            let to = format!("renamed-{to}");
            renamed(cx, kind, &name, &to, false)?;
            made.push((kind, to));
        }
        Write::Merge(n, into) => {
            let (Some((kind, name)), Some((_, into))) = (at(n), at(into)) else {
                return Ok(());
            };
            renamed(cx, kind, &name, &into, true)?;
        }
        Write::Undone(write) => {
            let undone = cx.savepoint(|cx| {
                carry_out(cx, write, ticket, &mut made.clone())?;
                Err::<(), _>(invalid("undone"))
            });
            assert!(undone.is_err());
        }
    }
    Ok(())
}

fn renamed(cx: &mut Cx, kind: usize, name: &str, to: &str, merge: bool) -> Result<()> {
    // Whatever the DocTypes allow: the index has to follow.
    let mut meta = (*meta_of(cx, DOCTYPES[kind].0)?).clone();
    meta.allow_rename = true;
    rename::rename(cx, &Arc::new(meta), name, to, merge).map(|_| ())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 40, failure_persistence: None, ..ProptestConfig::with_cases(4) })]
    #[test]
    fn after_any_writes_an_index_equals_one_built_anew(writes in proptest::collection::vec(write(), 40)) {
        let site = TestSite::start();
        let ticket = site.ticket().create().name;
        let mut made: Made = vec![(0, ticket.clone())];
        for write in &writes {
            // Each in a savepoint, as a request is: what is refused leaves nothing.
            site.transaction(|cx| {
                let _ = cx.savepoint(|cx| carry_out(cx, write, &ticket, &mut made));
                Ok(())
            });
        }
        in_step(&site);
    }
}
