//! `helpdesk.api.agent`: agents invite each other, and say whether they are there.
//!
//! Source: spec/helpdesk-a.md §4.1.

use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use schemars::JsonSchema;

use crate::agents::require_agent;
use crate::live;

/// Addresses that one call invites, at most.
const MOST: usize = 200;

/// Makes agents of people: users where there are none yet, and their records as agents.
///
/// # Errors
/// - 403 if the caller is no agent, or may not create users
/// - 409 if one is an agent already; then nobody is invited
/// - 417 for what is no address
#[whitelist]
pub fn sent_invites(
    cx: &mut Cx,
    /// Addresses.
    emails: List<String>,
    /// Whether new users get a mail that says how to log in.
    #[arg(default = true)]
    send_welcome_mail_to_user: bool,
) -> Result<()> {
    require_agent(cx)?;
    let List(emails) = emails;
    if emails.len() > MOST {
        return Err(invalid(format!("At most {MOST} people can be invited at once")));
    }
    for email in emails {
        let email = email.trim().to_owned();
        let meta = meta_of(cx, "User")?;
        let user = match storage::load(cx, &meta, &email)? {
            Some(user) => user,
            None => {
                if !helpdesk_core::doctype::is_email(&email) {
                    return Err(Error::new(
                        ErrorKind::InvalidEmailAddressError,
                        format!("{email} is not a valid Email Address"),
                    ));
                }
                let mut user = Document::new(meta);
                user.set("name", email.clone());
                user.flags.keep_name = true;
                user.set("email", email.clone());
                user.set("first_name", email.split('@').next().unwrap_or(""));
                user.set("send_welcome_email", i64::from(send_welcome_mail_to_user));
                save::insert(cx, &mut user)?;
                user
            }
        };
        let mut agent = Document::new(meta_of(cx, "HD Agent")?);
        agent.set("user", user.name_text());
        let name = ["full_name", "first_name"].map(|field| user.text(field).trim());
        let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or(&email);
        agent.set("agent_name", name);
        agent.set("user_image", user.get("user_image").clone());
        save::insert(cx, &mut agent)?;
    }
    Ok(())
}

/// How an agent is there now.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Presence {
    availability: String,
}

/// Says whether the caller is there.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for a status that is unknown or disabled, or if the caller has no record as an agent
#[whitelist]
pub fn set_my_availability(
    cx: &mut Cx,
    /// Name of an HD Agent Status.
    availability: String,
) -> Result<Presence> {
    require_agent(cx)?;
    let status = storage::values(cx, "HD Agent Status", &availability, &["name", "enable"])?;
    let status = status
        .filter(|row| row.get(1).and_then(Value::as_i64) == Some(1))
        .and_then(|row| row.first()?.as_str().map(str::to_owned))
        .ok_or_else(|| invalid("Invalid availability"))?;
    let user = cx.user().to_owned();
    let agent =
        storage::exists(cx, "HD Agent", &user)?.ok_or_else(|| invalid("You have no record as an agent."))?;
    let now = stored(cx.now());
    let changes = [
        ("availability", Value::from(status.as_str())),
        ("availability_changed_on", Value::from(now.as_str())),
    ];
    storage::set_columns(cx, "HD Agent", &agent, &changes)?;
    live::availability_changed(cx, &agent, &status, &now);
    Ok(Presence { availability: status })
}
