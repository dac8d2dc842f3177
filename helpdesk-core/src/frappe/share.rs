//! `frappe.share`: documents given to users beside the role rules.
//!
//! Source: spec/framework-data.md §5.4.6.

use crate::doctype::document::Document;
use crate::doctype::permissions::{Right, Rights, right_of};
use crate::doctype::shares::{self, With};
use crate::doctype::typed::doc_event;
use crate::doctype::{comments, storage};
use crate::prelude::*;

fn with<'a>(user: Option<&'a str>, everyone: bool) -> Result<With<'a>> {
    match user {
        _ if everyone => Ok(With::Everyone),
        Some(user) if !user.is_empty() => Ok(With::User(user)),
        _ => Err(invalid("User is mandatory for Share")),
    }
}

/// Shares a document with a user or everyone, or widens the share there is.
///
/// # Errors
/// - 403 without the right to share the document, or without a right that is given
/// - 404 if there is no such document
/// - 417 for an unknown user
#[whitelist]
#[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
pub fn add(
    cx: &mut Cx,
    doctype: String,
    name: StrOrInt,
    user: Option<String>,
    #[arg(default = true)] read: bool,
    #[arg(default = false)] write: bool,
    #[arg(default = false)] submit: bool,
    #[arg(default = false)] share: bool,
    #[arg(default = false)] everyone: bool,
    #[arg(default = false)] notify: bool,
) -> Result<Document> {
    let given = [
        (Right::Read, read),
        (Right::Write, write),
        (Right::Submit, submit),
        (Right::Share, share),
    ];
    let rights = given
        .into_iter()
        .filter(|(_, on)| *on)
        .fold(Rights::NONE, |rights, (right, _)| rights.with(right));
    let with = with(user.as_deref(), everyone)?;
    shares::add(cx, &doctype, &name.to_string(), with, rights, notify)
}

/// Gives or takes one right of a share. Taking `read` ends the share.
///
/// # Errors
/// - 403 without the right to share the document
/// - 404 if there is no such document
#[whitelist]
pub fn set_permission(
    cx: &mut Cx,
    doctype: String,
    name: StrOrInt,
    user: Option<String>,
    permission_to: String,
    #[arg(default = true)] value: bool,
    #[arg(default = false)] everyone: bool,
) -> Result<Option<Document>> {
    let right = right_of(&permission_to)?;
    let with = with(user.as_deref(), everyone)?;
    shares::set(cx, &doctype, &name.to_string(), with, right, value)
}

/// The shares of a document, oldest first.
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
#[whitelist]
pub fn get_users(cx: &mut Cx, doctype: String, name: StrOrInt) -> Result<Value> {
    let rows = shares::list(cx, &doctype, &name.to_string())?;
    Ok(rows.into_iter().map(Value::Object).collect())
}

#[doc_event(doctype = "DocShare", on = "before_validate")]
fn make_whole(share: &mut Document, _: &mut Cx) -> Result<()> {
    let held = shares::RIGHTS
        .into_iter()
        .filter(|right| share.is_on(right.name()))
        .fold(Rights::NONE, Rights::with);
    let rights = shares::whole(held);
    for right in shares::RIGHTS {
        share.set(right.name(), i64::from(rights.has(right)));
    }
    if share.is_on("everyone") {
        share.set("user", Value::Null);
    }
    Ok(())
}

/// A row written as a document of its own gives no more than `frappe.share.add` would.
#[doc_event(doctype = "DocShare", on = "validate")]
fn check(share: &mut Document, cx: &mut Cx) -> Result<()> {
    with(Some(share.text("user")), share.is_on("everyone"))?;
    if share.flags.ignore_permissions {
        return Ok(());
    }
    let rights = shares::RIGHTS
        .into_iter()
        .filter(|right| share.is_on(right.name()))
        .fold(Rights::NONE, Rights::with);
    let (doctype, name) = (share.text("share_doctype"), share.text("share_name"));
    shares::may_share(cx, doctype, name, rights)?;
    Ok(())
}

#[doc_event(doctype = "DocShare", on = "after_insert")]
fn tell_shared(share: &mut Document, cx: &mut Cx) -> Result<()> {
    tell(share, cx, "Shared", "shared")
}

#[doc_event(doctype = "DocShare", on = "after_delete")]
fn tell_unshared(share: &mut Document, cx: &mut Cx) -> Result<()> {
    tell(share, cx, "Unshared", "un-shared")
}

/// Notes in the document's timeline who gave it to whom.
fn tell(share: &mut Document, cx: &mut Cx, comment_type: &str, did: &str) -> Result<()> {
    let (doctype, name) = (
        share.text("share_doctype").to_owned(),
        share.text("share_name").to_owned(),
    );
    let with_self = doctype == "User" && share.text("user").eq_ignore_ascii_case(&name);
    if with_self || storage::exists(cx, &doctype, &name)?.is_none() {
        return Ok(());
    }
    let caller = cx.user().to_owned();
    let by = crate::users::full_name(cx, &caller)?;
    let whom = if share.is_on("everyone") {
        "everyone".to_owned()
    } else {
        crate::users::full_name(cx, share.text("user"))?
    };
    let text = format!("{by} {did} this document with {whom}");
    comments::add(cx, &doctype, &name, comment_type, &text)?;
    Ok(())
}

/// Users may read and change their own User document.
#[doc_event(doctype = "User", on = "after_insert")]
fn share_with_self(user: &mut Document, cx: &mut Cx) -> Result<()> {
    let name = user.name_text();
    if matches!(name.as_str(), "Administrator" | "Guest") {
        return Ok(());
    }
    let rights = Rights::NONE
        .with(Right::Read)
        .with(Right::Write)
        .with(Right::Share);
    shares::put(cx, "User", &name, With::User(&name), rights, false)?;
    Ok(())
}
