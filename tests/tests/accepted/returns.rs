//! Every form of a result.

#![deny(
    warnings,
    unreachable_pub,
    unused_qualifications,
    rust_2018_idioms,
    missing_docs
)]

use helpdesk_core::prelude::*;

type Answer<T> = std::result::Result<T, std::io::Error>;

#[derive(Serialize)]
struct Refused;

impl From<Refused> for Error {
    fn from(_: Refused) -> Error {
        invalid("No")
    }
}

#[whitelist]
fn nothing() {}

#[whitelist]
fn hidden() -> impl Serialize {
    [1, 2]
}

#[whitelist]
fn aliased() -> Answer<Vec<u8>> {
    Ok(Vec::new())
}

#[whitelist]
fn raw() -> Answer<Response> {
    Err(std::io::Error::other("x"))
}

#[whitelist]
fn serialisable_error() -> std::result::Result<(), Refused> {
    Err(Refused)
}

#[whitelist]
fn text() -> &'static str {
    "x"
}
