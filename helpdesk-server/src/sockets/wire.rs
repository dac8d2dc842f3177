//! What a connection's socket and its HTTP side have in common: one can have the other given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// A connection to a client, as something that can be cut.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    is_cut: AtomicBool,
    cut: Notify,
}

impl Wire {
    /// A connection that runs.
    pub(crate) fn new() -> Arc<Wire> {
        Arc::default()
    }

    /// Gives the connection up: its next or waiting read or write fails.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, Ordering::Release);
        self.cut.notify_waiters();
    }

    /// Whether it was given up.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Acquire)
    }

    /// Ready once it is given up.
    pub(crate) async fn until_cut(self: Arc<Wire>) {
        let mut waiting = std::pin::pin!(self.cut.notified());
        // From here on a cut is not missed; one that came before is seen.
        waiting.as_mut().enable();
        if !self.is_cut() {
            waiting.await;
        }
    }
}
