//! `frappe.onboarding`: which first steps of an app a user has done.
//!
//! Kept with the user, an object by app: `helpdesk_onboarding_status` is a list of steps.
//!
//! Source: spec/spa-calls.json.

use schemars::JsonSchema;
use serde_json::Map;

use crate::doctype::{storage, system};
use crate::prelude::*;

/// How much of it one user may keep.
const MOST: usize = 20_000;

/// A step, and whether it is done.
#[derive(Clone, Debug, Serialize, serde::Deserialize, JsonSchema)]
struct Step {
    name: String,
    completed: bool,
}

fn kept(cx: &mut Cx) -> Result<Map<String, Value>> {
    let user = cx.user().to_owned();
    let row = storage::values(cx, system::USER, &user, &["onboarding_status"])?.unwrap_or_default();
    let text = row.first().and_then(Value::as_str).unwrap_or_default();
    // Whatever else was written there is no steps of ours.
    Ok(serde_json::from_str(text).unwrap_or_default())
}

/// The steps of the caller by app.
///
/// # Errors
/// A database failure.
#[whitelist]
pub fn get_onboarding_status(cx: &mut Cx) -> Result<Map<String, Value>> {
    kept(cx)
}

/// Keeps the steps of an app, in place of those it had.
///
/// # Errors
/// 417 for what is no list of steps, and for too many.
#[whitelist]
#[expect(non_snake_case, reason = "the argument's name in the contract")]
pub fn update_user_onboarding_status(
    cx: &mut Cx,
    /// JSON text of a list, each step with `name` and `completed`.
    steps: String,
    /// The app's name, `helpdesk`.
    appName: String,
) -> Result<()> {
    let steps: Vec<Step> = serde_json::from_str(&steps).map_err(|_| {
        invalid("steps must be JSON text of a list of steps, each with its name and whether it is completed")
    })?;
    let mut status = kept(cx)?;
    status.insert(format!("{appName}_onboarding_status"), json!(steps));
    let text = Value::Object(status).to_string();
    if text.len() > MOST {
        return Err(invalid(format!("steps: at most {MOST} letters are kept")));
    }
    let user = cx.user().to_owned();
    storage::set_columns(cx, system::USER, &user, &[("onboarding_status", text.into())])?;
    Ok(())
}
