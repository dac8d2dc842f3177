//! Bytes that are kept for all clients together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of events, kept in the ring and for clients that are behind it; beyond, who is furthest behind is dropped.
pub(super) const MOST_EVENTS: usize = 256 * 1024 * 1024;

/// Bytes of requests that wait for their turn; beyond, who asks for more is dropped.
pub(super) const MOST_ASKED: usize = 64 * 1024 * 1024;

/// How many bytes are kept at the moment. What many wait for counts once.
#[derive(Debug, Default)]
pub(super) struct Load(AtomicUsize);

/// Some of them; they are gone when this is dropped.
#[derive(Debug)]
pub(super) struct Held {
    load: Arc<Load>,
    bytes: usize,
}

impl Load {
    /// So many bytes are kept from now on.
    pub(super) fn hold(self: &Arc<Load>, bytes: usize) -> Held {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Held {
            load: Arc::clone(self),
            bytes,
        }
    }

    /// All that is kept.
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Held {
    /// How many these are.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.load.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
