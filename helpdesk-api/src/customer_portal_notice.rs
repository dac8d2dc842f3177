//! `helpdesk.api.customer_portal_notice`: the notice that members of customers see their own tickets only.
//!
//! Source: spec/helpdesk-a.md §4.7.

use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;

use crate::doctype::hd_customer::members;
use crate::permitted::require_manager;
use crate::rows;

/// Takes the notice away.
///
/// # Errors
/// 403 if the caller manages no agents.
#[whitelist(methods = [POST])]
pub fn dismiss_notice(cx: &mut Cx) -> Result<()> {
    require_manager(cx)?;
    let mut settings = storage::get(cx, &meta_of(cx, "HD Settings")?, "HD Settings")?;
    settings.set("show_customer_portal_permission_notice", 0);
    settings.flags.ignore_permissions = true;
    settings.flags.ignore_mandatory = true;
    save::save(cx, &mut settings)
}

/// Has all members of all customers made managers, so that they see all tickets of their customer.
///
/// A job does it, one at a time; the notice stays until it is dismissed.
///
/// # Errors
/// 403 if the caller manages no agents.
#[whitelist(methods = [POST])]
pub fn restore_ticket_access(cx: &mut Cx) -> Result<()> {
    require_manager(cx)?;
    let job = make_members_managers::JOB.with(json!({}));
    cx.enqueue(job.dedupe("restore_ticket_access").as_administrator())?;
    Ok(())
}

/// Makes all members of all customers managers.
///
/// # Errors
/// A database failure.
#[job(queue = "long")]
pub(crate) fn make_members_managers(cx: &mut Cx) -> Result<()> {
    cx.db().may_take_long();
    let rows = rows::all(
        cx,
        "HD Customer Member",
        &["name", "contact_name"],
        json!({ "parenttype": "HD Customer", "is_manager": 0 }),
        "parent asc, idx asc",
    )?;
    for row in &rows {
        let name = rows::text(row, "name");
        storage::set_columns(cx, "HD Customer Member", name, &[("is_manager", 1.into())])?;
    }
    for row in &rows {
        let contact = rows::text(row, "contact_name");
        if let Some(user) = members::user_of(cx, contact)? {
            members::change_roles(cx, &user, &[members::MANAGER, members::MEMBER], &[])?;
        }
    }
    Ok(())
}
