//! The seam between this crate and the engine: opening a site, finding a method, counting what is registered.
//!
//! Everything that depends on how `helpdesk_core` builds a site stands in this file.

use std::path::Path;
use std::sync::Arc;

use helpdesk_core::clock::Clock;
use helpdesk_core::config::Config;
use helpdesk_core::cx::Api;
use helpdesk_core::db::Pool;
use helpdesk_core::error::{Result, no_route};
use helpdesk_core::method::Method;
use helpdesk_core::site::Site;

/// Opens the site in the folder `dir`, with its database threads running.
///
/// # Errors
/// When the database can't be opened.
pub fn open(dir: &Path, config: Config, clock: Clock) -> Result<Arc<Site>> {
    // WIRING: replace by the engine's own constructor.
    let _ = dir;
    Ok(Arc::new(Site {
        config,
        clock,
        pool: Pool,
    }))
}

/// The method registered under `name`, or the contract's 417 saying why there is none, worded for `api`.
///
/// # Errors
/// When no method has that name.
pub(crate) fn lookup(site: &Site, name: &str, api: Api) -> Result<&'static Method> {
    // WIRING: `Dispatch::find`.
    let _ = (site, name, api);
    Err(no_route())
}

/// How many methods and DocTypes the linked apps registered.
pub(crate) fn registered(site: &Site) -> (usize, usize) {
    // WIRING: lengths of `Dispatch` and of the DocType registry.
    let _ = site;
    (0, 0)
}
