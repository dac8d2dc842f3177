//! What callers have no say in: who made a document and when, whose child a row is, what is above their level, and
//! whether permissions count. Sent by every way there is to write, it is refused or passed over.

use std::collections::BTreeMap;

use helpdesk_core::db::Query;
use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Map, Value, json};

use crate::watch::{Watch, judge};

/// Columns that are the program's own, and what somebody would like to see in them.
fn wanted() -> Vec<(&'static str, Value)> {
    vec![
        ("owner", json!("Administrator")),
        ("creation", json!("2001-01-01 00:00:00")),
        ("modified_by", json!("Administrator")),
        ("docstatus", json!(1)),
        ("docstatus", json!(2)),
        ("docstatus", json!("1")),
        ("name", json!("taken-over")),
        ("parent", json!("taken-over")),
        ("parenttype", json!("HD Team")),
        ("parentfield", json!("users")),
        ("_assign", json!("[\"eve@desk.example\"]")),
        ("_seen", json!("[\"eve@desk.example\"]")),
        ("_liked_by", json!("[\"eve@desk.example\"]")),
        ("_comments", json!("[{\"comment\":\"x\"}]")),
        ("_user_tags", json!(",taken-over")),
    ]
}

/// The columns compared before and after.
const COLUMNS: [&str; 10] = [
    "name",
    "owner",
    "creation",
    "modified_by",
    "docstatus",
    "_assign",
    "_seen",
    "_liked_by",
    "_comments",
    "_user_tags",
];

fn columns(site: &TestSite, doctype: &str, name: &str) -> BTreeMap<&'static str, Value> {
    let own = COLUMNS
        .into_iter()
        .filter(|column| doctype == "HD Ticket" || !column.starts_with('_'));
    own.map(|column| (column, site.value(doctype, name, column)))
        .collect()
}

fn with(mut values: Value, more: &[(&str, Value)]) -> Value {
    for (key, value) in more {
        values[*key] = value.clone();
    }
    values
}

fn text(value: &Value) -> String {
    value.to_string()
}

/// A way to make a document, and where its answer has the name.
type Way = (&'static str, fn(&TestUser, &str, Value) -> Reply);

const INSERTS: [Way; 6] = [
    ("POST", |user, doctype, values| user.insert(doctype, values)),
    ("POST form", |user, doctype, values| {
        let call = user.request("POST", &format!("/api/resource/{doctype}"));
        call.form(&json!({ "data": text(&values) })).send()
    }),
    ("v2 POST", |user, doctype, values| {
        user.post(&format!("/api/v2/document/{doctype}"), values)
    }),
    ("insert", |user, doctype, values| {
        user.call(
            "frappe.client.insert",
            json!({ "doc": with(values, &[("doctype", json!(doctype))]) }),
        )
    }),
    ("save", |user, doctype, values| {
        let doc = with(values, &[("doctype", json!(doctype)), ("__islocal", json!(1))]);
        user.call("frappe.client.save", json!({ "doc": text(&doc) }))
    }),
    ("savedocs", |user, doctype, values| {
        let doc = with(values, &[("doctype", json!(doctype)), ("__islocal", json!(1))]);
        user.call(
            "frappe.desk.form.save.savedocs",
            json!({ "doc": text(&doc), "action": "Save" }),
        )
    }),
];

const MANY: Way = ("insert_many", |user, doctype, values| {
    let doc = with(values, &[("doctype", json!(doctype))]);
    user.call("frappe.client.insert_many", json!({ "docs": [doc] }))
});

/// A way to change fields of a document.
type Change = (&'static str, fn(&TestUser, &str, &str, Value) -> Reply);

fn whole(user: &TestUser, doctype: &str, name: &str, values: Value) -> Value {
    let stored = user.read(doctype, name).ok().data().clone();
    let more: Vec<(&str, Value)> = values
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.as_str(), value.clone()))
        .collect();
    with(with(stored, &[("doctype", json!(doctype))]), &more)
}

