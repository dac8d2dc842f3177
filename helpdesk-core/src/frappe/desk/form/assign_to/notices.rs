//! What users are told of their assignments: Notification Log.
//!
//! Nobody hears of what they did themselves, nor who has notifications switched off or can't log in.
//!
//! Source: spec/framework-data.md §5.11, spec/helpdesk-a.md §10.

use crate::doctype::document::Document;
use crate::doctype::permissions::meta_of;
use crate::doctype::{save, storage};
use crate::html::escape_between_tags;
use crate::prelude::*;
use crate::users::full_name;

/// An assignment as its notices need it.
pub(super) struct Of<'a> {
    /// DocType and name of the document.
    pub(super) document: (&'a str, &'a str),
    /// Whose assignment it is.
    pub(super) user: &'a str,
    /// Who assigned it.
    pub(super) by: &'a str,
}

/// Tells a user of a new assignment.
///
/// # Errors
/// A database failure.
pub(super) fn given(cx: &mut Cx, of: &Of<'_>, description: &str) -> Result<()> {
    let content = (!description.is_empty()).then(|| format!("<div>{description}</div>"));
    tell(cx, of, content, |by, what| format!("{by} assigned {what} to you"))
}

/// Tells a user that an assignment ended.
///
/// # Errors
/// A database failure.
pub(super) fn ended(cx: &mut Cx, of: &Of<'_>) -> Result<()> {
    tell(cx, of, None, |by, what| {
        format!("{by} ended your assignment of {what}")
    })
}

fn tell(
    cx: &mut Cx,
    of: &Of<'_>,
    content: Option<String>,
    say: impl FnOnce(&str, &str) -> String,
) -> Result<()> {
    let caller = cx.user().to_owned();
    let is_own = |user: &str| user.eq_ignore_ascii_case(of.user);
    if is_own(of.by) || is_own(&caller) || !hears(cx, of.user)? {
        return Ok(());
    }
    let (doctype, name) = of.document;
    let by = full_name(cx, &caller)?;
    let subject = say(&strong(&by), &named(cx, doctype, name)?);
    let mut log = Document::new(meta_of(cx, "Notification Log")?);
    log.set("type", "Assignment");
    log.set("subject", subject);
    log.set("for_user", of.user);
    log.set("from_user", caller);
    log.set("document_type", doctype);
    log.set("document_name", name);
    log.set("email_content", content);
    log.flags.ignore_permissions = true;
    save::insert(cx, &mut log)
}

fn strong(text: &str) -> String {
    format!("<strong>{}</strong>", escape_between_tags(text))
}

/// A document as people know it: its DocType, and its title where it has one.
fn named(cx: &mut Cx, doctype: &str, name: &str) -> Result<String> {
    let field = meta_of(cx, doctype)?.title_field.clone();
    let title = if field.is_empty() {
        None
    } else {
        storage::values(cx, doctype, name, &[&field])?.and_then(|row| row.into_iter().next())
    };
    let title = title.as_ref().and_then(Value::as_str);
    let title = title.filter(|title| !title.is_empty()).unwrap_or(name);
    Ok(format!("{} {}", escape_between_tags(doctype), strong(title)))
}

/// Whether a user can log in and has not switched notifications off.
fn hears(cx: &mut Cx, user: &str) -> Result<bool> {
    let is_on = |row: Option<Vec<Value>>| row.map(|row| row.first().and_then(Value::as_i64) == Some(1));
    let enabled = storage::values(cx, "User", user, &["enabled"])?;
    if is_on(enabled) != Some(true) {
        return Ok(false);
    }
    let settings = storage::values(cx, "Notification Settings", user, &["enabled"])?;
    Ok(is_on(settings).unwrap_or(true))
}
