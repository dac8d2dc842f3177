//! Names of documents that are none: foreign, missing, huge, SQL, HTML. No method of the desk fails over them, answers
//! what is not the caller's, or changes anything.

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

/// Methods that take a name, the argument it is, and what else they need.
const METHODS: [(&str, &str, &str); 37] = [
    ("helpdesk.helpdesk.doctype.hd_ticket.api.get_one", "name", "{}"),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.get_ticket_activities",
        "ticket",
        "{}",
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.get_ticket_assignees",
        "ticket",
        "{}",
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.get_ticket_contact",
        "ticket",
        "{}",
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.get_recent_similar_tickets",
        "ticket",
        "{}",
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.get_navigation_tickets",
        "ticket",
        "{}",
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.get_navigation_tickets",
        "current_view",
        r#"{"ticket": "0001"}"#,
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.show_outside_hours_banner",
        "ticket_name",
        "{}",
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.merge_ticket",
        "source",
        r#"{"target": "0001"}"#,
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.merge_ticket",
        "target",
        r#"{"source": "0001"}"#,
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket.api.split_ticket",
        "communication_id",
        r#"{"subject": "x"}"#,
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket_template.api.get_one",
        "name",
        "{}",
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket_comment.hd_ticket_comment.get_reactions",
        "comment",
        "{}",
    ),
    (
        "helpdesk.helpdesk.doctype.hd_ticket_comment.hd_ticket_comment.toggle_reaction",
        "comment",
        r#"{"emoji": "👍"}"#,
    ),
    (
        "helpdesk.helpdesk.doctype.hd_team.hd_team.get_team_members",
        "team",
        "{}",
    ),
    (
        "helpdesk.helpdesk.doctype.hd_agent.hd_agent.update_agent_role",
        "user",
        r#"{"new_role": "Agent"}"#,
    ),
    ("helpdesk.api.ticket.assign_ticket_to_agent", "ticket_id", "{}"),
    (
        "helpdesk.api.ticket.assign_ticket_to_agent",
        "agent_id",
        r#"{"ticket_id": "0001"}"#,
    ),
    ("helpdesk.api.ticket.delete_ticket", "name", "{}"),
    ("helpdesk.api.contact.delete_contact", "name", "{}"),
    ("helpdesk.api.contact.edit_contact", "name", r#"{"doc": {}}"#),
    ("helpdesk.api.contact.get_contact_info", "name", "{}"),
    ("helpdesk.api.customer.delete_customer", "name", "{}"),
    ("helpdesk.api.agent.set_my_availability", "availability", "{}"),
    ("helpdesk.api.onboarding.get_first_ticket", "ticket", "{}"),
    ("helpdesk.api.doc.get_list_data", "doctype", "{}"),
    ("helpdesk.api.doc.get_filterable_fields", "doctype", "{}"),
    ("helpdesk.api.doc.sort_options", "doctype", "{}"),
    ("helpdesk.api.doc.get_quick_filters", "doctype", "{}"),
    (
        "helpdesk.api.doc.remove_assignments",
        "doctype",
        r#"{"name": "0001", "assignees": ["x"]}"#,
    ),
    (
        "helpdesk.api.doc.remove_assignments",
        "name",
        r#"{"doctype": "HD Ticket", "assignees": ["x"]}"#,
    ),
    (
        "helpdesk.api.ticket_stats.get_feedback_received",
        "value",
        r#"{"scope": "customer"}"#,
    ),
    (
        "helpdesk.api.ticket_stats.get_feedback_received",
        "scope",
        r#"{"value": "x"}"#,
    ),
    (
        "helpdesk.api.ticket_stats.get_ticket_stats",
        "dn",
        r#"{"dt": "Contact"}"#,
    ),
    (
        "helpdesk.api.ticket_stats.get_ticket_stats",
        "dt",
        r#"{"dn": "x"}"#,
    ),
    (
        "helpdesk.api.agent_home.agent_home.get_pending_tickets",
        "ticket_type",
        "{}",
    ),
    (
        "helpdesk.api.agent_home.agent_home.get_agent_tickets",
        "period",
        "{}",
    ),
];

