//! Who may do what: every method and every DocType, asked over HTTP by every kind of user.
//!
//! `methods.txt` and `doctypes.txt` hold what comes of it, `docs/permissions.md` is written from them. A method or
//! DocType without its entry fails, as does a cell that says otherwise than the server.
//! `UPDATE_DOCS=1 cargo nextest run -p helpdesk-tests --test matrix` writes all three, but a method's arguments, which
//! have to be there; read the diff.
//!
//! On SQLite alone, where a site can be copied for each call that changes it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, in helpers too")]

mod cast;
mod doctypes;
mod methods;
mod page;
mod table;

use std::path::PathBuf;

/// Whether the files are to be written.
fn updates() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

fn here(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)
}
