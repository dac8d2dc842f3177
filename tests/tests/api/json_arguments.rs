//! Arguments that are lists and objects: they come as JSON, and text of it is refused (recorded).

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

/// Methods, their arguments, and the argument that is text here although it is a list or an object.
fn calls(ticket: &str, article: &str, category: &str) -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (
            "helpdesk.api.agent.sent_invites",
            json!({ "emails": ["x@desk.example"] }),
            "emails",
        ),
        (
            "helpdesk.api.contact.create_contact",
            json!({ "doc": { "first_name": "Eve" } }),
            "doc",
        ),
        (
            "helpdesk.api.contact.edit_contact",
            json!({ "name": "x", "doc": {} }),
            "doc",
        ),
        (
            "helpdesk.api.customer.create_customer",
            json!({ "customer": { "customer_name": "A" } }),
            "customer",
        ),
        (
            "helpdesk.api.customer.create_customer",
            json!({ "customer": { "customer_name": "B" }, "primary_contact": {} }),
            "primary_contact",
        ),
        (
            "helpdesk.api.doc.get_list_data",
            json!({ "doctype": "HD Ticket", "filters": [] }),
            "filters",
        ),
        (
            "helpdesk.api.doc.get_list_data",
            json!({ "doctype": "HD Ticket", "default_filters": {} }),
            "default_filters",
        ),
        (
            "helpdesk.api.doc.get_list_data",
            json!({ "doctype": "HD Ticket", "columns": [] }),
            "columns",
        ),
        (
            "helpdesk.api.doc.get_list_data",
            json!({ "doctype": "HD Ticket", "rows": ["name"] }),
            "rows",
        ),
        (
            "helpdesk.api.doc.get_list_data",
            json!({ "doctype": "HD Ticket", "view": {} }),
            "view",
        ),
        (
            "helpdesk.api.doc.remove_assignments",
            json!({ "doctype": "HD Ticket", "name": ticket, "assignees": ["x@desk.example"] }),
            "assignees",
        ),
        (
            "helpdesk.api.ticket.bulk_reply",
            json!({ "ticket_ids": [ticket], "message": "x" }),
            "ticket_ids",
        ),
        (
            "helpdesk.api.ticket.bulk_reply",
            json!({ "ticket_ids": [], "message": "x", "attachments": [] }),
            "attachments",
        ),
        (
            "helpdesk.helpdesk.doctype.hd_ticket.api.new",
            json!({ "doc": { "subject": "A", "description": "b" } }),
            "doc",
        ),
        (
            "helpdesk.helpdesk.doctype.hd_ticket.api.new",
            json!({ "doc": { "subject": "A", "description": "b" }, "attachments": [] }),
            "attachments",
        ),
        (
            "helpdesk.api.dashboard.get_dashboard_data",
            json!({ "dashboard_type": "master", "filters": {} }),
            "filters",
        ),
        (
            "helpdesk.api.knowledge_base.delete_articles",
            json!({ "articles": ["none"] }),
            "articles",
        ),
        (
            "helpdesk.api.knowledge_base.move_to_category",
            json!({ "category": category, "articles": [article] }),
            "articles",
        ),
        (
            "frappe.core.api.user_invitation.invite_by_email",
            json!({
                "emails": "x@desk.example", "roles": ["Agent"], "redirect_to_path": "/helpdesk", "app_name": "helpdesk",
            }),
            "roles",
        ),
    ]
}

fn refused(user: &TestUser, method: &str, args: &Value, argument: &str, value: Value) {
    let mut args = args.clone();
    args[argument] = value;
    let reply = user.call(method, args).status(417);
    assert_eq!(reply.exc_type(), "FrappeTypeError", "{method} {argument}");
    let told = reply.json["exception"].as_str().unwrap();
    assert!(
        told.contains(&format!("Argument '{argument}'")),
        "{method}: {told}"
    );
}

#[test]
fn text_of_a_list_or_an_object_is_no_list_or_object() {
    let site = TestSite::start();
    let maya = site.user_with(
        "maya@desk.example",
        "System User",
        &["Agent", "Agent Manager", "System Manager"],
    );
    let ticket = site.ticket().create().name;
    let category = site.insert("HD Article Category", json!({ "category_name": "Pay" }));
    let article = site.article().create();

    for (method, args, argument) in calls(&ticket, &article, &category) {
        // The client names no columns and no rows by blank text.
        let may_be_blank = ["columns", "rows"].contains(&argument);
        let blank = (!may_be_blank).then(String::new);
        for text in [args[argument].to_string(), "any".to_owned()]
            .into_iter()
            .chain(blank)
        {
            refused(&maya, method, &args, argument, text.into());
        }
        refused(&maya, method, &args, argument, json!(5));
    }
    assert_eq!(
        site.count("HD Ticket"),
        2,
        "the one of the installation, and ours"
    );
    assert_ne!(site.value("HD Article", &article, "category"), json!(category));
}

#[test]
fn elements_of_a_list_of_texts_are_texts() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");

    let told = maya
        .call(
            "helpdesk.api.knowledge_base.delete_articles",
            json!({ "articles": ["a", 5] }),
        )
        .status(417);

    assert!(
        told.json["exception"].as_str().unwrap().contains("articles[1]"),
        "{}",
        told.json
    );
}

#[test]
fn what_document_methods_take_is_json_too() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let ticket = site.ticket().create().name;
    let run = |method: &str, args: Value| {
        ada.call(
            "run_doc_method",
            json!({ "dt": "HD Ticket", "dn": ticket, "method": method, "args": args }),
        )
    };

    for (method, args) in [
        ("new_comment", json!({ "content": "x", "attachments": "[]" })),
        (
            "reply_via_agent",
            json!({ "message": "x", "to": "x@acme.example", "attachments": "[]" }),
        ),
        (
            "reply_via_agent",
            json!({ "message": "x", "to": "x@acme.example", "from_email": "{}" }),
        ),
        (
            "create_communication_via_contact",
            json!({ "message": "x", "attachments": "[]" }),
        ),
    ] {
        assert_eq!(
            run(method, args).status(417).exc_type(),
            "FrappeTypeError",
            "{method}"
        );
    }
    // The arguments themselves may be text: that is how forms send them.
    run(
        "new_comment",
        json!(json!({ "content": "x", "attachments": [] }).to_string()),
    )
    .ok();
}

#[test]
fn where_text_is_declared_it_is_read() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let list = json!([["email_id", "like", "%"]]);
    for filters in [list.clone(), list.to_string().into(), "zz".into()] {
        ada.call_get(
            "helpdesk.api.contact.search_contacts",
            json!({ "txt": "", "additional_filters": filters }),
        )
        .ok();
    }
}

#[test]
fn a_list_without_columns_and_rows_may_say_so_by_blank_text() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let list = |columns: Value, rows: Value| {
        ada.call(
            "helpdesk.api.doc.get_list_data",
            json!({ "doctype": "HD Article", "columns": columns, "rows": rows, "is_default": true }),
        )
    };

    let blank = list("".into(), "".into()).ok();
    let empty = list(json!([]), json!([])).ok();
    assert_eq!(blank.message()["columns"], empty.message()["columns"]);
    assert_eq!(blank.message()["rows"], empty.message()["rows"]);
    list(json!(["title"]), json!([])).status(417);
    list(json!([]), json!([5])).status(417);
}
