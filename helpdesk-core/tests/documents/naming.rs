//! Each way documents get their names.

use helpdesk_core::doctype::{Document, save, storage};
use helpdesk_core::error::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::harness::{Desk, databases};

fn insert(desk: &Desk, doctype: &str, values: &Value) -> Result<Document> {
    desk.admin(|cx| {
        let meta = cx.site().meta(doctype).unwrap();
        let mut doc = save::new_document(cx, &meta, values.as_object().unwrap())?;
        save::insert(cx, &mut doc)?;
        Ok(doc)
    })
}

fn named(desk: &Desk, doctype: &str, values: &Value) -> String {
    insert(desk, doctype, values).unwrap().name_text()
}

fn refused(desk: &Desk, doctype: &str, values: &Value) -> Error {
    insert(desk, doctype, values).map(|_| ()).unwrap_err()
}

/// A document of a name of its own, as API v2 and imports make it.
fn kept(desk: &Desk, doctype: &str, values: &Value) -> Result<String> {
    desk.admin(|cx| {
        let meta = cx.site().meta(doctype).unwrap();
        let mut doc = save::new_document(cx, &meta, values.as_object().unwrap())?;
        doc.flags.keep_name = true;
        save::insert(cx, &mut doc)?;
        Ok(doc.name_text())
    })
}

fn year(desk: &Desk) -> i16 {
    desk.site.clock.now().year()
}

#[test]
fn a_series_counts_by_prefix_and_takes_back_what_failed_or_went() {
    for desk in databases() {
        let year = year(&desk);

        assert_eq!(
            named(&desk, "By Series", &json!({"name": "sent"})),
            format!("ORD-{year}-0001")
        );
        assert_eq!(named(&desk, "By Series", &json!({})), format!("ORD-{year}-0002"));
        let failed: Result<()> = desk.admin(|cx| {
            let meta = cx.site().meta("By Series").unwrap();
            let mut doc = save::new_document(cx, &meta, &serde_json::Map::new())?;
            save::insert(cx, &mut doc)?;
            Err(Error::bare(ErrorKind::ValidationError, ""))
        });
        assert!(failed.is_err());
        assert_eq!(named(&desk, "By Series", &json!({})), format!("ORD-{year}-0003"));
        desk.admin(|cx| {
            let meta = cx.site().meta("By Series").unwrap();
            save::delete(cx, &meta, &format!("ORD-{year}-0001"))?;
            save::delete(cx, &meta, &format!("ORD-{year}-0003"))
        })
        .unwrap();
        assert_eq!(
            named(&desk, "By Series", &json!({})),
            format!("ORD-{year}-0003"),
            "the newest one's number is free again, an older one's is not"
        );
        assert_eq!(named(&desk, "By Counter", &json!({})), "0001");
        assert_eq!(named(&desk, "By Counter", &json!({})), "0002");
    }
}

#[test]
fn a_counter_grows_beyond_its_width() {
    for desk in databases() {
        desk.admin(|cx| helpdesk_core::doctype::naming::reserve(cx, "", 9_999))
            .unwrap();

        assert_eq!(named(&desk, "By Counter", &json!({})), "10000");
    }
}

#[test]
fn a_series_field_names_its_own_series() {
    for desk in databases() {
        let month = format!("{:02}", desk.site.clock.now().month());

        assert_eq!(
            named(&desk, "By Series Field", &json!({})),
            format!("A-{month}-001")
        );
        assert_eq!(
            named(&desk, "By Series Field", &json!({"naming_series": "B-"})),
            "B-00001"
        );
        assert_eq!(
            named(&desk, "By Series Field", &json!({"naming_series": ""})),
            format!("A-{month}-002")
        );
    }
}

#[test]
fn a_field_names_its_document_once() {
    for desk in databases() {
        assert_eq!(named(&desk, "By Field", &json!({"title": "  Acme  "})), "Acme");
        assert_eq!(
            refused(&desk, "By Field", &json!({"title": "acme"})).kind(),
            ErrorKind::DuplicateEntryError
        );
        let empty = refused(&desk, "By Field", &json!({"title": " "}));
        assert_eq!((empty.kind().status(), empty.text()), (417, "Title is required"));
        for bad in ["a<b", "By Field", "New By Field 1"] {
            let error = refused(&desk, "By Field", &json!({"title": bad}));
            assert_eq!(error.kind(), ErrorKind::NameError, "{bad}");
        }
        assert_eq!(named(&desk, "By Bare Field", &json!({"title": "Plain"})), "Plain");
        let long = refused(&desk, "By Field", &json!({"title": "x".repeat(141)}));
        assert_eq!(long.kind(), ErrorKind::CharacterLengthExceededError);
    }
}

#[test]
fn a_format_fills_its_braces() {
    for desk in databases() {
        let yy = year(&desk) % 100;

        assert_eq!(
            named(&desk, "By Format", &json!({"kind": "A"})),
            format!("TXT-A-{yy:02}-00001")
        );
        assert_eq!(
            named(&desk, "By Format", &json!({"kind": "B"})),
            format!("TXT-B-{yy:02}-00002")
        );
    }
}

