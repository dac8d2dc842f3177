//! `frappe.desk.form.*`, notifications, user settings.

use helpdesk_core::error::ErrorKind;
use serde_json::{Value, json};

use crate::office::{Office, manager, session, user};

const DOCINFO: [&str; 23] = [
    "doctype",
    "name",
    "attachments",
    "comments",
    "shared",
    "assignment_logs",
    "attachment_logs",
    "info_logs",
    "like_logs",
    "workflow_logs",
    "communications",
    "automated_messages",
    "versions",
    "assignments",
    "permissions",
    "views",
    "additional_timeline_content",
    "milestones",
    "is_document_followed",
    "tags",
    "document_email",
    "custom_perm_types",
    "user_info",
];

fn with_todo() -> Office {
    let office = Office::new();
    office.put(
        "ToDo",
        json!({ "name": "t1", "description": "Water", "allocated_to": user("Ada") }),
    );
    office
}

fn comment(on: &str, content: &str) -> Value {
    json!({ "reference_doctype": "ToDo", "reference_name": on, "content": content,
        "comment_email": user("Ada"), "comment_by": "Ada" })
}

#[test]
fn a_form_gets_its_document_and_all_around_it() {
    let office = with_todo();
    office.put(
        "Communication",
        json!({ "subject": "Hi", "sender": user("Bob"), "content": "Hello", "reference_doctype": "ToDo",
            "reference_name": "t1", "communication_medium": "Email", "status": "Linked", "sent_or_received": "Sent" }),
    );
    let path = "frappe.desk.form.load.getdoc";

    let answer = office
        .get(
            &session("Ada", &[]),
            path,
            json!({ "doctype": "ToDo", "name": "t1" }),
        )
        .unwrap();

    assert!(answer.message.is_null());
    assert_eq!(answer.side["docs"][0]["description"], "Water");
    assert!(
        answer.side["docs"][0].get("color").is_none(),
        "nulls are left out"
    );
    assert_eq!(answer.side["_link_titles"], json!({}));
    let info = answer.side["docinfo"].as_object().unwrap();
    for key in DOCINFO {
        assert!(info.contains_key(key), "{key}");
    }
    assert_eq!(info["communications"][0]["sender_full_name"], "Bob");
    assert_eq!(info["communications"][0]["attachments"], "[]");
    assert_eq!(info["user_info"]["Administrator"]["name"], "Administrator");
    assert_eq!(info["permissions"]["write"], 1);
    assert_eq!(info["permissions"]["submit"], 0);
}

#[test]
fn reading_a_form_marks_the_document_as_seen() {
    let office = with_todo();
    let args = json!({ "doctype": "ToDo", "name": "t1" });
    for by in ["Ada", "Bob", "Ada"] {
        let by = session(by, &["System Manager"]);
        office
            .get(&by, "frappe.desk.form.load.getdoc", args.clone())
            .unwrap();
    }

    let list = json!({ "doctype": "ToDo", "fields": ["_seen"] });
    let list = office
        .get(&manager(), "frappe.desk.reportview.get_list", list)
        .unwrap();
    assert_eq!(
        list.message[0]["_seen"],
        format!("[\"Administrator\", \"{}\", \"{}\"]", user("Ada"), user("Bob"))
    );
}

#[test]
fn a_missing_document_is_an_empty_list_and_a_hidden_one_is_refused() {
    let office = with_todo();
    let load = |by, args| office.get(&by, "frappe.desk.form.load.getdoc", args);

    assert_eq!(
        load(manager(), json!({ "doctype": "ToDo", "name": "t9" }))
            .unwrap()
            .message,
        json!([])
    );
    assert_eq!(
        load(session("Eve", &[]), json!({ "doctype": "ToDo", "name": "t1" }))
            .unwrap_err()
            .kind(),
        ErrorKind::PermissionError
    );
    assert!(
        load(
            session("Eve", &[]),
            json!({ "doctype": "Access Log", "name": "x" })
        )
        .is_err()
    );
    assert!(load(manager(), json!({ "name": "t1" })).is_err());
}

#[test]
fn docinfo_is_for_readers() {
    let office = with_todo();
    let info = |by, name: &str| {
        let args = json!({ "doctype": "ToDo", "name": name });
        office.get(&by, "frappe.desk.form.load.get_docinfo", args)
    };

    assert_eq!(info(manager(), "t1").unwrap().side["docinfo"]["name"], "t1");
    assert_eq!(
        info(session("Eve", &[]), "t1").unwrap_err().kind(),
        ErrorKind::PermissionError
    );
    assert_eq!(
        info(manager(), "t9").unwrap_err().kind(),
        ErrorKind::DoesNotExistError
    );
}

