//! A file on its way from the network to the disk.

use std::io;
use std::path::Path;

use helpdesk_core::files::Content;
use helpdesk_core::files::content::incoming;
use helpdesk_core::secret::to_hex;
use md5::{Digest, Md5};
use tempfile::{NamedTempFile, TempPath};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// Receives one file; what was received is removed again unless it is finished and kept.
pub(super) struct Spool {
    file: File,
    path: TempPath,
    size: u64,
    digest: Md5,
}

impl Spool {
    /// A new file among those that are being received.
    pub(super) fn open(site_folder: &Path) -> io::Result<Spool> {
        let (file, path) = NamedTempFile::new_in(incoming(site_folder)?)?.into_parts();
        Ok(Spool {
            file: File::from_std(file),
            path,
            size: 0,
            digest: Md5::new(),
        })
    }

    /// Takes the next bytes.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.size += bytes.len() as u64;
        self.file.write_all(bytes).await
    }

    /// The whole content, on disk for good: no transaction has to wait for that.
    pub(super) async fn finish(mut self) -> io::Result<Content> {
        self.file.flush().await?;
        self.file.sync_all().await?;
        let digest = to_hex(&self.digest.finalize());
        Ok(Content::received(self.path, self.size, digest))
    }
}
