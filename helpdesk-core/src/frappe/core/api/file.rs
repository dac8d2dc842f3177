//! The file manager: folders, what is in them, archives; and what clients ask before they send a file.
//!
//! All of it is also reached under `frappe.core.doctype.file.file`, as older clients call it.
//!
//! Source: spec/framework-api.md §7.5, §9.

mod archive;
mod folders;

use std::collections::BTreeMap;

use serde_json::Map;

use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right};
use crate::doctype::{save, system};
use crate::frappe::core::doctype::file::store;
use crate::prelude::*;
use crate::query::{self, ListRequest};
use crate::rest;

/// Files that one call names, at most.
const MOST: usize = 500;
/// What lists of the file manager show of a file.
const SHOWN: [&str; 5] = ["name", "file_name", "file_url", "is_folder", "modified"];
/// Hits of a search.
const MOST_HITS: u64 = 20;

/// Bytes a file may have.
#[whitelist(allow_guest, alias = "frappe.core.doctype.file.file.get_max_file_size")]
pub fn get_max_file_size(cx: &mut Cx) -> u64 {
    store::max_size(cx)
}

/// A page of a folder.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Page {
    /// Files and folders: `name, file_name, file_url, is_folder, modified`.
    files: Vec<Map<String, Value>>,
    /// Whether there are more.
    has_more: bool,
}

/// What the caller may see of a folder, a page at a time. The folder of attachments stands first in `Home`.
#[whitelist(alias = "frappe.core.doctype.file.file.get_files_in_folder")]
pub fn get_files_in_folder(
    cx: &mut Cx,
    folder: String,
    #[arg(default = 0)] start: u64,
    #[arg(default = 20)] page_length: u64,
) -> Result<Page> {
    let page_length = page_length.min(MOST as u64);
    let listed = |filters: Value| ListRequest {
        fields: SHOWN.map(Value::from).to_vec(),
        filters,
        order_by: "is_folder desc, creation desc, name asc".into(),
        ..ListRequest::of(system::FILE)
    };
    let mut files = query::list_values(
        cx,
        &ListRequest {
            start,
            length: Some(page_length + 1),
            ..listed(json!({ "folder": folder }))
        },
    )?;
    let has_it = |files: &[Map<String, Value>]| {
        let mut names = files.iter().filter_map(|file| file.get("name"));
        names.any(|name| name == store::ATTACHMENTS)
    };
    if folder == store::HOME && start == 0 && !has_it(&files) {
        let attachments = listed(json!({ "name": store::ATTACHMENTS }));
        let attachments = query::list_values(cx, &attachments)?;
        files.splice(0..0, attachments);
    }
    let page = usize::try_from(page_length).unwrap_or(MOST);
    let has_more = files.len() > page;
    files.truncate(page);
    Ok(Page { files, has_more })
}

/// Files the caller may see whose name holds a text, the latest first; twenty at most.
#[whitelist(alias = "frappe.core.doctype.file.file.get_files_by_search_text")]
pub fn get_files_by_search_text(cx: &mut Cx, text: String) -> Result<Vec<Map<String, Value>>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let like = format!("%{text}%");
    query::list_values(
        cx,
        &ListRequest {
            fields: SHOWN.map(Value::from).to_vec(),
            filters: json!({ "is_folder": 0 }),
            or_filters: json!([
                ["file_name", "like", like],
                ["file_url", "like", like],
                ["name", "like", like]
            ]),
            order_by: "modified desc, name asc".into(),
            length: Some(MOST_HITS),
            ..ListRequest::of(system::FILE)
        },
    )
}

/// Addresses of what is attached to documents of a DocType, by the documents' names. Documents without any are left out.
///
/// # Errors
/// - 417 for names that are no list
#[whitelist(alias = "frappe.core.doctype.file.file.get_attached_images")]
pub fn get_attached_images(
    cx: &mut Cx,
    doctype: String,
    /// Names of documents, a list or its JSON text.
    names: Value,
) -> Result<BTreeMap<String, Vec<Value>>> {
    let names = names_of(&names)?;
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    if names.is_empty() {
        return Ok(found);
    }
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["file_url".into(), "attached_to_name".into()],
            filters: json!([
                ["attached_to_doctype", "=", doctype],
                ["attached_to_name", "in", names],
                ["is_folder", "=", 0]
            ]),
            order_by: "creation desc, name asc".into(),
            ..ListRequest::of(system::FILE)
        },
    )?;
    for row in rows {
        let (Some(url), Some(name)) = (row.get("file_url"), row.get("attached_to_name")) else {
            continue;
        };
        let name = name.as_str().unwrap_or_default().to_owned();
        found.entry(name).or_default().push(url.clone());
    }
    Ok(found)
}

