//! User Email: an email account a user may send from.

use crate::doctype::typed::{Layout, doctype};

/// An email account a user may send from.
#[doctype(name = "User Email", app = "frappe", module = "Core", istable)]
#[derive(Clone, Debug, Default)]
pub struct UserEmail {
    #[field(standard)]
    pub name: String,
    #[field(link = "Email Account", reqd, in_list_view)]
    pub email_account: String,
    #[field(
        options = "Email",
        label = "Email ID",
        read_only,
        fetch_from = "email_account.email_id"
    )]
    pub email_id: Option<String>,
    #[field(column_break)]
    pub column_break_3: Layout,
    #[field(read_only, in_list_view, fetch_from = "email_account.awaiting_password")]
    pub awaiting_password: bool,
    #[field(label = "Used OAuth", read_only, in_list_view)]
    pub used_oauth: bool,
    #[field(read_only, fetch_from = "email_account.enable_outgoing")]
    pub enable_outgoing: bool,
}
