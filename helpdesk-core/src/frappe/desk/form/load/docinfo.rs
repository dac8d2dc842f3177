//! All that a form shows beside a document. Every key is always there.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Map;

use super::timeline;
use crate::doctype::document::Document;
use crate::doctype::meta::{Meta, is_true};
use crate::doctype::permissions::{self, Access, Right};
use crate::doctype::predicate::Predicate;
use crate::doctype::system;
use crate::prelude::*;
use crate::query::{self, ListRequest};

type Row = Map<String, Value>;

/// Kinds of comments in a timeline, by the key they stand under.
const LOGS: [(&str, &[&str]); 6] = [
    ("comments", &["Comment"]),
    ("assignment_logs", &["Assigned", "Assignment Completed"]),
    ("attachment_logs", &["Attachment", "Attachment Removed"]),
    ("info_logs", &["Info", "Edit", "Label"]),
    ("like_logs", &["Like"]),
    ("workflow_logs", &["Workflow"]),
];

/// Rights in the order forms know them.
const RIGHTS: [Right; 14] = [
    Right::Select,
    Right::Read,
    Right::Write,
    Right::Create,
    Right::Delete,
    Right::Submit,
    Right::Cancel,
    Right::Amend,
    Right::Print,
    Right::Email,
    Right::Report,
    Right::Import,
    Right::Export,
    Right::Share,
];

/// The surroundings of a document that the caller may read.
///
/// # Errors
/// A database failure.
pub(crate) fn of(cx: &mut Cx, meta: &Arc<Meta>, doc: &Document) -> Result<Row> {
    let name = doc.name_text();
    let mut info = Row::new();
    let mut people = BTreeSet::new();
    for key in ["owner", "modified_by"] {
        people.insert(doc.text(key).to_owned());
    }
    for (key, rows) in logs(cx, &meta.name, &name)? {
        mention(&mut people, &rows, "owner");
        info.insert(key.into(), rows.into_iter().map(Value::Object).collect());
    }
    info.insert("doctype".into(), meta.name.clone().into());
    info.insert("name".into(), doc.get("name").clone());
    info.insert("attachments".into(), attachments(cx, &meta.name, &name)?);
    let messages = timeline::communications(cx, &meta.name, &name, 0, timeline::PAGE + 1)?;
    mention(&mut people, &messages, "sender");
    let (automated, written): (Vec<Row>, Vec<Row>) = messages.into_iter().partition(|row| {
        row.get("communication_type")
            .is_some_and(|kind| kind == "Automated Message")
    });
    info.insert("communications".into(), list(written));
    info.insert("automated_messages".into(), list(automated));
    info.insert("versions".into(), list(versions(cx, &meta.name, &name)?));
    let assignments = assignments(cx, &meta.name, &name)?;
    mention(&mut people, &assignments, "owner");
    info.insert("assignments".into(), list(assignments));
    info.insert("permissions".into(), permissions_of(cx, meta, doc)?);
    let shares = shares(cx, &meta.name, &name)?;
    mention(&mut people, &shares, "user");
    info.insert("shared".into(), list(shares));
    let views = views(cx, meta, &name)?;
    mention(&mut people, &views, "owner");
    info.insert("views".into(), list(views));
    for key in ["additional_timeline_content", "milestones", "custom_perm_types"] {
        info.insert(key.into(), Value::Array(Vec::new()));
    }
    info.insert("is_document_followed".into(), Value::Null);
    info.insert("tags".into(), tags(cx, meta, &name)?.into());
    info.insert("document_email".into(), Value::Null);
    info.insert("user_info".into(), user_info(cx, &people)?.into());
    Ok(info)
}

fn list(rows: Vec<Row>) -> Value {
    rows.into_iter().map(Value::Object).collect()
}

fn mention(people: &mut BTreeSet<String>, rows: &[Row], key: &str) {
    let names = rows.iter().filter_map(|row| row.get(key)?.as_str());
    people.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
}

/// Rows of a DocType that belong to a document the caller may read; the rows themselves are not checked again.
fn rows(cx: &mut Cx, doctype: &str, fields: &[&str], filters: Value, order_by: &str) -> Result<Vec<Row>> {
    query::list_values(
        cx,
        &ListRequest {
            fields: fields.iter().map(|field| Value::from(*field)).collect(),
            filters,
            order_by: order_by.into(),
            ignore_permissions: true,
            ..ListRequest::of(doctype)
        },
    )
}

