//! `frappe.auth`: who the caller is.

use crate::prelude::*;

/// The caller's user id.
///
/// Source: spec/framework.md §4.9.
#[whitelist(inline)]
pub fn get_logged_user(session: &Session) -> String {
    session.user.to_string()
}
