//! The life of a File: what its address may be, what it is attached to, and when its content goes.
//!
//! Source: spec/framework-api.md §9.

use super::{access, limit, store};
use crate::cx::Cx;
use crate::db::Query;
use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right};
use crate::doctype::typed::doc_event;
use crate::doctype::{comments, storage, system};
use crate::error::{Error, ErrorKind, Result, invalid};
use crate::files::{names, place};
use crate::html;
use crate::query::{self, ListRequest};
use serde_json::{Value, json};

/// Fields that say where the content lies; only a move changes them.
const PLACED: &[&str] = &["file_url", "content_hash", "file_size"];

#[doc_event(doctype = "File", on = "before_insert")]
fn before_insert(file: &mut Document, cx: &mut Cx) -> Result<()> {
    if !file.is_empty("folder") {
        store::require_folder(cx, file.text("folder"))?;
    } else if !file.is_on("is_home_folder") {
        // The standard folders are not asked for: a site may have been moved here without them.
        let attached = !file.is_empty("attached_to_doctype");
        file.set("folder", if attached { store::ATTACHMENTS } else { store::HOME });
    }
    let folder = file.text("folder").to_owned();
    if file.is_on("is_folder") {
        return name_folder(file, &folder);
    }
    if file.is_empty("file_url") {
        return Err(store::nothing());
    }
    // Code that stores a content has said all there is to say.
    if !file.flags.ignore_permissions {
        by_address(file, cx)?;
        may_attach(file, cx)?;
    }
    limit::check(cx, file)?;
    if file.is_empty("file_name") {
        let name = file.text("file_url").rsplit('/').next().unwrap_or_default();
        let name = names::safe(name);
        file.set("file_name", name);
    }
    let kind = names::file_type(file.text("file_name"));
    file.set("file_type", kind);
    Ok(())
}

fn name_folder(file: &mut Document, parent: &str) -> Result<()> {
    let name = names::safe(file.text("file_name"));
    if name.is_empty() {
        return Err(invalid("A folder needs a name"));
    }
    let path = if parent.is_empty() {
        name.clone()
    } else {
        format!("{parent}/{name}")
    };
    file.set("file_name", name);
    file.set("name", path);
    file.flags.keep_name = true;
    Ok(())
}

/// A row by address: of another site, of a method, or of a file here that the caller may fetch already.
fn by_address(file: &mut Document, cx: &mut Cx) -> Result<()> {
    for field in PLACED.iter().filter(|field| **field != "file_url") {
        file.set(field, Value::Null);
    }
    let url = file.text("file_url").to_owned();
    let Some(is_private) = place::is_private(&url) else {
        let known = ["http://", "https://", "/api/method/"];
        if known.iter().any(|start| url.starts_with(start)) && !url.chars().any(char::is_control) {
            return Ok(());
        }
        return Err(invalid(
            "The address of a file begins with http://, https://, /files/, /private/files/ or /api/method/",
        ));
    };
    let missing = || invalid(format!("There is no file at {url}"));
    let path = place::path_of(&cx.site().folder, &url).ok_or_else(missing)?;
    if !access::may_fetch(cx, &url, None)? {
        return Err(missing());
    }
    file.set("is_private", i64::from(is_private));
    let size = std::fs::metadata(&path).map_or(0, |found| found.len());
    file.set("file_size", i64::try_from(size).unwrap_or(i64::MAX));
    let known = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["content_hash".into()],
            filters: json!({ "file_url": url }),
            length: Some(1),
            ignore_permissions: true,
            ..ListRequest::of(system::FILE)
        },
    )?;
    let digest = known
        .first()
        .and_then(|row| row.get("content_hash"))
        .cloned()
        .unwrap_or(Value::Null);
    file.set("content_hash", digest);
    Ok(())
}

/// Nobody attaches files to what they may not read.
fn may_attach(file: &Document, cx: &mut Cx) -> Result<()> {
    let (doctype, name) = (file.text("attached_to_doctype"), file.text("attached_to_name"));
    if doctype.is_empty() || name.is_empty() {
        return Ok(());
    }
    let (doctype, name) = (doctype.to_owned(), name.to_owned());
    permissions::document(cx, &doctype, &name, Right::Read)?;
    Ok(())
}

