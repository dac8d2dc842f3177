//! What happened on a ticket: messages, comments, changes, views and calls.
//!
//! Source: spec/helpdesk-a.md §4.10.

use std::collections::HashMap;

use helpdesk_core::doctype::permissions::{Access, Right, meta_of};
use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use crate::rows::{self, Row, text};

/// Somebody's face in a timeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(super) struct Avatar {
    /// Address; for people without an account the one that is known of them.
    email: String,
    image: Option<String>,
    name: String,
}

/// What happened on a ticket.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Activities {
    /// Internal comments, the oldest first.
    comments: Vec<Row>,
    /// Messages, the oldest first.
    communications: Vec<Row>,
    /// Changes, the newest first.
    history: Vec<Row>,
    /// Who saw it, the newest first.
    views: Vec<Row>,
    /// Telephone calls.
    calls: Vec<Row>,
}

/// The faces of a timeline, each looked up once.
#[derive(Default)]
struct Faces(HashMap<String, Avatar>);

impl Faces {
    fn of(&mut self, cx: &mut Cx, user: &str) -> Result<Value> {
        if let Some(known) = self.0.get(user) {
            return Ok(serde_json::to_value(known)?);
        }
        let stored = storage::values(cx, "User", user, &["email", "user_image", "full_name"])?;
        let avatar = match stored {
            Some(row) => {
                let text = |i: usize| row.get(i).and_then(Value::as_str).map(str::to_owned);
                Avatar {
                    email: text(0).unwrap_or_default(),
                    image: text(1),
                    name: text(2).unwrap_or_default(),
                }
            }
            None => Avatar {
                email: user.to_owned(),
                image: Some(String::new()),
                name: user.to_owned(),
            },
        };
        let value = serde_json::to_value(&avatar)?;
        self.0.insert(user.to_owned(), avatar);
        Ok(value)
    }

    /// Puts the face of the user in `field` into each row.
    fn add(&mut self, cx: &mut Cx, rows: &mut [Row], field: &str) -> Result<()> {
        for row in rows {
            let user = text(row, field).to_owned();
            let face = self.of(cx, &user)?;
            row.insert("user".to_owned(), face);
        }
        Ok(())
    }
}

/// The timeline of a ticket the caller may read.
///
/// # Errors
/// A database failure.
pub(super) fn of(cx: &mut Cx, ticket: &str) -> Result<Activities> {
    let mut faces = Faces::default();
    Ok(Activities {
        comments: comments(cx, ticket, &mut faces)?,
        communications: communications(cx, ticket, &mut faces)?,
        history: history(cx, ticket, &mut faces)?,
        views: views(cx, ticket, &mut faces)?,
        calls: calls(cx, ticket)?,
    })
}

fn communications(cx: &mut Cx, ticket: &str, faces: &mut Faces) -> Result<Vec<Row>> {
    let fields = [
        "bcc",
        "cc",
        "content",
        "creation",
        "communication_date",
        "name",
        "sender",
        "recipients",
        "subject",
        "delivery_status",
        "sent_or_received",
        "user",
    ];
    let filters = json!({ "reference_doctype": "HD Ticket", "reference_name": ticket });
    let mut messages = rows::all(cx, "Communication", &fields, filters, "creation asc, name asc")?;
    for message in &mut messages {
        let of_sent = text(message, "sent_or_received") == "Sent" && !text(message, "user").is_empty();
        let user = text(message, if of_sent { "user" } else { "sender" }).to_owned();
        let face = faces.of(cx, &user)?;
        message.insert("user".to_owned(), face);
    }
    add_attachments(cx, "Communication", &mut messages)?;
    Ok(messages)
}

/// Whether the role rules let the caller read a DocType.
fn reads(cx: &mut Cx, doctype: &str) -> Result<bool> {
    let meta = meta_of(cx, doctype)?;
    Ok(Access::of(&meta, cx.session()).somewhere(Right::Read))
}

