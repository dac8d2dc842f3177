//! Opening the site a command works on.

use std::sync::Arc;

use anyhow::{Context, anyhow};
use helpdesk_core::clock::Clock;
use helpdesk_core::cx::Cx;
use helpdesk_core::doctype::schema::Step;
use helpdesk_core::error::Error;
use helpdesk_core::install;
use helpdesk_core::method::Verb;
use helpdesk_core::session::Session;
use helpdesk_core::site::{OpenMode, Opening, Site};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::{self, SiteFolder};
use crate::engine;

/// Opens the site in `folder`; its clock starts at `now` where one is given.
///
/// # Errors
/// When the database can't be opened, the site is in use, or its schema is not up to date.
pub(super) fn site(folder: SiteFolder, now: Option<Timestamp>, mode: OpenMode) -> anyhow::Result<Arc<Site>> {
    let path = folder.path.clone();
    Site::open(opening(folder, now, mode)?)
        .map_err(told)
        .with_context(|| format!("the site in {} can't be opened", path.display()))
}

/// Opens the site in `folder` alone, with what its schema lacks.
///
/// # Errors
/// When the database can't be opened or the site is in use.
pub(super) fn unchecked(folder: SiteFolder) -> anyhow::Result<(Arc<Site>, Vec<Step>)> {
    let path = folder.path.clone();
    Site::open_unchecked(opening(folder, None, OpenMode::Exclusive)?)
        .map_err(told)
        .with_context(|| format!("the site in {} can't be opened", path.display()))
}

fn opening(folder: SiteFolder, now: Option<Timestamp>, mode: OpenMode) -> anyhow::Result<Opening> {
    let zone = TimeZone::get(&folder.config.time_zone).context("the setting `time_zone`")?;
    let clock = match now {
        Some(now) => Clock::starting_at(now, zone),
        None => Clock::system(zone),
    };
    Ok(engine::opening(&folder.path, folder.config, clock, mode))
}

/// Puts the records into the site that a new one starts with, unless it has users. Such a site has its request gate shut;
/// so has one whose settings were made just now (`created`) for a database that others filled.
///
/// # Errors
/// When the records can't be stored, or the settings can't be written.
pub(super) fn install(site: &Arc<Site>, created: bool) -> anyhow::Result<bool> {
    let is_needed = install::is_needed(site).map_err(told)?;
    if (is_needed || created) && config::shut_gate(&site.folder)? {
        site.gate.shut();
    }
    // Another process may come first.
    if !is_needed {
        return Ok(false);
    }
    install::run_once(site)
        .map_err(told)
        .context("the new site can't be filled")
}

/// A context for the work of a command, as the Administrator.
///
/// # Errors
/// When the database can't be reached.
pub(super) fn context(site: &Arc<Site>, verb: Verb) -> anyhow::Result<Cx> {
    site.context(Arc::new(Session::administrator()), verb)
        .map_err(told)
}

/// An error of the engine in the words a caller would get; those without words say what caused them.
pub(super) fn told(error: Error) -> anyhow::Error {
    if !error.text().is_empty() {
        return anyhow!("{}", error.text());
    }
    match error.cause() {
        Some(cause) => anyhow!("{cause}"),
        None => anyhow!("{}", error.kind().exc_type()),
    }
}
