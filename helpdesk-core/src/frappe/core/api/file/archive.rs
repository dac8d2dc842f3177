//! Zip archives: taking them apart without trusting anything they say, and making them.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::{permissions, storage, system};
use crate::error::{Error, ErrorKind, Result, invalid};
use crate::files::content::incoming;
use crate::files::{Content, names, place};
use crate::frappe::core::doctype::file::access;
use crate::frappe::core::doctype::file::store::{self, NewFile};
use crate::reply::Response;
use crate::rest;

/// Files, folders and hidden things an archive may hold.
const MOST_ENTRIES: usize = 1_000;
/// Files that are taken out of one.
const MOST_FILES: usize = 500;
/// All files of an archive together may have so many times the bytes of the largest single one.
const TIMES: u64 = 4;
/// Bytes of an archive that is made in memory.
const MOST_PACKED: u64 = 64 * 1024 * 1024;
/// What each entry in an archive's table of contents begins with.
const ENTRY: &[u8] = b"PK\x01\x02";
const CHUNK: usize = 64 * 1024;

/// Keeps the files of an archive beside it. Everything is unpacked, and measured as it comes, before anything is kept:
/// what is refused half-way leaves nothing, and nobody waits for the unpacking.
pub(super) fn unpack(cx: &mut Cx, archive: &Document) -> Result<Vec<Document>> {
    let name = archive.text("file_name").to_owned();
    let url = archive.text("file_url");
    if names::extension(url) != "zip" {
        return Err(invalid(format!("{name} is no zip file")));
    }
    let missing = || invalid(format!("There is no file at {url}"));
    let path = place::path_of(&cx.site().folder, url).ok_or_else(missing)?;
    let files = contents(cx, &path, &name)?;
    let (doctype, document, field) = (
        archive.text("attached_to_doctype"),
        archive.text("attached_to_name"),
        archive.text("attached_to_field"),
    );
    let attached = !doctype.is_empty() && !document.is_empty();
    let mut kept = Vec::with_capacity(files.len());
    for (file_name, content) in files {
        kept.push(store::keep(
            cx,
            &NewFile {
                file_name: &file_name,
                content,
                is_private: archive.is_on("is_private"),
                folder: archive.text("folder"),
                attached_to: attached.then_some((
                    doctype,
                    document,
                    Some(field).filter(|field| !field.is_empty()),
                )),
            },
        )?);
    }
    Ok(kept)
}

fn contents(cx: &Cx, path: &Path, name: &str) -> Result<Vec<(String, Content)>> {
    let damaged = |_| invalid(format!("{name} is damaged, or no zip file"));
    if entries(path).map_err(|error| unreadable(&error))? > MOST_ENTRIES {
        return Err(invalid(format!("{name} holds more than {MOST_ENTRIES} entries")));
    }
    let mut archive =
        ZipArchive::new(File::open(path).map_err(|error| unreadable(&error))?).map_err(damaged)?;
    let folder = incoming(&cx.site().folder).map_err(|error| unreadable(&error))?;
    let most = store::max_size(cx);
    let mut left = most.saturating_mul(TIMES);
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|_| {
            invalid(format!(
                "{name} holds a file that is encrypted, or packed in a way that is not known here"
            ))
        })?;
        if entry.is_symlink() {
            return Err(invalid(format!("{name} holds links")));
        }
        let path = entry.name().map_err(damaged)?.replace('\\', "/");
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_hidden = path.starts_with("__MACOSX/") || last.starts_with('.');
        if entry.is_dir() || is_hidden || last.is_empty() {
            continue;
        }
        if files.len() == MOST_FILES {
            return Err(invalid(format!("{name} holds more than {MOST_FILES} files")));
        }
        let file_name = names::safe(last);
        if !cx.session().system_user && !names::is_for_portal(&file_name) {
            return Err(invalid(format!(
                "{file_name}, in {name}, is of a type you can't upload"
            )));
        }
        // What is said of a size is not believed: reading ends one byte beyond what is allowed.
        let allowed = most.min(left);
        let content = match Content::of_reader(&folder, entry.take(allowed.saturating_add(1))) {
            Ok(content) => content,
            Err(error) if matches!(error.kind(), io::ErrorKind::StorageFull) => {
                return Err(unreadable(&error));
            }
            Err(_) => return Err(invalid(format!("{file_name}, in {name}, is damaged"))),
        };
        if content.size() > allowed {
            return Err(Error::new(
                ErrorKind::MaxFileSizeReachedError,
                format!("{name} holds more than can be unpacked here"),
            ));
        }
        left -= content.size();
        files.push((file_name, content));
    }
    if files.is_empty() {
        return Err(invalid(format!("{name} holds no files")));
    }
    Ok(files)
}

