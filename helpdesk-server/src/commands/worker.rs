//! `helpdesk worker`: the workers of a server, without the server.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use helpdesk_core::jobs::Workers;
use helpdesk_core::site::OpenMode;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};

use super::{log, open, serve};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
Runs jobs and the schedule beside servers that were started with --no-workers, or with some of their own: any number of \
processes may work on one database. On SQLite a server's own workers do better, since all writers share one lock.

Runs until SIGINT or SIGTERM; jobs that run are finished first, for as long as the setting shutdown_timeout says, and \
given back after that. A second signal ends at once.

Example:
  helpdesk --site /srv/help worker --threads 4";

/// Options of `worker`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Jobs that run at once (default: the setting `workers`, 2)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Start the site's clock at this time and let it run on, as in 2026-11-22T07:13:00Z
    #[arg(long, value_name = "RFC3339", env = "HELPDESK_NOW")]
    now: Option<Timestamp>,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let folder = SiteFolder::open(dir)?;
    log::start(&folder.config.log)?;
    let site = open::site(folder, options.now, OpenMode::Beside)?;
    let threads = options.threads.map_or(site.config.workers, usize::from).max(1);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let workers = Workers::start(&site, threads).map_err(open::told)?;
        writeln!(out, "Helpdesk runs jobs with {threads} threads")?;
        out.flush()?;
        serve::stop(signals).await;
        let patience = Duration::from_secs(site.config.shutdown_timeout);
        // Blocking, so that the task that hears a second signal goes on.
        tokio::task::spawn_blocking(move || workers.stop(patience)).await?;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    })
}
