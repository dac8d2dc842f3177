//! A file's content on its way in: on disk, measured and hashed, gone when nobody keeps it.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use md5::{Digest, Md5};
use tempfile::{NamedTempFile, TempPath};

use crate::secret::to_hex;

/// Bytes read at a time where a content is gone through.
const CHUNK: usize = 64 * 1024;

/// A file that a request brought.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Name of the form field.
    pub field: String,
    /// Name the client gave the file; may contain anything.
    pub file_name: String,
    /// The content.
    pub content: Content,
}

/// A content in `private/incoming` of the site; removed with its last clone.
#[derive(Clone, Debug)]
pub struct Content(Arc<Received>);

#[derive(Debug)]
struct Received {
    path: TempPath,
    size: u64,
    digest: String,
}

impl Content {
    /// Takes over a file that was received and is on disk for good: its size in bytes and the MD5 of its content as lowercase hex.
    pub fn received(path: TempPath, size: u64, digest: String) -> Content {
        Content(Arc::new(Received { path, size, digest }))
    }

    /// Puts bytes into a file in `folder` (see [`incoming`]).
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn of_bytes(folder: &Path, bytes: &[u8]) -> io::Result<Content> {
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        let digest = to_hex(&Md5::digest(bytes));
        Ok(Content::received(
            file.into_temp_path(),
            bytes.len() as u64,
            digest,
        ))
    }

    /// Puts what a reader has into a file in `folder` (see [`incoming`]), a piece at a time.
    ///
    /// # Errors
    /// When it can't be read, or the file not be written; then nothing is left.
    pub fn of_reader(folder: &Path, mut reader: impl Read) -> io::Result<Content> {
        let mut file = NamedTempFile::new_in(folder)?;
        let (mut digest, mut size) = (Md5::new(), 0);
        let mut chunk = vec![0; CHUNK];
        loop {
            let n = reader.read(&mut chunk)?;
            if n == 0 {
                break;
            }
            file.write_all(&chunk[..n])?;
            digest.update(&chunk[..n]);
            size += n as u64;
        }
        file.as_file().sync_all()?;
        Ok(Content::received(
            file.into_temp_path(),
            size,
            to_hex(&digest.finalize()),
        ))
    }

    /// Size in bytes.
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// MD5 of the content as lowercase hex. Tells contents apart in names and rows; no proof of anything.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether another file has the same bytes.
    ///
    /// # Errors
    /// When one of them can't be read.
    pub fn equals(&self, other: &Path) -> io::Result<bool> {
        let mut theirs = File::open(other)?;
        if theirs.metadata()?.len() != self.size() {
            return Ok(false);
        }
        let mut ours = File::open(self.path())?;
        let (mut a, mut b) = (vec![0; CHUNK], vec![0; CHUNK]);
        loop {
            let n = ours.read(&mut a)?;
            if n == 0 {
                return Ok(true);
            }
            theirs.read_exact(&mut b[..n])?;
            if a[..n] != b[..n] {
                return Ok(false);
            }
        }
    }

    /// Whether any of some words stands in the content.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn contains_any(&self, words: &[&[u8]]) -> io::Result<bool> {
        let longest = words.iter().map(|word| word.len()).max().unwrap_or(0);
        let mut file = File::open(self.path())?;
        // What a chunk ends with is looked at again with the next one.
        let mut window: Vec<u8> = Vec::with_capacity(CHUNK + longest);
        let mut chunk = vec![0; CHUNK];
        loop {
            let n = file.read(&mut chunk)?;
            if n == 0 {
                return Ok(false);
            }
            window.extend_from_slice(&chunk[..n]);
            if words
                .iter()
                .any(|word| window.windows(word.len()).any(|at| at == *word))
            {
                return Ok(true);
            }
            let keep = longest.saturating_sub(1).min(window.len());
            window.drain(..window.len() - keep);
        }
    }

    /// Writes the content to a new file.
    ///
    /// # Errors
    /// `AlreadyExists` if there is one, or when it can't be written.
    pub(super) fn copy_to(&self, path: &Path) -> io::Result<()> {
        let mut to = BufWriter::new(File::create_new(path)?);
        io::copy(&mut File::open(self.path())?, &mut to)?;
        to.into_inner()?.sync_all()
    }
}

/// The folder of what is being received, made if it is missing.
///
/// # Errors
/// When it can't be made.
pub fn incoming(site_folder: &Path) -> io::Result<PathBuf> {
    let folder = site_folder.join("private").join("incoming");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Removes what a server that was cut off was receiving. Only while nobody else serves the site.
///
/// # Errors
/// When the folder can't be read.
pub fn clear_incoming(site_folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(incoming(site_folder)?)? {
        let path = entry?.path();
        if path.is_file() {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Removes what was last written to longer ago than `age`, also while a server receives files. Returns how many.
///
/// # Errors
/// When the folder can't be read.
pub(crate) fn clear_old_incoming(site_folder: &Path, age: std::time::Duration) -> io::Result<usize> {
    let mut removed = 0;
    for entry in std::fs::read_dir(incoming(site_folder)?)? {
        let entry = entry?;
        let old = |modified: std::time::SystemTime| modified.elapsed().is_ok_and(|passed| passed > age);
        let is_left = entry
            .metadata()
            .and_then(|metadata| Ok(metadata.is_file() && old(metadata.modified()?)));
        // One that is gone meanwhile was received.
        if is_left.unwrap_or(false) && std::fs::remove_file(entry.path()).is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_is_measured_and_hashed_and_goes_with_its_last_owner() {
        let folder = tempfile::tempdir().unwrap();
        let content = Content::of_bytes(folder.path(), b"uploaded content").unwrap();
        let path = content.path().to_owned();

        assert_eq!(
            (content.size(), content.digest()),
            (16, "8a4e0407dcda7872d44dada38887b8ae")
        );
        assert!(path.exists());
        drop(content);
        assert!(!path.exists());
    }

    #[test]
    fn equality_looks_at_the_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let content = Content::of_bytes(folder.path(), &vec![7; CHUNK + 5]).unwrap();
        let other = |bytes: &[u8]| {
            let path = folder.path().join("other");
            std::fs::write(&path, bytes).unwrap();
            content.equals(&path).unwrap()
        };
        let mut last = vec![7; CHUNK + 5];

        assert!(other(&last));
        *last.last_mut().unwrap() = 8;
        assert!(!other(&last));
        assert!(!other(&[7; 5]));
    }

    #[test]
    fn words_are_found_across_chunks() {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = vec![b'.'; CHUNK - 2];
        bytes.extend_from_slice(b"/JavaScript");
        let content = Content::of_bytes(folder.path(), &bytes).unwrap();

        assert!(content.contains_any(&[b"/JS", b"/JavaScript"]).unwrap());
        assert!(!content.contains_any(&[b"/JS", b"/Launch"]).unwrap());
    }
}