fn unreadable(error: &io::Error) -> Error {
    Error::internal(format!("an archive can't be unpacked: {error}"))
}

/// How many entries a table of contents in a file could have at most, wherever in it, so that none is read that fills
/// the memory.
fn entries(path: &Path) -> io::Result<usize> {
    let mut file = File::open(path)?;
    let mut window: Vec<u8> = Vec::with_capacity(CHUNK + ENTRY.len());
    let mut chunk = vec![0; CHUNK];
    let mut found = 0;
    loop {
        let n = file.read(&mut chunk)?;
        if n == 0 || found > MOST_ENTRIES {
            return Ok(found);
        }
        window.extend_from_slice(&chunk[..n]);
        found += window.windows(ENTRY.len()).filter(|at| *at == ENTRY).count();
        // Less than a whole mark, so that none is counted twice.
        let keep = (ENTRY.len() - 1).min(window.len());
        window.drain(..window.len() - keep);
    }
}

/// The files of these names as one archive, each once under a name of its own.
pub(super) fn pack(cx: &mut Cx, files: &[String]) -> Result<Response> {
    let meta = permissions::meta_of(cx, system::FILE)?;
    let failed = |error: String| Error::internal(format!("an archive can't be made: {error}"));
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let (mut taken, mut left) = (HashSet::new(), MOST_PACKED);
    for name in files {
        let file = storage::get(cx, &meta, name)?;
        if !access::may_read(cx, &file)? {
            rest::require(cx, &meta, &file, permissions::Right::Read)?;
        }
        let path = place::path_of(&cx.site().folder, file.text("file_url"))
            .ok_or_else(|| invalid(format!("{} is no file of this site", file.text("file_name"))))?;
        let mut content = File::open(path).map_err(|error| failed(error.to_string()))?;
        let size = content
            .metadata()
            .map_err(|error| failed(error.to_string()))?
            .len();
        left = left
            .checked_sub(size)
            .ok_or_else(|| invalid("These files are too large for one archive"))?;
        let stored = names::safe(file.text("file_name"));
        let mut entry = stored.clone();
        let mut number = 1;
        while !taken.insert(entry.to_lowercase()) {
            number += 1;
            entry = names::with_suffix(&stored, &format!(" {number}"));
        }
        archive
            .start_file(entry, SimpleFileOptions::default())
            .map_err(|error| failed(error.to_string()))?;
        // Read no further than was counted, should the file grow.
        io::copy(&mut (&mut content).take(size), &mut archive).map_err(|error| failed(error.to_string()))?;
    }
    archive.flush().map_err(|error| failed(error.to_string()))?;
    let body = archive
        .finish()
        .map_err(|error| failed(error.to_string()))?
        .into_inner();
    Ok(Response {
        status: 200,
        headers: vec![
            ("content-type", "application/zip".to_owned()),
            (
                "content-disposition",
                "attachment; filename=\"files.zip\"".to_owned(),
            ),
            ("x-content-type-options", "nosniff".to_owned()),
        ],
        body,
    })
}
