//! Role: what permission rules are written for; users have any number of them.

use crate::doctype::typed::{Layout, doctype};

/// What permission rules are written for; users have any number of them.
#[doctype(
    name = "Role", app = "frappe", module = "Core", autoname = "field:role_name",
    naming_rule = "By fieldname", document_type = "Document", track_changes, allow_rename,
    index_web_pages_for_search, quick_entry, translated_doctype,
    permission(role = "System Manager", rights = [read, write, create, delete, report, share, print, email]),
)]
#[derive(Clone, Debug, Default)]
pub struct Role {
    #[field(standard)]
    pub name: String,
    #[field(reqd, unique)]
    pub role_name: String,
    pub home_page: Option<String>,
    #[field(link = "Domain")]
    pub restrict_to_domain: Option<String>,
    #[field(column_break)]
    pub column_break_4: Layout,
    pub disabled: bool,
    #[field(in_list_view)]
    pub is_custom: bool,
    /// Users with the role are System Users.
    #[field(default = true, in_list_view)]
    pub desk_access: bool,
    #[field(label = "Two Factor Authentication")]
    pub two_factor_auth: bool,
}
