//! What clients ask about files before they send one.

use crate::frappe::core::doctype::file::store;
use crate::prelude::*;

/// Bytes a file may have.
#[whitelist(allow_guest)]
pub fn get_max_file_size(cx: &mut Cx) -> u64 {
    store::max_size(cx)
}
