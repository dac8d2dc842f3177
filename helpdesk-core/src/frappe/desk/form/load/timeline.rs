//! The messages about a document.

use std::collections::BTreeSet;

use serde_json::Map;

use crate::db::{Kind, Query};
use crate::doctype::meta::quoted;
use crate::doctype::system;
use crate::prelude::*;
use crate::query::{self, ListRequest};

/// Messages a form shows at first.
pub(super) const PAGE: u64 = 20;

const COLUMNS: [(&str, Kind); 17] = [
    ("name", Kind::Text),
    ("communication_type", Kind::Text),
    ("communication_medium", Kind::Text),
    ("communication_date", Kind::DateTime),
    ("content", Kind::Text),
    ("sender", Kind::Text),
    ("sender_full_name", Kind::Text),
    ("cc", Kind::Text),
    ("bcc", Kind::Text),
    ("creation", Kind::DateTime),
    ("subject", Kind::Text),
    ("delivery_status", Kind::Text),
    ("_liked_by", Kind::Text),
    ("reference_doctype", Kind::Text),
    ("reference_name", Kind::Text),
    ("read_by_recipient", Kind::Check),
    ("recipients", Kind::Text),
];

/// Messages that are about a document or were linked to it, the newest first. The caller may read the document.
///
/// # Errors
/// A database failure.
pub(super) fn communications(
    cx: &mut Cx,
    doctype: &str,
    name: &str,
    start: u64,
    limit: u64,
) -> Result<Vec<Map<String, Value>>> {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, _)| quoted(name)).collect();
    let mut query = Query::fixed();
    query.checked(format!(
        "SELECT {} FROM \"tabCommunication\" WHERE communication_type IN ('Communication', 'Automated Message')",
        columns.join(", ")
    ));
    query
        .sql(" AND (reference_doctype = ")
        .text(doctype.to_owned())
        .sql(" AND reference_name = ")
        .text(name.to_owned())
        .sql(" OR name IN (SELECT parent FROM \"tabCommunication Link\" WHERE link_doctype = ")
        .text(doctype.to_owned())
        .sql(" AND link_name = ")
        .text(name.to_owned())
        .sql(")) ORDER BY communication_date DESC, creation DESC, name DESC LIMIT ")
        .number(limit);
    if start > 0 {
        query.sql(" OFFSET ").number(start);
    }
    if start > 0 || limit > PAGE + 1 {
        query.forget();
    }
    let kinds = COLUMNS.map(|(_, kind)| kind);
    let mut messages: Vec<Map<String, Value>> = cx
        .db()
        .rows(query, &kinds)?
        .into_iter()
        .map(|cells| {
            COLUMNS
                .iter()
                .zip(cells)
                .map(|((name, kind), cell)| ((*name).to_owned(), cell.to_json(*kind)))
                .collect()
        })
        .collect();
    attach(cx, &mut messages)?;
    name_senders(cx, &mut messages)?;
    Ok(messages)
}

/// Messages that came without their sender's full name get that of the user with the address.
fn name_senders(cx: &mut Cx, messages: &mut [Map<String, Value>]) -> Result<()> {
    let unnamed = |message: &Map<String, Value>| {
        message
            .get("sender_full_name")
            .is_none_or(|name| name.as_str().unwrap_or("").is_empty())
    };
    let senders: BTreeSet<String> = messages
        .iter()
        .filter(|message| unnamed(message))
        .filter_map(|message| message.get("sender")?.as_str().map(str::to_owned))
        .collect();
    if senders.is_empty() {
        return Ok(());
    }
    let users = query::list_values(
        cx,
        &ListRequest {
            fields: ["email", "full_name"].map(Value::from).to_vec(),
            filters: json!([["email", "in", senders]]),
            ignore_permissions: true,
            ..ListRequest::of(system::USER)
        },
    )?;
    for message in messages.iter_mut().filter(|message| unnamed(message)) {
        let user = users
            .iter()
            .find(|user| user.get("email") == message.get("sender"));
        if let Some(name) = user.and_then(|user| user.get("full_name").cloned()) {
            message.insert("sender_full_name".into(), name);
        }
    }
    Ok(())
}

/// Puts the files of each message under `attachments`, as JSON text.
fn attach(cx: &mut Cx, messages: &mut [Map<String, Value>]) -> Result<()> {
    let names: Vec<Value> = messages
        .iter()
        .filter_map(|row| row.get("name").cloned())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let files = query::list_values(
        cx,
        &ListRequest {
            fields: ["attached_to_name", "file_url", "is_private"]
                .map(Value::from)
                .to_vec(),
            filters: json!([
                ["attached_to_doctype", "=", "Communication"],
                ["attached_to_name", "in", names]
            ]),
            order_by: "creation asc, name asc".into(),
            ignore_permissions: true,
            ..ListRequest::of("File")
        },
    )?;
    for message in messages {
        let own: Vec<Value> = files
            .iter()
            .filter(|file| file.get("attached_to_name") == message.get("name"))
            .map(|file| json!({ "file_url": file.get("file_url"), "is_private": file.get("is_private") }))
            .collect();
        message.insert("attachments".into(), Value::Array(own).to_string().into());
    }
    Ok(())
}
