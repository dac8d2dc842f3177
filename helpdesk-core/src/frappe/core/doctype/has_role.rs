//! Has Role: a role given to a user, or needed by a page or report.

use crate::doctype::typed::doctype;

/// A role given to a user, or needed by a page or report.
#[doctype(
    name = "Has Role",
    app = "frappe",
    module = "Core",
    autoname = "hash",
    istable
)]
#[derive(Clone, Debug, Default)]
pub struct HasRole {
    #[field(standard)]
    pub name: String,
    #[field(link = "Role", in_list_view)]
    pub role: Option<String>,
}
