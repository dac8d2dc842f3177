//! `helpdesk schedule`: what runs by itself, and running it now.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use helpdesk_core::jobs::{self, Enqueued, Ran};
use helpdesk_core::method::Verb;
use helpdesk_core::site::OpenMode;
use serde_json::json;

use super::{log, open, table};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
Scheduled jobs start once a period, in the site's time zone, whatever number of servers and workers a site has; a turn \
that was missed is made up for once. None starts while maintenance_mode or pause_scheduler is set, or System Settings \
have the scheduler disabled.

Examples:
  helpdesk --site /srv/help schedule list
  helpdesk --site /srv/help schedule run helpdesk.api.schedule.close_tickets_after_n_days";

/// Options of `schedule`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List the scheduled jobs, with their last and next turn
    List {
        /// Print a JSON list
        #[arg(long)]
        json: bool,
    },
    /// Run a scheduled job here and now; its turns stay as they are
    Run {
        /// Its name, as `schedule list` shows it
        #[arg(value_name = "NAME")]
        name: String,
    },
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let folder = SiteFolder::open(dir)?;
    if matches!(options.action, Action::Run { .. }) {
        log::start(&folder.config.log)?;
    }
    let site = open::site(folder, None, OpenMode::Beside)?;
    let mut cx = open::context(&site, Verb::Post)?;
    match &options.action {
        Action::List { json } => {
            let planned = jobs::schedule(&mut cx).map_err(open::told)?;
            if *json {
                let list: Vec<_> = planned
                    .iter()
                    .map(|job| {
                        json!({
                            "name": job.name,
                            "every": job.every.to_string(),
                            "queue": job.queue,
                            "last": job.last.map(|at| at.to_string()),
                            "next": job.next.map(|at| at.to_string()),
                        })
                    })
                    .collect();
                serde_json::to_writer_pretty(&mut *out, &list)?;
                writeln!(out)?;
                return Ok(ExitCode::SUCCESS);
            }
            let zone = site.clock.zone().clone();
            let time = |at: Option<jiff::Timestamp>| match at {
                Some(at) => at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string(),
                None => "never".to_owned(),
            };
            let mut list = table::new(["Name", "Every", "Queue", "Last turn", "Next turn"]);
            for job in planned {
                list.add_row([
                    job.name.to_owned(),
                    job.every.to_string(),
                    job.queue.to_owned(),
                    time(job.last),
                    time(job.next),
                ]);
            }
            table::write(&list, out)?;
            if let Some(why) = jobs::paused(&site) {
                writeln!(out, "\nNone of them starts: {why}.")?;
            }
        }
        Action::Run { name } => {
            let left = jobs::run_now(&mut cx, name).map_err(open::told)?;
            site.finish(cx).map_err(open::told)?;
            let id = left.id();
            match jobs::run_one(&site, id).map_err(open::told)? {
                Some(Ran::Done) => writeln!(out, "{name} is done")?,
                Some(_) => bail!("{name} failed; `helpdesk jobs show {id}` tells why"),
                None if matches!(left, Enqueued::Known(_)) => bail!("{name} runs already, as the job {id}"),
                // A server's worker was quicker.
                None => writeln!(out, "{name} is run by a server, as the job {id}")?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
