//! `helpdesk.search`: the index of the articles.
//!
//! Source: spec/helpdesk-b.md §3.1.

use helpdesk_core::doctype::permissions::only_for;
use helpdesk_core::prelude::*;
use helpdesk_core::search;

use crate::article::INDEX;

/// Builds the index of the articles anew. It is kept in step by itself; this mends what was written behind its back.
///
/// # Errors
/// 403 if the caller manages neither the system nor agents.
#[whitelist]
pub fn build_index(cx: &mut Cx) -> Result<()> {
    only_for(cx.session(), &["System Manager", "Agent Manager"])?;
    let metas = cx.site().metas();
    search::rebuild(cx.db(), &metas, INDEX, &mut |_| {})
}
