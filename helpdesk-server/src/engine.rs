//! The seam between this crate and the engine: opening a site, finding a method, counting what is registered.

use std::path::Path;
use std::sync::Arc;

use helpdesk_core::clock::Clock;
use helpdesk_core::config::Config;
use helpdesk_core::cx::Api;
use helpdesk_core::dispatch::NotFound;
use helpdesk_core::error::Result;
use helpdesk_core::method::{Method, Verb};
use helpdesk_core::site::{OpenMode, Opening, Site};

/// Opens the site in the folder `dir` to serve it, with its database threads running.
///
/// # Errors
/// When the database can't be opened, the site is in use, or its schema is not up to date.
pub fn open(dir: &Path, config: Config, clock: Clock) -> Result<Arc<Site>> {
    Site::open(opening(dir, config, clock, OpenMode::Serve))
}

/// How the site in the folder `dir` is opened.
pub(crate) fn opening(dir: &Path, config: Config, clock: Clock, mode: OpenMode) -> Opening {
    Opening {
        folder: dir.to_owned(),
        config,
        clock: Some(clock),
        mode,
    }
}

/// The method registered under `name`, or the contract's 417 saying why there is none, worded for `api`.
///
/// # Errors
/// When no method has that name, or in API v2 none that takes the verb.
pub(crate) fn lookup(
    site: &Site,
    name: &str,
    api: Api,
    verb: Option<Verb>,
) -> Result<&'static Method, Box<NotFound>> {
    site.dispatch.routed(name, api, verb)
}

/// How many methods and DocTypes the linked apps registered.
pub(crate) fn registered(site: &Site) -> (usize, usize) {
    (site.dispatch.methods().len(), site.registered().len())
}
