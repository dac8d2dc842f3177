//! A body that is sent as it is made.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame};
use tokio::sync::mpsc;

/// The pieces of a channel as a body. Its end is the channel's; an error in it breaks the answer off.
pub(super) struct Pieces {
    first: Option<Vec<u8>>,
    rest: mpsc::Receiver<io::Result<Vec<u8>>>,
}

impl Pieces {
    /// A body of a first piece and all others.
    pub(super) fn new(first: Vec<u8>, rest: mpsc::Receiver<io::Result<Vec<u8>>>) -> Pieces {
        Pieces {
            first: Some(first),
            rest,
        }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let piece = match self.first.take() {
            Some(first) => Some(Ok(first)),
            None => ready!(self.rest.poll_recv(cx)),
        };
        Poll::Ready(piece.map(|piece| piece.map(|bytes| Frame::data(Bytes::from(bytes)))))
    }
}
