//! What a site throws away by itself: sessions, keys and counters that are over, jobs that ended, uploads cut off.

use std::time::Duration;

use crate::files::content;
use crate::jobs;
use crate::prelude::*;
use crate::sign_in::{failures, one_time, reset, sessions};

/// Hours after which a file that is still being received belongs to nobody: a request has `body_timeout` seconds for
/// each part of it.
const RECEIVING_HOURS: u64 = 24;

/// Removes sessions that are over, keys of mailed links that hold no longer, and counters of failed logins
/// that are forgiven.
///
/// # Errors
/// A database failure.
#[scheduled(daily)]
pub fn clear_expired(cx: &mut Cx) -> Result<()> {
    let now = cx.site().clock.timestamp().as_second();
    sessions::drop_expired(cx, now)?;
    reset::drop_expired_keys(cx)?;
    one_time::drop_expired(cx, now)?;
    failures::drop_forgiven(cx, now)
}

/// Removes jobs that ended a while ago; see [`jobs::clean`].
///
/// # Errors
/// A database failure.
#[scheduled(daily, queue = "long")]
pub fn clear_ended_jobs(cx: &mut Cx) -> Result<()> {
    let removed = jobs::clean(cx)?;
    tracing::debug!(removed, "jobs that ended long ago are gone");
    Ok(())
}

/// Removes what uploads that were cut off left in `private/incoming`.
///
/// # Errors
/// When the folder can't be read.
#[scheduled(daily)]
pub fn clear_incoming(site: &Site) -> Result<()> {
    let older_than = Duration::from_secs(RECEIVING_HOURS * 3600);
    let removed = content::clear_old_incoming(&site.folder, older_than)?;
    if removed > 0 {
        tracing::info!(removed, "removed uploads that were cut off");
    }
    Ok(())
}
