//! Opening the site a command works on.

use std::sync::Arc;

use anyhow::Context;
use helpdesk_core::clock::Clock;
use helpdesk_core::site::Site;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::SiteFolder;
use crate::engine;

/// Opens the site in `folder`; its clock starts at `now` where one is given.
///
/// # Errors
/// When the database can't be opened.
pub(super) fn site(folder: SiteFolder, now: Option<Timestamp>) -> anyhow::Result<Arc<Site>> {
    let zone = TimeZone::get(&folder.config.time_zone).context("the setting `time_zone`")?;
    let clock = match now {
        Some(now) => Clock::starting_at(now, zone),
        None => Clock::system(zone),
    };
    engine::open(&folder.path, folder.config, clock)
        .with_context(|| format!("the site in {} can't be opened", folder.path.display()))
}
