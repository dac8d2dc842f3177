//! Where an export goes: into a channel that its reader empties.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Bytes of one piece.
pub(super) const PIECE: usize = 64 * 1024;
/// Pieces that wait for the reader at most.
pub(super) const WAITING: usize = 4;
/// How long an export may take with its reader: it holds a connection, and a state of the database, all the time.
pub(super) const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// A writer that waits for its reader, so that no more than a few pieces are held.
pub(super) struct Outlet {
    pieces: mpsc::Sender<io::Result<Vec<u8>>>,
    piece: Vec<u8>,
    handle: Handle,
    until: Instant,
}

impl Outlet {
    /// Both ends. Call it on the reactor; the outlet is written to by another thread.
    pub(super) fn new() -> (Outlet, mpsc::Receiver<io::Result<Vec<u8>>>) {
        let (pieces, body) = mpsc::channel(WAITING);
        let outlet = Outlet {
            pieces,
            piece: Vec::with_capacity(PIECE),
            handle: Handle::current(),
            until: Instant::now() + PATIENCE,
        };
        (outlet, body)
    }

    /// Breaks the answer off: what was sent is not the whole.
    pub(super) fn fail(&mut self, error: io::Error) {
        let sent = self.send(Err(error));
        if let Err(error) = sent {
            tracing::debug!(%error, "an export's reader was gone");
        }
    }

    fn send(&self, piece: io::Result<Vec<u8>>) -> io::Result<()> {
        let left = self.until.saturating_duration_since(Instant::now());
        let sent = async { timeout(left, self.pieces.send(piece)).await };
        match self.handle.block_on(sent) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the reader hung up")),
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "the reader took too long",
            )),
        }
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = PIECE.saturating_sub(self.piece.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.piece.extend_from_slice(taken);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        self.send(Ok(piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_writer_waits_for_its_reader() {
        let (mut outlet, mut body) = Outlet::new();
        let (told, written) = std::sync::mpsc::channel();
        let writer = std::thread::spawn(move || {
            for number in 0..40_u8 {
                outlet.write_all(&[number; PIECE]).unwrap();
                told.send(number).unwrap();
            }
            outlet.flush().unwrap();
        });
        // What fits is written; the next piece waits.
        for _ in 0..WAITING {
            written.recv().unwrap();
        }
        assert!(written.recv_timeout(Duration::from_millis(200)).is_err());

        let mut total = 0;
        while let Some(piece) = body.recv().await {
            assert!(body.len() <= WAITING);
            total += piece.unwrap().len();
        }

        assert_eq!(total, 40 * PIECE);
        writer.join().unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reader_who_hangs_up_ends_the_writing() {
        let (mut outlet, body) = Outlet::new();
        drop(body);

        let refused = std::thread::spawn(move || outlet.write_all(&[0; PIECE]).unwrap_err().kind());

        assert_eq!(refused.join().unwrap(), io::ErrorKind::BrokenPipe);
    }
}
