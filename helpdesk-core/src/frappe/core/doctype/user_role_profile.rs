//! User Role Profile: a set of roles given to a user as a whole.

use crate::doctype::typed::doctype;

/// A set of roles given to a user as a whole.
#[doctype(
    name = "User Role Profile",
    app = "frappe",
    module = "Core",
    istable,
    allow_rename,
    index_web_pages_for_search
)]
#[derive(Clone, Debug, Default)]
pub struct UserRoleProfile {
    #[field(standard)]
    pub name: String,
    #[field(link = "Role Profile", in_list_view)]
    pub role_profile: Option<String>,
}
