//! A migrated and installed site, made once for each test binary and copied for each test.

mod postgres;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant, UNIX_EPOCH};

use helpdesk_core::clock::Clock;
use helpdesk_core::config::{Config, Durability};
use helpdesk_core::install;
use helpdesk_core::site::{OpenMode, Opening, Site};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tempfile::TempDir;

/// The clock of every site that asks for no other.
pub(crate) const NOW: &str = "2026-11-22T07:13:00Z";

/// Where folders of sites are made.
pub(crate) fn place() -> PathBuf {
    if let Some(place) = std::env::var_os("HELPDESK_TEST_DIR") {
        return place.into();
    }
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        return memory.to_owned();
    }
    std::env::temp_dir()
}

/// A folder that goes away with its owner.
pub(crate) fn folder() -> TempDir {
    tempfile::Builder::new()
        .prefix("helpdesk-test-")
        .tempdir_in(place())
        .expect("a temp folder")
}

/// The settings of a test's site: quick, small and quiet.
pub(crate) fn config() -> Config {
    Config {
        durability: Durability::Relaxed,
        pool_size: 2,
        shutdown_timeout: 1,
        ..Config::default()
    }
}

pub(crate) fn clock(now: &str, runs: bool) -> Clock {
    let at: Timestamp = now.parse().expect("a time as in 2026-11-22T07:13:00Z");
    if runs {
        Clock::starting_at(at, TimeZone::UTC)
    } else {
        Clock::fixed_at(at, TimeZone::UTC)
    }
}

/// Where a site's files and rows are; both go away with it.
#[derive(Debug)]
pub(crate) struct Place {
    // Dropped after the database.
    database: Option<postgres::Database>,
    folder: TempDir,
}

impl Place {
    /// A copy of the template: in a folder, and in a database of its own where the tests run on PostgreSQL.
    pub(crate) fn copy() -> Place {
        match postgres::server() {
            Some(server) => Place {
                database: Some(postgres::copy(&server)),
                folder: folder(),
            },
            None => {
                let to = folder();
                copy_files(template(), to.path());
                Place {
                    database: None,
                    folder: to,
                }
            }
        }
    }

    /// A folder for one more server on a database that another place has.
    pub(crate) fn beside() -> Place {
        Place {
            database: None,
            folder: folder(),
        }
    }

    /// A copy of a site of SQLite that nobody writes to: its database with the log beside it, and its files.
    pub(crate) fn copy_of(site: &Path) -> Place {
        let to = folder();
        copy_tree(site, to.path());
        Place {
            database: None,
            folder: to,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The setting `database`.
    pub(crate) fn database(&self) -> String {
        self.database
            .as_ref()
            .map(postgres::Database::url)
            .unwrap_or_default()
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the template").flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("room for a site");
        }
    }
}

fn copy_tree(from: &Path, to: &Path) {
    copy_files(from, to);
    // The index of the log is made anew.
    let _ = fs::remove_file(to.join("site.db-shm"));
    for entry in fs::read_dir(from).expect("the site").flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let to = to.join(entry.file_name());
            fs::create_dir(&to).expect("room for a site");
            copy_tree(&entry.path(), &to);
        }
    }
}

/// The template of this binary. nextest runs each test in a process of its own, so it is kept beside the binary, under
/// a name that a rebuilt binary doesn't have; where that can't be, each process makes its own.
fn template() -> &'static Path {
    static TEMPLATE: LazyLock<(PathBuf, Option<TempDir>)> = LazyLock::new(|| match kept() {
        Some(path) => (path, None),
        None => {
            let folder = folder();
            make(folder.path(), "");
            (folder.path().to_owned(), Some(folder))
        }
    });
    &TEMPLATE.0
}

fn kept() -> Option<PathBuf> {
    let (binary, stamp) = binary()?;
    let (dir, stem) = (binary.parent()?, binary.file_name()?.to_str()?);
    let prefix = format!("{stem}.site-");
    let path = dir.join(format!("{prefix}{stamp}"));
    if path.is_dir() {
        return Some(path);
    }
    let fresh = tempfile::Builder::new()
        .prefix(&format!("{stem}.new-"))
        .tempdir_in(dir)
        .ok()?;
    make(fresh.path(), "");
    for old in fs::read_dir(dir).ok()?.flatten() {
        let is_old = old
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(&prefix));
        if is_old && old.path() != path {
            let _ = fs::remove_dir_all(old.path());
        }
    }
    // Whoever comes second finds it there and drops its own.
    let renamed = fs::rename(fresh.path(), &path);
    if renamed.is_ok() {
        let _ = fresh.keep();
    }
    path.is_dir().then_some(path)
}

/// This binary and when it was built, in nanoseconds.
fn binary() -> Option<(PathBuf, u128)> {
    let binary = std::env::current_exe().ok()?;
    let built = fs::metadata(&binary).ok()?.modified().ok()?;
    let stamp = built.duration_since(UNIX_EPOCH).ok()?.as_nanos();
    Some((binary, stamp))
}

/// Makes a site in `folder` as `helpdesk serve` does, and closes it.
fn make(folder: &Path, database: &str) {
    let site = Site::open(Opening {
        folder: folder.to_owned(),
        config: Config {
            database: database.to_owned(),
            ..config()
        },
        clock: Some(clock(NOW, false)),
        mode: OpenMode::Exclusive,
    })
    .unwrap_or_else(|error| panic!("a new site can't be opened: {error} {:?}", error.cause()));
    install::run(&site).unwrap_or_else(|error| panic!("the template can't be installed: {error}"));
    let database = Arc::clone(site.database());
    drop(site);
    // The last connection to close writes the log into the file that is going to be copied.
    let since = Instant::now();
    while Arc::strong_count(&database) > 1 {
        assert!(
            since.elapsed() < Duration::from_secs(10),
            "the template stays open"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}
