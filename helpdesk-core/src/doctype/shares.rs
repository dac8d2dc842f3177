//! Shares: documents given to a user, or everyone, beside the role rules.
//!
//! Source: spec/framework-data.md §5.4.6.

use serde_json::{Map, Value, json};

use super::document::Document;
use super::permissions::{self, Right, Rights};
use super::{save, storage, system};
use crate::cx::Cx;
use crate::error::{Result, forbidden, invalid};
use crate::query::{self, ListRequest};

/// The rights a share can give.
pub const RIGHTS: [Right; 4] = [Right::Read, Right::Write, Right::Submit, Right::Share];

/// Whom a document is shared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With<'a> {
    /// One user.
    User(&'a str),
    /// Whoever is signed in.
    Everyone,
}

/// Rights of a share made whole: any gives read, submit gives write.
pub fn whole(rights: Rights) -> Rights {
    let mut rights = rights.with(Right::Read);
    if rights.has(Right::Submit) {
        rights = rights.with(Right::Write);
    }
    rights
}

/// Shares a document, or widens the share there is. The caller needs the right to share it, and every right given.
///
/// # Errors
/// 403, 404; 417 for an unknown user.
pub fn add(
    cx: &mut Cx,
    doctype: &str,
    name: &str,
    with: With<'_>,
    rights: Rights,
    notify: bool,
) -> Result<Document> {
    let rights = whole(rights);
    let doc = may_share(cx, doctype, name, rights)?;
    put(cx, doc.doctype(), &doc.name_text(), with, rights, notify)
}

/// As [`add`], for code: no permission is checked.
///
/// # Errors
/// 417 for an unknown user.
pub fn put(
    cx: &mut Cx,
    doctype: &str,
    name: &str,
    with: With<'_>,
    rights: Rights,
    notify: bool,
) -> Result<Document> {
    let rights = whole(rights);
    let mut share = match find(cx, doctype, name, with)? {
        Some(share) => share,
        None => {
            let mut share = Document::new(permissions::meta_of(cx, system::DOCSHARE)?);
            share.set("share_doctype", doctype);
            share.set("share_name", name);
            match with {
                With::User(user) => share.set("user", user),
                With::Everyone => share.set("everyone", 1),
            }
            share.set("notify_by_email", i64::from(notify));
            share
        }
    };
    for right in RIGHTS {
        let held = share.is_on(right.name());
        share.set(right.name(), i64::from(held || rights.has(right)));
    }
    share.flags.ignore_permissions = true;
    save::put(cx, &mut share)?;
    Ok(share)
}

/// Sets one right of a share. Taking `read` takes all; a share without rights goes. `None` where none is left.
///
/// # Errors
/// As [`add`].
pub fn set(
    cx: &mut Cx,
    doctype: &str,
    name: &str,
    with: With<'_>,
    right: Right,
    on: bool,
) -> Result<Option<Document>> {
    if !RIGHTS.contains(&right) {
        return Err(invalid(format!("A share gives no right to {}", right.name())));
    }
    if on {
        return add(cx, doctype, name, with, Rights::NONE.with(right), false).map(Some);
    }
    let doc = may_share(cx, doctype, name, Rights::NONE)?;
    let Some(mut share) = find(cx, doc.doctype(), &doc.name_text(), with)? else {
        return Ok(None);
    };
    share.set(right.name(), 0);
    if right == Right::Write {
        share.set(Right::Submit.name(), 0);
    }
    let left = right != Right::Read && RIGHTS.iter().any(|right| share.is_on(right.name()));
    if !left {
        drop_row(cx, &share)?;
        return Ok(None);
    }
    share.flags.ignore_permissions = true;
    save::save(cx, &mut share)?;
    Ok(Some(share))
}

/// Ends a share. The caller needs the right to share the document.
///
/// # Errors
/// 403, 404.
pub fn remove(cx: &mut Cx, doctype: &str, name: &str, with: With<'_>) -> Result<()> {
    let doc = may_share(cx, doctype, name, Rights::NONE)?;
    match find(cx, doc.doctype(), &doc.name_text(), with)? {
        Some(share) => drop_row(cx, &share),
        None => Ok(()),
    }
}

/// The shares of a document, oldest first. The caller needs the right to read it.
///
/// # Errors
/// 403, 404.
pub fn list(cx: &mut Cx, doctype: &str, name: &str) -> Result<Vec<Map<String, Value>>> {
    let doc = permissions::document(cx, doctype, name, Right::Read)?;
    let fields = [
        "name", "user", "read", "write", "submit", "share", "everyone", "owner", "creation",
    ];
    query::list_values(
        cx,
        &ListRequest {
            fields: fields.into_iter().map(Value::from).collect(),
            filters: json!({"share_doctype": doc.doctype(), "share_name": doc.name_text()}),
            order_by: "creation asc, name asc".into(),
            ignore_permissions: true,
            ..ListRequest::of(system::DOCSHARE)
        },
    )
}

/// The document, where the caller may share it and has the rights to give.
pub(crate) fn may_share(cx: &mut Cx, doctype: &str, name: &str, rights: Rights) -> Result<Document> {
    let disabled = crate::site::single(cx, system::SYSTEM_SETTINGS, "disable_document_sharing")?;
    if disabled.as_i64() == Some(1) && !cx.session().is_administrator() {
        return Err(forbidden("Sharing documents is turned off on this site"));
    }
    let doc = permissions::document(cx, doctype, name, Right::Share)?;
    let meta = doc.meta().clone();
    for right in RIGHTS.into_iter().filter(|right| rights.has(*right)) {
        permissions::require(cx, &meta, &doc, right)?;
    }
    Ok(doc)
}

fn find(cx: &mut Cx, doctype: &str, name: &str, with: With<'_>) -> Result<Option<Document>> {
    let (field, value) = match with {
        With::User(user) => ("user", Value::from(user)),
        With::Everyone => ("everyone", Value::from(1)),
    };
    cx.db().begin()?;
    let rows = query::list_values(
        cx,
        &ListRequest {
            filters: json!({"share_doctype": doctype, "share_name": name, field: value}),
            length: Some(1),
            ignore_permissions: true,
            ..ListRequest::of(system::DOCSHARE)
        },
    )?;
    let Some(found) = rows.first().and_then(|row| row.get("name")?.as_str()) else {
        return Ok(None);
    };
    let meta = permissions::meta_of(cx, system::DOCSHARE)?;
    storage::load(cx, &meta, found)
}

fn drop_row(cx: &mut Cx, share: &Document) -> Result<()> {
    let meta = share.meta().clone();
    save::delete_with(cx, &meta, &share.name_text(), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_bring_what_they_need() {
        let rights = whole(Rights::NONE.with(Right::Submit));

        assert!(rights.has(Right::Read) && rights.has(Right::Write) && !rights.has(Right::Share));
    }
}
