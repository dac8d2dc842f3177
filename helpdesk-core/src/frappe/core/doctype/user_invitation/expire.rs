//! Invitations nobody accepted in time.

use serde_json::Value;

use super::accept::is_old;
use super::events::DAYS;
use crate::cx::Cx;
use crate::doctype::permissions::meta_of;
use crate::doctype::{save, storage, system};
use crate::error::Result;
use crate::jobs;
use crate::mail::{self, Mail};
use crate::prelude::scheduled;
use crate::query::{self, ListRequest};

/// Ends the invitations that were open for longer than they hold, and tells those who were invited.
///
/// # Errors
/// A database failure. An invitation that can't be ended has an Error Log, and the others are ended.
#[scheduled(daily)]
pub fn mark_expired_invitations(cx: &mut Cx) -> Result<()> {
    let pending = query::list_values(
        cx,
        &ListRequest {
            filters: serde_json::json!({ "status": "Pending" }),
            order_by: "creation asc, name asc".into(),
            ignore_permissions: true,
            ..ListRequest::of(system::USER_INVITATION)
        },
    )?;
    let names: Vec<String> = pending
        .iter()
        .filter_map(|row| row.get("name").and_then(Value::as_str).map(str::to_owned))
        .collect();
    jobs::each(cx, names, |cx, name| expire(cx, name))?;
    Ok(())
}

fn expire(cx: &mut Cx, name: &str) -> Result<()> {
    let meta = meta_of(cx, system::USER_INVITATION)?;
    // Without the lock first: most are not old yet.
    let seen = storage::get(cx, &meta, name)?;
    if !is_old(cx, &seen) {
        return Ok(());
    }
    storage::lock(cx, &meta, name)?;
    let mut invitation = storage::get(cx, &meta, name)?;
    if invitation.text("status") != "Pending" || !is_old(cx, &invitation) {
        return Ok(());
    }
    invitation.set("status", "Expired");
    invitation.set("key", Value::Null);
    invitation.flags.ignore_permissions = true;
    save::save(cx, &mut invitation)?;
    let (email, app) = (
        invitation.text("email").to_owned(),
        invitation.text("app_name").to_owned(),
    );
    let text = format!(
        "Hello,\n\nyour invitation to {app} was open for {DAYS} days and holds no longer. Who invited you can send a new \
         one.\n"
    );
    let subject = format!("Your invitation to {app} has expired");
    let mail = Mail::text(&email, &subject, text, (system::USER_INVITATION, name));
    mail::queue(cx, &mail)?;
    Ok(())
}
