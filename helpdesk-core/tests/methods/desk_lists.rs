//! `frappe.desk.reportview`, `listview`, `notifications`.

use helpdesk_core::error::ErrorKind;
use serde_json::{Value, json};

use crate::office::{Office, manager, session, user};

fn with_todos(count: usize) -> Office {
    let office = Office::new();
    for at in 1..=count {
        office.put(
            "ToDo",
            json!({ "name": format!("t{at}"), "description": format!("Task {at}"), "allocated_to": user("Ada"),
                "status": if at % 2 == 0 { "Closed" } else { "Open" } }),
        );
    }
    office
}

#[test]
fn a_list_is_sent_as_columns() {
    let office = with_todos(3);
    let path = "frappe.desk.reportview.get";
    let fields = r#"["`tabToDo`.`name`", "status"]"#;
    let ask = |filters: Value| {
        let args = json!({ "doctype": "ToDo", "fields": fields, "order_by": "name desc", "start": 1,
            "page_length": 1, "view": "List", "filters": filters });
        office.get(&manager(), path, args)
    };

    let list = ask(Value::Null).unwrap().message;
    assert_eq!(
        list,
        json!({ "keys": ["name", "status"], "values": [["t2", "Closed"]], "user_info": {} })
    );
    assert_eq!(ask(json!({ "status": "Cancelled" })).unwrap().message, json!([]));
    assert_eq!(ask(json!({ "no_such": 1 })).unwrap_err().kind().status(), 417);
}

#[test]
fn owners_and_assignees_come_with_their_names() {
    let office = with_todos(1);
    let args = json!({ "doctype": "ToDo", "fields": ["name", "owner"] });

    let list = office
        .get(&manager(), "frappe.desk.reportview.get", args)
        .unwrap()
        .message;
    assert_eq!(list["user_info"]["Administrator"]["name"], "Administrator");
}

#[test]
fn comments_are_counted_beside_a_list() {
    let office = with_todos(1);
    let comment = json!({ "reference_doctype": "ToDo", "reference_name": "t1", "content": "<p>Done?</p>",
        "comment_email": user("Bob"), "comment_by": "Bob" });
    office
        .call(&manager(), "frappe.desk.form.utils.add_comment", comment)
        .unwrap();

    let args = json!({ "doctype": "ToDo", "fields": ["name", "_comments"], "with_comment_count": 1 });
    let list = office
        .get(&manager(), "frappe.desk.reportview.get", args)
        .unwrap()
        .message;

    assert_eq!(list["keys"], json!(["name", "_comments", "_comment_count"]));
    assert_eq!(list["values"][0][2], 1);
    assert!(
        list["values"][0][1]
            .as_str()
            .unwrap()
            .contains("\"comment\": \"<p>Done?</p>\"")
    );
}

#[test]
fn a_list_of_objects_is_in_the_doctype_s_own_order() {
    let office = with_todos(2);
    let path = "frappe.desk.reportview.get_list";

    let list = office
        .get(&manager(), path, json!({ "doctype": "ToDo" }))
        .unwrap()
        .message;
    assert_eq!(list, json!([{ "name": "t2" }, { "name": "t1" }]));
    assert_eq!(
        office
            .get(&session("Eve", &[]), path, json!({ "doctype": "ToDo" }))
            .unwrap()
            .message,
        json!([])
    );
    assert!(
        office
            .get(&session("Eve", &[]), path, json!({ "doctype": "Access Log" }))
            .is_err()
    );
    assert!(
        office
            .get(&manager(), path, json!({ "doctype": "ToDo", "page_length": -1 }))
            .is_err()
    );
}

#[test]
fn counting_stops_at_a_limit_and_may_then_be_cached() {
    let office = with_todos(5);
    let path = "frappe.desk.reportview.get_count";
    let count = |limit: Value| {
        let args =
            json!({ "doctype": "ToDo", "fields": "[]", "filters": [], "limit": limit, "distinct": "false" });
        office.get(&manager(), path, args).unwrap()
    };

    assert_eq!(count(Value::Null).message, 5);
    assert_eq!(count("9".into()).message, 5);
    assert!(count(9.into()).headers.is_empty());
    let capped = count(3.into());
    assert_eq!(capped.message, 3);
    assert_eq!(
        capped.headers[0].1,
        "private,max-age=600,stale-while-revalidate=10800"
    );
    assert!(
        office
            .get(&session("Eve", &[]), path, json!({ "doctype": "Access Log" }))
            .is_err()
    );
    assert!(
        office
            .get(&manager(), path, json!({ "doctype": "ToDo", "filters": "{" }))
            .is_err()
    );
}