const CHANGES: [Change; 9] = [
    ("PUT", |user, doctype, name, values| {
        user.update(doctype, name, values)
    }),
    ("v2 PUT", |user, doctype, name, values| {
        user.put(&format!("/api/v2/document/{doctype}/{name}"), values)
    }),
    ("v2 PATCH", |user, doctype, name, values| {
        let call = user.request("PATCH", &format!("/api/v2/document/{doctype}/{name}"));
        call.json(&values).send()
    }),
    ("set_value text", |user, doctype, name, values| {
        let (field, value) = values.as_object().unwrap().iter().next().unwrap();
        let args = json!({ "doctype": doctype, "name": name, "fieldname": field, "value": value });
        user.call("frappe.client.set_value", args)
    }),
    ("set_value object", |user, doctype, name, values| {
        let args = json!({ "doctype": doctype, "name": name, "fieldname": values });
        user.call("frappe.client.set_value", args)
    }),
    ("bulk_update", |user, doctype, name, values| {
        let doc = with(values, &[("doctype", json!(doctype)), ("docname", json!(name))]);
        user.call(
            "frappe.client.bulk_update",
            json!({ "docs": text(&json!([doc])) }),
        )
    }),
    ("v2 bulk_update", |user, doctype, name, values| {
        let doc = with(json!({ "name": name }), &[]);
        let doc = match values.get("name") {
            Some(_) => values,
            None => {
                let more: Vec<(&str, Value)> = values
                    .as_object()
                    .unwrap()
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.clone()))
                    .collect();
                with(doc, &more)
            }
        };
        user.post(
            &format!("/api/v2/document/{doctype}/bulk_update"),
            json!({ "docs": [doc] }),
        )
    }),
    ("save", |user, doctype, name, values| {
        user.call(
            "frappe.client.save",
            json!({ "doc": whole(user, doctype, name, values) }),
        )
    }),
    ("savedocs", |user, doctype, name, values| {
        let doc = text(&whole(user, doctype, name, values));
        user.call(
            "frappe.desk.form.save.savedocs",
            json!({ "doc": doc, "action": "Save" }),
        )
    }),
];

#[track_caller]
fn held_to_the_contract(reply: &Reply, what: &str) {
    if let Err(fault) = judge(reply) {
        panic!("{fault} for {what}: {reply:?}");
    }
}

#[test]
fn a_new_document_is_its_makers_whatever_is_sent() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let watch = Watch::new(&site);

    for (way, send) in INSERTS.into_iter().chain([MANY]) {
        for (field, value) in wanted() {
            let what = format!("{way} with {field} = {value}");
            let (commits, known) = (watch.commits(), site.count("HD Ticket"));
            let reply = send(
                &ada,
                "HD Ticket",
                with(json!({ "subject": "a" }), &[(field, value.clone())]),
            );
            held_to_the_contract(&reply, &what);
            if reply.status >= 400 {
                assert_eq!(watch.commits(), commits, "{what}: {reply:?}");
                assert_eq!(site.count("HD Ticket"), known, "{what}: {reply:?}");
                continue;
            }
            assert_eq!(site.count("HD Ticket"), known + 1, "{what}: {reply:?}");
            let newest = newest(&site);
            let stored = columns(&site, "HD Ticket", &newest);
            let is_own = |column: &str, value: &str| stored[column] == value;
            assert!(
                is_own("owner", "ada@desk.example") && is_own("modified_by", "ada@desk.example"),
                "{what}: {stored:?}"
            );
            assert!(is_own("creation", "2026-11-22 07:13:00"), "{what}: {stored:?}");
            assert_eq!(stored["docstatus"], 0, "{what}");
            // Version 2 lets the maker choose the name.
            assert!(newest != "taken-over" || way == "v2 POST", "{what}");
            assert!(!format!("{stored:?}").contains("eve@"), "{what}: {stored:?}");
            for column in ["_comments", "_liked_by", "_user_tags"] {
                assert!(
                    stored[column].is_null() || stored[column] == "",
                    "{what}: {stored:?}"
                );
            }
        }
    }
}

