//! A file on disk as a body that is read as it is sent.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_core::Stream;
use http_serve::{BoxError, Entity};
use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::HeaderValue;

/// Bytes read at a time.
const CHUNK: u64 = 64 * 1024;

/// A file that is there, with what caches compare.
pub(super) struct DiskFile {
    file: Arc<File>,
    size: u64,
    modified: SystemTime,
}

impl DiskFile {
    /// Opens a file.
    pub(super) fn open(path: &Path) -> io::Result<DiskFile> {
        let file = File::open(path)?;
        let found = file.metadata()?;
        Ok(DiskFile {
            size: found.len(),
            modified: found.modified()?,
            file: Arc::new(file),
        })
    }
}

impl Entity for DiskFile {
    type Error = BoxError;
    type Data = Bytes;

    fn len(&self) -> u64 {
        self.size
    }

    fn get_range(
        &self,
        range: Range<u64>,
    ) -> Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send + Sync>> {
        Box::pin(Chunks {
            file: Arc::clone(&self.file),
            left: range,
            reading: None,
        })
    }

    fn add_headers(&self, _: &mut HeaderMap) {}

    /// Time and size; no inode, which is nobody's business.
    fn etag(&self) -> Option<HeaderValue> {
        let modified = self.modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let text = format!(
            "\"{:x}-{:x}-{:x}\"",
            modified.as_secs(),
            modified.subsec_nanos(),
            self.size
        );
        HeaderValue::try_from(text).ok()
    }

    fn last_modified(&self) -> Option<SystemTime> {
        Some(self.modified)
    }
}

/// Part of a file, read chunk by chunk on the threads for blocking work.
struct Chunks {
    file: Arc<File>,
    left: Range<u64>,
    reading: Option<tokio::task::JoinHandle<io::Result<Vec<u8>>>>,
}

impl Stream for Chunks {
    type Item = Result<Bytes, BoxError>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<Bytes, BoxError>>> {
        use std::task::Poll;

        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        let (start, room) = (self.left.start, CHUNK.min(self.left.end - self.left.start));
        let file = Arc::clone(&self.file);
        let reading = self.reading.get_or_insert_with(|| {
            tokio::task::spawn_blocking(move || {
                let mut chunk = vec![0; usize::try_from(room).unwrap_or(0)];
                file.read_exact_at(&mut chunk, start)?;
                Ok(chunk)
            })
        });
        let read = match Pin::new(reading).poll(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(read) => read,
        };
        self.reading = None;
        match read {
            Ok(Ok(chunk)) => {
                self.left.start += chunk.len() as u64;
                Poll::Ready(Some(Ok(Bytes::from(chunk))))
            }
            Ok(Err(error)) => {
                self.left = 0..0;
                Poll::Ready(Some(Err(error.into())))
            }
            Err(error) => {
                self.left = 0..0;
                Poll::Ready(Some(Err(error.into())))
            }
        }
    }
}