#[test]
fn a_prompt_takes_the_name_that_is_sent() {
    for desk in databases() {
        assert_eq!(named(&desk, "Account", &json!({"name": " Acme "})), "Acme");
        let empty = refused(&desk, "Account", &json!({"title": "x"}));
        assert_eq!(
            (empty.kind().status(), empty.text()),
            (417, "Please set the document name")
        );
        let again = refused(&desk, "Account", &json!({"name": "ACME"}));
        assert_eq!(again.kind(), ErrorKind::DuplicateEntryError);
    }
}

#[test]
fn hashes_are_ten_characters_and_never_the_same() {
    for desk in databases() {
        let mut names: Vec<String> = (0..20)
            .map(|i| {
                named(
                    &desk,
                    if i % 2 == 0 { "By Hash" } else { "By Nothing" },
                    &json!({"name": "sent"}),
                )
            })
            .collect();
        for name in &names {
            assert_eq!(name.len(), 10);
            assert!(
                name.bytes()
                    .all(|b| b.is_ascii_digit() || (b'a'..=b'v').contains(&b)),
                "{name}"
            );
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 20);
    }
}

#[test]
fn a_uuid_is_made_or_taken_if_it_is_one() {
    for desk in databases() {
        let made = named(&desk, "By UUID", &json!({}));
        assert_eq!((made.len(), made.as_bytes()[14]), (36, b'7'));
        assert!(made < named(&desk, "By UUID", &json!({})) || made.len() == 36);
        let sent = "0198a3f2-6a3e-7c11-8f00-0123456789ab";
        assert_eq!(named(&desk, "By UUID", &json!({"name": sent})), sent);
        assert_eq!(
            refused(&desk, "By UUID", &json!({"name": "x"})).kind().status(),
            417
        );
    }
}

#[test]
fn integers_count_on_whatever_fails_or_is_given() {
    for desk in databases() {
        assert_eq!(
            insert(&desk, "By Number", &json!({"title": "a"}))
                .unwrap()
                .get("name"),
            1
        );
        let failed: Result<()> = desk.admin(|cx| {
            let meta = cx.site().meta("By Number").unwrap();
            let mut doc = save::new_document(cx, &meta, &serde_json::Map::new())?;
            save::insert(cx, &mut doc)?;
            Err(Error::bare(ErrorKind::ValidationError, ""))
        });
        assert!(failed.is_err());
        assert_eq!(named(&desk, "By Number", &json!({"title": "b"})), "3");

        assert_eq!(
            kept(&desk, "By Number", &json!({"name": 10, "title": "c"})).unwrap(),
            "10"
        );
        assert_eq!(named(&desk, "By Number", &json!({"title": "d"})), "11");
        assert_eq!(kept(&desk, "By Number", &json!({"name": "5"})).unwrap(), "5");
        assert_eq!(named(&desk, "By Number", &json!({"title": "e"})), "12");
        for bad in [json!("abc"), json!(-1), json!(0), json!(1.5)] {
            let error = kept(&desk, "By Number", &json!({"name": bad})).unwrap_err();
            assert_eq!(error.kind().status(), 417, "{bad}");
        }
        let found = desk
            .admin(|cx| storage::values(cx, "By Number", "10", &["title"]))
            .unwrap();
        assert_eq!(found.unwrap()[0], "c");
    }
}

#[test]
fn a_naming_rule_whose_conditions_hold_comes_before_the_doctypes_own() {
    for desk in databases() {
        let rule = |values: Value| {
            let mut all = json!({"document_type": "By Hash", "prefix_digits": 3});
            for (key, value) in values.as_object().unwrap() {
                all[key] = value.clone();
            }
            insert(&desk, "Document Naming Rule", &all)
        };
        rule(json!({"prefix": "ALL-", "priority": 1})).unwrap();
        rule(json!({
            "prefix": "VIP-.YY.-", "priority": 5, "prefix_digits": 2,
            "conditions": [{"field": "kind", "condition": "=", "value": "vip"}],
        }))
        .unwrap();
        rule(json!({"prefix": "OFF-", "priority": 9, "disabled": 1})).unwrap();
        let yy = year(&desk) % 100;

        assert_eq!(
            named(&desk, "By Hash", &json!({"kind": "vip"})),
            format!("VIP-{yy:02}-01")
        );
        assert_eq!(named(&desk, "By Hash", &json!({"kind": "none"})), "ALL-001");
        assert_eq!(named(&desk, "By Hash", &json!({})), "ALL-002");
        assert_eq!(named(&desk, "By Nothing", &json!({})).len(), 10);

        let unknown = rule(json!({
            "prefix": "X-", "conditions": [{"field": "nothing", "condition": "=", "value": "1"}],
        }));
        assert_eq!(unknown.map(|_| ()).unwrap_err().kind().status(), 417);
    }
}
