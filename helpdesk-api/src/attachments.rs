//! Files of tickets, messages and comments.
//!
//! Source: spec/helpdesk-a.md §2.4 and §4.9.

use helpdesk_core::doctype::permissions::{self, Right, Verdict, meta_of};
use helpdesk_core::doctype::storage;
use helpdesk_core::frappe::core::doctype::file::store;
use helpdesk_core::prelude::*;

use crate::rows::{self, text};

/// A file that somebody attaches.
#[derive(Clone, Debug)]
pub(crate) struct Attached {
    /// Name of the File.
    pub(crate) name: String,
    /// Where it is fetched.
    pub(crate) url: String,
}

/// The files that an argument names: names of Files, objects with their `name`, or objects with a `file_url`.
///
/// # Errors
/// 417 for anything else; 403 for a file the caller may not attach, whether there is one or not.
pub(crate) fn named(cx: &mut Cx, attachments: &[Value]) -> Result<Vec<Attached>> {
    let meta = meta_of(cx, "File")?;
    let mut files = Vec::with_capacity(attachments.len());
    for attachment in attachments {
        let key = |key: &str| {
            attachment
                .get(key)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let name = match (attachment.as_str(), key("name"), key("file_url")) {
            (Some(name), _, _) | (None, Some(name), _) => Some(name.to_owned()),
            (None, None, Some(url)) => by_url(cx, url)?,
            _ => return Err(invalid("An attachment needs the name of a file")),
        };
        let file = match &name {
            Some(name) => storage::load(cx, &meta, name)?,
            None => None,
        };
        let Some(file) = file else { return Err(not_yours()) };
        let may_read = permissions::check(cx, &meta, &file, Right::Read)? == Verdict::Granted;
        if !may_read && !file.text("owner").eq_ignore_ascii_case(cx.user()) {
            return Err(not_yours());
        }
        files.push(Attached {
            name: file.name_text(),
            url: file.text("file_url").to_owned(),
        });
    }
    Ok(files)
}

fn not_yours() -> Error {
    forbidden("You can only attach files of your own.")
}

/// The newest file of an address, the caller's own first.
fn by_url(cx: &mut Cx, url: &str) -> Result<Option<String>> {
    let files = rows::all(
        cx,
        "File",
        &["name", "owner"],
        json!({ "file_url": url }),
        "creation desc",
    )?;
    let own = files
        .iter()
        .find(|file| text(file, "owner").eq_ignore_ascii_case(cx.user()));
    Ok(own.or(files.first()).map(|file| text(file, "name").to_owned()))
}

/// Attaches a file of an address to a document, unless it is attached there already.
///
/// # Errors
/// A database failure.
pub(crate) fn attach(cx: &mut Cx, file: &Attached, doctype: &str, name: &str) -> Result<()> {
    let known = rows::names(
        cx,
        "File",
        json!({ "file_url": file.url, "attached_to_doctype": doctype, "attached_to_name": name }),
    )?;
    if !known.is_empty() {
        return Ok(());
    }
    store::again(cx, &file.name, Some((doctype, Some(name), None)))?;
    Ok(())
}

/// Makes files those of a message: a file of the caller's that hangs on nothing is moved, others are copied. Then the
/// ticket has them, too.
///
/// # Errors
/// A database failure.
pub(crate) fn give(cx: &mut Cx, files: &[Attached], message: (&str, &str), ticket: &str) -> Result<()> {
    for file in files {
        let row =
            storage::values(cx, "File", &file.name, &["owner", "attached_to_name"])?.unwrap_or_default();
        let text = |i: usize| row.get(i).and_then(Value::as_str).unwrap_or("");
        if text(0).eq_ignore_ascii_case(cx.user()) && matches!(text(1), "" | "undefined") {
            let changes = [
                ("attached_to_doctype", Value::from(message.0)),
                ("attached_to_name", Value::from(message.1)),
            ];
            storage::set_columns(cx, "File", &file.name, &changes)?;
        } else {
            attach(cx, file, message.0, message.1)?;
        }
        attach(cx, file, "HD Ticket", ticket)?;
    }
    Ok(())
}

/// Attaches the caller's own pictures and films of a text to a ticket, where they hang on nothing yet.
///
/// # Errors
/// A database failure.
pub(crate) fn attach_media(cx: &mut Cx, html: &str, ticket: &str) -> Result<()> {
    for url in crate::content::media(html) {
        let free = rows::all(
            cx,
            "File",
            &["name"],
            json!([
                ["file_url", "=", url],
                ["owner", "=", cx.user()],
                ["attached_to_doctype", "is", "not set"]
            ]),
            "creation desc",
        )?;
        let Some(file) = free.first() else { continue };
        let changes = [
            ("attached_to_doctype", Value::from("HD Ticket")),
            ("attached_to_name", Value::from(ticket)),
        ];
        storage::set_columns(cx, "File", text(file, "name"), &changes)?;
    }
    Ok(())
}
