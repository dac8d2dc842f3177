//! Methods of documents, reading and writing, limited and not.

#![allow(unused)]

use helpdesk_core::doctype::document::Document;
use helpdesk_core::prelude::*;

/// Reads alone.
#[doc_method(doctype = "HD Ticket")]
fn subject(doc: &Document) -> String {
    doc.text("subject").to_owned()
}

/// Everything a method may have.
#[doc_method(doctype = "HD Ticket", methods = [POST])]
#[rate_limit(limit = 2, seconds = 60, key = "reason")]
pub(crate) fn close(
    doc: &mut Document,
    cx: &mut Cx,
    /// Why.
    reason: String,
    #[arg(default = false)] quietly: bool,
    #[arg(rest)] rest: Args,
) -> Result<Option<String>> {
    doc.set("status", "Closed");
    Ok(Some(reason))
}

/// A limit above, parts of the context beside the document.
#[rate_limit(limit = 5)]
#[doc_method(doctype = "HD Team")]
fn enlarge(doc: &mut Document, session: &Session, tx: &mut Tx, by: Option<u32>) {}
