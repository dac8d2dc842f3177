//! Block Module: a module hidden from a user's desk.

use crate::doctype::typed::doctype;

/// A module hidden from a user's desk.
#[doctype(
    name = "Block Module",
    app = "frappe",
    module = "Core",
    document_type = "Other",
    istable
)]
#[derive(Clone, Debug, Default)]
pub struct BlockModule {
    #[field(standard)]
    pub name: String,
    #[field(reqd, in_list_view)]
    pub module: String,
}
