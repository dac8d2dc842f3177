//! Group fsync: commits are written at once and synced together (design/data-layer.md §4, steps 3 and 4).
//!
//! A commit in WAL mode with `synchronous=NORMAL` has written its frames; syncing any descriptor of the same
//! `-wal` file makes them durable. One thread does that for all commits that happened meanwhile, and no answer
//! of a writer leaves before its commit is covered.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use parking_lot::{Condvar, Mutex};
use tokio::sync::watch;

use crate::error::{Error, Result};

/// The place of a commit in the order of commits; counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// What is durable so far.
#[derive(Clone, Copy, Debug)]
enum Synced {
    UpTo(u64),
    Failed,
}

#[derive(Debug, Default)]
struct State {
    committed: u64,
    stopped: bool,
    failed: bool,
}

#[derive(Debug)]
struct Inner {
    state: Mutex<State>,
    changed: Condvar,
    synced: watch::Sender<Synced>,
}

/// The syncer of one database file.
#[derive(Debug)]
pub(super) struct Durable {
    inner: Arc<Inner>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Durable {
    /// Starts the syncer of the database at `path`. `on_failure` runs once when a sync fails: the kernel may have
    /// dropped the pages, so nothing written later can be promised and the process has to end.
    pub(super) fn start(path: &Path, on_failure: Box<dyn FnOnce() + Send>) -> Result<Durable> {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let inner = Arc::new(Inner {
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
            synced: watch::Sender::new(Synced::UpTo(0)),
        });
        let thread = thread::Builder::new().name("wal-sync".to_owned()).spawn({
            let inner = Arc::clone(&inner);
            let folder = path.parent().map(Path::to_owned).unwrap_or_default();
            move || run(&inner, &PathBuf::from(wal), &folder, on_failure)
        })?;
        Ok(Durable {
            inner,
            thread: Some(thread),
        })
    }

    /// Announces a commit; called while the write lock is still held, so that tickets follow commit order.
    pub(super) fn committed(&self) -> Ticket {
        let mut state = self.inner.state.lock();
        state.committed += 1;
        self.inner.changed.notify_one();
        Ticket(state.committed)
    }

    /// Whether syncing failed, so that no write may be accepted any more.
    pub(super) fn has_failed(&self) -> bool {
        self.inner.state.lock().failed
    }

    /// Waits until the commit is on disk.
    ///
    /// # Errors
    /// 500 when syncing failed.
    pub(super) async fn wait(&self, ticket: Ticket) -> Result<()> {
        let mut synced = self.inner.synced.subscribe();
        let reached = synced
            .wait_for(|synced| match synced {
                Synced::UpTo(upto) => *upto >= ticket.0,
                Synced::Failed => true,
            })
            .await
            .map_err(|_| Error::internal("the syncer stopped"))?;
        match *reached {
            Synced::UpTo(_) => Ok(()),
            Synced::Failed => Err(Error::internal("the disk refused to sync")),
        }
    }

    /// As [`Durable::wait`], for threads.
    pub(super) fn wait_blocking(&self, ticket: Ticket) -> Result<()> {
        loop {
            match *self.inner.synced.borrow() {
                Synced::UpTo(upto) if upto >= ticket.0 => return Ok(()),
                Synced::Failed => return Err(Error::internal("the disk refused to sync")),
                Synced::UpTo(_) => {}
            }
            thread::sleep(std::time::Duration::from_micros(50));
        }
    }
}

impl Drop for Durable {
    fn drop(&mut self) {
        self.inner.state.lock().stopped = true;
        self.inner.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // The thread only ends by our word; a panic in it was printed already.
            let _ = thread.join();
        }
    }
}

fn run(inner: &Inner, wal: &Path, folder: &Path, on_failure: Box<dyn FnOnce() + Send>) {
    let mut open: Option<(u64, File)> = None;
    let mut done = 0;
    loop {
        let goal = {
            let mut state = inner.state.lock();
            while state.committed == done && !state.stopped {
                inner.changed.wait(&mut state);
            }
            if state.committed == done {
                return;
            }
            state.committed
        };
        if let Err(error) = sync(&mut open, wal, folder) {
            tracing::error!(%error, file = %wal.display(), "cannot sync the write-ahead log; the process must end");
            inner.state.lock().failed = true;
            inner.synced.send_replace(Synced::Failed);
            on_failure();
            return;
        }
        done = goal;
        inner.synced.send_replace(Synced::UpTo(done));
    }
}

/// Syncs the log, opening it anew when it was replaced.
///
/// A log that is gone was folded into the database by its last connection as it closed, and synced there.
fn sync(open: &mut Option<(u64, File)>, wal: &Path, folder: &Path) -> std::io::Result<()> {
    let inode = match std::fs::metadata(wal) {
        Ok(metadata) => metadata.ino(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            *open = None;
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if open.as_ref().is_none_or(|(known, _)| *known != inode) {
        let file = match File::open(wal) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        *open = Some((inode, file));
        // The log's directory entry must survive as well.
        File::open(folder)?.sync_all()?;
    }
    match open {
        Some((_, file)) => file.sync_data(),
        None => Ok(()),
    }
}