#[test]
fn messages_come_in_pages_the_newest_first() {
    let office = with_todo();
    for (at, name) in ["a", "b", "c"].iter().enumerate() {
        let date = format!("2026-01-0{} 10:00:00", at + 1);
        office.put(
            "Communication",
            json!({ "subject": name, "communication_date": date, "reference_doctype": "ToDo", "reference_name": "t1",
                "communication_medium": "Chat", "status": "Linked", "sent_or_received": "Sent" }),
        );
    }
    let path = "frappe.desk.form.load.get_communications";
    let args = json!({ "doctype": "ToDo", "name": "t1", "start": 1, "limit": 1 });

    let page = office.get(&manager(), path, args.clone()).unwrap().message;
    assert_eq!(page[0]["subject"], "b");
    assert_eq!(page.as_array().unwrap().len(), 1);
    assert!(office.get(&session("Eve", &[]), path, args).is_err());
    assert!(
        office
            .get(
                &manager(),
                path,
                json!({ "doctype": "ToDo", "name": "t1", "start": "x" })
            )
            .is_err()
    );
}

#[test]
fn a_doctype_comes_with_its_children_and_the_caller_s_settings() {
    let office = Office::new();
    let save = json!({ "doctype": "Contact", "user_settings": "{\"last_view\": \"List\"}" });
    office
        .call(&manager(), "frappe.model.utils.user_settings.save", save)
        .unwrap();
    let path = "frappe.desk.form.load.getdoctype";

    let answer = office
        .get(&manager(), path, json!({ "doctype": "Contact" }))
        .unwrap();

    let docs = answer.side["docs"].as_array().unwrap();
    let names: Vec<&str> = docs.iter().map(|doc| doc["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["Contact", "Contact Email", "Contact Phone", "Dynamic Link"]
    );
    assert_eq!(docs[0]["__assets_loaded"], true);
    assert!(docs[0]["__css"].is_null() && docs[0]["__print_formats"].is_array());
    assert_eq!(answer.side["user_settings"], "{\"last_view\":\"List\"}");
    let child = office
        .get(
            &manager(),
            path,
            json!({ "doctype": "Contact Email", "with_parent": 1 }),
        )
        .unwrap();
    assert_eq!(child.side["parent_dt"], "Contact");
    assert!(
        office
            .get(&manager(), path, json!({ "doctype": "No Such" }))
            .is_err()
    );
    assert!(office.get(&manager(), path, json!({})).is_err());
}

#[test]
fn a_new_document_of_a_form_gets_a_name_and_keeps_its_local_one() {
    let office = Office::new();
    let path = "frappe.desk.form.save.savedocs";
    let doc = json!({ "doctype": "ToDo", "name": "new-todo-1", "__islocal": 1, "description": "x",
        "allocated_to": user("Ada") });

    let answer = office
        .call(
            &session("Ada", &[]),
            path,
            json!({ "doc": doc.to_string(), "action": "Save" }),
        )
        .unwrap();

    let saved = &answer.side["docs"][0];
    assert_eq!(saved["localname"], "new-todo-1");
    assert_ne!(saved["name"], "new-todo-1");
    assert!(
        saved["color"].is_null() && saved.get("color").is_some(),
        "nulls are kept"
    );
    assert_eq!(answer.side["docinfo"]["name"], saved["name"]);
    assert_eq!(answer.messages, ["Saved"]);
}

#[test]
fn a_stored_document_is_saved_by_who_may_write_it() {
    let office = with_todo();
    let path = "frappe.desk.form.save.savedocs";
    let save = |by, doc: Value, action: &str| office.call(&by, path, json!({ "doc": doc, "action": action }));
    let doc = json!({ "doctype": "ToDo", "name": "t1", "status": "Closed" });

    let saved = save(session("Ada", &[]), doc.clone(), "Save").unwrap();
    assert_eq!(saved.side["docs"][0]["status"], "Closed");
    assert_eq!(saved.side["docs"][0]["description"], "Water");
    let kind = |by, doc, action| save(by, doc, action).unwrap_err().kind();
    assert_eq!(
        kind(session("Eve", &[]), doc.clone(), "Save"),
        ErrorKind::PermissionError
    );
    assert_eq!(
        kind(manager(), json!({ "doctype": "ToDo", "name": "t9" }), "Save"),
        ErrorKind::DoesNotExistError
    );
    assert_eq!(kind(manager(), doc.clone(), "Submit"), ErrorKind::ValidationError);
    assert_eq!(kind(manager(), doc.clone(), "Burn"), ErrorKind::ValidationError);
    assert_eq!(kind(manager(), json!("{"), "Save"), ErrorKind::ValidationError);
    assert_eq!(
        kind(manager(), json!({ "name": "t1" }), "Save"),
        ErrorKind::ValidationError
    );
    let old = json!({ "doctype": "ToDo", "name": "t1", "modified": "2020-01-01 00:00:00" });
    assert_eq!(kind(manager(), old, "Save"), ErrorKind::TimestampMismatchError);
}

#[test]
fn comments_are_cleaned_and_belong_to_their_author() {
    let office = with_todo();
    let path = "frappe.desk.form.utils.add_comment";
    let ada = session("Ada", &[]);

    let added = office
        .call(&ada, path, comment("t1", "<p>Hi<script>x</script></p>"))
        .unwrap()
        .message;
    assert_eq!(added["content"], "<p>Hi</p>");
    assert_eq!(added["comment_type"], "Comment");
    let name = added["name"].clone();
    let edit = |by, content: &str| {
        let args = json!({ "name": name, "content": content });
        office.call(&by, "frappe.desk.form.utils.update_comment", args)
    };
    edit(ada.clone(), "Changed").unwrap();
    let refusal = edit(manager(), "Mine now").unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::PermissionError);
    assert_eq!(refusal.text(), "Comment can only be edited by the owner");
    assert!(edit(ada.clone(), " ").is_err());
    let args = json!({ "doctype": "ToDo", "name": "t1" });
    let info = office
        .get(&ada, "frappe.desk.form.load.get_docinfo", args)
        .unwrap();
    assert_eq!(info.side["docinfo"]["comments"][0]["content"], "Changed");
}

