//! `DefaultValue`: one default of a user or of the site.

use crate::doctype::typed::doctype;

/// One default of a user or of the site.
#[doctype(
    name = "DefaultValue",
    app = "frappe",
    module = "Core",
    autoname = "hash",
    istable
)]
#[derive(Clone, Debug, Default)]
pub struct DefaultValue {
    #[field(standard)]
    pub name: String,
    #[field(label = "Key", reqd, in_list_view)]
    pub defkey: String,
    #[field(text, label = "Value", in_list_view)]
    pub defvalue: Option<String>,
}
