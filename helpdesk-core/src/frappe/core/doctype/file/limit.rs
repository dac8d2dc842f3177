//! How many files a document may have: `max_attachments` of its DocType, 0 for any number.
//!
//! Source: spec/framework-api.md §9, "Per document".

use serde_json::Value;

use crate::cx::Cx;
use crate::db::Query;
use crate::doctype::document::Document;
use crate::doctype::{system, value};
use crate::error::{Error, ErrorKind, Result};

/// Refuses one more file where a document has as many as it may.
///
/// # Errors
/// 417 `AttachmentLimitReached`.
pub(super) fn check(cx: &mut Cx, file: &Document) -> Result<()> {
    let (doctype, name) = (file.text("attached_to_doctype"), file.text("attached_to_name"));
    match reached(cx, doctype, name)? {
        None => Ok(()),
        Some(most) => Err(Error::new(
            ErrorKind::AttachmentLimitReached,
            format!(
                "Maximum Attachment Limit of <strong>{most}</strong> has been reached for {doctype} {name}."
            ),
        )
        .title("Attachment Limit Reached")),
    }
}

/// The limit of a document's DocType, where the document has as many files already.
///
/// # Errors
/// A database failure.
pub(super) fn reached(cx: &mut Cx, doctype: &str, name: &str) -> Result<Option<i64>> {
    if doctype.is_empty() || name.is_empty() {
        return Ok(None);
    }
    let most = cx.site().meta(doctype).map_or(0, |meta| {
        // A Property Setter says it as text.
        value::lenient_int(meta.other.get("max_attachments").unwrap_or(&Value::Null))
    });
    if most <= 0 {
        return Ok(None);
    }
    let mut query = Query::fixed();
    query
        .sql("SELECT COUNT(*) FROM ")
        .ident(format!("tab{}", system::FILE))
        .sql(" WHERE attached_to_doctype = ")
        .text(doctype.to_owned())
        .sql(" AND attached_to_name = ")
        .text(name.to_owned());
    let has = cx.db().count(query)?;
    Ok((has >= most).then_some(most))
}
