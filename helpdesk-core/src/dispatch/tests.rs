use super::*;
use crate::method::{Handler, MethodSchema, Verbs};
use crate::reply::Reply;

pub(super) fn method(path: &'static str) -> Method {
    Method {
        path,
        aliases: &[],
        doc: "",
        allow_guest: false,
        xss_safe: false,
        verbs: Verbs::DEFAULT,
        limits: &[],
        params: &[],
        injected: &[],
        handler: Handler::Inline(|_, _| Ok(Reply::Empty)),
        schema: |_| MethodSchema::default(),
        location: Location {
            file: "a.rs",
            line: 1,
        },
        package: "x",
    }
}

fn leaked(method: Method) -> &'static Method {
    Box::leak(Box::new(method))
}

static APPS: [App; 2] = [
    App {
        name: "helpdesk",
        root: "helpdesk.api",
        trees: &[("doctype::", "desk.doctype")],
        package: "x",
    },
    App {
        name: "acme",
        root: "acme.shop",
        trees: &[],
        package: "y",
    },
];

fn table() -> Dispatch {
    let methods = [
        method("helpdesk.api.ticket.assign"),
        Method {
            aliases: &["old.assign", "ping_me"],
            ..method("helpdesk.api.agent.list")
        },
    ];
    Dispatch::of(methods.map(leaked), &APPS).unwrap()
}

fn reason(path: &str, api: Api) -> (Option<String>, String) {
    let not_found = table().find(path, api).unwrap_err();
    (
        not_found.prelude.map(|message| message.message.into_owned()),
        not_found.error.text().to_owned(),
    )
}

#[test]
fn paths_and_aliases_find_the_method() {
    let table = table();

    assert_eq!(table.get("old.assign").unwrap().path, "helpdesk.api.agent.list");
    assert_eq!(
        table.find("ping_me", Api::V1).unwrap().path,
        "helpdesk.api.agent.list"
    );
    assert!(table.get("helpdesk.api.ticket").is_none());
    let sorted: Vec<_> = table.methods().iter().map(|method| method.path).collect();
    assert_eq!(sorted, ["helpdesk.api.agent.list", "helpdesk.api.ticket.assign"]);
    assert_eq!(
        table.apps().iter().map(|app| app.name).collect::<Vec<_>>(),
        ["acme", "helpdesk"]
    );
}

#[test]
fn an_unknown_path_is_explained_as_the_contract_does() {
    let v1 = |path: &str| reason(path, Api::V1).1;

    assert_eq!(v1("nope"), "Failed to get method for command nope with 'nope'");
    assert_eq!(
        v1("helpdesk.api.ticket.nope"),
        "Failed to get method for command helpdesk.api.ticket.nope with module 'helpdesk.api.ticket' has no attribute 'nope'"
    );
    assert_eq!(
        v1("helpdesk.nope.deep.f"),
        "Failed to get method for command helpdesk.nope.deep.f with No module named 'helpdesk.nope'"
    );
    assert_eq!(
        v1("acme.f"),
        "Failed to get method for command acme.f with module 'acme' has no attribute 'f'"
    );
    assert_eq!(
        reason("helpdesk.f", Api::V2).1,
        "Failed to get method helpdesk.f with module 'helpdesk' has no attribute 'f'"
    );
    assert!(v1("").ends_with("with ''"));
    assert!(v1("..").ends_with("with App  is not installed"));
}

#[test]
fn an_app_that_is_not_installed_is_said_twice() {
    let (prelude, text) = reason("shop.api.f", Api::V1);

    assert_eq!(prelude.as_deref(), Some("App shop is not installed"));
    assert_eq!(
        text,
        "Failed to get method for command shop.api.f with App shop is not installed"
    );
}

#[test]
fn an_empty_table_is_an_error() {
    assert!(matches!(Dispatch::of([], &APPS), Err(DispatchError::Empty)));
}

fn doc_method(doctype: &'static str, path: &'static str, line: u32) -> &'static DocMethod {
    let location = Location { file: "d.rs", line };
    let method = Method {
        location,
        ..method(path)
    };
    Box::leak(Box::new(DocMethod { doctype, method }))
}

#[test]
fn document_methods_are_found_by_doctype_and_name() {
    let table = table()
        .with_documents([
            doc_method("A", "x.b.close", 1),
            doc_method("A", "x.a.open", 2),
            doc_method("B", "x.close", 3),
        ])
        .unwrap();

    assert_eq!(table.document("A", "close").unwrap().method.path, "x.b.close");
    assert_eq!(table.document("B", "close").unwrap().method.path, "x.close");
    assert!(table.document("B", "open").is_none() && table.get("x.close").is_none());
    let names: Vec<_> = table.of_doctype("A").iter().map(|method| method.name()).collect();
    assert_eq!(names, ["close", "open"]);
}

#[test]
fn two_methods_of_a_document_may_not_share_a_name() {
    let error = table()
        .with_documents([doc_method("A", "x.close", 4), doc_method("A", "y.close", 5)])
        .unwrap_err();

    assert_eq!(
        error.to_string(),
        "`A::close` is registered twice: d.rs:4 and d.rs:5"
    );
}

#[test]
fn duplicates_name_both_places() {
    let moved = Method {
        location: Location {
            file: "b.rs",
            line: 7,
        },
        aliases: &["x.z"],
        ..method("x.y")
    };
    let third = Method {
        location: Location {
            file: "c.rs",
            line: 9,
        },
        ..method("x.z")
    };
    let error = Dispatch::of([method("x.y"), moved, third].map(leaked), &APPS).unwrap_err();

    assert_eq!(
        error.to_string(),
        "`x.y` is registered twice: a.rs:1 and b.rs:7\n`x.z` is registered twice: b.rs:7 and c.rs:9"
    );
}
