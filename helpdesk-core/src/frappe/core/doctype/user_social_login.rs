//! User Social Login: a user's identity at another login provider.

use crate::doctype::typed::{Layout, doctype};

/// A user's identity at another login provider.
#[doctype(
    name = "User Social Login",
    app = "frappe",
    module = "Core",
    istable,
    track_changes,
    quick_entry
)]
#[derive(Clone, Debug, Default)]
pub struct UserSocialLogin {
    #[field(standard)]
    pub name: String,
    #[field(read_only, in_list_view)]
    pub provider: Option<String>,

    #[field(section_break)]
    pub section_break_0: Layout,
    #[field(read_only, in_list_view)]
    pub username: Option<String>,
    #[field(column_break)]
    pub column_break_0: Layout,
    #[field(label = "User ID", read_only, in_list_view)]
    pub userid: Option<String>,
}