/// The ticket made last: the clock of a test stands, so by the order of rows.
fn newest(site: &TestSite) -> String {
    let names = site.transaction(|cx| {
        let mut query = Query::new();
        query
            .sql("SELECT name FROM ")
            .ident("tabHD Ticket")
            .either(" ORDER BY rowid DESC LIMIT 1", " ORDER BY ctid DESC LIMIT 1");
        cx.db().rows(query, &[helpdesk_core::db::Kind::Text])
    });
    names[0][0].as_str().unwrap().to_owned()
}

#[test]
fn a_change_leaves_what_is_the_programs() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let eve = site.agent("eve@desk.example");
    let name = ada.insert("HD Ticket", json!({ "subject": "a" })).ok().data()["name"].clone();
    let name = name.as_str().unwrap();
    let watch = Watch::new(&site);

    for (way, send) in CHANGES {
        for (field, value) in wanted() {
            let what = format!("{way} of {field} = {value}");
            let (before, commits) = (columns(&site, "HD Ticket", name), watch.commits());
            let reply = send(&eve, "HD Ticket", name, json!({ field: value.clone() }));
            held_to_the_contract(&reply, &what);
            let after = columns(&site, "HD Ticket", name);
            if reply.status >= 400 {
                assert_eq!(watch.commits(), commits, "{what}: {reply:?}");
                assert_eq!(after, before, "{what}: {reply:?}");
                continue;
            }
            for column in COLUMNS {
                match column {
                    "modified_by" => assert_ne!(after[column], "Administrator", "{what}"),
                    // Who saves has seen it.
                    "_seen" => assert!(!text(&after[column]).contains("x@"), "{what}"),
                    _ => assert_eq!(after[column], before[column], "{column} after {what}: {reply:?}"),
                }
            }
        }
    }
}

#[test]
fn fields_above_the_callers_level_stay() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let note = ada.insert("Note", json!({ "title": "a" })).ok().data()["name"].clone();
    let note = note.as_str().unwrap();

    for (way, send) in CHANGES {
        for values in [
            json!({ "public": 1 }),
            json!({ "seen_by": [{ "user": "Administrator" }] }),
        ] {
            let what = format!("{way} of {values}");
            let reply = send(&ada, "Note", note, values);
            held_to_the_contract(&reply, &what);
            assert_eq!(site.value("Note", note, "public"), 0, "{what}");
            assert_eq!(site.count("Note Seen By"), 0, "{what}");
        }
    }
    for (way, send) in INSERTS.into_iter().chain([MANY]) {
        let reply = send(
            &ada,
            "Note",
            json!({ "title": "b", "public": 1, "notify_on_login": 1 }),
        );
        held_to_the_contract(&reply, way);
        let shown = ada.list("Note", json!({ "filters": { "public": 1 } })).ok();
        assert_eq!(*shown.data(), json!([]), "{way}");
    }
}

