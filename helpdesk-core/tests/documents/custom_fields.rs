//! Fields added, changed and taken away while the site is open.

use helpdesk_core::cx::Cx;
use helpdesk_core::doctype::{Document, registry, save, schema, storage};
use helpdesk_core::error::{Error, ErrorKind, Result};
use helpdesk_core::query::{self, ListRequest};
use serde_json::{Value, json};

use crate::harness::{Desk, databases, make, user};

fn field(values: &Value) -> Value {
    let mut all = json!({"dt": "Deal", "fieldtype": "Data"});
    for (key, value) in values.as_object().unwrap() {
        all[key] = value.clone();
    }
    all
}

fn add(desk: &Desk, values: &Value) -> Document {
    desk.admin(|cx| make(cx, "Custom Field", &field(values))).unwrap()
}

fn refused(desk: &Desk, values: &Value) -> Error {
    let values = field(values);
    let error = desk
        .admin(|cx| make(cx, "Custom Field", &values).map(|_| ()))
        .expect_err(&values.to_string());
    assert_eq!(error.kind().status(), 417, "{values}: {error}");
    error
}

fn delete(desk: &Desk, name: &str) -> Result<()> {
    desk.admin(|cx| {
        let meta = cx.site().meta("Custom Field").unwrap();
        save::delete(cx, &meta, name)
    })
}

fn change(desk: &Desk, name: &str, changes: &Value) -> Result<Document> {
    desk.admin(|cx| {
        let meta = cx.site().meta("Custom Field").unwrap();
        save::update(cx, &meta, name, changes.as_object().unwrap())
    })
}

fn fieldnames(desk: &Desk) -> Vec<String> {
    let meta = desk.site.meta("Deal").unwrap();
    meta.fields.iter().map(|field| field.fieldname.clone()).collect()
}

fn value(desk: &Desk, name: &str, field: &str) -> Value {
    desk.admin(|cx| storage::values(cx, "Deal", name, &[field]))
        .unwrap()
        .unwrap()
        .remove(0)
}

fn steps(desk: &Desk) -> Vec<schema::Step> {
    desk.admin(|cx| {
        let site = cx.site().clone();
        let metas = registry::of_site(cx.db(), site.registered())?;
        schema::plan(cx.db(), &metas)
    })
    .unwrap()
}

#[test]
fn a_field_is_there_at_once_for_documents_and_lists() {
    for desk in databases() {
        desk.make("Deal", json!({"name": "Old"}));
        let doc = add(&desk, &json!({"label": "Serial No.", "insert_after": "subject"}));
        assert_eq!(doc.name(), "Deal-custom_serial_no");

        desk.make("Deal", json!({"name": "New", "custom_serial_no": "X7"}));

        let request = ListRequest {
            fields: vec!["name".into(), "custom_serial_no".into()],
            filters: json!({"custom_serial_no": "x7"}),
            ..ListRequest::of("Deal")
        };
        let found = desk.admin(|cx| query::count(cx, &request)).unwrap();
        assert_eq!(found, 1);
        assert_eq!(value(&desk, "New", "custom_serial_no"), "X7");
        assert_eq!(value(&desk, "Old", "custom_serial_no"), Value::Null);
        assert_eq!(fieldnames(&desk)[..2], ["subject", "custom_serial_no"]);
        assert_eq!(steps(&desk), []);
    }
}

