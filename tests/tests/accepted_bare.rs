//! An app without a line of its own, and every order of attributes.

#![forbid(unsafe_code)]
#![deny(
    warnings,
    unreachable_pub,
    unused_qualifications,
    rust_2018_idioms,
    missing_docs
)]

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

#[test]
fn the_root_is_the_name_of_the_crate() {
    link();
    assert_eq!(below::PATH, "accepted.bare.below");
    assert_eq!(both::PATH, "accepted.bare.both");
}
