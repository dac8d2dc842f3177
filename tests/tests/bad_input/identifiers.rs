//! 200 texts that are no identifier, in every place of every list method that takes one: refused by the contract's
//! error, with nothing told and nothing changed.

use std::collections::BTreeSet;

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

use crate::watch::{Watch, judge};

/// What an attacker adds.
const PAYLOADS: [&str; 26] = [
    "1=1",
    "(select 1)",
    "(select password from __Auth limit 1)",
    "(select api_key from tabUser limit 1)",
    "union select name from tabUser",
    "union all select 1, 2, 3 --",
    "; drop table \"tabHD Ticket\"; --",
    "; delete from tabUser",
    "; update tabUser set enabled = 0",
    "or '1' = '1'",
    "and sleep(5)",
    "pg_sleep(5)",
    "extractvalue(1, concat(0x7e, version()))",
    "load_extension('x')",
    "current_setting('data_directory')",
    "pg_read_file('/etc/passwd')",
    "randomblob(1000000000)",
    "case when 1 = 1 then 1 else 2 end",
    "cast(name as integer)",
    "sqlite_version()",
    "into outfile '/tmp/x'",
    "count(*) > 0",
    "ifnull(name, '')",
    "$1",
    "%s",
    "{0}",
];

/// How it is hung on to what is there: `{}` is the payload, `~` the name of a field that exists.
const SHAPES: [&str; 8] = [
    "{}",
    "~ {}",
    "~' {} --",
    "~\" {} --",
    "~` {} #",
    "~) {} --",
    "~/**/{}",
    "~\n{}\u{0}",
];

fn payloads() -> Vec<String> {
    let shaped = |payload: &&str| SHAPES.map(|shape| shape.replace('~', "name").replace("{}", payload));
    let all: BTreeSet<String> = PAYLOADS.iter().flat_map(shaped).collect();
    all.into_iter().collect()
}

/// A place in a request that names something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Field,
    Aggregated,
    Function,
    ChildTable,
    FilterField,
    FilterFieldInList,
    FilterOperator,
    FilterOperatorInList,
    FilterDocType,
    OrFilterField,
    OrFilterOperator,
    OrderBy,
    OrderDirection,
    GroupBy,
    Parent,
    DocType,
    Expand,
    ValueField,
    SearchField,
    Alias,
}

use Place::*;

const ALL_PLACES: [Place; 18] = [
    Field,
    Aggregated,
    Function,
    ChildTable,
    FilterField,
    FilterFieldInList,
    FilterOperator,
    FilterOperatorInList,
    FilterDocType,
    OrFilterField,
    OrFilterOperator,
    OrderBy,
    OrderDirection,
    GroupBy,
    Parent,
    DocType,
    Expand,
    Alias,
];
const FILTERS: [Place; 6] = [
    FilterField,
    FilterFieldInList,
    FilterOperator,
    FilterOperatorInList,
    FilterDocType,
    DocType,
];

impl Place {
    /// The arguments of a request with `text` in this place.
    fn arguments(self, text: &str) -> Value {
        match self {
            Field => json!({ "fields": [text] }),
            Aggregated => json!({ "fields": [{ "COUNT": text }] }),
            Function => json!({ "fields": [{ text: "name" }] }),
            ChildTable => json!({ "fields": ["name", { text: ["name"] }] }),
            FilterField => json!({ "filters": { text: "a" } }),
            FilterFieldInList => json!({ "filters": [["HD Ticket", text, "=", "a"]] }),
            FilterOperator => json!({ "filters": { "name": [text, "a"] } }),
            FilterOperatorInList => json!({ "filters": [["name", text, "a"]] }),
            FilterDocType => json!({ "filters": [[text, "name", "=", "a"]] }),
            OrFilterField => json!({ "or_filters": [[text, "=", "a"]] }),
            OrFilterOperator => json!({ "or_filters": [["name", text, "a"]] }),
            OrderBy => json!({ "order_by": text }),
            OrderDirection => json!({ "order_by": format!("name {text}") }),
            GroupBy => json!({ "group_by": text }),
            Parent => json!({ "parent": text }),
            DocType => json!({ "doctype": text }),
            Expand => json!({ "expand": [text] }),
            ValueField => json!({ "fieldname": text }),
            SearchField => json!({ "searchfield": text }),
            Alias => json!({ "fields": [format!("name as {text}")] }),
        }
    }

    /// Places where a text that means nothing may also be passed over: only what it would have an effect on is left out.
    fn may_be_passed_over(self) -> bool {
        matches!(self, Parent | Expand | Alias)
    }
}