/// Makes a folder within another; answers the one that is there already.
///
/// # Errors
/// - 403 if the caller may not make files
/// - 417 for a name without characters, a parent that is no folder
#[whitelist(methods = [POST, PUT], alias = "frappe.core.doctype.file.file.create_new_folder")]
pub fn create_new_folder(cx: &mut Cx, file_name: String, folder: String) -> Result<Document> {
    folders::create(cx, &file_name, &folder)
}

/// Moves files and folders into another folder.
///
/// # Errors
/// - 403 for a file the caller may not change; nothing is moved then
/// - 404 for a file that is not there
/// - 417 for a target that is no folder, or lies within what is moved
#[whitelist(methods = [POST, PUT], alias = "frappe.core.doctype.file.file.move_file")]
pub fn move_file(
    cx: &mut Cx,
    /// Files as lists show them, or their names; a list or its JSON text.
    file_list: Value,
    new_parent: String,
    /// Where they were; not looked at.
    old_parent: String,
) -> Result<()> {
    let _ = old_parent;
    for name in names_of(&file_list)? {
        folders::move_into(cx, &name, &new_parent)?;
    }
    Ok(())
}

/// Puts the files of a zip archive in its place: in its folder, attached to what it was attached to, as private as it
/// was. Folders within the archive are left out, and so is what is hidden. Archives within it are kept shut.
///
/// # Errors
/// - 403 if the caller may not delete the archive
/// - 404 if there is none
/// - 417 for what is no zip archive, one that is damaged, encrypted or holds links, one with too many files or too large
///   ones, and for a file in it that could not be uploaded by itself; nothing is changed then
#[whitelist(methods = [POST, PUT], alias = "frappe.core.doctype.file.file.unzip_file")]
pub fn unzip_file(cx: &mut Cx, name: String) -> Result<Vec<Document>> {
    let meta = permissions::meta_of(cx, system::FILE)?;
    let file = rest::readable(cx, &meta, &name)?;
    permissions::require(cx, &meta, &file, Right::Delete)?;
    let files = archive::unpack(cx, &file)?;
    save::delete(cx, &meta, &file.name_text())?;
    Ok(files)
}

/// Files the caller may read, as one archive to be saved.
///
/// # Errors
/// - 403 for a file the caller may not read
/// - 404 for one that is not there
/// - 417 for folders, files of other sites, and for more than fits into an archive made in memory (64 MB)
#[whitelist(methods = [GET, POST], alias = "frappe.core.doctype.file.file.zip_files")]
pub fn zip_files(
    cx: &mut Cx,
    /// Names of Files, a list or its JSON text.
    files: Value,
) -> Result<Response> {
    archive::pack(cx, &names_of(&files)?)
}

/// Names in a list, as text or as objects with a `name`; or in the JSON text of one.
fn names_of(list: &Value) -> Result<Vec<String>> {
    let not_a_list = || invalid("Files are named by a list of names, or by its JSON text");
    let decoded: Value;
    let list = match list {
        Value::String(text) => {
            decoded = serde_json::from_str(text).map_err(|_| not_a_list())?;
            &decoded
        }
        other => other,
    };
    let list = list.as_array().ok_or_else(not_a_list)?;
    if list.len() > MOST {
        return Err(invalid(format!("At most {MOST} files can be named at once")));
    }
    list.iter()
        .map(|one| {
            let name = one.get("name").unwrap_or(one);
            let name = name
                .as_str()
                .map(str::to_owned)
                .or_else(|| name.as_i64().map(|name| name.to_string()));
            name.ok_or_else(not_a_list)
        })
        .collect()
}