#[test]
fn every_type_of_field_can_be_added_and_holds_values() {
    for desk in databases() {
        desk.make("Account", json!({"name": "Acme"}));
        for (at, (kind, options, sent)) in [
            ("Data", "", json!("a")),
            ("Link", "Account", json!("Acme")),
            ("Select", "\nOne\nTwo", json!("Two")),
            ("Int", "", json!(7)),
            ("Check", "", json!(1)),
            ("Float", "", json!(1.5)),
            ("Duration", "", json!(90.0)),
            ("Date", "", json!("2026-11-22")),
            ("Datetime", "", json!("2026-11-22 07:13:00")),
            ("Time", "", json!("7:13:00")),
            ("JSON", "", json!("{\"a\":1}")),
            ("Long Text", "", json!("long")),
            ("Rating", "", json!(0.5)),
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("f{at}");
            add(
                &desk,
                &json!({"fieldname": name, "label": kind, "fieldtype": kind, "options": options}),
            );
            desk.make("Deal", json!({"name": format!("D{at}"), &name: sent}));
            let stored = value(&desk, &format!("D{at}"), &name);
            let shown = stored
                .as_str()
                .and_then(|text| text.strip_suffix(".000000"))
                .map_or_else(|| stored.clone(), Value::from);
            assert_eq!(shown, sent, "{kind}");
        }
        add(
            &desk,
            &json!({"fieldname": "more", "label": "More", "fieldtype": "Table", "options": "Deal Row"}),
        );
        desk.make(
            "Deal",
            json!({"name": "T", "more": [{"amount": 2.0}, {"amount": 3.0}]}),
        );
        let rows = desk
            .admin(|cx| {
                let meta = cx.site().meta("Deal").unwrap();
                storage::get(cx, &meta, "T")
            })
            .unwrap();
        assert_eq!(rows.rows("more").len(), 2);
        for layout in ["Section Break", "Column Break", "HTML", "Button"] {
            add(&desk, &json!({"label": layout, "fieldtype": layout}));
        }
        add(&desk, &json!({"fieldtype": "Section Break"}));
        assert_eq!(steps(&desk), []);
    }
}

#[test]
fn a_request_that_fails_leaves_neither_row_nor_column_nor_meta() {
    for desk in databases() {
        let before = desk.site.meta("Deal").unwrap();
        let failed: Result<()> = desk.admin(|cx| {
            make(
                cx,
                "Custom Field",
                &field(&json!({"label": "Gone", "fieldname": "gone"})),
            )?;
            Err(Error::bare(ErrorKind::ValidationError, "afterwards"))
        });
        assert!(failed.is_err());

        assert!(desk.site.meta("Deal").unwrap().field("gone").is_none());
        assert_eq!(
            desk.site.meta("Deal").unwrap().columns.len(),
            before.columns.len()
        );
        assert!(
            desk.admin(|cx| storage::exists(cx, "Custom Field", "Deal-gone"))
                .unwrap()
                .is_none()
        );
        // The column is free: one of another type can have its name.
        add(
            &desk,
            &json!({"label": "Gone", "fieldname": "gone", "fieldtype": "Int"}),
        );
        desk.make("Deal", json!({"name": "A", "gone": 3}));
        assert_eq!(value(&desk, "A", "gone"), 3);
    }
}

#[test]
fn a_savepoint_that_is_undone_takes_the_column_along() {
    for desk in databases() {
        desk.admin(|cx| {
            make(cx, "Deal", &json!({"name": "A"}))?;
            let inner: Result<()> = cx.savepoint(|cx| {
                make(
                    cx,
                    "Custom Field",
                    &field(&json!({"fieldname": "inner", "label": "Inner"})),
                )?;
                Err(Error::bare(ErrorKind::ValidationError, ""))
            });
            assert!(inner.is_err());
            make(
                cx,
                "Custom Field",
                &field(&json!({"fieldname": "outer", "label": "Outer"})),
            )
        })
        .unwrap();

        let meta = desk.site.meta("Deal").unwrap();
        assert!(meta.field("inner").is_none() && meta.field("outer").is_some());
        assert_eq!(value(&desk, "A", "outer"), Value::Null);
        assert_eq!(steps(&desk), []);
    }
}

