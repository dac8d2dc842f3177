//! Files by method call.

use super::access;
use crate::files::Served;
use crate::prelude::*;

/// A file, to be saved by the client.
///
/// # Errors
/// Bare 403 for a file that is not there, as for one the caller may not read.
#[whitelist(
    allow_guest,
    methods = [GET],
    alias = "frappe.handler.download_file",
    alias = "download_file"
)]
pub fn download_file(
    cx: &mut Cx,
    /// Its address: `/files/…` or `/private/files/…`.
    file_url: String,
) -> Result<Served> {
    if !access::may_fetch(cx, &file_url, None)? {
        return Err(Error::bare(ErrorKind::PermissionError, ""));
    }
    Served::of(cx.site(), &file_url, true)
}
