//! Two tickets about the same become one.
//!
//! Source: spec/helpdesk-a.md §4.10.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;

use super::replies::{self, Reply};
use crate::attachments::{self, Attached};
use crate::permitted;
use crate::rows::{self, text};

/// Copies all that was said on `source` to `target`, and closes `source`.
///
/// # Errors
/// 403 without the right to change both; 417 where one is missing or they are the same.
pub(super) fn merge(cx: &mut Cx, source: &str, target: &str) -> Result<()> {
    for (what, name) in [("Source", source), ("Target", target)] {
        if storage::exists(cx, "HD Ticket", name)?.is_none() {
            return Err(invalid(format!("{what} ticket does not exist")));
        }
    }
    let mut source = permitted::document(cx, "HD Ticket", source, Right::Write)?;
    let target = permitted::document(cx, "HD Ticket", target, Right::Write)?;
    let (from, to) = (source.name_text(), target.name_text());
    if from == to {
        return Err(invalid("Source and target ticket cannot be same"));
    }
    copy(
        cx,
        "HD Ticket Comment",
        "reference_ticket",
        json!({ "reference_ticket": from }),
        &to,
    )?;
    let messages = json!({ "reference_doctype": "HD Ticket", "reference_name": from });
    copy(cx, "Communication", "reference_name", messages, &to)?;
    copy_files(cx, "HD Ticket", &from, &to)?;
    source.set("status", "Closed");
    source.set("is_merged", 1);
    source.set("merged_with", to.clone());
    save::save(cx, &mut source)?;
    let message = format!(
        "<p>This ticket has been merged with ticket <a href=\"/helpdesk/tickets/{to}\">#{to}</a>.</p>"
    );
    let reply = Reply {
        message: &message,
        ..Reply::default()
    };
    replies::reply(cx, &source, &reply)?;
    let mut comment = Document::new(meta_of(cx, "HD Ticket Comment")?);
    comment.set("commented_by", cx.user().to_owned());
    comment.set("reference_ticket", to);
    comment.set(
        "content",
        format!(
            "<p>Ticket <a href=\"/helpdesk/tickets/{from}\">#{from}</a> has been merged with this ticket.</p>"
        ),
    );
    comment.flags.ignore_permissions = true;
    save::insert(cx, &mut comment)
}

/// Copies documents that belong to a ticket to another, the oldest first; the copies keep authors and times.
fn copy(cx: &mut Cx, doctype: &str, link: &str, filters: Value, to: &str) -> Result<()> {
    let meta = meta_of(cx, doctype)?;
    for row in rows::all(cx, doctype, &["name"], filters, "creation asc, name asc")? {
        let original = text(&row, "name").to_owned();
        let Some(source) = storage::load(cx, &meta, &original)? else {
            continue;
        };
        let mut copied = Document::new(std::sync::Arc::clone(&meta));
        for column in meta.columns.iter().filter(|column| column.field.is_some()) {
            if !matches!(column.name.as_str(), "message_id" | "uid") {
                copied.set(&column.name, source.get(&column.name).clone());
            }
        }
        copied.set(link, to);
        if meta.field("sender").is_some() {
            // Put back with the stamps: others may not write in the name of a built-in user.
            copied.set("sender", Value::Null);
        }
        copied.flags.ignore_permissions = true;
        copied.flags.ignore_mandatory = true;
        copied.flags.ignore_links = true;
        save::insert(cx, &mut copied)?;
        let name = copied.name_text();
        let stamps: Vec<(&str, Value)> = ["creation", "modified", "owner", "modified_by", "sender"]
            .into_iter()
            .filter(|field| meta.column_index(field).is_some())
            .map(|field| (field, source.get(field).clone()))
            .collect();
        storage::set_columns(cx, doctype, &name, &stamps)?;
        copy_files(cx, doctype, &original, &name)?;
    }
    Ok(())
}

/// Attaches the files of a document to another of its DocType.
fn copy_files(cx: &mut Cx, doctype: &str, from: &str, to: &str) -> Result<()> {
    let files = rows::all(
        cx,
        "File",
        &["name", "file_url"],
        json!({ "attached_to_doctype": doctype, "attached_to_name": from }),
        "creation asc, name asc",
    )?;
    for row in files {
        let file = Attached {
            name: text(&row, "name").to_owned(),
            url: text(&row, "file_url").to_owned(),
        };
        attachments::attach(cx, &file, doctype, to)?;
    }
    Ok(())
}