#[test]
fn names_that_are_none_are_refused_and_change_nothing() {
    for desk in databases() {
        let before = fieldnames(&desk);
        for name in [
            "a\"; DROP TABLE \"tabDeal\"; --",
            "a' OR '1'='1",
            "a/*x*/",
            "a--",
            "a`b",
            "a b",
            "a.b",
            "a\0b",
            "a,b",
            "(select 1)",
            "1st",
            "owner",
            "Modified",
            "parenttype",
            "_assign",
            "_liked_by",
            "__islocal",
            "save",
        ] {
            let error = refused(&desk, &json!({"label": "x", "fieldname": name}));
            assert_eq!(error.kind(), ErrorKind::InvalidFieldNameError, "{name}: {error}");
        }
        refused(&desk, &json!({"label": "x", "fieldname": "a".repeat(64)}));
        refused(&desk, &json!({"label": ""}));
        let doc = add(&desk, &json!({"label": "x\"; DROP TABLE \"tabDeal\"; --"}));

        assert_eq!(doc.text("fieldname"), "custom_x_drop_table_tabdeal_");
        assert_eq!(fieldnames(&desk).len(), before.len() + 1);
        desk.make("Deal", json!({"name": "still"}));
    }
}

#[test]
fn a_name_is_given_once_whatever_its_case() {
    for desk in databases() {
        let error = refused(&desk, &json!({"label": "x", "fieldname": "subject"}));
        assert_eq!(
            error.text(),
            "A field with the name subject already exists in Deal"
        );
        refused(&desk, &json!({"label": "x", "fieldname": "SUBJECT"}));
        add(&desk, &json!({"label": "Own"}));
        refused(&desk, &json!({"label": "own"}));
        let both = desk.admin(|cx| {
            make(cx, "Custom Field", &field(&json!({"label": "Twice"})))?;
            make(cx, "Custom Field", &field(&json!({"label": "Twice"})))
        });
        assert_eq!(both.unwrap_err().kind().status(), 417);
        assert!(desk.site.meta("Deal").unwrap().field("custom_twice").is_none());
    }
}

#[test]
fn options_defaults_and_flags_must_fit_the_type() {
    for desk in databases() {
        for (values, kind) in [
            (json!({"fieldtype": "Link"}), ErrorKind::DoctypeLinkError),
            (
                json!({"fieldtype": "Link", "options": "No Such"}),
                ErrorKind::WrongOptionsDoctypeLinkError,
            ),
            (
                json!({"fieldtype": "Link", "options": "Deal Row"}),
                ErrorKind::WrongOptionsDoctypeLinkError,
            ),
            (
                json!({"fieldtype": "Table", "options": "Account"}),
                ErrorKind::WrongOptionsDoctypeLinkError,
            ),
            (json!({"fieldtype": "Table"}), ErrorKind::DoctypeLinkError),
            (
                json!({"fieldtype": "Dynamic Link", "options": "subject"}),
                ErrorKind::ValidationError,
            ),
            (
                json!({"fieldtype": "Check", "default": "yes"}),
                ErrorKind::ValidationError,
            ),
            (
                json!({"fieldtype": "Select", "options": "A\nB", "default": "C"}),
                ErrorKind::ValidationError,
            ),
            (
                json!({"fieldtype": "Int", "default": "many"}),
                ErrorKind::ValidationError,
            ),
            (
                json!({"fieldtype": "Float", "default": "nan"}),
                ErrorKind::ValidationError,
            ),
            (
                json!({"fieldtype": "Date", "default": "soon"}),
                ErrorKind::ValidationError,
            ),
            (
                json!({"fieldtype": "Long Text", "unique": 1}),
                ErrorKind::NonUniqueError,
            ),
            (
                json!({"fieldtype": "Check", "unique": 1}),
                ErrorKind::NonUniqueError,
            ),
            (
                json!({"fieldtype": "Text", "search_index": 1}),
                ErrorKind::CannotIndexedError,
            ),
            (
                json!({"fieldtype": "Section Break", "reqd": 1}),
                ErrorKind::IllegalMandatoryError,
            ),
            (
                json!({"reqd": 1, "hidden": 1}),
                ErrorKind::HiddenAndMandatoryWithoutDefaultError,
            ),
            (
                json!({"fieldtype": "HTML", "in_list_view": 1}),
                ErrorKind::ValidationError,
            ),
            (json!({"fieldtype": "No Such"}), ErrorKind::ValidationError),
            (json!({"fieldtype": ""}), ErrorKind::MandatoryError),
            (json!({"is_virtual": 1}), ErrorKind::ValidationError),
            (json!({"permlevel": 10}), ErrorKind::ValidationError),
            (json!({"permlevel": -1}), ErrorKind::ValidationError),
            (json!({"length": 5000}), ErrorKind::ValidationError),
            (
                json!({"fieldtype": "Float", "precision": "12"}),
                ErrorKind::ValidationError,
            ),
            (json!({"fetch_from": "account"}), ErrorKind::ValidationError),
            (
                json!({"fetch_from": "account.nothing"}),
                ErrorKind::ValidationError,
            ),
            (json!({"fetch_from": "subject.title"}), ErrorKind::ValidationError),
            (
                json!({"depends_on": "eval:doc.subject = 'x'"}),
                ErrorKind::ValidationError,
            ),
            (json!({"insert_after": "nowhere"}), ErrorKind::ValidationError),
            (
                json!({"insert_after": "bad", "fieldname": "bad"}),
                ErrorKind::ValidationError,
            ),
            (json!({"dt": "No Such"}), ErrorKind::LinkValidationError),
            (json!({"dt": ""}), ErrorKind::MandatoryError),
        ] {
            let mut values = values;
            values["label"] = json!("Bad");
            if values["fieldname"].is_null() {
                values["fieldname"] = json!("bad");
            }
            let error = refused(&desk, &values);
            assert_eq!(error.kind(), kind, "{values}: {error}");
        }
        assert!(desk.site.meta("Deal").unwrap().field("bad").is_none());
        assert_eq!(steps(&desk), []);
    }
}

