//! What a list shows and what may be read are the same documents, whatever the rows, rules, shares and confinements.

use std::collections::BTreeSet;

use helpdesk_core::cx::Cx;
use helpdesk_core::db::Query;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{self, Right, Verdict};
use helpdesk_core::doctype::storage;
use helpdesk_core::error::Result;
use helpdesk_core::query::{self, ListRequest};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use crate::harness::{Desk, databases, make, user};

const USER: &str = "ada@desk.example";
const ACCOUNTS: [&str; 3] = ["Acme", "Globex", "Initech"];
const DEALS: usize = 12;

#[derive(Clone, Debug)]
struct Row {
    allow: &'static str,
    value: usize,
    applicable_for: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Case {
    roles: Vec<&'static str>,
    strict: bool,
    rows: Vec<Row>,
    shared: Vec<usize>,
}

fn case() -> impl Strategy<Value = Case> {
    let row = (
        prop_oneof![Just("Account"), Just("Deal")],
        0..DEALS,
        prop_oneof![3 => Just(None), 1 => Just(Some("Deal")), 1 => Just(Some("Account"))],
    )
        .prop_map(|(allow, value, applicable_for)| Row {
            allow,
            value,
            applicable_for,
        });
    (
        proptest::sample::subsequence(vec!["Reader", "Owner", "Writer"], 0..=3),
        any::<bool>(),
        proptest::collection::vec(row, 0..4),
        proptest::collection::vec(0..DEALS, 0..3),
    )
        .prop_map(|(roles, strict, rows, shared)| Case {
            roles,
            strict,
            rows,
            shared,
        })
}

fn deal(i: usize) -> String {
    format!("D{i}")
}

/// Documents with every mixture of links, some of them the user's own, some with rows that link elsewhere.
fn furnish(desk: &Desk) {
    desk.admin(|cx| {
        for account in ACCOUNTS {
            make(cx, "Account", &json!({"name": account}))?;
        }
        for i in 0..DEALS {
            let account = ACCOUNTS.get(i % 4).copied().unwrap_or("");
            let rival = ACCOUNTS[(i + 1) % 3];
            let mut values = json!({"name": deal(i), "subject": "x", "account": account, "rival": rival});
            if i > 6 {
                values["parent_deal"] = json!(deal(i % 5));
            }
            make(cx, "Deal", &values)?;
            if i % 3 == 0 {
                storage::set_columns(cx, "Deal", &deal(i), &[("owner", USER.into())])?;
            }
        }
        Ok(())
    })
    .unwrap();
}

fn clear(cx: &mut Cx, table: &str) -> Result<()> {
    let mut query = Query::new();
    query.sql("DELETE FROM ").ident(table.to_owned());
    cx.db().execute(query)?;
    Ok(())
}

fn arrange(desk: &Desk, case: &Case) {
    desk.admin(|cx| {
        clear(cx, "tabUser Permission")?;
        clear(cx, "tabDocShare")?;
        clear(cx, "tabSingles")?;
        let meta = cx.site().meta("User Permission").unwrap();
        for (i, row) in case.rows.iter().enumerate() {
            let mut doc = Document::new(meta.clone());
            doc.set("user", USER);
            doc.set("allow", row.allow);
            let value = if row.allow == "Account" {
                ACCOUNTS[row.value % 3].to_owned()
            } else {
                deal(row.value)
            };
            doc.set("for_value", value);
            doc.set("name", format!("P{i}"));
            doc.set("apply_to_all_doctypes", i64::from(row.applicable_for.is_none()));
            doc.set("applicable_for", row.applicable_for.unwrap_or(""));
            store(cx, doc)?;
        }
        for i in &case.shared {
            let mut doc = Document::new(cx.site().meta("DocShare").unwrap());
            doc.set("share_doctype", "Deal");
            doc.set("share_name", deal(*i));
            doc.set("user", USER);
            doc.set("read", 1);
            store(cx, doc)?;
        }
        let settings = cx.site().meta("System Settings").unwrap();
        let mut settings = Document::new(settings);
        settings.set("apply_strict_user_permissions", i64::from(case.strict));
        store(cx, settings)?;
        Ok(())
    })
    .unwrap();
    desk.site.sessions_changed();
}

fn store(cx: &mut Cx, mut doc: Document) -> Result<()> {
    doc.flags.ignore_permissions = true;
    doc.flags.ignore_mandatory = true;
    doc.flags.ignore_links = true;
    helpdesk_core::doctype::save::insert(cx, &mut doc)
}

fn listed(cx: &mut Cx) -> BTreeSet<String> {
    match query::list_values(cx, &ListRequest::of("Deal")) {
        Ok(rows) => rows
            .iter()
            .map(|row| row["name"].as_str().unwrap().to_owned())
            .collect(),
        Err(error) => {
            assert_eq!(error.kind().status(), 403);
            BTreeSet::new()
        }
    }
}

fn readable(cx: &mut Cx) -> BTreeSet<String> {
    let meta = cx.site().meta("Deal").unwrap();
    (0..DEALS)
        .map(deal)
        .filter(|name| {
            let doc = storage::get(cx, &meta, name).unwrap();
            permissions::check(cx, &meta, &doc, Right::Read).unwrap() == Verdict::Granted
        })
        .collect()
}

/// What the contract says, spelled out without the engine.
fn expected(case: &Case) -> BTreeSet<String> {
    let full = case.roles.contains(&"Reader") || case.roles.contains(&"Writer");
    let own = case.roles.contains(&"Owner");
    let allowed = |allow: &str| -> Vec<String> {
        let rows = case
            .rows
            .iter()
            .filter(|row| row.allow == allow && row.applicable_for.is_none_or(|doctype| doctype == "Deal"));
        rows.map(|row| match allow {
            "Account" => ACCOUNTS[row.value % 3].to_owned(),
            _ => deal(row.value),
        })
        .collect()
    };
    let (accounts, deals) = (allowed("Account"), allowed("Deal"));
    let link = |allowed: &[String], value: &str| {
        allowed.is_empty() || value.is_empty() && !case.strict || allowed.iter().any(|one| one == value)
    };
    (0..DEALS)
        .filter(|i| {
            let parent = if *i > 6 { deal(i % 5) } else { String::new() };
            let confined = (deals.is_empty() || deals.contains(&deal(*i)))
                && link(&accounts, ACCOUNTS.get(i % 4).copied().unwrap_or(""))
                && link(&deals, &parent);
            case.shared.contains(i) || full && confined || !full && own && i % 3 == 0
        })
        .map(deal)
        .collect()
}

#[test]
fn lists_show_what_may_be_read() {
    for desk in databases() {
        furnish(&desk);
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 96,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        runner
            .run(&case(), |case| {
                arrange(&desk, &case);
                let mut cx = desk.context(user(USER, &case.roles));
                let (listed, readable) = (listed(&mut cx), readable(&mut cx));
                prop_assert_eq!(&listed, &readable);
                prop_assert_eq!(&listed, &expected(&case));
                Ok(())
            })
            .unwrap();
    }
}

#[test]
fn links_in_child_rows_count_for_documents() {
    for desk in databases() {
        furnish(&desk);
        desk.make(
            "Deal",
            json!({"name": "R", "account": "Acme", "rows": [{"account": "Acme"}, {"account": "Globex"}]}),
        );
        let case = Case {
            roles: vec!["Reader"],
            strict: false,
            rows: vec![Row {
                allow: "Account",
                value: 0,
                applicable_for: None,
            }],
            shared: Vec::new(),
        };
        arrange(&desk, &case);
        let mut cx = desk.context(user(USER, &case.roles));
        let meta = cx.site().meta("Deal").unwrap();
        let doc = storage::get(&mut cx, &meta, "R").unwrap();

        assert!(listed(&mut cx).contains("R"));
        assert_eq!(
            permissions::check(&mut cx, &meta, &doc, Right::Read).unwrap(),
            Verdict::Document
        );
    }
}

#[test]
fn new_documents_take_the_only_allowed_link() {
    for desk in databases() {
        furnish(&desk);
        let case = Case {
            roles: vec!["Writer"],
            strict: true,
            rows: vec![Row {
                allow: "Account",
                value: 1,
                applicable_for: None,
            }],
            shared: Vec::new(),
        };
        arrange(&desk, &case);
        let session = || user(USER, &case.roles);

        let made = desk
            .run(session(), |cx| make(cx, "Deal", &json!({"name": "N1"})))
            .unwrap();
        let refused = desk.run(session(), |cx| {
            make(cx, "Deal", &json!({"name": "N2", "account": "Acme"}))
        });

        assert_eq!(made.text("account"), "Globex");
        assert_eq!(refused.unwrap_err().kind().status(), 403);
    }
}