#[test]
fn rows_stay_with_their_parent() {
    let site = TestSite::start();
    let max = site.agent_manager("max@desk.example");
    site.agent("ada@desk.example");
    let rows = json!([{ "user": "ada@desk.example" }]);
    for team in ["One", "Two"] {
        max.insert("HD Team", json!({ "team_name": team, "users": rows }))
            .ok();
    }
    let row_of = |team: &str| max.read("HD Team", team).ok().data()["users"][0].clone();
    let (one, two) = (row_of("One"), row_of("Two"));
    let taken = json!({
        "user": "ada@desk.example",
        "owner": "Administrator",
        "creation": "2001-01-01 00:00:00",
        "modified_by": "Administrator",
        "docstatus": 1,
        "idx": 77,
        "parent": "Two",
        "parenttype": "HD Ticket",
        "parentfield": "other",
    });
    let stored = |what: &str| {
        let now = row_of("One");
        for (key, value) in [
            ("parent", json!("One")),
            ("parenttype", json!("HD Team")),
            ("parentfield", json!("users")),
            ("idx", json!(1)),
            ("creation", one["creation"].clone()),
            ("owner", json!("max@desk.example")),
            ("modified_by", json!("max@desk.example")),
        ] {
            assert_eq!(now[key], value, "{key} after {what}: {now}");
        }
        assert_eq!(row_of("Two"), two, "the other team after {what}");
    };

    for (way, send) in CHANGES {
        for name in [
            Value::Null,
            one["name"].clone(),
            two["name"].clone(),
            json!(999_999),
        ] {
            let what = format!("{way} of a row named {name}");
            let row = with(taken.clone(), &[("name", name)]);
            let reply = send(&max, "HD Team", "One", json!({ "users": [row] }));
            held_to_the_contract(&reply, &what);
            stored(&what);
        }
    }
    for (way, send) in CHANGES.into_iter().filter(|(way, _)| !way.contains("save")) {
        let name = row_of("One")["name"].to_string();
        for (field, value) in taken.as_object().unwrap() {
            if field == "user" || field == "docstatus" {
                continue;
            }
            let what = format!("{way} of {field} of a row");
            let reply = send(&max, "HD Team Member", &name, json!({ field.as_str(): value }));
            held_to_the_contract(&reply, &what);
            stored(&what);
        }
    }
    // Rows are made with their parent, or by who may write it.
    let carl = site.customer("carl@acme.example");
    let row = json!({ "user": "carl@acme.example", "parent": "One", "parenttype": "HD Team", "parentfield": "users" });
    for (way, send) in INSERTS.into_iter().chain([MANY]) {
        let reply = send(&carl, "HD Team Member", row.clone());
        held_to_the_contract(&reply, way);
        assert!(reply.status == 403 || reply.status == 417, "{way}: {reply:?}");
        stored(way);
    }
}

/// What only code may say.
fn flags() -> Map<String, Value> {
    let flags = json!({
        "ignore_permissions": 1,
        "ignore_permission": true,
        "ignore_links": 1,
        "ignore_mandatory": 1,
        "ignore_validate": 1,
        "flags": { "ignore_permissions": 1, "ignore_links": 1, "ignore_mandatory": 1, "in_import": 1 },
        "_flags": { "ignore_permissions": true },
        "__onload": { "ignore_permissions": 1 },
        "__unsaved": 1,
        "_roles": ["System Manager"],
        "run_as": "Administrator",
        "user": "Administrator",
        "sid": "Administrator",
        "owner": "carl@acme.example",
    });
    flags.as_object().unwrap().clone()
}

#[test]
fn permissions_count_whatever_is_sent() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");
    let ticket = site.ticket().create().name;
    let ada = site.agent("ada@desk.example");
    let team = site.team("One").member(&ada).create();
    let watch = Watch::new(&site);
    let before = watch.checksum();
    let with_flags = |values: Value| {
        let mut values = values.as_object().unwrap().clone();
        values.extend(flags());
        Value::Object(values)
    };

    for (way, send) in INSERTS.into_iter().chain([MANY]) {
        let reply = send(&carl, "HD Team", with_flags(json!({ "team_name": "Two" })));
        assert_eq!(reply.status, 403, "{way}: {reply:?}");
    }
    for (way, send) in CHANGES.into_iter().filter(|(way, _)| !way.contains("save")) {
        for (doctype, name) in [("HD Ticket", &ticket), ("HD Team", &team)] {
            let reply = send(&carl, doctype, name, with_flags(json!({ "subject": "b" })));
            held_to_the_contract(&reply, way);
            assert!(
                reply.status == 403 || way.contains("bulk") || way.contains("text"),
                "{way}: {reply:?}"
            );
        }
    }
    for path in [
        format!("/api/resource/HD Ticket/{ticket}"),
        format!("/api/v2/document/HD Ticket/{ticket}"),
        format!("/api/v2/document/HD Ticket/{ticket}/copy"),
    ] {
        let reply = carl.request("GET", &path).query(&Value::Object(flags())).send();
        assert_eq!(reply.status, 403, "{path}: {reply:?}");
        let reply = carl
            .request("DELETE", &path)
            .query(&Value::Object(flags()))
            .send();
        assert!((400..500).contains(&reply.status), "{path}: {reply:?}");
    }
    for (method, args) in [
        (
            "frappe.client.get",
            json!({ "doctype": "HD Ticket", "name": ticket }),
        ),
        (
            "frappe.client.delete",
            json!({ "doctype": "HD Ticket", "name": ticket }),
        ),
        ("frappe.client.get_list", json!({ "doctype": "HD Ticket" })),
        ("frappe.desk.reportview.get", json!({ "doctype": "HD Ticket" })),
        (
            "frappe.desk.form.load.getdoc",
            json!({ "doctype": "HD Ticket", "name": ticket }),
        ),
        (
            "run_doc_method",
            json!({ "dt": "HD Ticket", "dn": ticket, "method": "mark_seen" }),
        ),
    ] {
        let plain = carl.call(method, args.clone());
        let reply = carl.call(method, with_flags(args));
        held_to_the_contract(&reply, method);
        assert_eq!(
            (reply.status, &reply.json["message"]),
            (plain.status, &plain.json["message"]),
            "{method}"
        );
        assert!(
            reply.status == 403 || reply.json["message"] == json!([]),
            "{method}: {reply:?}"
        );
    }
    assert_eq!(watch.checksum(), before);
}