fn logs(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<(&'static str, Vec<Row>)>> {
    let all = rows(
        cx,
        "Comment",
        &[
            "name",
            "creation",
            "content",
            "owner",
            "comment_type",
            "published",
        ],
        json!({ "reference_doctype": doctype, "reference_name": name }),
        "creation desc, name desc",
    )?;
    let mut logs: Vec<(&str, Vec<Row>)> = LOGS.iter().map(|(key, _)| (*key, Vec::new())).collect();
    let is_shown = |cx: &Cx, row: &Row, kind: &str| {
        // What people write is for the desk, unless it was published or is the caller's own.
        cx.session().system_user
            || !matches!(kind, "Comment" | "Info")
            || row.get("published").is_some_and(crate::rest::is_on)
            || row.get("owner").and_then(Value::as_str) == Some(cx.user())
    };
    for row in all {
        let kind = row.get("comment_type").and_then(Value::as_str).unwrap_or("");
        if let Some(at) = LOGS.iter().position(|(_, kinds)| kinds.contains(&kind))
            && is_shown(cx, &row, kind)
        {
            logs[at].1.push(row);
        }
    }
    Ok(logs)
}

fn attachments(cx: &mut Cx, doctype: &str, name: &str) -> Result<Value> {
    let files = rows(
        cx,
        "File",
        &["name", "file_name", "file_url", "is_private"],
        json!({ "attached_to_doctype": doctype, "attached_to_name": name }),
        "creation asc, name asc",
    )?;
    Ok(list(files))
}

fn versions(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<Row>> {
    query::list_values(
        cx,
        &ListRequest {
            fields: ["name", "owner", "creation", "data"].map(Value::from).to_vec(),
            filters: json!({ "ref_doctype": doctype, "docname": name }),
            order_by: "creation desc, name desc".into(),
            length: Some(10),
            ignore_permissions: true,
            ..ListRequest::of("Version")
        },
    )
}

fn assignments(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<Row>> {
    rows(
        cx,
        "ToDo",
        &["name", "allocated_to as owner", "description", "status"],
        json!([
            ["reference_type", "=", doctype],
            ["reference_name", "=", name],
            ["status", "not in", ["Cancelled", "Closed"]],
            ["allocated_to", "is", "set"]
        ]),
        "creation desc, name desc",
    )
}

fn shares(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<Row>> {
    let fields = [
        "name", "user", "read", "write", "submit", "share", "everyone", "owner", "creation",
    ];
    let filters = json!({ "share_doctype": doctype, "share_name": name });
    rows(cx, system::DOCSHARE, &fields, filters, "creation asc, name asc")
}

fn views(cx: &mut Cx, meta: &Meta, name: &str) -> Result<Vec<Row>> {
    if !is_true(meta.other.get("track_views")) {
        return Ok(Vec::new());
    }
    rows(
        cx,
        "View Log",
        &[
            "name",
            "owner",
            "creation",
            "viewed_by",
            "reference_doctype",
            "reference_name",
        ],
        json!({ "reference_doctype": meta.name, "reference_name": name }),
        "creation desc, name desc",
    )
}

/// The tags of a document, separated by commas.
fn tags(cx: &mut Cx, meta: &Meta, name: &str) -> Result<String> {
    if meta.column_index("_user_tags").is_none() {
        return Ok(String::new());
    }
    let row = crate::doctype::storage::values(cx, &meta.name, name, &["_user_tags"])?;
    let tags = row.and_then(|row| row.into_iter().next()).unwrap_or_default();
    let tags = tags.as_str().unwrap_or("").split(',').map(str::trim);
    Ok(tags.filter(|tag| !tag.is_empty()).collect::<Vec<_>>().join(","))
}

/// What the caller may do with a document by roles and rules; shares stand apart.
///
/// # Errors
/// A database failure.
pub(crate) fn permissions_of(cx: &mut Cx, meta: &Meta, doc: &Document) -> Result<Value> {
    let access = Access::of(meta, cx.session());
    let own = !cx.session().is_administrator() && access.own != permissions::Rights::NONE;
    let is_owner = doc.text("owner").eq_ignore_ascii_case(cx.user());
    let mut rights = access.rights;
    if own && is_owner {
        rights = rights.or(access.own);
    }
    if !is_true(meta.other.get("allow_import")) {
        rights = rights.without(Right::Import);
    }
    for right in [Right::Submit, Right::Cancel, Right::Amend] {
        if !meta.is_submittable {
            rights = rights.without(right);
        }
    }
    let rule = permissions::app_rule(cx, &meta.name, Right::Read)?.followed(cx, doc)?;
    let hidden = rule != Predicate::All && !rule.matches(doc);
    let mut shown = Row::new();
    let if_owner: Row = RIGHTS
        .iter()
        .filter(|right| own && access.own.has(**right))
        .map(|right| (right.name().to_owned(), Value::from(1)))
        .collect();
    shown.insert("if_owner".into(), if_owner.into());
    shown.insert("has_if_owner_enabled".into(), own.into());
    for right in RIGHTS {
        shown.insert(right.name().into(), u8::from(rights.has(right) && !hidden).into());
    }
    Ok(shown.into())
}

/// Name, picture and address of users; who is no user is left out.
///
/// # Errors
/// A database failure.
pub(crate) fn user_info(cx: &mut Cx, people: &BTreeSet<String>) -> Result<Row> {
    if people.is_empty() {
        return Ok(Row::new());
    }
    let names: Vec<&String> = people.iter().collect();
    let fields = [
        "name",
        "full_name as fullname",
        "user_image as image",
        "email",
        "time_zone",
    ];
    let users = rows(
        cx,
        system::USER,
        &fields,
        json!([["name", "in", names]]),
        "name asc",
    )?;
    let named = users.into_iter().filter_map(|user| {
        let name = user.get("name")?.as_str()?.to_owned();
        Some((name, Value::Object(user)))
    });
    Ok(named.collect())
}
