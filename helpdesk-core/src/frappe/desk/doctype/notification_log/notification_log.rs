//! `frappe.desk.doctype.notification_log.notification_log`: the caller's own notifications.
//!
//! Source: spec/framework-api.md §7.4.

use std::collections::BTreeSet;

use serde_json::Map;

use crate::db::Query;
use crate::doctype::{permissions, storage};
use crate::frappe::desk::form::load::docinfo::user_info;
use crate::method::Verb;
use crate::prelude::*;
use crate::query::{self, ListRequest};
use crate::realtime::room;

const DOCTYPE: &str = "Notification Log";

/// The caller's notifications and who caused them.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Notifications {
    /// The notifications, the newest first.
    notification_logs: Vec<Map<String, Value>>,
    /// The users they come from, by name.
    user_info: Map<String, Value>,
}

/// The caller's newest notifications.
///
/// # Errors
/// 403 if the caller may not list notifications.
#[whitelist]
pub fn get_notification_logs(cx: &mut Cx, #[arg(default = 20)] limit: u64) -> Result<Notifications> {
    let logs = query::list_values(
        cx,
        &ListRequest {
            fields: vec!["*".into()],
            order_by: "creation desc".into(),
            length: Some(limit.clamp(1, 1000)),
            ..ListRequest::of(DOCTYPE)
        },
    )?;
    let from = logs.iter().filter_map(|row| row.get("from_user")?.as_str());
    let people: BTreeSet<String> = from.map(str::to_owned).collect();
    let user_info = user_info(cx, &people)?;
    if cx.request().verb == Verb::Get {
        let cache = "private,max-age=60".to_owned();
        cx.db().out.headers.push(("cache-control", cache));
    }
    Ok(Notifications {
        notification_logs: logs,
        user_info,
    })
}

/// Marks one of the caller's notifications as read; what is nobody's or another's stays as it is.
///
/// # Errors
/// A database failure.
#[whitelist(methods = [POST, PUT])]
pub fn mark_as_read(cx: &mut Cx, docname: String) -> Result<()> {
    let owner = storage::values(cx, DOCTYPE, &docname, &["for_user"])?;
    let owner = owner.and_then(|row| row.into_iter().next()).unwrap_or_default();
    if owner
        .as_str()
        .is_some_and(|owner| owner.eq_ignore_ascii_case(cx.user()))
    {
        storage::set_columns(cx, DOCTYPE, &docname, &[("read", 1.into())])?;
    }
    Ok(())
}

/// Marks all notifications of the caller as read.
///
/// # Errors
/// A database failure.
#[whitelist(methods = [POST, PUT])]
pub fn mark_all_as_read(cx: &mut Cx) -> Result<()> {
    let meta = permissions::meta_of(cx, DOCTYPE)?;
    let mut query = Query::fixed();
    query
        .sql("UPDATE ")
        .ident(meta.table.clone())
        .sql(" SET \"read\" = 1 WHERE for_user = ")
        .text(cx.user().to_owned())
        .sql(" AND \"read\" = 0");
    cx.db().execute(query)?;
    Ok(())
}

/// Has the caller's other pages take away the sign that there are unread notifications.
///
/// # Errors
/// None of its own.
#[whitelist(methods = [POST, PUT])]
pub fn trigger_indicator_hide(cx: &mut Cx) -> Result<()> {
    let room = room::user(cx.user());
    cx.publish("indicator_hide", &room, json!({}));
    Ok(())
}