#[test]
fn a_unique_field_refuses_repeated_values_until_it_is_so_no_more() {
    for desk in databases() {
        for name in ["A", "B"] {
            desk.make("Deal", json!({"name": name}));
        }
        // Numbers are never null: all documents have 0.
        let error = refused(&desk, &json!({"label": "N", "fieldtype": "Int", "unique": 1}));
        assert_eq!(error.kind(), ErrorKind::NonUniqueError);
        add(&desk, &json!({"label": "Code", "fieldname": "code", "unique": 1}));
        desk.make("Deal", json!({"name": "C", "code": "x"}));
        desk.make("Deal", json!({"name": "D", "code": ""}));
        desk.make("Deal", json!({"name": "E", "code": ""}));

        let again = desk.admin(|cx| make(cx, "Deal", &json!({"name": "F", "code": "x"})));
        assert_eq!(again.unwrap_err().kind(), ErrorKind::UniqueValidationError);
        change(&desk, "Deal-code", &json!({"unique": 0})).unwrap();
        desk.make("Deal", json!({"name": "F", "code": "x"}));
        let back = change(&desk, "Deal-code", &json!({"unique": 1})).unwrap_err();
        assert_eq!(back.kind(), ErrorKind::NonUniqueError);
        assert_eq!(steps(&desk), []);

        change(&desk, "Deal-code", &json!({"search_index": 1})).unwrap();
        delete(&desk, "Deal-code").unwrap();
        assert_eq!(steps(&desk), []);
    }
}

#[test]
fn a_deleted_field_leaves_its_values_for_one_of_the_same_kind() {
    for desk in databases() {
        add(&desk, &json!({"label": "Note", "fieldname": "note"}));
        desk.make("Deal", json!({"name": "A", "note": "kept"}));
        desk.make(
            "Property Setter",
            json!({"doctype_or_field": "DocField", "doc_type": "Deal", "field_name": "note", "property": "reqd", "value": "1"}),
        );

        delete(&desk, "Deal-note").unwrap();
        assert!(desk.site.meta("Deal").unwrap().field("note").is_none());
        desk.make("Deal", json!({"name": "B", "note": "unknown now"}));
        let error = refused(
            &desk,
            &json!({"label": "Note", "fieldname": "note", "fieldtype": "Int"}),
        );
        assert!(error.text().contains("note"), "{error}");
        refused(
            &desk,
            &json!({"label": "Note", "fieldname": "note", "fieldtype": "Date"}),
        );

        add(
            &desk,
            &json!({"label": "Note", "fieldname": "note", "fieldtype": "Small Text"}),
        );
        assert_eq!(value(&desk, "A", "note"), "kept");
        assert_eq!(value(&desk, "B", "note"), Value::Null);
        assert!(!desk.site.meta("Deal").unwrap().field("note").unwrap().reqd);
        assert_eq!(delete(&desk, "Deal-note").unwrap_or(()), ());
        assert_eq!(delete(&desk, "Deal-note").unwrap_err().kind().status(), 404);
    }
}

