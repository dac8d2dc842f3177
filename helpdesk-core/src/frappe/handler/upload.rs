//! Uploads: a file of a multipart form becomes a File.
//!
//! Source: spec/framework-api.md §9.

use crate::call;
use crate::doctype::document::Document;
use crate::doctype::permissions::{self, Right};
use crate::doctype::{save, storage, system};
use crate::files::{Upload, names};
use crate::frappe::core::doctype::file::access;
use crate::frappe::core::doctype::file::store::{self, NewFile};
use crate::method::Verb;
use crate::prelude::*;
use crate::reply::{IntoReply, Reply};

/// Keeps an uploaded file (multipart field `file`), or the address of one, and answers its File.
///
/// With `doctype` and `docname` it is attached to that document. With `method` that whitelisted function is called
/// instead, which finds the file with the request. Images are kept as they are sent.
///
/// # Errors
/// - 403 without the right to write the document, bare for guests where they may not upload
/// - 404 for a document that is not there
/// - 417 for a type or size the site refuses, an address that is none, no file at all
#[whitelist(
    allow_guest,
    methods = [POST, PUT],
    path = "frappe.handler.upload_file",
    alias = "upload_file"
)]
#[expect(clippy::too_many_arguments, reason = "the contract's arguments, one by one")]
pub fn upload_file(
    cx: &mut Cx,
    #[arg(default = false)] is_private: bool,
    /// DocType of the document it is attached to.
    doctype: Option<String>,
    docname: Option<StrOrInt>,
    /// Field of that document the file stands in.
    fieldname: Option<String>,
    /// Address of a file that is there already.
    file_url: Option<String>,
    folder: Option<String>,
    /// Name of the file at `file_url`; an uploaded one has its own.
    file_name: Option<String>,
    /// Name of a File whose content is used again.
    library_file_name: Option<String>,
    /// Dotted path of a whitelisted function that takes the file instead.
    method: Option<String>,
    #[arg(rest)] rest: Args,
) -> Result<Reply> {
    let is_guest = cx.user() == "Guest";
    if is_guest && !cx.site().settings().allow_guests_to_upload_files {
        return Err(Error::bare(ErrorKind::PermissionError, ""));
    }
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let (doctype, fieldname) = (given(doctype), given(fieldname));
    let docname = given(docname.map(|name| name.to_string()));
    if let Some(doctype) = &doctype {
        may_attach(cx, doctype, docname.as_deref())?;
    }
    let upload = cx
        .request()
        .uploads
        .iter()
        .find(|upload| upload.field == "file")
        .cloned();
    let name = upload.as_ref().map(|upload| upload.file_name.clone());
    if let Some(name) = name.as_deref().or(file_name.as_deref())
        && !cx.session().system_user
        && !names::is_for_portal(name)
    {
        return Err(invalid(
            "You can only upload JPG, PNG, GIF, PDF, TXT, CSV or Microsoft documents.",
        ));
    }
    if let Some(method) = given(method) {
        return by_method(cx, &method, rest);
    }
    let attached = doctype
        .as_deref()
        .map(|doctype| (doctype, docname.as_deref(), fieldname.as_deref()));
    let folder = given(folder);
    let folder = folder_of(cx, folder.as_deref())?;
    let file = if let Some(library) = given(library_file_name) {
        again(cx, &library, attached)?
    } else if let Some(upload) = &upload {
        kept(cx, upload, is_private, &folder, attached)?
    } else {
        by_address(
            cx,
            given(file_url),
            given(file_name),
            is_private,
            &folder,
            attached,
        )?
    };
    file.into_reply()
}

type Attached<'a> = Option<(&'a str, Option<&'a str>, Option<&'a str>)>;

/// What the names of documents begin with that a form has not saved yet.
const UNSAVED: &str = "new-";

/// The right to write the document, or its DocType where the document is not saved yet. Other names must be there: what
/// waits for a later document of that name would be shown to whoever gets it.
fn may_attach(cx: &mut Cx, doctype: &str, docname: Option<&str>) -> Result<()> {
    let meta = permissions::meta_of(cx, doctype)?;
    match docname {
        Some(name) if storage::exists(cx, &meta.name, name)?.is_some() => {
            permissions::document(cx, &meta.name, name, Right::Write)?;
            Ok(())
        }
        Some(name) if !name.starts_with(UNSAVED) => {
            permissions::require_doctype(cx, &meta, Right::Write)?;
            Err(not_found(&meta.name, name))
        }
        _ => permissions::require_doctype(cx, &meta, Right::Write),
    }
}

/// The folder asked for, if it is one; else the usual one.
fn folder_of(cx: &mut Cx, folder: Option<&str>) -> Result<String> {
    let folder = folder.unwrap_or(store::HOME);
    store::require_folder(cx, folder)?;
    Ok(folder.to_owned())
}

fn kept(
    cx: &mut Cx,
    upload: &Upload,
    is_private: bool,
    folder: &str,
    attached: Attached<'_>,
) -> Result<Document> {
    let new = NewFile {
        file_name: &upload.file_name,
        content: upload.content.clone(),
        is_private,
        folder,
        attached_to: attached.map(|(doctype, name, field)| (doctype, name.unwrap_or_default(), field)),
    };
    store::keep(cx, &new)
}

/// A File for a content that another File has.
fn again(cx: &mut Cx, library: &str, attached: Attached<'_>) -> Result<Document> {
    let meta = permissions::meta_of(cx, system::FILE)?;
    let source = storage::get(cx, &meta, library)?;
    if !access::may_read(cx, &source)? {
        return Err(permissions::by_role(cx, &meta));
    }
    store::again(cx, library, attached)
}

fn by_address(
    cx: &mut Cx,
    file_url: Option<String>,
    file_name: Option<String>,
    is_private: bool,
    folder: &str,
    attached: Attached<'_>,
) -> Result<Document> {
    let Some(url) = file_url else {
        return Err(store::nothing());
    };
    let meta = permissions::meta_of(cx, system::FILE)?;
    let mut file = Document::new(meta);
    file.set("file_url", url);
    file.set("file_name", file_name);
    file.set("is_private", i64::from(is_private));
    file.set("folder", folder);
    if let Some((doctype, name, field)) = attached {
        store::attach(&mut file, doctype, name, field);
    }
    save::insert(cx, &mut file)?;
    Ok(file)
}

/// Calls a whitelisted function as the caller; it reads the file from the request.
fn by_method(cx: &mut Cx, path: &str, rest: Args) -> Result<Reply> {
    let missing = || not_found("Method", path);
    let method = cx.site().dispatch.get(path).ok_or_else(missing)?;
    if method.path == "frappe.handler.upload_file" {
        return Err(missing());
    }
    call::within(cx, method, Verb::Post, rest)?.ok_or_else(missing)
}
