//! What `--from` and `--to` name.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use helpdesk_core::db::Place;
use helpdesk_core::site::{self, database_path};

use super::super::open;
use super::folders::Made;
use crate::config::SiteFolder;

/// One end of a copy.
pub(super) struct End {
    /// The site's folder, where one was named.
    pub(super) folder: Option<SiteFolder>,
    pub(super) place: Place,
    /// As it may be shown: without a password.
    pub(super) shown: String,
    _lock: Option<File>,
}

impl End {
    /// What is copied: it must be there.
    pub(super) fn existing(text: &str) -> anyhow::Result<End> {
        let end = if is_database(text) {
            End::database(text)?
        } else {
            End::folder(SiteFolder::open_own(Path::new(text))?)?
        };
        if let Place::File(path) = &end.place
            && !path.is_file()
        {
            bail!("there is no database {}", path.display());
        }
        Ok(end)
    }

    /// Where the copy goes; what of it has to be made is noted in `made`.
    pub(super) fn empty(text: &str, from: &End, made: &mut Made) -> anyhow::Result<End> {
        let end = if is_database(text) {
            End::database(text)?
        } else {
            let dir = Path::new(text);
            if let Some(folder) = &from.folder
                && same_file(dir, &folder.path)
            {
                bail!(
                    "--from and --to are the same folder; to change a site's database, name the new one with --to"
                );
            }
            if let Some(folder) = &from.folder
                && is_inside(dir, &folder.path)
            {
                bail!(
                    "{} is inside {}: name a folder beside it",
                    dir.display(),
                    folder.path.display()
                );
            }
            let mut ancestors: Vec<&Path> = dir.ancestors().collect();
            ancestors.reverse();
            for ancestor in ancestors.into_iter().filter(|path| !path.as_os_str().is_empty()) {
                made.note(ancestor);
            }
            made.note(&dir.join("site.toml"));
            made.note(&dir.join("site.lock"));
            let folder = if dir.join("site.toml").exists() {
                SiteFolder::open_own(dir)?
            } else {
                SiteFolder::create_copy(dir, from.folder.as_ref())?
            };
            End::folder(folder)?
        };
        if end.place == from.place {
            bail!("--from and --to are the same database, {}", end.shown);
        }
        if let Place::File(path) = &end.place {
            for suffix in ["", "-wal", "-shm"] {
                let mut file = path.clone().into_os_string();
                file.push(suffix);
                made.note(&PathBuf::from(file));
            }
        }
        Ok(end)
    }

    fn database(text: &str) -> anyhow::Result<End> {
        Ok(End {
            folder: None,
            place: Place::parse(text, Path::new("")).map_err(open::told)?,
            shown: without_password(text),
            _lock: None,
        })
    }

    fn folder(folder: SiteFolder) -> anyhow::Result<End> {
        let lock = site::lock(&folder.path).map_err(open::told)?;
        let place = Place::parse(&folder.config.database, &database_path(&folder.path))
            .map_err(open::told)
            .with_context(|| format!("{}/site.toml", folder.path.display()))?;
        let shown = match &place {
            Place::File(_) => folder.path.display().to_string(),
            Place::Server(url) => format!("{} ({})", folder.path.display(), without_password(url)),
        };
        Ok(End {
            folder: Some(folder),
            place,
            shown,
            _lock: Some(lock),
        })
    }
}

fn is_database(text: &str) -> bool {
    ["postgres:", "postgresql:", "sqlite:"]
        .iter()
        .any(|scheme| text.starts_with(scheme))
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

fn is_inside(inner: &Path, outer: &Path) -> bool {
    match (std::path::absolute(inner), std::path::absolute(outer)) {
        (Ok(inner), Ok(outer)) => inner.starts_with(outer),
        _ => false,
    }
}

/// A URL for the eyes of those who look over one's shoulder, or at a log.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let path = path.split('?').next().unwrap_or(path);
    let shown = match authority.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or(user)),
        None => authority.to_owned(),
    };
    format!("{scheme}://{shown}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("postgres://a:s3cret@h:5432/x", "postgres://a@h:5432/x"),
            ("postgres://a:p@ss@h/x?password=s3cret", "postgres://a@h/x"),
            ("postgres://h/x", "postgres://h/x"),
            ("sqlite:/a/b.db", "sqlite:/a/b.db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