#[test]
fn an_empty_column_that_is_left_makes_room_for_another_type() {
    for desk in databases() {
        desk.make("Deal", json!({"name": "A"}));
        for kind in [
            "Int",
            "Data",
            "Date",
            "Float",
            "Duration",
            "Datetime",
            "Check",
            "Long Text",
            "Time",
        ] {
            add(
                &desk,
                &json!({"label": "Turn", "fieldname": "turn", "fieldtype": kind, "search_index": i32::from(kind == "Data")}),
            );
            desk.make("Deal", json!({"name": format!("N {kind}")}));
            delete(&desk, "Deal-turn").unwrap();
        }
        assert_eq!(steps(&desk), []);
    }
}

#[test]
fn documents_that_are_there_get_the_default() {
    for desk in databases() {
        desk.make("Deal", json!({"name": "A"}));
        for (name, kind, options, default, expected) in [
            ("d1", "Select", "Low\nHigh", "High", json!("High")),
            ("d2", "Int", "", "7", json!(7)),
            ("d3", "Check", "", "1", json!(1)),
            ("d4", "Date", "", "Today", Value::Null),
            ("d5", "Data", "", "__user", Value::Null),
        ] {
            add(
                &desk,
                &json!({"label": name, "fieldname": name, "fieldtype": kind, "options": options, "default": default}),
            );
            assert_eq!(value(&desk, "A", name), expected, "{name}");
        }
    }
}

#[test]
fn a_change_takes_effect_within_the_limits_of_the_column() {
    for desk in databases() {
        add(&desk, &json!({"label": "Kind", "fieldname": "kind"}));

        change(
            &desk,
            "Deal-kind",
            &json!({"reqd": 1, "label": "Sort", "fieldtype": "Select", "options": "A\nB"}),
        )
        .unwrap();
        let missing = desk
            .admin(|cx| make(cx, "Deal", &json!({"name": "A", "kind": ""})))
            .unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::MandatoryError);
        let wrong = desk
            .admin(|cx| make(cx, "Deal", &json!({"name": "A", "kind": "C"})))
            .unwrap_err();
        assert!(wrong.text().contains("Sort cannot be"), "{wrong}");

        for bad in [
            json!({"fieldtype": "Int"}),
            json!({"fieldtype": "Date"}),
            json!({"fieldtype": "Section Break"}),
            json!({"fieldname": "other"}),
            json!({"dt": "Account"}),
            json!({"default": "C"}),
            json!({"insert_after": "nowhere"}),
        ] {
            let error = change(&desk, "Deal-kind", &bad).expect_err(&bad.to_string());
            assert_eq!(error.kind().status(), 417, "{bad}: {error}");
        }
        let meta = desk.site.meta("Deal").unwrap();
        assert_eq!(meta.field("kind").unwrap().default, "");
        change(&desk, "Deal-kind", &json!({"insert_after": "subject", "reqd": 0})).unwrap();
        assert_eq!(fieldnames(&desk)[1], "kind");
    }
}