fn comments(cx: &mut Cx, ticket: &str, faces: &mut Faces) -> Result<Vec<Row>> {
    if !reads(cx, "HD Ticket Comment")? {
        return Ok(Vec::new());
    }
    let fields = ["commented_by", "content", "creation", "is_pinned", "name"];
    let filters = json!({ "reference_ticket": ticket });
    let mut comments = rows::all(
        cx,
        "HD Ticket Comment",
        &fields,
        filters,
        "creation asc, name asc",
    )?;
    faces.add(cx, &mut comments, "commented_by")?;
    add_attachments(cx, "HD Ticket Comment", &mut comments)?;
    Ok(comments)
}

fn history(cx: &mut Cx, ticket: &str, faces: &mut Faces) -> Result<Vec<Row>> {
    if !reads(cx, "HD Ticket Activity")? {
        return Ok(Vec::new());
    }
    let fields = ["name", "action", "owner", "creation"];
    let filters = json!({ "ticket": ticket });
    let mut changes = rows::all(
        cx,
        "HD Ticket Activity",
        &fields,
        filters,
        "creation desc, name desc",
    )?;
    faces.add(cx, &mut changes, "owner")?;
    Ok(changes)
}

fn views(cx: &mut Cx, ticket: &str, faces: &mut Faces) -> Result<Vec<Row>> {
    let filters = json!({ "reference_doctype": "HD Ticket", "reference_name": ticket });
    let fields = ["creation", "name", "viewed_by"];
    let mut views = rows::all(cx, "View Log", &fields, filters, "creation desc, name desc")?;
    faces.add(cx, &mut views, "viewed_by")?;
    Ok(views)
}

/// Telephone calls linked to a ticket.
///
/// # Errors
/// A database failure.
fn calls(cx: &mut Cx, ticket: &str) -> Result<Vec<Row>> {
    let linked = rows::all(
        cx,
        "Dynamic Link",
        &["parent"],
        json!([
            ["link_doctype", "=", "HD Ticket"],
            ["link_name", "=", ticket],
            ["parenttype", "=", "TP Call Log"]
        ]),
        "creation asc, parent asc",
    )?;
    let mut calls = Vec::new();
    for link in linked {
        let meta = meta_of(cx, "TP Call Log")?;
        if let Some(call) = storage::load(cx, &meta, text(&link, "parent"))? {
            calls.push(crate::calls::shown(cx, query_row(&call))?);
        }
    }
    Ok(calls)
}

fn query_row(call: &helpdesk_core::doctype::document::Document) -> Row {
    helpdesk_core::query::bare_row(call)
}

/// Puts the files attached to each document into its row.
fn add_attachments(cx: &mut Cx, doctype: &str, documents: &mut [Row]) -> Result<()> {
    let names: Vec<&str> = documents.iter().map(|row| text(row, "name")).collect();
    let files = if names.is_empty() {
        Vec::new()
    } else {
        rows::all(
            cx,
            "File",
            &["name", "file_url", "file_name", "attached_to_name"],
            json!([
                ["attached_to_doctype", "=", doctype],
                ["attached_to_name", "in", names]
            ]),
            "creation asc, name asc",
        )?
    };
    for document in documents {
        let own = files
            .iter()
            .filter(|file| text(file, "attached_to_name") == text(document, "name"))
            .map(|file| {
                let mut shown = file.clone();
                shown.shift_remove("attached_to_name");
                Value::Object(shown)
            });
        let own: Vec<Value> = own.collect();
        document.insert("attachments".to_owned(), own.into());
    }
    Ok(())
}

/// Tags of a ticket, the oldest first.
///
/// # Errors
/// A database failure.
pub(super) fn tags(cx: &mut Cx, ticket: &str) -> Result<Vec<String>> {
    let filters = json!({ "document_type": "HD Ticket", "document_name": ticket });
    Ok(
        rows::all(cx, "Tag Link", &["tag"], filters, "creation asc, name asc")?
            .iter()
            .map(|row| text(row, "tag").to_owned())
            .collect(),
    )
}
