//! The commands, one file each.

mod log;
mod open;
mod serve;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

/// A command and its options.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the site over HTTP; create it if there is none
    Serve(serve::Options),
}

/// Runs a command on the site in `dir`; its result is written to `out`.
pub(crate) fn run(command: &Command, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(options) => serve::run(options, dir, out),
    }
}
