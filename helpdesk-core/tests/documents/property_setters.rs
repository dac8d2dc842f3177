//! Properties of DocTypes and fields, and permission rules, changed while the site is open.

use helpdesk_core::doctype::permissions::{Access, Right};
use helpdesk_core::doctype::{Document, registry, save, schema, storage};
use helpdesk_core::error::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::harness::{Desk, databases, make, user};

fn setter(field: &str, property: &str, value: &Value) -> Value {
    let on = if field.is_empty() { "DocType" } else { "DocField" };
    json!({
        "doctype_or_field": on, "doc_type": "Deal", "field_name": field, "property": property, "value": value,
    })
}

fn set(desk: &Desk, field: &str, property: &str, value: &Value) -> Document {
    desk.make("Property Setter", setter(field, property, value))
}

fn refused(desk: &Desk, values: &Value) -> Error {
    let error = desk
        .admin(|cx| make(cx, "Property Setter", values).map(|_| ()))
        .expect_err(&values.to_string());
    assert_eq!(error.kind().status(), 417, "{values}: {error}");
    error
}

fn delete(desk: &Desk, doctype: &str, name: &str) -> Result<()> {
    desk.admin(|cx| {
        let meta = cx.site().meta(doctype).unwrap();
        save::delete(cx, &meta, name)
    })
}

fn insert(desk: &Desk, values: &Value) -> Result<Document> {
    desk.admin(|cx| make(cx, "Deal", values))
}

#[test]
fn a_property_takes_effect_at_once_and_is_as_declared_again_afterwards() {
    for desk in databases() {
        let doc = set(&desk, "subject", "reqd", &json!("1"));
        assert_eq!(doc.name(), "Deal-subject-reqd");
        assert_eq!(
            insert(&desk, &json!({"name": "A"})).unwrap_err().kind(),
            ErrorKind::MandatoryError
        );
        set(&desk, "subject", "default", &json!("Untitled"));
        assert_eq!(
            insert(&desk, &json!({"name": "A"})).unwrap().text("subject"),
            "Untitled"
        );
        set(&desk, "subject", "label", &json!("Topic"));
        assert_eq!(desk.site.meta("Deal").unwrap().label("subject"), "Topic");

        for property in ["reqd", "default", "label"] {
            delete(&desk, "Property Setter", &format!("Deal-subject-{property}")).unwrap();
        }
        assert_eq!(desk.site.meta("Deal").unwrap().label("subject"), "Subject");
        assert_eq!(insert(&desk, &json!({"name": "B"})).unwrap().text("subject"), "");
    }
}

#[test]
fn properties_that_only_forms_read_are_in_the_metadata() {
    for desk in databases() {
        for (property, value) in [("hidden", 1), ("read_only", 1), ("in_list_view", 1), ("bold", 1)] {
            set(&desk, "subject", property, &json!(value));
        }
        set(&desk, "subject", "description", &json!("What it is about"));

        let meta = desk.site.meta("Deal").unwrap();
        let record = helpdesk_core::doctype::record::record(&meta);
        let subject = &record["fields"][0];
        for property in ["hidden", "read_only", "in_list_view", "bold"] {
            assert_eq!(subject[property], 1, "{property}");
        }
        assert_eq!(subject["description"], "What it is about");
    }
}

