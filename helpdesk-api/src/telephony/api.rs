//! `telephony.api`: whether calls can be made, what the caller makes them with, and the log of them.
//!
//! Making calls is the work of services outside, which nothing here talks to.
//!
//! Source: spec/spa-calls.json; answers as recorded with the client.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use schemars::JsonSchema;

use crate::agents::require_agent;
use crate::calls;
use crate::permitted;
use crate::rows::Row;

const AGENT: &str = "TP Telephony Agent";
const CALL: &str = "TP Call Log";

/// Which services calls can be made with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Integrations {
    /// 0 or 1.
    twilio_enabled: i64,
    /// 0 or 1.
    exotel_enabled: i64,
    /// What the caller chose.
    default_calling_medium: Option<String>,
}

/// Which services calls can be made with, and which one the caller chose.
///
/// # Errors
/// A database failure.
#[whitelist]
pub fn is_call_integration_enabled(cx: &mut Cx) -> Result<Integrations> {
    Ok(Integrations {
        twilio_enabled: on(cx, "TP Twilio Settings")?,
        exotel_enabled: on(cx, "TP Exotel Settings")?,
        default_calling_medium: chosen(cx)?,
    })
}

fn on(cx: &mut Cx, settings: &str) -> Result<i64> {
    let enabled = single(cx, settings, "enabled")?;
    Ok(i64::from(is_true(Some(&enabled))))
}

fn chosen(cx: &mut Cx) -> Result<Option<String>> {
    let user = cx.user().to_owned();
    let row = storage::values(cx, AGENT, &user, &["default_medium"])?.unwrap_or_default();
    let medium = row.first().and_then(Value::as_str).unwrap_or_default();
    Ok(Some(medium.to_owned()).filter(|medium| !medium.is_empty()))
}

/// The caller as one who makes calls, made now where there was none.
fn own(cx: &mut Cx) -> Result<Document> {
    let meta = meta_of(cx, AGENT)?;
    let user = cx.user().to_owned();
    if let Some(agent) = storage::load(cx, &meta, &user)? {
        return Ok(agent);
    }
    let mut agent = Document::new(meta);
    agent.set("user", user);
    agent.flags.ignore_permissions = true;
    save::insert(cx, &mut agent)?;
    Ok(agent)
}

/// The caller's own record for calls, made where there is none.
///
/// # Errors
/// 403 if the caller is no agent.
#[whitelist]
pub fn create_telephony_agent(cx: &mut Cx) -> Result<Document> {
    require_agent(cx)?;
    own(cx)
}

/// Chooses what the caller makes calls with; answers the choice.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for a service there is none of
#[whitelist]
pub fn set_default_calling_medium(
    cx: &mut Cx,
    /// `Twilio` or `Exotel`; empty: none.
    medium: String,
) -> Result<Option<String>> {
    require_agent(cx)?;
    let mut agent = own(cx)?;
    agent.set("default_medium", medium);
    agent.flags.ignore_permissions = true;
    save::save(cx, &mut agent)?;
    chosen(cx)
}

/// Whose telephone number it is: a contact with `name`, `full_name`, `image` and `mobile_no`, or the number alone as
/// `mobile_no`.
///
/// # Errors
/// 403 if the caller may list no contacts.
#[whitelist]
pub fn get_contact_by_phone_number(
    cx: &mut Cx,
    /// In any spelling.
    phone_number: String,
) -> Result<Row> {
    match calls::contact_listed(cx, &phone_number)? {
        Some(contact) => Ok(contact),
        None => Ok(Row::from_iter([("mobile_no".to_owned(), phone_number.into())])),
    }
}

/// A call with who called whom, and its duration in words.
///
/// # Errors
/// - 403 if the caller may not read the call
/// - 404 if there is none
#[whitelist]
pub fn get_call_log(
    cx: &mut Cx,
    /// Name of the call.
    name: String,
) -> Result<Row> {
    let call = permitted::document(cx, CALL, &name, Right::Read)?;
    let row = serde_json::to_value(call.as_dict())?;
    match row {
        Value::Object(row) => calls::shown(cx, row),
        _ => Ok(Row::new()),
    }
}

/// Writes down a call.
///
/// # Errors
/// - 403 if the caller may not create calls
/// - 409 for an id that is taken
/// - 417 for values that don't fit the log
#[whitelist]
#[expect(clippy::too_many_arguments, reason = "one a field, as the client sends them")]
pub fn create_call_log(
    cx: &mut Cx,
    id: String,
    telephony_medium: Option<String>,
    from_number: Option<String>,
    to_number: Option<String>,
    /// Seconds.
    duration: Option<f64>,
    status: Option<String>,
    /// `Incoming` or `Outgoing`.
    call_type: Option<String>,
    /// User who called.
    caller: Option<String>,
    /// User who was called.
    receiver: Option<String>,
    /// What the call was about, each with `link_doctype` and `link_name`.
    links: Option<List<Dict>>,
) -> Result<Document> {
    let mut call = Document::new(meta_of(cx, CALL)?);
    for (field, value) in [
        ("id", Some(id)),
        ("telephony_medium", telephony_medium),
        ("from", from_number),
        ("to", to_number),
        ("status", status),
        ("type", call_type),
        ("caller", caller),
        ("receiver", receiver),
    ] {
        call.set(field, value);
    }
    call.set("duration", duration);
    let links = links.unwrap_or_default().0;
    call.set_rows("links", links.into_iter().map(|Dict(link)| link).collect());
    save::insert(cx, &mut call)?;
    Ok(call)
}