#[test]
fn comments_are_for_readers_of_the_document() {
    let office = with_todo();
    let path = "frappe.desk.form.utils.add_comment";
    let kind = |by, args| office.call(&by, path, args).unwrap_err().kind();

    assert_eq!(
        kind(session("Eve", &[]), comment("t1", "Hi")),
        ErrorKind::PermissionError
    );
    assert_eq!(kind(manager(), comment("t9", "Hi")), ErrorKind::DoesNotExistError);
    assert_eq!(kind(manager(), comment("t1", "")), ErrorKind::ValidationError);
    assert!(office.get(&manager(), path, comment("t1", "Hi")).is_err());
}

#[test]
fn the_author_and_system_managers_publish_comments() {
    let office = with_todo();
    let by = session("Ada", &[]);
    let added = office
        .call(&by, "frappe.desk.form.utils.add_comment", comment("t1", "Hi"))
        .unwrap();
    let publish = |by, name: &Value, on: Value| {
        let args = json!({ "name": name, "publish": on });
        office.call(&by, "frappe.desk.form.utils.update_comment_publicity", args)
    };
    let name = &added.message["name"];

    publish(manager(), name, true.into()).unwrap();
    let args = json!({ "doctype": "ToDo", "name": "t1" });
    let info = office
        .get(&by, "frappe.desk.form.load.get_docinfo", args)
        .unwrap();
    assert_eq!(info.side["docinfo"]["comments"][0]["published"], 1);
    assert_eq!(
        publish(session("Eve", &[]), name, false.into())
            .unwrap_err()
            .kind(),
        ErrorKind::PermissionError
    );
    assert!(publish(manager(), &json!("nope"), true.into()).is_err());
    assert!(publish(manager(), name, json!("perhaps")).is_err());
}

#[test]
fn an_attachment_is_removed_by_its_owner_or_a_manager() {
    let office = with_todo();
    let file = office.put(
        "File",
        json!({ "file_name": "a.txt", "file_url": "https://files.example/a.txt", "attached_to_doctype": "ToDo",
            "attached_to_name": "t1" }),
    );
    let path = "frappe.desk.form.utils.remove_attach";

    assert!(
        office
            .call(&session("Eve", &[]), path, json!({ "fid": file }))
            .is_err()
    );
    assert!(office.get(&manager(), path, json!({ "fid": file })).is_err());
    office.call(&manager(), path, json!({ "fid": file })).unwrap();
    assert!(office.call(&manager(), path, json!({ "fid": file })).is_err());
}

