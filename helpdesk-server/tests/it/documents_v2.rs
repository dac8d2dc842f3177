//! API v2, and methods of documents in both versions.

use helpdesk_core::doctype::{permissions, save};
use helpdesk_core::prelude::*;
use serde_json::Map;

use crate::running::Running;

/// Methods for what is tested here.
mod methods {
    use helpdesk_core::doctype::document::Document;
    use helpdesk_core::prelude::*;

    /// What the ToDo says, `times` over.
    #[doc_method(doctype = "ToDo")]
    fn echo(todo: &Document, #[arg(default = 1)] times: usize) -> String {
        todo.text("description").repeat(times)
    }

    /// Changes the document in memory only.
    #[doc_method(doctype = "ToDo", methods = [POST])]
    fn shout(todo: &mut Document) {
        let loud = todo.text("description").to_uppercase();
        todo.set("description", loud);
    }
}

fn todo(cx: &mut Cx, values: Value) {
    let meta = permissions::meta_of(cx, "ToDo").unwrap();
    let values: Map<String, Value> = values.as_object().cloned().unwrap();
    let mut doc = save::new_document(cx, &meta, &values).unwrap();
    doc.flags.keep_name = true;
    save::insert(cx, &mut doc).unwrap();
}

async fn server() -> Running {
    Running::filled(|cx| {
        for (name, priority, color) in [
            ("a", "High", None),
            ("b", "Low", None),
            ("c", "Medium", Some("#00FF00")),
        ] {
            let values = json!({"name": name, "description": name, "priority": priority, "color": color});
            todo(cx, values);
        }
    })
    .await
}