#[test]
fn a_doctypes_own_properties_change() {
    for desk in databases() {
        set(&desk, "", "title_field", &json!("subject"));
        set(&desk, "", "search_fields", &json!("subject, account"));
        set(&desk, "", "sort_field", &json!("subject"));
        set(&desk, "", "sort_order", &json!("ASC"));
        set(&desk, "", "track_changes", &json!(0));
        set(&desk, "", "allow_rename", &json!("1"));
        set(&desk, "", "field_order", &json!(r#"["due", "subject"]"#));
        set(&desk, "", "max_attachments", &json!(3));

        let meta = desk.site.meta("Deal").unwrap();
        assert_eq!(
            (
                meta.title_field.as_str(),
                meta.search_fields.as_str(),
                meta.sort_field.as_str()
            ),
            ("subject", "subject, account", "subject")
        );
        assert!(!meta.track_changes && meta.allow_rename);
        assert_eq!(meta.fields[0].fieldname, "due");
        assert_eq!(
            helpdesk_core::doctype::record::record(&meta)["max_attachments"],
            3
        );
        desk.make("Deal", json!({"name": "A"}));
        desk.admin(|cx| {
            let meta = cx.site().meta("Deal").unwrap();
            save::update(cx, &meta, "A", json!({"subject": "New"}).as_object().unwrap())?;
            assert!(storage::exists(cx, "Deal", "A")?.is_some());
            let mut query = helpdesk_core::db::Query::new();
            query
                .sql("SELECT count(*) FROM ")
                .ident("tabVersion")
                .sql(" WHERE ref_doctype = ")
                .text("Deal");
            assert_eq!(cx.db().count(query)?, 0, "changes are not tracked");
            Ok(())
        })
        .unwrap();
        delete(&desk, "Property Setter", "Deal-main-title_field").unwrap();
        assert_eq!(desk.site.meta("Deal").unwrap().title_field, "");
    }
}

#[test]
fn a_later_row_replaces_an_earlier_one_of_the_same_property() {
    for desk in databases() {
        set(&desk, "subject", "label", &json!("One"));
        set(&desk, "subject", "label", &json!("Two"));

        assert_eq!(desk.site.meta("Deal").unwrap().label("subject"), "Two");
        desk.admin(|cx| {
            let meta = cx.site().meta("Property Setter").unwrap();
            save::update(
                cx,
                &meta,
                "Deal-subject-label",
                json!({"value": "Three"}).as_object().unwrap(),
            )
        })
        .unwrap();
        assert_eq!(desk.site.meta("Deal").unwrap().label("subject"), "Three");
        delete(&desk, "Property Setter", "Deal-subject-label").unwrap();
        assert_eq!(desk.site.meta("Deal").unwrap().label("subject"), "Subject");
    }
}

#[test]
fn a_declared_field_becomes_unique_and_is_so_no_more() {
    for desk in databases() {
        desk.make("Deal", json!({"name": "A", "subject": "same"}));
        desk.make("Deal", json!({"name": "B", "subject": "same"}));
        let error = refused(&desk, &setter("subject", "unique", &json!(1)));
        assert_eq!(error.kind(), ErrorKind::NonUniqueError);
        desk.admin(|cx| storage::set_columns(cx, "Deal", "B", &[("subject", "other".into())]))
            .unwrap();

        set(&desk, "subject", "unique", &json!(1));
        let again = insert(&desk, &json!({"name": "C", "subject": "SAME"})).unwrap_err();
        assert_eq!(again.kind(), ErrorKind::UniqueValidationError);
        delete(&desk, "Property Setter", "Deal-subject-unique").unwrap();
        insert(&desk, &json!({"name": "C", "subject": "same"})).unwrap();
        let left = desk
            .admin(|cx| {
                let site = cx.site().clone();
                let metas = registry::of_site(cx.db(), site.registered())?;
                schema::plan(cx.db(), &metas)
            })
            .unwrap();
        assert_eq!(left, []);
    }
}

#[test]
fn a_level_set_on_a_field_binds_writers() {
    for desk in databases() {
        set(&desk, "amount", "permlevel", &json!("3"));

        desk.run(user("ada@desk.example", &["Writer"]), |cx| {
            make(cx, "Deal", &json!({"name": "A", "amount": 9.0}))
        })
        .unwrap();

        let stored = desk
            .admin(|cx| storage::values(cx, "Deal", "A", &["amount"]))
            .unwrap();
        assert_eq!(stored.unwrap()[0], 0.0);
    }
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    for desk in databases() {
        for values in [
            setter("nothing", "reqd", &json!(1)),
            setter("subject", "nothing", &json!(1)),
            setter("subject", "fieldname", &json!("other")),
            setter("subject", "is_virtual", &json!(1)),
            setter("subject", "reqd", &json!("perhaps")),
            setter("subject", "permlevel", &json!("x")),
            setter("subject", "permlevel", &json!(10)),
            setter("subject", "length", &json!(-1)),
            setter("subject", "fieldtype", &json!("Int")),
            setter("subject", "fieldtype", &json!("No Such")),
            setter("account", "options", &json!("No Such")),
            setter("account", "options", &json!("")),
            setter("rows", "options", &json!("Account")),
            setter("due", "default", &json!("soon")),
            setter("rows", "in_list_view", &json!(1)),
            setter("", "title_field", &json!("nothing")),
            setter("", "search_fields", &json!("subject,nothing")),
            setter("", "sort_field", &json!("name; DROP TABLE x")),
            setter("", "sort_order", &json!("SIDEWAYS")),
            setter("", "field_order", &json!("subject")),
            setter("", "issingle", &json!(1)),
            setter("", "istable", &json!(1)),
            setter("", "autoname", &json!("autoincrement")),
            setter("", "autoname", &json!("field:nothing")),
            setter("", "autoname", &json!("format:{subject")),
            setter("", "nothing", &json!(1)),
            setter("", "permissions", &json!(1)),
            json!({"doctype_or_field": "DocType Link", "doc_type": "Deal", "row_name": "x", "property": "hidden", "value": "1"}),
            json!({"doctype_or_field": "DocField", "doc_type": "No Such", "field_name": "a", "property": "reqd", "value": "1"}),
            json!({"doctype_or_field": "DocField", "doc_type": "Deal", "property": "reqd", "value": "1"}),
            json!({"doctype_or_field": "DocField", "doc_type": "Deal", "field_name": "subject", "value": "1"}),
        ] {
            refused(&desk, &values);
        }
        let declared = helpdesk_core::doctype::record::record(&desk.site.registered()["Deal"]);
        let now = helpdesk_core::doctype::record::record(&desk.site.meta("Deal").unwrap());
        assert_eq!(now, declared);
    }
}

#[test]
fn only_who_may_manage_the_site_sets_properties_and_rules() {
    for desk in databases() {
        let ada = || user("ada@desk.example", &["Writer"]);
        let property = desk.run(ada(), |cx| {
            make(cx, "Property Setter", &setter("subject", "reqd", &json!(1)))
        });
        let rule = desk.run(ada(), |cx| {
            make(
                cx,
                "Custom DocPerm",
                &json!({"parent": "Deal", "role": "Writer", "delete": 1}),
            )
        });

        assert_eq!(property.unwrap_err().kind(), ErrorKind::PermissionError);
        assert_eq!(rule.unwrap_err().kind(), ErrorKind::PermissionError);
    }
}

#[test]
fn rules_of_the_site_replace_those_declared_as_long_as_there_are_any() {
    fn rights(desk: &Desk, role: &str) -> Vec<Right> {
        let access = Access::of(
            &desk.site.meta("Deal").unwrap(),
            &user("ada@desk.example", &[role]),
        );
        [Right::Read, Right::Write, Right::Create, Right::Delete]
            .into_iter()
            .filter(|right| access.somewhere(*right))
            .collect()
    }
    for desk in databases() {
        desk.admin(|cx| {
            for role in ["Writer", "Reader"] {
                make(cx, "Role", &json!({"role_name": role, "name": role}))?;
            }
            Ok(())
        })
        .unwrap();
        let rule = desk.make(
            "Custom DocPerm",
            json!({"parent": "deal", "role": "Writer", "read": 1, "delete": 1, "write": 1}),
        );
        assert_eq!(rule.text("parent"), "Deal");
        assert_eq!(
            rights(&desk, "Writer"),
            [Right::Read, Right::Write, Right::Delete]
        );
        assert_eq!(rights(&desk, "Reader"), []);

        desk.admin(|cx| {
            let meta = cx.site().meta("Custom DocPerm").unwrap();
            save::update(cx, &meta, rule.name(), json!({"delete": 0}).as_object().unwrap())
        })
        .unwrap();
        assert_eq!(rights(&desk, "Writer"), [Right::Read, Right::Write]);
        delete(&desk, "Custom DocPerm", rule.name()).unwrap();
        assert_eq!(
            rights(&desk, "Writer"),
            [Right::Read, Right::Write, Right::Create]
        );
        assert_eq!(rights(&desk, "Reader"), [Right::Read]);

        for bad in [
            json!({"parent": "No Such", "role": "Writer"}),
            json!({"parent": "", "role": "Writer"}),
            json!({"parent": "Deal", "role": "No Such"}),
            json!({"parent": "Deal"}),
            json!({"parent": "Deal", "role": "Writer", "permlevel": 10}),
        ] {
            let error = desk
                .admin(|cx| make(cx, "Custom DocPerm", &bad).map(|_| ()))
                .expect_err(&bad.to_string());
            assert_eq!(error.kind().status(), 417, "{bad}: {error}");
        }
        let undone: Result<()> = desk.admin(|cx| {
            make(
                cx,
                "Custom DocPerm",
                &json!({"parent": "Deal", "role": "Reader", "delete": 1}),
            )?;
            Err(Error::bare(ErrorKind::ValidationError, ""))
        });
        assert!(undone.is_err());
        assert_eq!(rights(&desk, "Reader"), [Right::Read]);
    }
}
