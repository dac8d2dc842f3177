//! What a copy makes in the file system, and takes away again when it fails.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Files and folders that were not there before; dropped without [`keep`](Made::keep), they are removed.
#[derive(Debug, Default)]
pub(super) struct Made {
    paths: Vec<PathBuf>,
}

impl Made {
    /// Notes a path that is about to be made, unless it is there.
    pub(super) fn note(&mut self, path: &Path) {
        if !path.exists() {
            self.paths.push(path.to_owned());
        }
    }

    /// All of it stays.
    pub(super) fn keep(mut self) {
        self.paths.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // What is inside goes before what it is in.
        for path in self.paths.iter().rev() {
            let removed = if path.is_dir() {
                fs::remove_dir(path)
            } else {
                fs::remove_file(path)
            };
            if let Err(error) = removed
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(path = %path.display(), %error, "can't be removed");
            }
        }
    }
}

/// Copies the sub-folders of a site's folder with all that is in them.
///
/// # Errors
/// When one of the same name is there and not empty, or a file can't be read or written.
pub(super) fn copy(from: &Path, to: &Path, made: &mut Made) -> anyhow::Result<()> {
    let inside = |path: &Path| {
        fs::read_dir(path)
            .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
            .with_context(|| format!("can't read {}", path.display()))
    };
    for entry in inside(from)? {
        if !entry.path().is_dir() {
            continue;
        }
        let target = to.join(entry.file_name());
        if target.exists() && !inside(&target)?.is_empty() {
            bail!("{} is not empty; nothing was copied", target.display());
        }
        copy_folder(&entry.path(), &target, made)?;
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path, made: &mut Made) -> anyhow::Result<()> {
    made.note(to);
    fs::create_dir_all(to).with_context(|| format!("can't make the folder {}", to.display()))?;
    for entry in fs::read_dir(from).with_context(|| format!("can't read {}", from.display()))? {
        let entry = entry.with_context(|| format!("can't read {}", from.display()))?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target, made)?;
        } else {
            made.note(&target);
            fs::copy(entry.path(), &target)
                .with_context(|| format!("can't copy {}", entry.path().display()))?;
        }
    }
    Ok(())
}
