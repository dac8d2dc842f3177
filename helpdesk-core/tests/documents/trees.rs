//! Trees: places of nodes, branches in filters, and who is confined to a branch.

use helpdesk_core::doctype::{rename, save, storage};
use helpdesk_core::error::{ErrorKind, Result};
use helpdesk_core::query::{self, ListRequest};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::harness::{Desk, databases, make, user};

/// World > (Europe > (France, Spain), Asia); Moon.
fn planted() -> Vec<Desk> {
    let all = databases();
    for desk in &all {
        for (name, parent) in [
            ("World", ""),
            ("Europe", "World"),
            ("Asia", "World"),
            ("France", "europe"),
            ("Spain", "Europe"),
            ("Moon", ""),
        ] {
            desk.make(
                "Region",
                json!({"title": name, "parent_region": parent, "lft": 99, "rgt": 1}),
            );
            desk.make("Shop", json!({"name": format!("Shop {name}"), "region": name}));
        }
    }
    all
}

fn place(desk: &Desk, name: &str) -> (i64, i64) {
    let found = desk
        .admin(|cx| storage::values(cx, "Region", name, &["lft", "rgt"]))
        .unwrap()
        .unwrap();
    (found[0].as_i64().unwrap(), found[1].as_i64().unwrap())
}

fn places(desk: &Desk) -> Vec<(i64, i64)> {
    ["World", "Europe", "France", "Spain", "Asia", "Moon"]
        .map(|name| place(desk, name))
        .to_vec()
}

fn shift(desk: &Desk, name: &str, parent: &str) -> Result<()> {
    desk.admin(|cx| {
        let meta = cx.site().meta("Region").unwrap();
        let changes = json!({"parent_region": parent, "lft": 7, "rgt": 70});
        save::update(cx, &meta, name, changes.as_object().unwrap()).map(|_| ())
    })
}

fn listed(desk: &Desk, doctype: &str, filter: &Value) -> Vec<String> {
    let request = ListRequest {
        fields: vec!["name".into()],
        filters: filter.clone(),
        order_by: "name asc".to_owned(),
        ..ListRequest::of(doctype)
    };
    let rows = desk.admin(|cx| query::list_values(cx, &request)).unwrap();
    rows.into_iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn nodes_enclose_what_is_under_them() {
    for desk in planted() {
        assert_eq!(places(&desk), [(1, 10), (2, 7), (3, 4), (5, 6), (8, 9), (11, 12)]);

        shift(&desk, "Europe", "Moon").unwrap();
        assert_eq!(places(&desk), [(1, 4), (6, 11), (7, 8), (9, 10), (2, 3), (5, 12)]);
        shift(&desk, "Europe", "").unwrap();
        let (left, right) = place(&desk, "Europe");
        assert_eq!(right - left, 5, "a root with two under it");
    }
}

#[test]
fn no_node_comes_under_itself_or_goes_with_others_under_it() {
    for desk in planted() {
        let before = places(&desk);
        for under in ["Europe", "France"] {
            let error = shift(&desk, "Europe", under).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NestedSetRecursionError, "{under}");
        }
        let error = desk
            .admin(|cx| {
                let meta = cx.site().meta("Region").unwrap();
                save::delete(cx, &meta, "Europe")
            })
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NestedSetChildExistsError);
        assert_eq!(
            shift(&desk, "Asia", "Nowhere").unwrap_err().kind(),
            ErrorKind::LinkValidationError
        );
        assert_eq!(places(&desk), before);

        desk.admin(|cx| {
            let shops = cx.site().meta("Shop").unwrap();
            save::delete(cx, &shops, "Shop France")?;
            let meta = cx.site().meta("Region").unwrap();
            save::delete(cx, &meta, "France")
        })
        .unwrap();
        assert_eq!((place(&desk, "World"), place(&desk, "Moon")), ((1, 8), (9, 10)));
    }
}

