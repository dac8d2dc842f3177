//! `helpdesk.www.helpdesk.index`: what the client is told before it starts.
//!
//! Source: spec/helpdesk-b.md §14; spec/spa-host.md §2.

use std::collections::BTreeSet;

use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::prelude::*;
use helpdesk_core::sign_in::sessions;
use helpdesk_core::site::single;
use schemars::JsonSchema;

use crate::rows;

/// What the client is told before it starts.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Boot {
    default_route: &'static str,
    site_name: String,
    read_only_mode: bool,
    /// What writes of this browser's session must carry; empty for callers without one.
    csrf_token: String,
    setup_complete: bool,
    is_fc_site: bool,
    session_user: String,
    /// The caller's HD Agent.
    agent: Option<String>,
    date_format: String,
    time_format: String,
    default_country: Value,
    timezone: Timezones,
    lang: String,
    /// `ltr` or `rtl`.
    dir: &'static str,
    /// Names of the apps of the site.
    apps: Vec<String>,
    telemetry: Telemetry,
}

/// Names of time zones.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Timezones {
    /// That of stored times.
    system: String,
    /// The caller's.
    user: String,
}

/// Nothing is told to anybody.
#[derive(Clone, Debug, Serialize, JsonSchema)]
struct Telemetry {
    enabled: bool,
}

/// Languages written from the right.
const FROM_THE_RIGHT: [&str; 6] = ["ar", "dv", "fa", "he", "ps", "ur"];

/// What the client is told before it starts, for clients that are being worked on and served by another server.
///
/// # Errors
/// 417 unless `developer_mode` is on in `site.toml`
#[whitelist(allow_guest, methods = [POST])]
pub async fn get_context_for_dev(cx: &AsyncCx) -> Result<Boot> {
    if !cx.site().config.developer_mode {
        return Err(invalid("This method is only meant for developer mode"));
    }
    // From here on writes of the session need the token.
    let token = sessions::issue_csrf_token(cx.shared()).await?;
    let csrf_token = token.as_deref().unwrap_or_default().to_owned();
    cx.transaction(move |cx| boot(cx, csrf_token)).await
}

fn boot(cx: &mut Cx, csrf_token: String) -> Result<Boot> {
    let user = cx.user().to_owned();
    let agents = rows::all(cx, "HD Agent", &["name"], json!({ "user": user }), "name asc")?;
    let installed = rows::all(cx, "Installed Application", &["app_name"], Value::Null, "idx asc")?;
    let mut apps: Vec<String> = installed
        .iter()
        .map(|app| rows::text(app, "app_name").to_owned())
        .collect();
    // A site that was not moved in has no list; its apps are those of the program.
    if apps.is_empty() {
        let known = cx.site().dispatch.apps().iter();
        apps = known
            .map(|app| app.name.to_owned())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
    }
    let default_country = single(cx, "System Settings", "country")?;
    let setup_complete = is_true(Some(&single(cx, "System Settings", "setup_complete")?));
    let site = cx.site();
    let settings = site.settings();
    let lang = cx.session().language.to_string();
    let system = site.config.time_zone.clone();
    let short = lang.split(['-', '_']).next().unwrap_or_default();
    Ok(Boot {
        default_route: "/helpdesk",
        site_name: site_name(site),
        read_only_mode: false,
        csrf_token,
        setup_complete,
        is_fc_site: false,
        session_user: user,
        agent: agents.first().map(|agent| rows::text(agent, "name").to_owned()),
        date_format: settings.date_format.to_string(),
        time_format: settings.time_format.to_string(),
        default_country,
        timezone: Timezones {
            user: cx
                .session()
                .time_zone
                .as_deref()
                .map_or_else(|| system.clone(), str::to_owned),
            system,
        },
        dir: if FROM_THE_RIGHT.contains(&short) {
            "rtl"
        } else {
            "ltr"
        },
        lang,
        apps,
        telemetry: Telemetry { enabled: false },
    })
}

/// The name clients know the site by: what it answers to, else its public host.
fn site_name(site: &Site) -> String {
    if let Some(name) = site.config.site_names.first() {
        return name.clone();
    }
    let url = site.config.public_url().unwrap_or_default();
    let host = url.split("://").nth(1).unwrap_or_default();
    host.split([':', '/']).next().unwrap_or_default().to_owned()
}
