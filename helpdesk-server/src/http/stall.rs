//! A connection that gives up on a client that stops reading.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::timeout;

use crate::sockets::Wire;

/// Ready when there is no use in waiting any longer.
type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A stream whose writes fail once none got on for a while, or its wire was cut; reads fail from then on, too. Costs
/// nothing as long as writes get on.
pub(crate) struct Stall<S> {
    stream: S,
    patience: Duration,
    wire: Arc<Wire>,
    waiting: Option<Waiting>,
    has_failed: bool,
    reader: Option<Waker>,
}

impl<S: std::fmt::Debug> std::fmt::Debug for Stall<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stall")
            .field("stream", &self.stream)
            .finish_non_exhaustive()
    }
}

impl<S> Stall<S> {
    /// Watches `stream`.
    pub(crate) fn new(stream: S, patience: Duration, wire: Arc<Wire>) -> Stall<S> {
        Stall {
            stream,
            patience,
            wire,
            waiting: None,
            has_failed: false,
            reader: None,
        }
    }

    /// Passes on what a write came to, unless it has been waiting for too long.
    fn watch<T>(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if write.is_ready() {
            self.waiting = None;
            return write;
        }
        let (patience, wire) = (self.patience, &self.wire);
        let waiting = self.waiting.get_or_insert_with(|| {
            let wire = Arc::clone(wire);
            Box::pin(async move {
                let _ = timeout(patience, wire.until_cut()).await;
            })
        });
        waiting.as_mut().poll(cx).map(|()| Err(self.fail()))
    }

    /// From now on nothing is read either; whoever reads may wait for a client that never sends anything.
    fn fail(&mut self) -> io::Error {
        self.waiting = None;
        self.has_failed = true;
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
        stopped()
    }
}

fn stopped() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client stopped reading")
}

impl<S: AsyncRead + Unpin> AsyncRead for Stall<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.has_failed || self.wire.is_cut() {
            return Poll::Ready(Err(stopped()));
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        if read.is_pending()
            && !self
                .reader
                .as_ref()
                .is_some_and(|last| last.will_wake(cx.waker()))
        {
            self.reader = Some(cx.waker().clone());
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stall<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.wire.is_cut() {
            return Poll::Ready(Err(self.fail()));
        }
        let write = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(cx, write)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let write = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flush = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch(cx, flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shutdown = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watch(cx, shutdown)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_reader_who_stops_is_given_up() {
        let (mut client, server) = tokio::io::duplex(8);
        let mut server = Stall::new(server, Duration::from_millis(20), Wire::new());

        server.write_all(b"12345678").await.unwrap();
        let mut read = [0; 8];
        client.read_exact(&mut read).await.unwrap();
        server.write_all(b"12345678").await.unwrap();
        let stalled = server.write_all(b"9").await.unwrap_err();

        assert_eq!(stalled.kind(), io::ErrorKind::TimedOut);
        assert!(server.read(&mut read).await.is_err());
    }

    #[tokio::test]
    async fn a_wire_can_be_cut_for_readers_and_writers() {
        let (_client, server) = tokio::io::duplex(8);
        let wire = Wire::new();
        let (mut read, mut write) =
            tokio::io::split(Stall::new(server, Duration::from_secs(60), Arc::clone(&wire)));
        let reading = tokio::spawn(async move { read.read_u8().await });
        let writing = tokio::spawn(async move { write.write_all(b"123456789").await });
        tokio::time::sleep(Duration::from_millis(10)).await;
        wire.cut();

        assert!(writing.await.unwrap().is_err());
        assert!(reading.await.unwrap().is_err());
    }
}
