//! `helpdesk.api.settings.email_notifications`: the mails that go out by themselves.
//!
//! Source: spec/helpdesk-b.md §9.2.

use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use schemars::JsonSchema;

use crate::notice_mails::{ACKNOWLEDGEMENT, NoticeMail, REPLY_TO_AGENTS, REPLY_VIA_AGENT, SHARE_FEEDBACK};
use crate::templates;

const STATUS: &str = "send_email_feedback_on_status";

/// How a mail is set.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Notification {
    /// Of `share_feedback`: the status of tickets whose customers are asked, as `label` and `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_status: Option<Value>,
    enabled: bool,
    /// The template that is used.
    content: String,
    /// The template nobody changed.
    default_content: &'static str,
}

/// How a mail was set.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Stored {
    enabled: bool,
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_status: Option<Value>,
}

fn require_role(cx: &Cx) -> Result<()> {
    if cx.session().is_administrator() || cx.session().has_any_role(&["Agent Manager", "System Manager"]) {
        return Ok(());
    }
    Err(Error::bare(ErrorKind::PermissionError, ""))
}

/// How a mail is set.
///
/// # Errors
/// - 403 if the caller is neither Agent Manager nor System Manager
/// - 417 for another mail
#[whitelist(methods = [GET])]
pub fn get_data(
    cx: &mut Cx,
    /// `share_feedback`, `acknowledgement`, `reply_to_agents` or `reply_via_agent`.
    notification: String,
) -> Result<Notification> {
    require_role(cx)?;
    let mail = NoticeMail::named(&notification).ok_or_else(|| {
        invalid("notification is share_feedback, acknowledgement, reply_to_agents or reply_via_agent")
    })?;
    let ticket_status = if *mail == SHARE_FEEDBACK {
        let status = match single(cx, "HD Settings", STATUS)? {
            Value::String(status) if !status.is_empty() => status,
            _ => "Closed".to_owned(),
        };
        Some(json!({ "label": status, "value": status }))
    } else {
        None
    };
    Ok(Notification {
        ticket_status,
        enabled: is_true(Some(&single(cx, "HD Settings", mail.switch)?)),
        content: mail.text(cx)?,
        default_content: mail.default,
    })
}

/// Sets the mail that asks for a rating.
///
/// # Errors
/// - 403 if the caller is neither Agent Manager nor System Manager
/// - 417 for a template that can't be read, or a status there is not
#[whitelist(methods = [PUT])]
pub fn update_share_feedback(
    cx: &mut Cx,
    /// The status of tickets whose customers are asked: its name as `value`.
    ticket_status: Dict,
    enabled: bool,
    /// A template; blank for the one nobody changed.
    content: String,
) -> Result<Stored> {
    require_role(cx)?;
    let Some(Value::String(status)) = ticket_status.0.get("value") else {
        return Err(invalid("ticket_status has a value, the name of a status"));
    };
    let status = status.clone();
    let mut stored = store(cx, &SHARE_FEEDBACK, enabled, content, Some(status))?;
    stored.ticket_status = Some(ticket_status.0.into());
    Ok(stored)
}

/// Sets the mail that tells who wrote that the message has come.
///
/// # Errors
/// - 403 if the caller is neither Agent Manager nor System Manager
/// - 417 for a template that can't be read
#[whitelist(methods = [PUT])]
pub fn update_acknowledgement(cx: &mut Cx, enabled: bool, content: String) -> Result<Stored> {
    store(cx, &ACKNOWLEDGEMENT, enabled, content, None)
}

/// Sets the mail to agents whose ticket got a message.
///
/// # Errors
/// As [`update_acknowledgement`].
#[whitelist(methods = [PUT])]
pub fn update_reply_to_agents(cx: &mut Cx, enabled: bool, content: String) -> Result<Stored> {
    store(cx, &REPLY_TO_AGENTS, enabled, content, None)
}

/// Sets the mail to customers whom an agent answered.
///
/// # Errors
/// As [`update_acknowledgement`].
#[whitelist(methods = [PUT])]
pub fn update_reply_via_agent(cx: &mut Cx, enabled: bool, content: String) -> Result<Stored> {
    store(cx, &REPLY_VIA_AGENT, enabled, content, None)
}

fn store(
    cx: &mut Cx,
    mail: &NoticeMail,
    enabled: bool,
    content: String,
    status: Option<String>,
) -> Result<Stored> {
    require_role(cx)?;
    templates::check(&content)?;
    let mut settings = storage::get(cx, &meta_of(cx, "HD Settings")?, "HD Settings")?;
    settings.set(mail.switch, i64::from(enabled));
    settings.set(mail.content, content.clone());
    if let Some(status) = status {
        settings.set(STATUS, status);
    }
    settings.flags.ignore_permissions = true;
    settings.flags.ignore_mandatory = true;
    save::save(cx, &mut settings)?;
    Ok(Stored {
        enabled,
        content,
        ticket_status: None,
    })
}
