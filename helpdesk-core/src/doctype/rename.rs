//! Renaming a document with all that leads to it, and merging one into another.
//!
//! Source: spec/framework-data.md §5.8.

mod links;

use std::sync::Arc;

use serde_json::Value;

use super::document::Document;
use super::meta::Meta;
use super::permissions::{self, Right, Verdict};
use super::{naming, save, storage, system};
use crate::cx::Cx;
use crate::db::Query;
use crate::error::{Error, ErrorKind, Result, invalid, not_found};
use crate::html::escape_between_tags;
use crate::message::Message;
use crate::site::kept;

pub(crate) use self::links::update_owners;

/// A renaming, as rules see it.
#[derive(Clone, Copy, Debug)]
pub struct Renaming<'a> {
    /// The DocType.
    pub doctype: &'a str,
    /// The name until now.
    pub old: &'a str,
    /// The name from now on.
    pub new: &'a str,
    /// Whether a document of the new name is there already and takes the old one's place.
    pub merge: bool,
}

/// When a [`RenameRule`] runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Before anything is written: it may refuse.
    Before,
    /// When all is renamed.
    After,
}

/// What an app does when a document of a DocType is renamed.
pub struct RenameRule {
    /// The DocType.
    pub doctype: &'static str,
    /// When.
    pub when: When,
    /// What.
    pub run: fn(&Renaming<'_>, &mut Cx) -> Result<()>,
}

inventory::collect!(RenameRule);

/// Registers a [`RenameRule`]: `rename_rule!("HD Team", After, function)`.
#[macro_export]
macro_rules! rename_rule {
    ($doctype:expr, $when:ident, $run:path) => {
        const _: () = {
            $crate::__private::inventory::submit! {
                $crate::doctype::rename::RenameRule {
                    doctype: $doctype,
                    when: $crate::doctype::rename::When::$when,
                    run: $run,
                }
            }
        };
    };
}

/// Gives a document another name, or with `merge` lets another document take its place; returns the name it has now.
///
/// # Errors
/// - 403 if the caller may not read the DocType, and the right to delete it is missing for a merge
/// - 404 if there is no such document
/// - 409 for a name that is not allowed
/// - 417 for the name it has, one that is taken (for a merge: not taken), without the right to write, and for DocTypes
///   whose documents are not renamed
pub fn rename(cx: &mut Cx, meta: &Arc<Meta>, old: &str, new: &str, merge: bool) -> Result<String> {
    storage::lock(cx, meta, old)?;
    let Some(doc) = storage::load(cx, meta, old)? else {
        permissions::require_doctype(cx, meta, Right::Read)?;
        return Err(not_found(&meta.name, old));
    };
    let old = doc.name_text();
    let new = naming::allowed_name(meta, new)?;
    if new.chars().count() > LONGEST {
        return Err(Error::new(
            ErrorKind::CharacterLengthExceededError,
            format!(
                "{} {old}: '<strong>ID</strong>' ({new}) will get truncated, as max characters allowed is {LONGEST}",
                meta.name
            ),
        )
        .title("Value too big"));
    }
    let (new, target) = target(cx, meta, &doc, new, merge)?;
    for doc in [Some(&doc), target.as_ref()].into_iter().flatten() {
        if permissions::check(cx, meta, doc, Right::Write)? != Verdict::Granted {
            let name = doc.name_text();
            return Err(invalid(format!(
                "You need write permission on {} {name} to rename",
                meta.name
            )));
        }
    }
    if !meta.allow_rename || meta.issingle || meta.istable || meta.integer_names {
        return Err(invalid(format!("{} not allowed to be renamed", meta.name)));
    }
    let renaming = Renaming {
        doctype: &meta.name,
        old: &old,
        new: &new,
        merge,
    };
    run(cx, &renaming, When::Before)?;
    if merge {
        links::merge_assignments(cx, &renaming)?;
    } else {
        move_row(cx, meta, &renaming)?;
    }
    links::update(cx, &renaming)?;
    move_secrets(cx, &renaming)?;
    run(cx, &renaming, When::After)?;
    if merge {
        save::delete(cx, meta, &old)?;
        if meta.is_tree {
            super::tree::rebuild(cx, meta)?;
        }
    }
    note(cx, &renaming)?;
    crate::realtime::renamed(cx, &meta.name, &old, &new);
    save::after_change(cx, meta);
    Ok(new)
}

/// Characters a name may have.
const LONGEST: usize = 140;

/// The new name, in a merge as the target spells it, and the target of a merge.
fn target(
    cx: &mut Cx,
    meta: &Arc<Meta>,
    doc: &Document,
    new: String,
    merge: bool,
) -> Result<(String, Option<Document>)> {
    let old = doc.name_text();
    if new == old {
        return Err(invalid("No changes made because old and new name are the same."));
    }
    // Names differ regardless of case: a change of case alone finds the document itself.
    let found = storage::load(cx, meta, &new)?.filter(|found| found.get("name") != doc.get("name"));
    match (found, merge) {
        (Some(_), false) => Err(invalid(format!(
            "Another {} with name {new} exists, select another name",
            meta.name
        ))),
        (None, true) => Err(invalid(format!(
            "{} {new} does not exist, select a new target to merge",
            meta.name
        ))),
        (Some(found), true) => Ok((found.name_text(), Some(found))),
        (None, false) => Ok((new, None)),
    }
}

fn run(cx: &mut Cx, renaming: &Renaming<'_>, when: When) -> Result<()> {
    for rule in inventory::iter::<RenameRule> {
        if rule.doctype == renaming.doctype && rule.when == when {
            (rule.run)(renaming, cx)?;
        }
    }
    Ok(())
}

/// The row itself, the field it is named by, and its child rows.
fn move_row(cx: &mut Cx, meta: &Arc<Meta>, renaming: &Renaming<'_>) -> Result<()> {
    kept::all_changed(cx);
    let mut query = Query::new();
    query
        .sql("UPDATE ")
        .ident(meta.table.clone())
        .sql(" SET name = ")
        .text(renaming.new.to_owned());
    let source = meta.autoname.strip_prefix("field:");
    if let Some(column) = source.and_then(|source| meta.column(source)) {
        query
            .sql(", ")
            .ident(column.name.clone())
            .sql(" = ")
            .text(renaming.new.to_owned());
    }
    query.sql(" WHERE name = ").text(renaming.old.to_owned());
    cx.db().execute(query)?;
    crate::search::write::renamed(cx.db(), meta, renaming.old, renaming.new)?;
    for field in meta.table_fields() {
        let Some(child) = cx.site().meta(&field.options) else {
            continue;
        };
        let mut query = Query::new();
        query
            .sql("UPDATE ")
            .ident(child.table.clone())
            .sql(" SET parent = ")
            .text(renaming.new.to_owned())
            .sql(" WHERE parent = ")
            .text(renaming.old.to_owned());
        query.sql(" AND parenttype = ").text(meta.name.clone());
        cx.db().execute(query)?;
    }
    Ok(())
}

/// Passwords go with the document; those of one that is merged away are nobody's.
fn move_secrets(cx: &mut Cx, renaming: &Renaming<'_>) -> Result<()> {
    let mut query = Query::fixed();
    if renaming.merge {
        query.sql("DELETE FROM ").ident(system::AUTH_TABLE);
    } else {
        query
            .sql("UPDATE ")
            .ident(system::AUTH_TABLE)
            .sql(" SET name = ")
            .text(renaming.new.to_owned());
    }
    query
        .sql(" WHERE doctype = ")
        .text(renaming.doctype.to_owned())
        .sql(" AND name = ")
        .text(renaming.old.to_owned());
    cx.db().execute(query)?;
    Ok(())
}

/// What happened stands in the document's timeline and is told to the caller.
fn note(cx: &mut Cx, renaming: &Renaming<'_>) -> Result<()> {
    let (old, new) = (
        escape_between_tags(renaming.old),
        escape_between_tags(renaming.new),
    );
    if let Some(meta) = cx.site().meta(system::COMMENT) {
        let content = if renaming.merge {
            format!("merged <strong>{old}</strong> into <strong>{new}</strong>")
        } else {
            format!("renamed from <strong>{old}</strong> to <strong>{new}</strong>")
        };
        let mut comment = Document::new(meta);
        for (field, value) in [
            ("comment_type", "Edit"),
            ("reference_doctype", renaming.doctype),
            ("reference_name", renaming.new),
            ("content", &content),
        ] {
            comment.set(field, value);
        }
        let author = cx.session().full_name.to_string();
        comment.set("comment_email", cx.user().to_owned());
        comment.set("comment_by", author);
        comment.flags.ignore_permissions = true;
        save::insert(cx, &mut comment)?;
    }
    cx.msgprint(Message::alert(
        format!("Document renamed from <strong>{old}</strong> to <strong>{new}</strong>"),
        "green",
    ));
    Ok(())
}

/// Lists of users as text columns keep them.
fn users_of(list: &Value) -> Vec<String> {
    list.as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}
