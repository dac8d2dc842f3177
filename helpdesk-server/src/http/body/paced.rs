//! A body that has to keep coming.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Bytes a second that a client may count on: a large file gets this much more time as it comes.
const PACE: u64 = 32 * 1024;

/// The client sends too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the body comes too slowly")]
pub(super) struct TooSlow;

/// The body is larger than allowed.
#[derive(Debug, thiserror::Error)]
#[error("the body is too large")]
pub(super) struct TooLarge;

/// A body within limits: of bytes, and of time that grows with what came.
pub(super) struct Paced<B> {
    body: B,
    left: u64,
    deadline: Pin<Box<Sleep>>,
}

impl<B> Paced<B> {
    /// Limits `body` to `most` bytes, the first of them within `patience`.
    pub(super) fn new(body: B, most: u64, patience: Duration) -> Paced<B> {
        Paced {
            body,
            left: most,
            deadline: Box::pin(sleep_until(Instant::now() + patience)),
        }
    }
}

impl<B> Body for Paced<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Pending if self.deadline.as_mut().poll(cx).is_ready() => {
                Poll::Ready(Some(Err(TooSlow.into())))
            }
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                let came = frame.data_ref().map_or(0, |data| data.len() as u64);
                let Some(left) = self.left.checked_sub(came) else {
                    return Poll::Ready(Some(Err(TooLarge.into())));
                };
                self.left = left;
                let more = Duration::from_nanos(came.saturating_mul(1_000_000_000 / PACE));
                let deadline = self.deadline.deadline() + more;
                self.deadline.as_mut().reset(deadline);
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error.into()))),
            Poll::Ready(None) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
