//! Making and moving folders.

use crate::cx::Cx;
use crate::db::Query;
use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right};
use crate::doctype::{save, storage, system};
use crate::error::{Result, invalid};
use crate::files::names;
use crate::query::{self, ListRequest};
use crate::rest;
use serde_json::{Value, json};

/// Folders that may lie below one that is moved.
const MOST_BELOW: usize = 500;

/// A folder of a name in another one: made, or the one that is there.
pub(super) fn create(cx: &mut Cx, file_name: &str, parent: &str) -> Result<Document> {
    let meta = permissions::meta_of(cx, system::FILE)?;
    let known = format!("{parent}/{}", names::safe(file_name));
    if let Some(known) = storage::load(cx, &meta, &known)?
        && known.is_on("is_folder")
    {
        rest::require(cx, &meta, &known, Right::Read)?;
        return Ok(known);
    }
    let mut folder = Document::new(meta);
    folder.set("file_name", file_name);
    folder.set("is_folder", 1);
    folder.set("folder", parent);
    save::insert(cx, &mut folder)?;
    Ok(folder)
}

/// Moves a file or folder. A folder is named by its path, so it and what lies below get other names.
pub(super) fn move_into(cx: &mut Cx, name: &str, parent: &str) -> Result<()> {
    let meta = permissions::meta_of(cx, system::FILE)?;
    let mut file = rest::readable(cx, &meta, name)?;
    if file.is_on("is_home_folder") || file.is_on("is_attachments_folder") {
        return Err(invalid("The folders Home and Attachments can't be moved"));
    }
    if file.text("folder") == parent {
        return Ok(());
    }
    let old = file.name_text();
    let is_below =
        |path: &str| path == old || path.strip_prefix(&*old).is_some_and(|rest| rest.starts_with('/'));
    if file.is_on("is_folder") && is_below(parent) {
        return Err(invalid("A folder can't be moved into itself"));
    }
    file.set("folder", parent);
    save::save(cx, &mut file)?;
    if !file.is_on("is_folder") {
        return Ok(());
    }
    let new = format!("{parent}/{}", file.text("file_name"));
    if storage::exists(cx, system::FILE, &new)?.is_some() {
        return Err(invalid(format!("There is a folder {new} already")));
    }
    let folders = query::list_values(
        cx,
        &ListRequest {
            filters: json!([["is_folder", "=", 1], ["name", "like", format!("{old}/%")]]),
            ignore_permissions: true,
            ..ListRequest::of(system::FILE)
        },
    )?;
    let below = folders
        .iter()
        .filter_map(|row| row.get("name").and_then(Value::as_str))
        .filter(|path| is_below(path));
    let all: Vec<String> = std::iter::once(&*old).chain(below).map(str::to_owned).collect();
    if all.len() > MOST_BELOW {
        return Err(invalid(format!(
            "A folder with more than {MOST_BELOW} folders in it can't be moved"
        )));
    }
    for path in all {
        let renamed = format!("{new}{}", &path[old.len()..]);
        if renamed.chars().count() > 140 {
            return Err(invalid("The path of a folder would be too long"));
        }
        for column in ["name", "folder"] {
            let mut query = Query::fixed();
            query
                .sql("UPDATE ")
                .ident(format!("tab{}", system::FILE))
                .sql(" SET ")
                .sql(column)
                .sql(" = ")
                .text(renamed.clone())
                .sql(" WHERE ")
                .sql(column)
                .sql(" = ")
                .text(path.clone());
            cx.db().execute(query)?;
        }
    }
    Ok(())
}