#[test]
fn an_export_is_numbered_labelled_and_logged() {
    let office = with_todos(2);
    office.put(
        "ToDo",
        json!({ "name": "t3", "description": "=HYPERLINK(\"x\")", "status": "Open" }),
    );
    let path = "frappe.desk.reportview.export_query";
    let args = json!({ "doctype": "ToDo", "file_format_type": "CSV", "title": "Mine",
        "fields": "[\"`tabToDo`.`name`\", \"description\"]", "order_by": "name asc", "view": "Report",
        "selected_items": "[\"t2\", \"t3\"]" });

    let file = office.file(&manager(), path, args).unwrap();

    assert_eq!(
        String::from_utf8(file.body).unwrap(),
        "\"Sr\",\"ID\",\"Description\",\"Created By\"\r\n\
         1,\"t2\",\"Task 2\",\"Administrator\"\r\n\
         2,\"t3\",\"'=HYPERLINK(\"\"x\"\")\",\"Administrator\"\r\n"
    );
    assert!(file.headers.contains(&(
        "content-disposition",
        "attachment; filename=\"Mine.csv\"".to_owned()
    )));
    let logs = json!({ "doctype": "Access Log", "fields": ["export_from", "file_type", "user"] });
    let logs = office
        .get(&manager(), "frappe.desk.reportview.get_list", logs)
        .unwrap()
        .message;
    assert_eq!(
        logs,
        json!([{ "export_from": "ToDo", "file_type": "CSV", "user": user("Bob") }])
    );
}

#[test]
fn an_export_needs_the_right_and_a_known_format() {
    let office = with_todos(1);
    let path = "frappe.desk.reportview.export_query";
    let refusal = |by, args| office.file(&by, path, args).unwrap_err().kind();

    assert_eq!(
        refusal(
            session("Ada", &[]),
            json!({ "doctype": "ToDo", "file_format_type": "CSV" })
        ),
        ErrorKind::PermissionError
    );
    for args in [
        json!({ "doctype": "ToDo", "file_format_type": "PDF" }),
        json!({ "doctype": "ToDo", "csv_quoting": 7 }),
        json!({ "doctype": "ToDo", "csv_delimiter": ";;" }),
        json!({ "doctype": "ToDo", "selected_items": "{}" }),
    ] {
        assert_eq!(refusal(manager(), args), ErrorKind::ValidationError);
    }
}

#[test]
fn what_can_t_be_deleted_stays_and_says_why() {
    let office = with_todos(2);
    office.put(
        "ToDo",
        json!({ "name": "b1", "description": "Bob's", "allocated_to": user("Bob") }),
    );
    let path = "frappe.desk.reportview.delete_items";
    let items = "[\"t1\", \"nope\", \"b1\"]";

    let answer = office
        .call(
            &session("Ada", &[]),
            path,
            json!({ "doctype": "ToDo", "items": items }),
        )
        .unwrap();

    assert!(answer.message.is_null());
    assert_eq!(answer.messages.len(), 1, "{:?}", answer.messages);
    assert!(!answer.messages[0].is_empty());
    let left = office
        .get(
            &manager(),
            "frappe.desk.reportview.get_list",
            json!({ "doctype": "ToDo" }),
        )
        .unwrap();
    assert_eq!(left.message, json!([{ "name": "b1" }, { "name": "t2" }]));
}

#[test]
fn deleting_takes_a_list_of_names_and_no_get() {
    let office = with_todos(1);
    let path = "frappe.desk.reportview.delete_items";

    assert!(
        office
            .call(&manager(), path, json!({ "doctype": "ToDo", "items": "{}" }))
            .is_err()
    );
    assert!(
        office
            .call(&manager(), path, json!({ "doctype": "ToDo" }))
            .is_err()
    );
    assert!(
        office
            .get(&manager(), path, json!({ "doctype": "ToDo", "items": [] }))
            .is_err()
    );
    let many: Vec<String> = (0..501).map(|at| at.to_string()).collect();
    assert!(
        office
            .call(&manager(), path, json!({ "doctype": "ToDo", "items": many }))
            .is_err()
    );
}

#[test]
fn values_of_a_field_are_counted() {
    let office = with_todos(3);
    let path = "frappe.desk.listview.get_group_by_count";
    let count = |field: &str| {
        let args = json!({ "doctype": "ToDo", "current_filters": "[]", "field": field });
        office.get(&manager(), path, args)
    };

    assert_eq!(
        count("status").unwrap().message,
        json!([{ "count": 2, "name": "Open" }, { "count": 1, "name": "Closed" }])
    );
    assert_eq!(count("assigned_to").unwrap().message, json!([]));
    assert_eq!(count("no_such").unwrap_err().kind(), ErrorKind::ValidationError);
    let args = json!({ "doctype": "Access Log", "field": "user" });
    assert!(office.get(&session("Eve", &[]), path, args).is_err());
}

#[test]
fn connected_documents_are_counted() {
    let office = with_todos(3);
    let path = "frappe.desk.notifications.get_open_count";
    let count = |items: Value| {
        let args = json!({ "doctype": "User", "name": user("Ada"), "items": items });
        office.get(&manager(), path, args)
    };

    assert_eq!(
        count(json!("[\"ToDo\", \"No Such\"]")).unwrap().message,
        json!({ "count": {
            "external_links_found": [{ "doctype": "ToDo", "count": 3, "open_count": 0 }],
            "internal_links_found": []
        } })
    );
    assert!(count(json!({})).is_err());
    let args = json!({ "doctype": "User", "name": user("Ada"), "items": [] });
    assert!(office.get(&session("Eve", &[]), path, args).is_err());
}
