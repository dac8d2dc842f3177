//! Who may fetch a file.
//!
//! Source: spec/framework-api.md §9, "Reading".

use std::sync::Arc;

use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right, Verdict};
use crate::doctype::{storage, system};
use crate::error::{ErrorKind, Result};
use crate::files::place;
use crate::query::{self, ListRequest};
use serde_json::json;

/// Rows of one address that are looked at.
const MOST_ROWS: u64 = 200;

/// Whether the caller may fetch what lies at an address of this site: it is public, or one of its rows is the caller's
/// own, or attached to a document the caller may read. `fid` names the row to judge by.
///
/// # Errors
/// A database failure.
pub fn may_fetch(cx: &mut Cx, url: &str, fid: Option<&str>) -> Result<bool> {
    if place::is_private(url) == Some(false) {
        return Ok(true);
    }
    if cx.user() == "Guest" {
        return Ok(false);
    }
    let meta = permissions::meta_of(cx, system::FILE)?;
    let mut filters = vec![json!(["file_url", "=", url])];
    if let Some(fid) = fid.filter(|fid| !fid.is_empty()) {
        filters.push(json!(["name", "=", fid]));
    }
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters: filters.into(),
            length: Some(MOST_ROWS),
            ignore_permissions: true,
            ..ListRequest::of(system::FILE)
        },
    )?;
    for row in rows {
        let name = row.get("name").and_then(|name| name.as_str()).unwrap_or_default();
        if let Some(file) = storage::load(cx, &meta, name)?
            && may_read(cx, &file)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the caller may read a file, by its own row or by what it is attached to.
///
/// # Errors
/// A database failure.
pub fn may_read(cx: &mut Cx, file: &Document) -> Result<bool> {
    if permissions::check(cx, &Arc::clone(file.meta()), file, Right::Read)? == Verdict::Granted {
        return Ok(true);
    }
    let (doctype, name) = (
        file.text("attached_to_doctype").to_owned(),
        file.text("attached_to_name").to_owned(),
    );
    if doctype.is_empty() || name.is_empty() {
        return Ok(false);
    }
    may_read_document(cx, &doctype, &name)
}

fn may_read_document(cx: &mut Cx, doctype: &str, name: &str) -> Result<bool> {
    if granted(cx, doctype, name)? {
        return Ok(true);
    }
    // Mails and comments come with the document they are about.
    let more: &[&str] = match doctype {
        system::COMMUNICATION => &[],
        system::COMMENT => &["owner", "published"],
        _ => return Ok(false),
    };
    let about = storage::values(
        cx,
        doctype,
        name,
        &[&["reference_doctype", "reference_name"], more].concat(),
    )?;
    let about = about.unwrap_or_default();
    let text = |i: usize| about.get(i).and_then(|value| value.as_str()).unwrap_or_default();
    // What the desk writes among itself stays there.
    let is_published = about.get(3).and_then(|value| value.as_i64()) == Some(1);
    if doctype == system::COMMENT
        && !(cx.session().system_user || is_published || text(2).eq_ignore_ascii_case(cx.user()))
    {
        return Ok(false);
    }
    if text(0).is_empty() || text(1).is_empty() || text(0) == doctype {
        return Ok(false);
    }
    granted(cx, text(0), text(1))
}

fn granted(cx: &mut Cx, doctype: &str, name: &str) -> Result<bool> {
    match permissions::document(cx, doctype, name, Right::Read) {
        Ok(_) => Ok(true),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionError | ErrorKind::DoesNotExistError
            ) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
