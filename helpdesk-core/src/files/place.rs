//! Contents on disk. What a transaction that rolls back did here is undone with it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::content::Content;
use super::names;
use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::secret;

/// Addresses of public files begin with it.
pub const PUBLIC: &str = "/files/";
/// Addresses of private files begin with it.
pub const PRIVATE: &str = "/private/files/";

/// Undoes a change on disk when dropped, unless it was kept.
struct Undo(Option<Box<dyn FnOnce() -> io::Result<()> + Send>>);

impl Undo {
    /// Undoes with `undo` unless the transaction of `cx` commits: the queue of a transaction that rolls back is dropped.
    fn unless_committed(cx: &mut Cx, undo: impl FnOnce() -> io::Result<()> + Send + 'static) {
        let undo = Undo(Some(Box::new(undo)));
        cx.after_commit(move |_| undo.forget());
    }

    fn forget(mut self) {
        self.0 = None;
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        if let Some(undo) = self.0.take()
            && let Err(error) = undo()
        {
            tracing::error!(%error, "a file of a transaction that rolled back is left");
        }
    }
}

/// Folder of the public or private files.
pub fn folder(site_folder: &Path, is_private: bool) -> PathBuf {
    site_folder
        .join(if is_private { "private" } else { "public" })
        .join("files")
}

/// Address of a file by its stored name.
pub fn url(name: &str, is_private: bool) -> String {
    format!("{}{name}", if is_private { PRIVATE } else { PUBLIC })
}

/// Whether the file at an address of this site is private; `None` for other addresses.
pub fn is_private(url: &str) -> Option<bool> {
    if url.starts_with(PRIVATE) {
        Some(true)
    } else {
        url.starts_with(PUBLIC).then_some(false)
    }
}

/// The file at an address of this site (decoded), if it is there: no step leads out of the folder, links included.
pub fn path_of(site_folder: &Path, url: &str) -> Option<PathBuf> {
    let private = is_private(url)?;
    let name = url.strip_prefix(if private { PRIVATE } else { PUBLIC })?;
    let is_step = |step: &str| {
        !step.is_empty()
            && !step.starts_with('.')
            && !step.contains(['\\', '\0', ':'])
            && !step.ends_with(['.', ' '])
    };
    if !name.split('/').all(is_step) {
        return None;
    }
    let root = folder(site_folder, private).canonicalize().ok()?;
    let path = root.join(name).canonicalize().ok()?;
    (path.starts_with(&root) && path.is_file()).then_some(path)
}

/// Gives a content a place under the name wished for, or one like it; answers the name. Undone with the transaction.
///
/// # Errors
/// When the disk refuses.
pub fn put(cx: &mut Cx, content: &Content, name: &str, is_private: bool) -> Result<String> {
    let folder = folder(&cx.site().folder, is_private);
    let failed = |error: &io::Error| Error::internal(format!("a file can't be stored: {error}"));
    fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
    let digest = content.digest();
    let tail = digest.get(digest.len().saturating_sub(6)..).unwrap_or_default();
    let mut candidate = name.to_owned();
    for attempt in 0..8 {
        let path = folder.join(&candidate);
        match settle(content, &path) {
            Ok(()) => {
                Undo::unless_committed(cx, move || fs::remove_file(path));
                return Ok(candidate);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                candidate = match attempt {
                    0 => names::with_suffix(name, tail),
                    _ => names::with_suffix(name, &secret::hex(5)),
                };
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    Err(Error::internal("no name is free for a file"))
}

/// Makes the content appear at a path at once and for good, or fails if something is there.
fn settle(content: &Content, path: &Path) -> io::Result<()> {
    match fs::hard_link(content.path(), path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        // File systems without links.
        Err(_) => content.copy_to(path)?,
    }
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Moves a file between public and private; answers its new address. Undone with the transaction.
///
/// # Errors
/// When the disk refuses, or the file is not there.
pub fn relocate(cx: &mut Cx, from_url: &str, to_private: bool) -> Result<String> {
    let site_folder = cx.site().folder.clone();
    let failed = |error: &io::Error| Error::internal(format!("a file can't be moved: {error}"));
    let missing = || crate::error::invalid(format!("There is no file at {from_url}"));
    let from = path_of(&site_folder, from_url).ok_or_else(missing)?;
    let name = from_url.rsplit('/').next().unwrap_or_default().to_owned();
    let folder = folder(&site_folder, to_private);
    fs::create_dir_all(&folder).map_err(|error| failed(&error))?;
    let mut candidate = name.clone();
    for _ in 0..8 {
        let to = folder.join(&candidate);
        match move_to(&from, &to) {
            Ok(()) => {
                Undo::unless_committed(cx, move || move_to(&to, &from));
                return Ok(url(&candidate, to_private));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                candidate = names::with_suffix(&name, &secret::hex(3));
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    Err(Error::internal("no name is free for a file"))
}

/// Moves a file to where nothing is yet. Public and private files may lie on file systems of their own.
fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    // A link first, so that nothing is ever written over.
    match fs::hard_link(from, to) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) => {
            let mut copy = fs::File::create_new(to)?;
            io::copy(&mut fs::File::open(from)?, &mut copy)?;
            copy.sync_all()?;
        }
    }
    fs::remove_file(from)
}

/// Removes the file at an address of this site once the transaction is committed.
pub fn remove(cx: &mut Cx, url: &str) {
    let url = url.to_owned();
    cx.after_commit(move |shared| {
        if let Some(path) = path_of(&shared.site.folder, &url)
            && let Err(error) = fs::remove_file(&path)
        {
            tracing::error!(%error, url, "a file that nobody has any more is left");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_files_of_the_folder_alone() {
        let site = tempfile::tempdir().unwrap();
        for (private, name) in [(false, "a.txt"), (true, "b.txt")] {
            let folder = folder(site.path(), private);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(name), "x").unwrap();
        }
        fs::write(site.path().join("site.toml"), "secret").unwrap();
        std::os::unix::fs::symlink(
            site.path().join("site.toml"),
            folder(site.path(), false).join("link.txt"),
        )
        .unwrap();
        let found = |url: &str| path_of(site.path(), url).is_some();

        assert!(found("/files/a.txt") && found("/private/files/b.txt"));
        for url in [
            "/files/b.txt",
            "/files/",
            "/files/../files/a.txt",
            "/files/../../site.toml",
            "/files//a.txt",
            "/files/./a.txt",
            "/files/a.txt/",
            "/files/a.txt\0",
            "/files/..\\..\\site.toml",
            "/files/link.txt",
            "/private/files/../incoming/x",
            "/private/files/..",
            "/etc/passwd",
            "files/a.txt",
        ] {
            assert!(!found(url), "{url:?}");
        }
    }
}