#[test]
fn the_next_document_is_the_one_beyond_in_the_list() {
    let office = with_todo();
    office.put(
        "ToDo",
        json!({ "name": "t2", "description": "Older", "status": "Closed" }),
    );
    let path = "frappe.desk.form.utils.get_next";
    let next = |value: &str, prev: u8, more: Value| {
        let mut args = json!({ "doctype": "ToDo", "value": value, "prev": prev });
        args.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        office.get(&manager(), path, args)
    };

    assert_eq!(next("t2", 0, json!({})).unwrap().message, "t1");
    assert_eq!(next("t1", 1, json!({})).unwrap().message, "t2");
    let none = next("t1", 0, json!({})).unwrap();
    assert!(none.message.is_null());
    assert_eq!(none.messages, ["No further records"]);
    assert!(
        next("t1", 1, json!({ "filters": "{\"status\": \"Open\"}" }))
            .unwrap()
            .message
            .is_null()
    );
    assert!(next("t1", 1, json!({ "sort_field": "no_such" })).is_err());
    assert!(next("t1", 1, json!({ "sort_order": "up" })).is_err());
    let args = json!({ "doctype": "ToDo", "value": "t1", "prev": 0 });
    assert!(office.get(&session("Eve", &[]), path, args).is_err());
}

#[test]
fn notifications_are_the_caller_s_own() {
    let office = Office::new();
    let module = "frappe.desk.doctype.notification_log.notification_log";
    let log = |to: &str| json!({ "subject": "Hi", "for_user": user(to), "from_user": user("Bob"), "type": "Alert" });
    let first = office.put("Notification Log", log("Ada"));
    office.put("Notification Log", log("Ada"));
    let other = office.put("Notification Log", log("Bob"));
    let ada = session("Ada", &[]);
    let unread = |by| {
        let logs = office
            .get(&by, &format!("{module}.get_notification_logs"), json!({}))
            .unwrap();
        let list = logs.message["notification_logs"].as_array().unwrap().clone();
        (list.len(), list.iter().filter(|log| log["read"] == 0).count())
    };

    let logs = office
        .get(&ada, &format!("{module}.get_notification_logs"), json!({}))
        .unwrap();
    assert_eq!(logs.message["user_info"][user("Bob")]["fullname"], "Bob");
    assert_eq!(logs.headers[0].1, "private,max-age=60");
    for name in [&first, &other] {
        office
            .call(
                &ada,
                &format!("{module}.mark_as_read"),
                json!({ "docname": name }),
            )
            .unwrap();
    }
    assert_eq!(unread(ada.clone()), (2, 1));
    office
        .call(&ada, &format!("{module}.mark_all_as_read"), json!({}))
        .unwrap();
    assert_eq!(unread(ada.clone()), (2, 0));
    assert_eq!(unread(session("Bob", &[])), (1, 1));
    assert!(
        office
            .get(&ada, &format!("{module}.mark_all_as_read"), json!({}))
            .is_err()
    );
    assert!(
        office
            .call(&ada, &format!("{module}.mark_as_read"), json!({}))
            .is_err()
    );
    assert!(
        office
            .get(
                &ada,
                &format!("{module}.get_notification_logs"),
                json!({ "limit": "x" })
            )
            .is_err()
    );
}

#[test]
fn settings_are_merged_and_kept_for_each_user() {
    let office = Office::new();
    let ada = session("Ada", &[]);
    let save = |settings: Value| {
        let args = json!({ "doctype": "ToDo", "user_settings": settings });
        office.call(&ada, "frappe.model.utils.user_settings.save", args)
    };
    let get = |by| {
        office
            .get(
                &by,
                "frappe.model.utils.user_settings.get",
                json!({ "doctype": "ToDo" }),
            )
            .unwrap()
    };

    assert_eq!(save(json!("{\"a\": 1}")).unwrap().message, json!({ "a": 1 }));
    save(json!({ "b": 2 })).unwrap();
    assert_eq!(get(ada.clone()).message, "{\"a\":1,\"b\":2}");
    assert_eq!(get(manager()).message, "{}");
    assert!(save(json!("[1]")).is_err());
    assert!(save(json!({ "x": "y".repeat(70_000) })).is_err());
    let args = json!({ "doctype": "No Such" });
    assert!(
        office
            .get(&ada, "frappe.model.utils.user_settings.get", args)
            .is_err()
    );
}