#[doc_event(doctype = "File", on = "before_save")]
fn before_save(file: &mut Document, cx: &mut Cx) -> Result<()> {
    let Some(before) = file.before.take() else {
        return Ok(());
    };
    for field in PLACED {
        file.set(field, before.get(field).clone());
    }
    file.set("is_folder", before.get("is_folder").clone());
    let moved = file.is_on("is_private") != before.is_on("is_private");
    let reattached = ["attached_to_doctype", "attached_to_name"]
        .iter()
        .any(|field| file.text(field) != before.text(field));
    let folder = (file.text("folder") != before.text("folder")).then(|| file.text("folder").to_owned());
    file.before = Some(before);
    if let Some(folder) = folder {
        store::require_folder(cx, &folder)?;
    }
    if reattached {
        if !file.flags.ignore_permissions {
            may_attach(file, cx)?;
        }
        limit::check(cx, file)?;
    }
    if moved {
        relocate(file, cx)?;
    }
    let kind = names::file_type(file.text("file_name"));
    file.set("file_type", kind);
    Ok(())
}

/// The content moves, and with it the address in all rows of the file and in the fields they stand in.
fn relocate(file: &mut Document, cx: &mut Cx) -> Result<()> {
    let from = file.text("file_url").to_owned();
    if place::is_private(&from).is_none() || file.is_on("is_folder") {
        return Ok(());
    }
    let is_private = file.is_on("is_private");
    let to = place::relocate(cx, &from, is_private)?;
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: [
                "name",
                "attached_to_doctype",
                "attached_to_name",
                "attached_to_field",
            ]
            .map(Value::from)
            .to_vec(),
            filters: json!({ "file_url": from }),
            length: None,
            ignore_permissions: true,
            ..ListRequest::of(system::FILE)
        },
    )?;
    for row in rows {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        let changes = [
            ("file_url", Value::from(to.as_str())),
            ("is_private", Value::from(i64::from(is_private))),
        ];
        storage::set_columns(cx, system::FILE, text("name"), &changes)?;
        let (doctype, name, field) = (
            text("attached_to_doctype"),
            text("attached_to_name"),
            text("attached_to_field"),
        );
        let holds = cx
            .site()
            .meta(doctype)
            .is_some_and(|meta| meta.column(field).is_some());
        if holds
            && storage::values(cx, doctype, name, &[field])?
                .is_some_and(|values| values.first().is_some_and(|value| value == from.as_str()))
        {
            storage::set_columns(cx, doctype, name, &[(field, Value::from(to.as_str()))])?;
        }
    }
    file.set("file_url", to);
    Ok(())
}

#[doc_event(doctype = "File", on = "after_insert")]
fn tell_attached(file: &mut Document, cx: &mut Cx) -> Result<()> {
    let link = format!(
        "<a href='{}' target='_blank'>{}</a>",
        html::escape(file.text("file_url")),
        html::escape(file.text("file_name"))
    );
    tell(file, cx, "Attachment", &link)
}

#[doc_event(doctype = "File", on = "on_trash")]
fn on_trash(file: &mut Document, cx: &mut Cx) -> Result<()> {
    if file.is_on("is_home_folder") || file.is_on("is_attachments_folder") {
        return Err(invalid("The folders Home and Attachments can't be deleted"));
    }
    if file.is_on("is_folder") && rows_with(cx, "folder", &file.name_text())? > 0 {
        return Err(Error::new(
            ErrorKind::ValidationError,
            format!("Folder {} is not empty", file.name_text()),
        ));
    }
    Ok(())
}

#[doc_event(doctype = "File", on = "after_delete")]
fn after_delete(file: &mut Document, cx: &mut Cx) -> Result<()> {
    let url = file.text("file_url").to_owned();
    if place::is_private(&url).is_some() && rows_with(cx, "file_url", &url)? == 0 {
        place::remove(cx, &url);
    }
    let name = html::escape(file.text("file_name"));
    tell(file, cx, "Attachment Removed", &name)
}

fn rows_with(cx: &mut Cx, column: &str, value: &str) -> Result<i64> {
    let mut query = Query::fixed();
    query
        .sql("SELECT COUNT(*) FROM ")
        .ident(format!("tab{}", system::FILE))
        .sql(" WHERE ")
        .ident(column.to_owned())
        .sql(" = ")
        .text(value.to_owned());
    cx.db().count(query)
}

/// The timeline of the document it is attached to tells of a file.
fn tell(file: &Document, cx: &mut Cx, comment_type: &str, text: &str) -> Result<()> {
    let (doctype, name) = (file.text("attached_to_doctype"), file.text("attached_to_name"));
    if doctype.is_empty() || name.is_empty() || file.is_on("is_folder") {
        return Ok(());
    }
    let keeps_comments = cx
        .site()
        .meta(doctype)
        .is_some_and(|meta| meta.column_index("_comments").is_some());
    if keeps_comments && storage::exists(cx, doctype, name)?.is_some() {
        comments::add(cx, doctype, name, comment_type, text)?;
    }
    Ok(())
}
