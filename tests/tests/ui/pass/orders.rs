#![forbid(unsafe_code)]
#![deny(
    warnings,
    unreachable_pub,
    unused_qualifications,
    rust_2018_idioms,
    missing_docs
)]
//! A shape the macros accept.

use helpdesk_core::prelude::*;

helpdesk_core::app! {}

#[whitelist]
#[rate_limit]
fn below() {}

#[rate_limit(limit = 3, seconds = 60 * 60)]
#[whitelist(methods = [POST, "PUT"])]
fn above() {}

#[rate_limit(limit = 3)]
#[helpdesk_core::whitelist]
#[helpdesk_core::rate_limit(limit = of_site, key = "who", ip_based = false, methods = [GET])]
fn both(who: String) {
    drop(who);
}

#[rate_limit]
#[cfg_attr(all(), whitelist)]
fn conditional() {}

#[whitelist]
#[cfg(any())]
fn never() -> NoSuchType {}

fn of_site(shared: &Shared) -> u32 {
    shared.session.roles.len().try_into().unwrap_or(1)
}

fn main() {
    link();
}