fn json_of(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn encoded(text: &str) -> impl std::fmt::Display {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
}

/// Names a list with these filters answers, in order.
async fn names(server: &Running, filters: &str) -> String {
    let path = format!(
        "/api/v2/document/ToDo?order_by=name%20asc&filters={}",
        encoded(filters)
    );
    let answer = server.admin("GET", &path, "").await;
    let body = json_of(&answer.body);
    let Value::Array(rows) = &body["data"] else {
        panic!("{body}")
    };
    let names: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    names.join("")
}

#[tokio::test]
async fn a_list_tells_whether_there_is_more() {
    let server = server().await;

    let page = |query: &'static str| server.admin("GET", query, "");
    let answer = page("/api/v2/document/ToDo?limit=2&order_by=name%20asc").await;
    assert_eq!(
        json_of(&answer.body),
        json!({"data": [{"name": "a"}, {"name": "b"}], "has_next_page": true})
    );
    let answer = page("/api/v2/document/ToDo?limit=2&start=2&order_by=name").await;
    assert_eq!(
        json_of(&answer.body),
        json!({"data": [{"name": "a"}], "has_next_page": false})
    );
    let answer = page("/api/v2/document/ToDo?limit=0").await;
    assert_eq!(json_of(&answer.body), json!({"data": [], "has_next_page": true}));
}

#[tokio::test]
async fn filters_take_names_pairs_and_groups() {
    let server = server().await;

    assert_eq!(names(&server, r#"["a","c"]"#).await, "ac");
    assert_eq!(names(&server, r#"[["priority","Low"]]"#).await, "b");
    // From left to right: (a or b) and a.
    let group = r#"[["name","=","a"],"or",["name","=","b"],"and",["priority","=","High"]]"#;
    assert_eq!(names(&server, group).await, "a");
    let nested = r#"[["name","=","a"],"or",[["name","=","b"],"and",["priority","=","High"]]]"#;
    assert_eq!(names(&server, nested).await, "a");
    // Null is no value: it differs from nothing. Version 1 counts it as empty.
    let coloured = r##"[["color","!=","#000000"]]"##;
    assert_eq!(names(&server, coloured).await, "c");
    let answer = server
        .admin(
            "GET",
            &format!("/api/resource/ToDo?order_by=name&filters={}", encoded(coloured)),
            "",
        )
        .await;
    assert_eq!(
        json_of(&answer.body),
        json!({"data": [{"name": "a"}, {"name": "b"}, {"name": "c"}]})
    );
    for wrong in [
        "5",
        "x",
        r#"[["name","=","a"],"or"]"#,
        r#"[[["name","=","a"],["name","=","c"]],"nor",["name","=","b"]]"#,
    ] {
        let answer = server
            .admin(
                "GET",
                &format!("/api/v2/document/ToDo?filters={}", encoded(wrong)),
                "",
            )
            .await;
        assert_eq!(answer.status, 417, "{wrong}: {}", answer.body);
    }
}

#[tokio::test]
async fn documents_keep_their_nulls_and_their_names() {
    let server = server().await;

    let body = r#"{"name": "mine", "description": "x"}"#;
    let made = server.admin("POST", "/api/v2/document/ToDo", body).await;
    let made = json_of(&made.body);
    assert_eq!(made["data"]["name"], "mine");
    assert_eq!(made["data"].get("color"), Some(&Value::Null));
    let changed = server
        .admin("PATCH", "/api/v2/document/ToDo/a", r#"{"priority": "Low"}"#)
        .await;
    assert_eq!(json_of(&changed.body)["data"]["priority"], "Low");
    let copy = server.admin("GET", "/api/v2/document/ToDo/a/copy", "").await;
    let copy = json_of(&copy.body);
    assert!(
        copy["data"].get("name").is_none() && copy["data"].get("color").is_none(),
        "{copy}"
    );
    let gone = server.admin("DELETE", "/api/v2/document/ToDo/a", "").await;
    assert_eq!((gone.status, &*gone.body), (202, r#"{"data":"ok"}"#));
    let read = server
        .admin("GET", "/api/v2/document/ToDo/b?include=tags,nonsense", "")
        .await;
    assert_eq!(read.status, 417);
    let read = server
        .admin("GET", "/api/v2/document/ToDo/b?include=tags,permissions", "")
        .await;
    let read = json_of(&read.body);
    assert_eq!(
        (&read["tags"], &read["permissions"]["write"]),
        (&json!([]), &json!(1))
    );
}

#[tokio::test]
async fn one_refusal_leaves_the_rest_of_a_bulk_change() {
    let server = server().await;

    let body = r#"{"docs": [{"name": "a", "priority": "Nope"}, {"name": "b", "priority": "High"}, 5]}"#;
    let answer = server
        .admin("POST", "/api/v2/document/ToDo/bulk_update", body)
        .await;
    let answer = json_of(&answer.body);
    assert_eq!(answer["data"]["updated"], json!(["b"]));
    assert_eq!(answer["data"]["failure_count"], 2);
    assert_eq!(answer["docs"][0]["priority"], "High");
    assert_eq!(names(&server, r#"{"priority":"High"}"#).await, "ab");
    let body = r#"{"docs": [{"doctype": "ToDo", "name": "a"}, {"doctype": "ToDo"}]}"#;
    let answer = server.admin("POST", "/api/v2/method/bulk_delete", body).await;
    let answer = json_of(&answer.body);
    assert_eq!(
        answer["data"]["deleted"],
        json!([{"doctype": "ToDo", "name": "a"}])
    );
    assert_eq!(
        answer["data"]["failed"][0]["error"],
        "'name' must be a string or integer"
    );
    assert_eq!(names(&server, "").await, "bc");
}

#[tokio::test]
async fn methods_of_documents_are_reached_all_ways() {
    let server = server().await;
    let asked = |verb, path, body| server.admin(verb, path, body);

    let answer = asked("GET", "/api/resource/ToDo/a?run_method=echo&times=3", "").await;
    assert_eq!(answer.body, r#"{"data":"aaa"}"#);
    let answer = asked("POST", "/api/resource/ToDo/a", r#"{"run_method": "shout"}"#).await;
    assert_eq!(answer.body, "{}");
    let answer = asked("GET", "/api/v2/document/ToDo/a/method/echo", "").await;
    let answer = json_of(&answer.body);
    assert_eq!(
        (&answer["data"], &answer["docs"][0]["color"]),
        (&json!("a"), &json!(null))
    );
    let body = r#"{"dt": "ToDo", "dn": "a", "method": "shout"}"#;
    let answer = json_of(&asked("POST", "/api/method/run_doc_method", body).await.body);
    assert_eq!(
        (&answer["docs"][0]["description"], answer.get("message")),
        (&json!("A"), None)
    );
    let body = r#"{"dt": "ToDo", "dn": "a", "method": "echo", "args": "{\"times\": 2}"}"#;
    let answer = json_of(
        &asked("POST", "/api/method/frappe.handler.run_doc_method", body)
            .await
            .body,
    );
    assert_eq!(answer["message"], "aa");
    // Anything but an object is the first argument.
    let body = r#"{"dt": "ToDo", "dn": "a", "method": "echo", "args": 4}"#;
    let answer = json_of(&asked("POST", "/api/method/run_doc_method", body).await.body);
    assert_eq!(answer["message"], "aaaa");
}

#[tokio::test]
async fn methods_of_documents_refuse() {
    let server = server().await;
    let asked = |verb, path, body| server.admin(verb, path, body);

    let answer = asked("GET", "/api/resource/ToDo/a?run_method=nothing", "").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (404, "text/html; charset=utf-8")
    );
    let answer = asked("GET", "/api/resource/ToDo/a?run_method=shout", "").await;
    assert_eq!(answer.status, 403);
    let answer = asked("GET", "/api/resource/ToDo/a?run_method=echo&loud=1", "").await;
    assert_eq!(answer.status, 417);
    let answer = asked("POST", "/api/resource/ToDo/a", "{}").await;
    assert_eq!(answer.status, 417);
    for (path, body) in [
        (
            "/api/method/run_doc_method",
            r#"{"method": "echo", "docs": {"doctype": "ToDo", "name": "a"}}"#,
        ),
        (
            "/api/v2/method/run_doc_method",
            r#"{"method": "echo", "document": {"doctype": "ToDo", "name": "a"}}"#,
        ),
    ] {
        let answer = asked("POST", path, body).await;
        assert!(answer.body.contains("TimestampMismatchError"), "{}", answer.body);
    }
    let answer = server.ask("GET", "/api/resource/ToDo/a?run_method=echo").await;
    assert_eq!(answer.status, 403);
    let body = r#"{"dt": "ToDo", "dn": "a", "method": "echo"}"#;
    let answer = server
        .post("/api/method/run_doc_method", "application/json", body)
        .await;
    assert_eq!(answer.status, 403);
}

#[tokio::test]
async fn the_catalogue_shows_guests_what_is_theirs() {
    let server = server().await;

    let all = json_of(&server.admin("GET", "/api/v2/discovery/method", "").await.body);
    let theirs = json_of(&server.ask("GET", "/api/v2/discovery/method").await.body);
    let has = |body: &Value, key: &str, value: &str| {
        let methods = body["data"]["methods"].as_array().unwrap();
        methods.iter().any(|method| method[key] == value)
    };
    assert!(has(&all, "path", "frappe.client.get") && has(&all, "method", "echo"));
    assert!(has(&theirs, "path", "frappe.ping") && !has(&theirs, "path", "frappe.client.get"));
    assert!(!has(&theirs, "method", "echo"));
    let overview = json_of(&server.admin("GET", "/api/v2/discovery", "").await.body);
    let listed = all["data"]["methods"].as_array().unwrap().len();
    let counted =
        |name: &str| usize::try_from(overview["data"]["resources"][name].as_u64().unwrap()).unwrap();
    assert_eq!(counted("methods") + counted("doctype_methods"), listed);
    let found = json_of(
        &server
            .admin("GET", "/api/v2/discovery/search?q=PING%20rpc", "")
            .await
            .body,
    );
    assert_eq!(found["data"]["results"][0]["path"], "frappe.ping");
    let entry = server
        .admin("GET", "/api/v2/discovery/doctype/ToDo/method/echo", "")
        .await;
    let entry = json_of(&entry.body);
    assert_eq!(entry["data"]["params"][0]["required"], false);
    assert_eq!(entry["data"]["kind"], "doctype");
    let of_todo = json_of(
        &server
            .admin("GET", "/api/v2/discovery/doctype/ToDo", "")
            .await
            .body,
    );
    assert!(has(&of_todo, "method", "echo") && has(&of_todo, "method", "add_comment"));
    let refused = server
        .ask("GET", "/api/v2/discovery/method/frappe.client.get")
        .await;
    assert_eq!(refused.status, 404);
}
