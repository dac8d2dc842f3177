//! New files: a content gets its place on disk and its row.
//!
//! Source: spec/framework-api.md §9.

use crate::cx::Cx;
use crate::db::{Kind, Query, Scalar};
use crate::doctype::document::Document;
use crate::doctype::{permissions, save, storage, system};
use crate::error::{Error, ErrorKind, Result, invalid};
use crate::files::content::incoming;
use crate::files::{Content, names, place};
use serde_json::Value;

/// Where uploads go that name no folder.
pub const HOME: &str = "Home";
/// Where files go that are attached to documents by code.
pub const ATTACHMENTS: &str = "Home/Attachments";

/// Words of PDFs that run something when they are opened.
const PDF_SCRIPTS: &[&[u8]] = &[
    b"/JavaScript",
    b"/JS ",
    b"/JS(",
    b"/JS<",
    b"/JS\n",
    b"/JS\r",
    b"/Launch",
];

/// A file to be kept.
#[derive(Clone, Debug)]
pub struct NewFile<'a> {
    /// Name the file was given; made safe.
    pub file_name: &'a str,
    /// The content.
    pub content: Content,
    /// Only for those who may read what it is attached to.
    pub is_private: bool,
    /// Folder; must be there.
    pub folder: &'a str,
    /// The document it is attached to: DocType, name, and the field it stands in.
    pub attached_to: Option<(&'a str, &'a str, Option<&'a str>)>,
}

/// A content of bytes, for what came as text rather than as an upload.
///
/// # Errors
/// When the disk refuses.
pub fn content_of(cx: &Cx, bytes: &[u8]) -> Result<Content> {
    incoming(&cx.site().folder)
        .and_then(|folder| Content::of_bytes(&folder, bytes))
        .map_err(|error| Error::internal(format!("a file can't be received: {error}")))
}

/// Keeps a file: content on disk, row in File, an entry in the timeline of the document it is attached to. The caller
/// has checked who may. An equal file of the same privacy is stored once.
///
/// # Errors
/// - 417 `MaxFileSizeReachedError`, `FileTypeNotAllowed`
/// - 417 for a name without characters, a folder that is none, a PDF with scripts
pub fn keep(cx: &mut Cx, new: &NewFile<'_>) -> Result<Document> {
    let name = names::safe(new.file_name);
    if name.is_empty() {
        return Err(nothing());
    }
    check(cx, &name, &new.content)?;
    let (file_name, url) = match equal(cx, new)? {
        Some(url) => (name, url),
        None => {
            let stored = place::put(cx, &new.content, &name, new.is_private)?;
            let url = place::url(&stored, new.is_private);
            (stored, url)
        }
    };
    let meta = permissions::meta_of(cx, system::FILE)?;
    let mut file = Document::new(meta);
    file.set("file_name", file_name);
    file.set("is_private", i64::from(new.is_private));
    file.set("file_url", url);
    file.set("file_size", i64::try_from(new.content.size()).unwrap_or(i64::MAX));
    file.set("content_hash", new.content.digest().to_owned());
    file.set("folder", new.folder);
    if let Some((doctype, document, field)) = new.attached_to {
        attach(&mut file, doctype, document, field);
    }
    file.flags.ignore_permissions = true;
    save::insert(cx, &mut file)?;
    Ok(file)
}

/// Makes another File for the content that one has, attached elsewhere. The caller has checked who may. The first row is
/// locked until this transaction ends, so that the content isn't removed meanwhile.
///
/// # Errors
/// 404 if the File is gone.
pub fn again(
    cx: &mut Cx,
    name: &str,
    attached_to: Option<(&str, Option<&str>, Option<&str>)>,
) -> Result<Document> {
    let meta = permissions::meta_of(cx, system::FILE)?;
    storage::lock(cx, &meta, name)?;
    let source = storage::get(cx, &meta, name)?;
    let mut file = Document::new(meta);
    for field in [
        "file_name",
        "file_url",
        "is_private",
        "file_size",
        "content_hash",
        "folder",
    ] {
        file.set(field, source.get(field).clone());
    }
    if let Some((doctype, document, field)) = attached_to {
        attach(&mut file, doctype, document, field);
    }
    file.flags.ignore_permissions = true;
    save::insert(cx, &mut file)?;
    Ok(file)
}

