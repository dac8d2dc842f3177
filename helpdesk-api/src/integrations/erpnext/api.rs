//! `helpdesk.integrations.erpnext.api`: whether customers are shared, and having them shared.
//!
//! Source: spec/helpdesk-b.md §13.

use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::permissions::{Access, Right, by_role, meta_of};
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::site::single;
use schemars::JsonSchema;

/// Whether customers are shared with `ERPNext`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SyncInfo {
    enabled: bool,
    /// Whether each customer on either side has its like on the other one; left out where they are not shared, or not
    /// for the caller to see.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_sync: Option<bool>,
}

/// Whether customers are shared with `ERPNext`, and whether all of them are.
///
/// # Errors
/// A database failure.
#[whitelist]
pub fn get_sync_info(cx: &mut Cx) -> Result<SyncInfo> {
    if !is_installed(cx)? {
        return Ok(SyncInfo {
            enabled: false,
            in_sync: Some(false),
        });
    }
    let is_off = SyncInfo {
        enabled: false,
        in_sync: None,
    };
    for doctype in ["HD Customer", "Customer"] {
        let meta = meta_of(cx, doctype)?;
        if !Access::of(&meta, cx.session()).somewhere(Right::Read) {
            return Ok(is_off);
        }
    }
    if !is_true(Some(&single(cx, "ERPNext HD Settings", "enabled")?)) {
        return Ok(is_off);
    }
    let here = count(cx, "HD Customer", json!([["erpnext_customer", "is", "not set"]]))?;
    // The field comes with ERPNext; without it no customer there has its like here.
    let linked = meta_of(cx, "Customer")?.field("hd_customer").is_some();
    let filters = if linked {
        json!([["hd_customer", "is", "not set"]])
    } else {
        Value::Null
    };
    Ok(SyncInfo {
        enabled: true,
        in_sync: Some(here == 0 && count(cx, "Customer", filters)? == 0),
    })
}

/// Whether the site has `ERPNext` beside this app.
///
/// # Errors
/// A database failure.
pub(crate) fn is_installed(cx: &mut Cx) -> Result<bool> {
    Ok(count(cx, "Installed Application", json!({ "app_name": "erpnext" }))? > 0)
}

/// Would have the customers of both sides matched. No `ERPNext` runs in this server, so there is nobody to share them
/// with.
///
/// # Errors
/// - 403 without the right to write customers of both kinds
/// - 417 always: `ERPNext` is not there, is switched off, or runs elsewhere
#[whitelist]
pub fn sync_hd_erpnext_customers(cx: &mut Cx) -> Result<()> {
    for doctype in ["Customer", "HD Customer"] {
        let meta = meta_of(cx, doctype)?;
        if !Access::of(&meta, cx.session()).rights.has(Right::Write) {
            return Err(by_role(cx, &meta));
        }
    }
    if !is_installed(cx)? || !is_true(Some(&single(cx, "ERPNext HD Settings", "enabled")?)) {
        return Err(invalid("The integration with ERPNext is not enabled"));
    }
    Err(invalid(
        "ERPNext doesn't run in this server: customers can't be matched with those of another",
    ))
}

fn count(cx: &mut Cx, doctype: &str, filters: Value) -> Result<i64> {
    query::count(
        cx,
        &ListRequest {
            filters,
            ignore_permissions: true,
            ..ListRequest::of(doctype)
        },
    )
}
