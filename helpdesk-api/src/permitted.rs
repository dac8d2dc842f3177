//! What methods ask before they work: rights on DocTypes and documents, and roles.
//!
//! Source: spec/helpdesk-a.md §0 and §1.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::{self, Access, Right, Verdict, meta_of};
use helpdesk_core::doctype::storage;
use helpdesk_core::prelude::*;

/// Refuses a caller without `right` on every document of a DocType (for `create`: on any).
///
/// # Errors
/// 403.
pub(crate) fn require_right(cx: &mut Cx, doctype: &str, right: Right) -> Result<()> {
    let meta = meta_of(cx, doctype)?;
    if Access::of(&meta, cx.session()).somewhere(right) {
        return Ok(());
    }
    Err(by_role(cx, doctype))
}

/// Refuses a caller who may neither read nor select documents of a DocType.
///
/// # Errors
/// 403.
pub(crate) fn require_listing(cx: &mut Cx, doctype: &str) -> Result<()> {
    let meta = meta_of(cx, doctype)?;
    if Access::of(&meta, cx.session()).can_list() {
        return Ok(());
    }
    Err(by_role(cx, doctype))
}

fn by_role(cx: &Cx, doctype: &str) -> Error {
    let text = format!(
        "User <strong>{}</strong> does not have doctype access via role permission for document <strong>{doctype}</strong>",
        cx.user()
    );
    Error::bare(ErrorKind::PermissionError, "")
        .with_message(Message::plain(text))
        .explained(format!("No permission for {doctype}"))
}

/// A document the caller has `right` on.
///
/// # Errors
/// 403, also for a missing document of a DocType the caller may not read; 404.
pub(crate) fn document(cx: &mut Cx, doctype: &str, name: &str, right: Right) -> Result<Document> {
    let meta = meta_of(cx, doctype)?;
    let Some(doc) = storage::load(cx, &meta, name)? else {
        permissions::require_doctype(cx, &meta, Right::Read)?;
        return Err(not_found(doctype, name));
    };
    match permissions::check(cx, &meta, &doc, right)? {
        Verdict::Granted => Ok(doc),
        Verdict::Role => Err(by_role(cx, doctype)),
        Verdict::Document => Err(Error::bare(ErrorKind::PermissionError, "")
            .with_message(Message::plain(""))
            .explained(format!("No permission for {doctype} {}", doc.name_text()))),
    }
}

/// Refuses a caller who manages no agents.
///
/// # Errors
/// 403, titled `Not Allowed`.
pub(crate) fn require_manager(cx: &Cx) -> Result<()> {
    if cx.session().is_administrator()
        || cx
            .session()
            .has_any_role(&["Administrator", "System Manager", "Agent Manager"])
    {
        return Ok(());
    }
    Err(forbidden("You are not permitted to access this resource.").title("Not Allowed"))
}
