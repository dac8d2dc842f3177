//! `frappe.desk.like`.

use crate::doctype::likes;
use crate::prelude::*;

/// The caller likes a document (`add`: `Yes`), or likes it no longer (anything else).
///
/// # Errors
/// - 403 if the caller may not read the document
/// - 404 if there is none
#[whitelist]
pub fn toggle_like(
    cx: &mut Cx,
    doctype: String,
    name: StrOrInt,
    #[arg(default = "")] add: String,
) -> Result<()> {
    likes::toggle(cx, &doctype, &name.to_string(), add == "Yes")
}