/// Document methods that take a name.
const DOC_METHODS: [(&str, &str, &str, &str); 4] = [
    ("HD Ticket", "assign_agent", "agent", "{}"),
    ("HD Ticket", "reply_via_agent", "to", r#"{"message": "x"}"#),
    (
        "HD Ticket",
        "reply_via_agent",
        "attachments",
        r#"{"message": "x"}"#,
    ),
    ("HD Ticket", "new_comment", "attachments", r#"{"content": "x"}"#),
];

const COUNTED: [&str; 8] = [
    "HD Ticket",
    "Communication",
    "HD Ticket Comment",
    "Contact",
    "HD Customer",
    "ToDo",
    "HD Notification",
    "User Invitation",
];

fn odd() -> Vec<String> {
    vec![
        String::new(),
        "missing".to_owned(),
        "x".repeat(10_000),
        "' OR 1=1 --".to_owned(),
        "\"; DROP TABLE \"tabHD Ticket\"; --".to_owned(),
        "<script>alert(1)</script>".to_owned(),
        "../../etc/passwd".to_owned(),
        "%".to_owned(),
        "\u{0}".to_owned(),
        "日本語".to_owned(),
    ]
}

fn args(json: &str, key: &str, value: Value) -> Value {
    let mut args: Value = serde_json::from_str(json).unwrap();
    args[key] = value;
    args
}

fn check(user: &TestUser, what: &str, reply: &helpdesk_tests::Reply, id: &str) {
    let shown: String = id.chars().take(40).collect();
    assert!(reply.status < 500, "{what} {shown:?} {user:?} {reply:?}");
    // Messages are shown as HTML.
    let shows_it = reply.messages().iter().any(|text| text.contains("<script>"));
    assert!(!shows_it, "{what} {shown:?} {reply:?}");
}

#[test]
fn odd_ids_fail_no_method_and_change_nothing() {
    let site = TestSite::start();
    site.set(
        "HD Settings",
        json!({ "skip_email_workflow": 1, "enable_comment_reactions": 1 }),
    );
    let users = [
        site.admin(),
        site.agent_manager("maya@desk.example"),
        site.customer("carl@acme.example"),
        site.guest(),
    ];
    let ticket = site.ticket().create_as(&users[1]).name;
    let counts = || COUNTED.map(|doctype| site.count(doctype));
    let before = counts();

    for user in &users {
        for id in odd() {
            for (method, key, rest) in METHODS {
                // Without an agent the caller takes the ticket.
                if id.is_empty() && key == "agent_id" {
                    continue;
                }
                let sent = args(rest, key, id.as_str().into());
                let path = format!("/api/method/{method}");
                let reply = if method.ends_with("get_contact_info") {
                    user.call_get(method, sent)
                } else {
                    user.post(&path, sent)
                };
                check(user, method, &reply, &id);
            }
            for (doctype, method, key, rest) in DOC_METHODS {
                let value = match key {
                    "attachments" => json!([id]),
                    _ => json!(id),
                };
                // What has no recipient and no file is a message like others.
                if id.is_empty() && key == "to" {
                    continue;
                }
                let reply = user.call(
                    "run_doc_method",
                    json!({ "dt": doctype, "dn": ticket, "method": method, "args": args(rest, key, value) }),
                );
                check(user, method, &reply, &id);
            }
        }
    }
    assert_eq!(counts(), before);
}

#[test]
fn guests_may_call_two_methods() {
    let site = TestSite::start();
    let guest = site.guest();
    for (method, key, rest) in METHODS {
        let reply = guest.call(method, args(rest, key, "x".into()));
        assert_eq!(reply.status, 403, "{method} {reply:?}");
    }
    guest.call("helpdesk.api.config.get_config", json!({})).ok();
    guest
        .call_get("helpdesk.api.general.get_translations", json!({}))
        .ok();
}
