//! `helpdesk` as a program that the tests of this crate can start, and kill.

use std::process::ExitCode;

fn main() -> ExitCode {
    helpdesk_api::link();
    helpdesk_server::cli::run()
}