#[test]
fn filters_ask_for_branches() {
    for desk in planted() {
        for (operator, node, expected) in [
            ("descendants of", "World", "Asia Europe France Spain"),
            ("descendants of (inclusive)", "Europe", "Europe France Spain"),
            ("ancestors of", "France", "Europe World"),
            ("not descendants of", "World", "Moon World"),
            ("not ancestors of", "France", "Asia France Moon Spain"),
            ("descendants of", "France", ""),
            ("descendants of", "Nowhere", ""),
        ] {
            let names = listed(&desk, "Region", &json!([["name", operator, node]]));
            assert_eq!(names.join(" "), expected, "{operator} {node}");
            let shops = listed(&desk, "Shop", &json!([["region", operator, node]]));
            assert_eq!(
                shops.join(" ").replace("Shop ", ""),
                expected,
                "shops {operator} {node}"
            );
        }
        let request = ListRequest {
            filters: json!([["name", "descendants of", "x"]]),
            ..ListRequest::of("Shop")
        };
        assert_eq!(
            desk.admin(|cx| query::count(cx, &request))
                .unwrap_err()
                .kind()
                .status(),
            417
        );
    }
}

#[test]
fn who_is_confined_to_a_node_sees_its_branch() {
    for desk in planted() {
        let ada = || user("ada@desk.example", &["Reader"]);
        let sees = || {
            let all = ListRequest::of("Shop");
            desk.run(ada(), |cx| query::count(cx, &all)).unwrap()
        };
        desk.make(
            "User",
            json!({"email": "ada@desk.example", "first_name": "Ada", "user_type": "", "name": "ada@desk.example"}),
        );
        let row = desk.make(
            "User Permission",
            json!({"user": "ada@desk.example", "allow": "Region", "for_value": "Europe", "apply_to_all_doctypes": 1}),
        );
        // Shops of Europe, France and Spain.
        assert_eq!(sees(), 3);
        shift(&desk, "Spain", "Asia").unwrap();
        assert_eq!(sees(), 2);
        desk.admin(|cx| {
            let meta = cx.site().meta("User Permission").unwrap();
            save::update(
                cx,
                &meta,
                row.name(),
                json!({"hide_descendants": 1}).as_object().unwrap(),
            )
        })
        .unwrap();
        assert_eq!(sees(), 1);
    }
}

#[test]
fn merging_a_node_moves_its_branch() {
    for desk in planted() {
        desk.admin(|cx| {
            let meta = cx.site().meta("Region").unwrap();
            rename::rename(cx, &meta, "Europe", "Asia", true)
        })
        .unwrap();

        assert_eq!(
            listed(&desk, "Region", &json!([["name", "descendants of", "Asia"]])),
            ["France", "Spain"]
        );
        assert_eq!((place(&desk, "World"), place(&desk, "Moon")), ((1, 8), (9, 10)));
    }
}

/// Whatever happens to a tree, its numbers say what its parents say.
#[test]
fn numbers_and_parents_agree_after_any_moves() {
    const NODES: usize = 7;
    let name = |i: usize| format!("N{i}");
    for desk in databases() {
        let mut runner = TestRunner::new(ProptestConfig {
            cases: 6,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let moves = proptest::collection::vec((0..NODES, proptest::option::of(0..NODES)), 1..8);
        let result = runner.run(&moves, |moves| {
            desk.admin(|cx| {
                let mut clear = helpdesk_core::db::Query::new();
                clear.sql("DELETE FROM ").ident("tabRegion");
                cx.db().execute(clear)?;
                for i in 0..NODES {
                    let parent = if i == 0 { String::new() } else { name((i - 1) / 2) };
                    make(cx, "Region", &json!({"title": name(i), "parent_region": parent}))?;
                }
                Ok(())
            })
            .unwrap();
            for (node, parent) in moves {
                let parent = parent.map(name).unwrap_or_default();
                if let Err(error) = shift(&desk, &name(node), &parent) {
                    prop_assert_eq!(error.kind(), ErrorKind::NestedSetRecursionError);
                }
            }
            let rows: Vec<(String, String, i64, i64)> = (0..NODES)
                .map(|i| {
                    let row = desk
                        .admin(|cx| storage::values(cx, "Region", &name(i), &["parent_region", "lft", "rgt"]))
                        .unwrap()
                        .unwrap();
                    let parent = row[0].as_str().unwrap_or("").to_owned();
                    (
                        name(i),
                        parent,
                        row[1].as_i64().unwrap(),
                        row[2].as_i64().unwrap(),
                    )
                })
                .collect();
            for (name, parent, left, right) in &rows {
                let above = rows
                    .iter()
                    .filter(|(_, _, l, r)| l < left && r > right)
                    .max_by_key(|(_, _, l, _)| *l)
                    .map_or("", |(name, ..)| name.as_str());
                prop_assert_eq!(above, parent.as_str(), "{} in {:?}", name, &rows);
            }
            Ok(())
        });
        result.unwrap();
    }
}
