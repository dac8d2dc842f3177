//! What servers within this process write into the log. Each test has a process of its own.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// The lines of refused requests so far.
#[derive(Clone, Debug)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Keeps the lines from now on.
    ///
    /// # Panics
    /// When this process writes a log already.
    pub fn capture() -> Log {
        let log = Log(Arc::default());
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_env_filter("helpdesk_server::refused=info")
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .try_init()
            .expect("no log is written yet");
        log
    }

    /// The lines since the last time. A request is logged before it is answered.
    ///
    /// # Panics
    /// When a thread panicked while it wrote.
    pub fn take(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().expect("the log is not poisoned"));
        let text = String::from_utf8(bytes).expect("lines are text");
        text.lines().map(str::to_owned).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("the log is not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
