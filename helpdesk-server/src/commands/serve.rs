//! `helpdesk serve`: the site over HTTP, until SIGINT or SIGTERM.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use comfy_table::Table;
use helpdesk_core::install::{self, Filled};
use helpdesk_core::jobs::Workers;
use helpdesk_core::method::Verb;
use helpdesk_core::site::{OpenMode, Site};
use helpdesk_core::users;
use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{log, open, progress, table};
use crate::config::SiteFolder;
use crate::{Server, engine, nodes};

pub(super) const HELP: &str = "\
A site that is not there yet is made: its settings, its database, and the records a help desk starts with. The server \
runs until SIGINT or SIGTERM; requests that have begun are answered first, jobs that run are finished or given back, a \
second signal ends at once.

--demo fills a site that holds no tickets but the welcome one with invented agents, customers, tickets and articles, \
and prints an API key for each of their users, once.

Example:
  helpdesk --site /srv/help serve --listen 0.0.0.0:8000
  helpdesk --site /tmp/try serve --demo";

/// Options of `serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Address and port to listen on (default: the setting `listen`, 127.0.0.1:8000)
    #[arg(long, value_name = "ADDR:PORT", env = "HELPDESK_LISTEN")]
    listen: Option<String>,
    /// Redis that several servers on one PostgreSQL share (default: the setting `redis_cache`, none)
    #[arg(
        long,
        value_name = "URL",
        env = "HELPDESK_REDIS_CACHE",
        hide_env_values = true
    )]
    redis: Option<String>,
    /// Start the site's clock at this time and let it run on, as in 2026-11-22T07:13:00Z
    #[arg(long, value_name = "RFC3339", env = "HELPDESK_NOW")]
    now: Option<Timestamp>,
    /// Fill a new site with invented agents, customers, tickets and articles
    #[arg(long)]
    demo: bool,
    /// Run no jobs and no schedule: `helpdesk worker` does
    #[arg(long)]
    no_workers: bool,
}

/// Serves until a signal stops it. The first lets running requests finish, a second ends at once.
pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut folder = SiteFolder::open_or_create(dir)?;
    if let Some(listen) = &options.listen {
        folder.config.listen.clone_from(listen);
    }
    if let Some(redis) = &options.redis {
        nodes::check_address(redis).map_err(|text| anyhow::anyhow!("--redis: {text}"))?;
        folder.config.redis_cache.clone_from(redis);
    }
    log::start(&folder.config.log)?;
    if folder.created {
        tracing::info!(folder = %folder.path.display(), "made a new site");
    }
    let (listen, created) = (folder.config.listen.clone(), folder.created);
    let site = open::site(folder, options.now, OpenMode::Serve)?;
    if open::install(&site, created)? {
        tracing::info!("put in the records a new site starts with");
    }
    if options.demo {
        demo(&site, out)?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let (methods, doctypes) = engine::registered(&site);
        let server = Server::bind(Arc::clone(&site), &listen)
            .await
            .with_context(|| format!("can't listen on {listen}"))?;
        let address = server.local_addr()?;
        writeln!(out, "Documentation is at http://{address}/docs")?;
        // The last line: who waits for the server to be ready waits for this.
        writeln!(
            out,
            "Helpdesk listens on http://{address} with {methods} methods and {doctypes} DocTypes"
        )?;
        out.flush()?;
        let workers = match options.no_workers {
            true => None,
            false => Some(Workers::start(&site, site.config.workers).map_err(open::told)?),
        };
        server.run(stop(signals)).await;
        if let Some(workers) = workers {
            let patience = Duration::from_secs(site.config.shutdown_timeout);
            tokio::task::spawn_blocking(move || workers.stop(patience)).await?;
        }
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    })
}

/// Fills the site with what the apps invent, and prints keys for the users that come with it.
fn demo(site: &Arc<Site>, out: &mut dyn Write) -> anyhow::Result<()> {
    let bar = progress::bar(0, "Inventing");
    let filled = install::fill(site, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let filled = filled
        .map_err(open::told)
        .context("the site can't be filled for a demonstration")?;
    for result in filled {
        match result {
            Filled::Occupied(why) => {
                tracing::info!("--demo adds nothing: {why}");
            }
            Filled::Done { what, users } => {
                tracing::info!("made up {what}");
                table::write(&keys(site, &users)?, out)?;
                writeln!(out)?;
            }
        }
    }
    Ok(())
}

/// An API key for each user; a secret is shown this once.
fn keys(site: &Arc<Site>, names: &[String]) -> anyhow::Result<Table> {
    let mut cx = open::context(site, Verb::Post)?;
    let mut table = table::new(["User", "API key and secret (Authorization: token ..)"]);
    for user in names {
        let (key, secret) = users::new_api_key(&mut cx, user).map_err(open::told)?;
        table.add_row([user.clone(), format!("{key}:{secret}")]);
    }
    site.finish(cx).map_err(open::told)?;
    Ok(table)
}

/// Ready at the first signal; from then on a second one ends the process.
pub(super) async fn stop(mut signals: (Signal, Signal)) {
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
