//! `helpdesk serve`: the site over HTTP, until SIGINT or SIGTERM.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{log, open};
use crate::config::SiteFolder;
use crate::{Server, engine};

/// Options of `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Address and port to listen on (default: the setting `listen`, 127.0.0.1:8000)
    #[arg(long, value_name = "ADDR:PORT", env = "HELPDESK_LISTEN")]
    listen: Option<String>,
    /// Start the site's clock at this time and let it run on, as in 2026-11-22T07:13:00Z
    #[arg(long, value_name = "RFC3339", env = "HELPDESK_NOW")]
    now: Option<Timestamp>,
    /// Fill a new site with invented agents, customers, tickets and articles
    #[arg(long)]
    demo: bool,
}

/// Serves until a signal stops it. The first lets running requests finish, a second ends at once.
pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    if options.demo {
        bail!("--demo is not part of this build yet");
    }
    let mut folder = SiteFolder::open_or_create(dir)?;
    if let Some(listen) = &options.listen {
        folder.config.listen.clone_from(listen);
    }
    log::start(&folder.config.log)?;
    if folder.created {
        tracing::info!(folder = %folder.path.display(), "made a new site");
    }
    let listen = folder.config.listen.clone();
    let site = open::site(folder, options.now)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let (methods, doctypes) = engine::registered(&site);
        let server = Server::bind(site, &listen)
            .await
            .with_context(|| format!("can't listen on {listen}"))?;
        let address = server.local_addr()?;
        writeln!(
            out,
            "Helpdesk listens on http://{address} with {methods} methods and {doctypes} DocTypes"
        )?;
        out.flush()?;
        server.run(stop(signals)).await;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    })
}

/// Ready at the first signal; from then on a second one ends the process.
async fn stop(mut signals: (Signal, Signal)) {
    either(&mut signals).await;
    tracing::info!("stopping: running requests are finished, a second signal ends at once");
    tokio::spawn(async move {
        either(&mut signals).await;
        std::process::exit(1);
    });
}

async fn either((interrupt, terminate): &mut (Signal, Signal)) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