#[test]
fn what_other_fields_need_is_not_taken_away() {
    for desk in databases() {
        add(
            &desk,
            &json!({"label": "Kind", "fieldname": "kind", "fieldtype": "Link", "options": "DocType"}),
        );
        add(
            &desk,
            &json!({"label": "Who", "fieldname": "who", "fieldtype": "Dynamic Link", "options": "kind"}),
        );
        add(
            &desk,
            &json!({"label": "Firm", "fieldname": "firm", "fieldtype": "Link", "options": "Account"}),
        );
        add(
            &desk,
            &json!({"label": "Firm Title", "fieldname": "firm_title", "fetch_from": "firm.title"}),
        );
        desk.make(
            "Property Setter",
            json!({"doctype_or_field": "DocType", "doc_type": "Deal", "property": "title_field", "value": "firm_title"}),
        );

        for name in ["Deal-kind", "Deal-firm"] {
            assert_eq!(delete(&desk, name).unwrap_err().kind().status(), 417, "{name}");
        }
        desk.make("Account", json!({"name": "Acme", "title": "Acme Ltd"}));
        desk.make(
            "Deal",
            json!({"name": "A", "firm": "Acme", "kind": "Account", "who": "Acme"}),
        );
        assert_eq!(value(&desk, "A", "firm_title"), "Acme Ltd");
        assert_eq!(desk.site.meta("Deal").unwrap().title_field, "firm_title");
        delete(&desk, "Deal-firm_title").unwrap();
        assert_eq!(
            desk.site.meta("Deal").unwrap().title_field,
            "",
            "as declared again"
        );
        delete(&desk, "Deal-who").unwrap();
        delete(&desk, "Deal-kind").unwrap();
    }
}

#[test]
fn the_field_of_a_higher_level_is_not_everyones() {
    for desk in databases() {
        add(
            &desk,
            &json!({"label": "Margin", "fieldname": "margin", "fieldtype": "Float", "permlevel": 2}),
        );
        let writer = || user("ada@desk.example", &["Writer"]);

        desk.run(writer(), |cx| {
            make(cx, "Deal", &json!({"name": "A", "margin": 7.0}))
        })
        .unwrap();

        assert_eq!(value(&desk, "A", "margin"), 0.0);
    }
}

#[test]
fn only_who_may_manage_the_site_adds_fields() {
    for desk in databases() {
        for roles in [&["Writer"][..], &["Reader"], &[]] {
            let error = desk
                .run(user("ada@desk.example", roles), |cx| {
                    make(cx, "Custom Field", &field(&json!({"label": "Mine"})))
                })
                .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::PermissionError);
        }
        desk.run(user("sam@desk.example", &["System Manager"]), |cx| {
            make(cx, "Custom Field", &field(&json!({"label": "Mine"})))
        })
        .unwrap();
        add(&desk, &json!({"label": "Admins"}));

        let deleted = desk.run(user("sam@desk.example", &["System Manager"]), |cx| {
            let meta = cx.site().meta("Custom Field").unwrap();
            save::delete(cx, &meta, "Deal-custom_admins")
        });
        assert_eq!(deleted.unwrap_err().kind(), ErrorKind::PermissionError);
    }
}

#[test]
fn another_process_is_told_of_the_change() {
    fn counter(cx: &mut Cx) -> Result<i64> {
        let mut query = helpdesk_core::db::Query::new();
        query
            .sql("SELECT current FROM ")
            .ident("__Change")
            .sql(" WHERE name = 'metadata'");
        cx.db().count(query)
    }
    for desk in databases() {
        let before = desk.admin(counter).unwrap();
        add(&desk, &json!({"label": "Told"}));
        let after = desk.admin(counter).unwrap();
        assert!(after > before);
        refused(&desk, &json!({"label": "Told"}));
        assert_eq!(desk.admin(counter).unwrap(), after, "a failure tells nobody");
    }
}

#[test]
fn five_hundred_fields_are_added_and_used() {
    for desk in databases() {
        for block in 0..10 {
            desk.admin(|cx| {
                for i in 0..50 {
                    make(
                        cx,
                        "Custom Field",
                        &field(&json!({"label": format!("Mass {}", block * 50 + i)})),
                    )?;
                }
                Ok(())
            })
            .unwrap();
        }
        let meta = desk.site.meta("Deal").unwrap();
        let mut values = json!({"name": "A"});
        for i in 0..500 {
            assert!(meta.column(&format!("custom_mass_{i}")).is_some(), "{i}");
            values[format!("custom_mass_{i}")] = json!(i.to_string());
        }
        desk.make("Deal", values);
        assert_eq!(value(&desk, "A", "custom_mass_499"), "499");
        assert_eq!(steps(&desk), []);
    }
}
