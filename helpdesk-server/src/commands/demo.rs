//! `helpdesk demo`: invented documents at size.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use helpdesk_core::install;
use helpdesk_core::site::OpenMode;

use super::{open, progress};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
Adds invented tickets to a site, the same ones at every run, written in bulk: to see and measure how the site behaves at \
size. A new site is made, with the records and the demonstration data that `serve --demo` puts in. No server may run on \
the site meanwhile.

Example:
  helpdesk --site /tmp/big demo --tickets 1000000";

/// Options of `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// How many tickets to add
    #[arg(long, value_name = "N")]
    tickets: u64,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let folder = SiteFolder::open_or_create(dir)?;
    let created = folder.created;
    let site = open::site(folder, None, OpenMode::Exclusive)?;
    if open::install(&site, created)? {
        install::fill(&site, &mut |_, _| {}).map_err(open::told)?;
    }
    let since = Instant::now();
    let bar = progress::bar(options.tickets, "Adding tickets");
    let filled = install::fill_bulk(&site, "tickets", options.tickets, &mut |done, _| {
        bar.set_position(done);
    });
    bar.finish_and_clear();
    filled.map_err(open::told)?;
    let mut cx = open::context(&site, helpdesk_core::method::Verb::Get)?;
    cx.db().optimize().map_err(open::told)?;
    writeln!(
        out,
        "Added {} tickets in {:.1} s",
        options.tickets,
        since.elapsed().as_secs_f64()
    )?;
    Ok(ExitCode::SUCCESS)
}
