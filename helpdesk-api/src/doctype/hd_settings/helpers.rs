//! `helpdesk.helpdesk.doctype.hd_settings.helpers`: the notice that a ticket came outside working hours, as it is set.
//!
//! Source: spec/helpdesk-b.md §9.5.

use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use schemars::JsonSchema;

// For mails alone (spec/helpdesk-b.md §9.5).
not_whitelisted! { get_rendered_banner_msg }

const MESSAGE: &str = "outside_working_hours_message";

/// The notice as it is set, with places for values.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BannerSetting {
    /// The text nobody changed.
    default: String,
    /// The text that is set; null where there is none.
    current: Option<String>,
    /// Whether the notice is shown at all.
    enabled: bool,
}

/// The notice that a ticket came outside working hours: what it says, and whether it is shown.
///
/// # Errors
/// A database failure.
#[whitelist]
pub fn get_banner_msg(cx: &mut Cx) -> Result<BannerSetting> {
    let meta = meta_of(cx, "HD Settings")?;
    Ok(BannerSetting {
        default: meta
            .field(MESSAGE)
            .map(|field| field.default.clone())
            .unwrap_or_default(),
        current: match single(cx, "HD Settings", MESSAGE)? {
            Value::String(text) => Some(text),
            _ => None,
        },
        enabled: is_true(Some(&single(cx, "HD Settings", "enable_outside_hours_banner")?)),
    })
}