/// Says what a new File is attached to: a document, which may have no name yet, and the field it stands in.
pub(crate) fn attach(file: &mut Document, doctype: &str, name: impl Into<Value>, field: Option<&str>) {
    file.set("attached_to_doctype", doctype);
    file.set("attached_to_name", name);
    file.set("attached_to_field", field);
}

/// Refuses a folder that is none; no folder at all is what the folder `Home` lies in.
///
/// # Errors
/// 417 naming it.
pub(crate) fn require_folder(cx: &mut Cx, folder: &str) -> Result<()> {
    if folder.is_empty() {
        return Ok(());
    }
    let found = storage::values(cx, system::FILE, folder, &["is_folder"])?.unwrap_or_default();
    if found.first().and_then(Value::as_i64) == Some(1) {
        return Ok(());
    }
    Err(invalid(format!("There is no folder {folder}")))
}

/// 417: neither content nor address.
pub(crate) fn nothing() -> Error {
    Error::new(
        ErrorKind::MandatoryError,
        "Fields `file_name` or `file_url` must be set for File",
    )
}

/// Bytes a file may have.
pub fn max_size(cx: &Cx) -> u64 {
    cx.site().max_upload()
}

fn check(cx: &Cx, name: &str, content: &Content) -> Result<()> {
    let most = max_size(cx);
    if content.size() > most {
        let text = format!(
            "File size exceeded the maximum allowed size of {} MB",
            most / (1024 * 1024)
        );
        return Err(Error::new(ErrorKind::MaxFileSizeReachedError, text));
    }
    let settings = cx.site().settings();
    let extension = names::extension(name).to_ascii_uppercase();
    let allowed = &settings.allowed_file_extensions;
    if !allowed.is_empty() && !allowed.contains(&extension) {
        return Err(Error::new(
            ErrorKind::FileTypeNotAllowed,
            format!("File type of {extension} is not allowed"),
        ));
    }
    if extension == "PDF"
        && content
            .contains_any(PDF_SCRIPTS)
            .map_err(|error| Error::internal(format!("a received file can't be read: {error}")))?
    {
        return Err(invalid("PDFs that contain scripts can't be uploaded"));
    }
    Ok(())
}

/// The address of an equal file of the same privacy, whose row is locked until this transaction ends, so that its file
/// isn't removed meanwhile.
fn equal(cx: &mut Cx, new: &NewFile<'_>) -> Result<Option<String>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT name, file_url FROM ")
        .ident(format!("tab{}", system::FILE))
        .sql(" WHERE content_hash = ")
        .text(new.content.digest().to_owned())
        .sql(" AND is_private = ")
        .bind(Kind::Check, Scalar::Int(i64::from(new.is_private)))
        .sql(" ORDER BY creation LIMIT 1");
    let Some(row) = cx.db().row(query, &[Kind::Text, Kind::Text])? else {
        return Ok(None);
    };
    let text = |i: usize| row.get(i).and_then(|cell| cell.as_str()).unwrap_or_default();
    let (name, url) = (text(0).to_owned(), text(1).to_owned());
    let meta = permissions::meta_of(cx, system::FILE)?;
    storage::lock(cx, &meta, &name)?;
    if storage::exists(cx, system::FILE, &name)?.is_none() {
        return Ok(None);
    }
    let path = place::path_of(&cx.site().folder, &url);
    let same = path.is_some_and(|path| new.content.equals(&path).unwrap_or(false));
    Ok((same && place::is_private(&url) == Some(new.is_private)).then_some(url))
}
