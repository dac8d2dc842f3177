//! `_seen`: who has seen a document since its last change.

use serde_json::Value;

use super::document::Document;
use super::json_text;
use super::storage;
use crate::cx::Cx;
use crate::error::Result;

const COLUMN: &str = "_seen";

/// The list of a document that the caller has just written: the caller alone.
pub(crate) fn by_writer(cx: &Cx) -> String {
    json_text::list(&[cx.user().to_owned()])
}

/// After a save only the caller has seen the document.
pub(crate) fn reset(cx: &mut Cx, doc: &mut Document) -> Result<()> {
    if !doc.meta().track_seen || doc.meta().issingle {
        return Ok(());
    }
    let now = by_writer(cx);
    if doc
        .before
        .as_ref()
        .is_some_and(|before| before.text(COLUMN) == now)
    {
        return Ok(());
    }
    let (doctype, name) = (doc.doctype().to_owned(), doc.name_text());
    storage::set_columns(cx, &doctype, &name, &[(COLUMN, Value::from(now.clone()))])?;
    doc.set(COLUMN, now);
    Ok(())
}

/// The caller has seen a document: kept where its DocType tracks that. Commits only with the request; a GET has to
/// ask for that (`cx.db().out.commit`).
///
/// # Errors
/// A database failure.
pub fn mark(cx: &mut Cx, doc: &Document) -> Result<()> {
    if !doc.meta().track_seen || doc.meta().issingle {
        return Ok(());
    }
    let mut users = json_text::texts(doc.text(COLUMN));
    if users.iter().any(|user| user == cx.user()) {
        return Ok(());
    }
    users.push(cx.user().to_owned());
    let list = Value::from(json_text::list(&users));
    storage::set_columns(cx, doc.doctype(), &doc.name_text(), &[(COLUMN, list)])?;
    Ok(())
}