/// Sends all payloads to all places of a method. `send` takes the DocType and the other arguments.
fn attack(places: &[Place], send: impl Fn(&TestUser, &str, Value) -> Reply) {
    let site = TestSite::start();
    site.ticket().create();
    let ada = site.agent_manager("ada@desk.example");
    let secret = site.value("User", "ada@desk.example", "api_key");
    let watch = Watch::new(&site);
    let plain = send(&ada, "HD Ticket", json!({}));
    let before = watch.checksum();
    assert!((200..300).contains(&plain.status), "{plain:?}");
    let payloads = payloads();
    assert!(payloads.len() >= 200, "{} payloads", payloads.len());

    for place in places {
        for text in &payloads {
            let mut args = place.arguments(text);
            let doctype = match place {
                DocType => args.as_object_mut().unwrap().remove("doctype").unwrap(),
                _ => json!("HD Ticket"),
            };
            let reply = send(&ada, doctype.as_str().unwrap(), args);
            if let Err(fault) = judge(&reply) {
                panic!("{fault} for {place:?} {text:?}: {reply:?}");
            }
            let refused = matches!(reply.status, 403 | 404 | 417);
            let passed_over = place.may_be_passed_over() && reply.status == 200;
            assert!(refused || passed_over, "{place:?} {text:?}: {reply:?}");
            assert!(
                !reply.text.contains(secret.as_str().unwrap()),
                "{place:?} {text:?} tells a key"
            );
        }
    }
    assert_eq!(watch.checksum(), before);
    let after = send(&ada, "HD Ticket", json!({}));
    assert_eq!((after.status, after.text), (plain.status, plain.text));
}

/// By GET on a path that ends in the DocType.
fn by_path(prefix: &'static str) -> impl Fn(&TestUser, &str, Value) -> Reply {
    move |user, doctype, args| {
        let doctype = doctype.replace('%', "%25").replace(['/', '?', '#', '\0'], "-");
        user.request("GET", &format!("{prefix}/{doctype}"))
            .query(&args)
            .send()
    }
}

/// By POST to a method.
fn by_method(path: &'static str) -> impl Fn(&TestUser, &str, Value) -> Reply {
    move |user, doctype, mut args| {
        args["doctype"] = doctype.into();
        user.call(path, args)
    }
}

fn without(left_out: &[Place]) -> Vec<Place> {
    let all = ALL_PLACES.into_iter();
    all.filter(|place| !left_out.contains(place)).collect()
}

#[test]
fn lists_by_path() {
    attack(&ALL_PLACES, by_path("/api/resource"));
}

#[test]
fn lists_by_the_longer_path() {
    attack(&ALL_PLACES, by_path("/api/v1/resource"));
}

#[test]
fn lists_of_version_2() {
    attack(&ALL_PLACES, by_path("/api/v2/document"));
}

#[test]
fn counts_of_version_2() {
    let count = |user: &TestUser, doctype: &str, args: Value| {
        let doctype = doctype.replace('%', "%25").replace(['/', '?', '#', '\0'], "-");
        let path = format!("/api/v2/doctype/{doctype}/count");
        user.request("GET", &path).query(&args).send()
    };
    attack(
        &[&FILTERS[..], &[OrFilterField, OrFilterOperator]].concat(),
        count,
    );
}

#[test]
fn lists_by_method() {
    attack(&ALL_PLACES, by_method("frappe.client.get_list"));
}

#[test]
fn counts_by_method() {
    attack(&FILTERS, by_method("frappe.client.get_count"));
}

#[test]
fn values_by_method() {
    let value = |user: &TestUser, doctype: &str, mut args: Value| {
        args["doctype"] = doctype.into();
        if args.get("fieldname").is_none() {
            args["fieldname"] = "name".into();
        }
        user.call("frappe.client.get_value", args)
    };
    attack(&[&FILTERS[..], &[ValueField, Parent]].concat(), value);
}

#[test]
fn lists_of_list_pages() {
    attack(&ALL_PLACES, by_method("frappe.desk.reportview.get"));
    attack(&ALL_PLACES, by_method("frappe.desk.reportview.get_list"));
}

#[test]
fn counts_of_list_pages() {
    let places = [&FILTERS[..], &[OrFilterField, OrFilterOperator, Parent]].concat();
    attack(&places, by_method("frappe.desk.reportview.get_count"));
}

#[test]
fn exports_of_list_pages() {
    // An export is logged, in what is then no longer the same database.
    let places = without(&[Parent, Expand, Alias]);
    let export = |user: &TestUser, doctype: &str, args: Value| {
        if args == json!({}) && doctype == "HD Ticket" {
            return user.list(doctype, json!({}));
        }
        by_method("frappe.desk.reportview.export_query")(user, doctype, args)
    };
    attack(&places, export);
}

#[test]
fn searches_of_link_fields() {
    let search = |user: &TestUser, doctype: &str, mut args: Value| {
        args["doctype"] = doctype.into();
        args["txt"] = "a".into();
        user.call("frappe.desk.search.search_link", args)
    };
    attack(&[&FILTERS[..], &[SearchField]].concat(), search);
}