#[test]
fn what_is_not_there_is_the_contracts_error() {
    let site = TestSite::start();
    site.ticket().create();
    let users = [site.agent("ada@desk.example"), site.admin(), site.guest()];
    let watch = Watch::new(&site);
    let before = watch.checksum();
    let refused = |reply: &Reply, what: &str| {
        held_to_the_contract(reply, what);
        assert!(matches!(reply.status, 401 | 403 | 404 | 417), "{what}: {reply:?}");
    };

    for user in &users {
        for (doctype, name) in [
            ("Nothing", "x"),
            ("HD Ticket", "nope"),
            ("HD Ticket", "1"),
            ("__Auth", "x"),
            ("tabUser", "x"),
        ] {
            let base = format!("{}: {doctype} {name}", user.id());
            refused(&user.read(doctype, name), &base);
            refused(&user.remove(doctype, name), &base);
            refused(&user.get(&format!("/api/v2/document/{doctype}/{name}")), &base);
            refused(
                &user.get(&format!("/api/v2/document/{doctype}/{name}/copy")),
                &base,
            );
            refused(&user.delete(&format!("/api/v2/document/{doctype}/{name}")), &base);
            for (way, send) in CHANGES
                .into_iter()
                .filter(|(way, _)| !way.contains("save") && !way.contains("bulk"))
            {
                refused(
                    &send(user, doctype, name, json!({ "subject": "a" })),
                    &format!("{base} {way}"),
                );
            }
            for method in [
                "frappe.client.get",
                "frappe.client.delete",
                "frappe.desk.form.load.getdoc",
            ] {
                let reply = user.call(method, json!({ "doctype": doctype, "name": name }));
                held_to_the_contract(&reply, &base);
            }
        }
        for (way, send) in INSERTS.into_iter().chain([MANY]) {
            refused(
                &send(user, "Nothing", json!({ "subject": "a" })),
                &format!("{} {way}", user.id()),
            );
        }
    }
    assert_eq!(watch.checksum(), before);
}

#[test]
fn a_link_to_what_is_hidden_is_a_link_to_nothing() {
    let site = TestSite::start();
    let carl = site.customer("carl@acme.example");
    let hidden = site.ticket().create().name;
    let ask = |name: &str| {
        let args = json!({ "doctype": "HD Ticket", "docname": name, "fields_to_fetch": ["subject"] });
        carl.call("frappe.client.validate_link_and_fetch", args)
            .status(200)
    };

    let (there, missing) = (ask(&hidden), ask("nope"));

    assert_eq!((there.status, &there.json), (missing.status, &missing.json));
    let search = |txt: &str| {
        carl.call(
            "frappe.desk.search.search_link",
            json!({ "doctype": "HD Ticket", "txt": txt }),
        )
    };
    assert_eq!(search(&hidden).json, search("nope").json);
}
