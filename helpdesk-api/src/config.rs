//! `helpdesk.api.config`: what the client has to know before anybody logs in.
//!
//! Source: spec/helpdesk-a.md §4.4.

use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use schemars::JsonSchema;

/// The icon of a site that has none of its own.
const FAVICON: &str = "/assets/helpdesk/desk/favicon.svg";

/// Looks and switches of the site. Switches are 0 or 1.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Config {
    brand_name: Value,
    brand_logo: Value,
    favicon: Value,
    prefer_knowledge_base: i64,
    setup_complete: i64,
    skip_email_workflow: i64,
    is_feedback_mandatory: i64,
    restrict_tickets_by_agent_group: i64,
    assign_within_team: i64,
    disable_saved_replies_global_scope: i64,
    enable_comment_reactions: i64,
    show_customer_portal_permission_notice: i64,
}

/// Looks and switches of the site.
#[whitelist(allow_guest)]
pub fn get_config(cx: &mut Cx) -> Result<Config> {
    let mut favicon = text(cx, "HD Settings", "favicon")?;
    if favicon.is_null() {
        favicon = text(cx, "Website Settings", "favicon")?;
    }
    if favicon.is_null() {
        favicon = FAVICON.into();
    }
    Ok(Config {
        brand_name: text(cx, "HD Settings", "brand_name")?,
        brand_logo: text(cx, "HD Settings", "brand_logo")?,
        favicon,
        prefer_knowledge_base: switch(cx, "prefer_knowledge_base")?,
        setup_complete: switch(cx, "setup_complete")?,
        skip_email_workflow: switch(cx, "skip_email_workflow")?,
        is_feedback_mandatory: switch(cx, "is_feedback_mandatory")?,
        restrict_tickets_by_agent_group: switch(cx, "restrict_tickets_by_agent_group")?,
        assign_within_team: switch(cx, "assign_within_team")?,
        disable_saved_replies_global_scope: switch(cx, "disable_saved_replies_global_scope")?,
        enable_comment_reactions: switch(cx, "enable_comment_reactions")?,
        show_customer_portal_permission_notice: switch(cx, "show_customer_portal_permission_notice")?,
    })
}

/// A text; null where it is unset or blank.
fn text(cx: &mut Cx, doctype: &str, field: &str) -> Result<Value> {
    Ok(match single(cx, doctype, field)? {
        Value::String(text) if !text.is_empty() => Value::String(text),
        _ => Value::Null,
    })
}

fn switch(cx: &mut Cx, field: &str) -> Result<i64> {
    Ok(i64::from(is_true(Some(&single(cx, "HD Settings", field)?))))
}
