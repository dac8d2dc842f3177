//! `helpdesk jobs`: what waits, runs, failed; trying it anew, taking it back, running it here.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use helpdesk_core::jobs::{self, Listed, Ran, State};
use helpdesk_core::method::Verb;
use helpdesk_core::site::OpenMode;
use jiff::Timestamp;

use super::{log, open, table};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
Jobs are work that methods and the schedule leave for later; a server runs them with its workers, `helpdesk worker` \
without a server. A job that failed as often as it may is parked: its error is kept here, and `retry` has it tried anew.

An id may be cut to a beginning that no other job has. Times are UTC. Arguments whose names say that they are secret \
are never shown.

Examples:
  helpdesk --site /srv/help jobs list --state failed
  helpdesk --site /srv/help jobs show 3f2a9c
  helpdesk --site /srv/help jobs retry 3f2a9c";

/// Options of `jobs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List jobs, the newest first
    List {
        /// Only those in this state
        #[arg(long, value_name = "STATE", value_parser = PossibleValuesParser::new(State::ALL.map(State::name)))]
        state: Option<String>,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 100)]
        most: u64,
        /// Print a JSON list
        #[arg(long)]
        json: bool,
    },
    /// Show all there is to know of a job
    Show {
        /// The job's id
        #[arg(value_name = "ID")]
        id: String,
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Have failed or cancelled jobs tried anew
    Retry {
        /// Ids of jobs
        #[arg(value_name = "ID", required_unless_present = "all")]
        ids: Vec<String>,
        /// All that failed
        #[arg(long, conflicts_with = "ids")]
        all: bool,
    },
    /// Take jobs back that wait, run or failed; what a running one does is not kept
    Cancel {
        /// Ids of jobs
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
    /// Run a waiting job here and now, or all that are due
    Run {
        /// The job's id (default: all that are due, until none is)
        #[arg(value_name = "ID")]
        id: Option<String>,
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
        Action::List { state, most, json } => {
            let state = state.as_deref().and_then(State::parse);
            let listed = jobs::list(&mut cx, state, *most).map_err(open::told)?;
            if *json {
                serde_json::to_writer_pretty(&mut *out, &listed)?;
                writeln!(out)?;
            } else {
                table::write(&tabled(&listed), out)?;
            }
        }
        Action::Show { id, json } => {
            let job = jobs::find(&mut cx, id).map_err(open::told)?;
            if *json {
                serde_json::to_writer_pretty(&mut *out, &job)?;
                writeln!(out)?;
            } else {
                show(&job, out)?;
            }
        }
        Action::Retry { ids, all } => {
            let mut ids = ids.clone();
            if *all {
                let failed =
                    jobs::list(&mut cx, Some(State::Failed), u64::from(u32::MAX)).map_err(open::told)?;
                ids.extend(failed.into_iter().map(|job| job.id));
            }
            for id in &ids {
                jobs::retry(&mut cx, id).map_err(open::told)?;
            }
            site.finish(cx).map_err(open::told)?;
            for id in ids {
                writeln!(out, "{id} waits again")?;
            }
        }
        Action::Cancel { ids } => {
            for id in ids {
                jobs::cancel(&mut cx, id).map_err(open::told)?;
            }
            site.finish(cx).map_err(open::told)?;
            for id in ids {
                writeln!(out, "{id} is cancelled")?;
            }
        }
        Action::Run { id } => {
            let ran = match id {
                Some(id) => {
                    let id = jobs::find(&mut cx, id).map_err(open::told)?.id;
                    drop(cx);
                    match jobs::run_one(&site, &id).map_err(open::told)? {
                        Some(ran) => vec![ran],
                        None => anyhow::bail!("{id} doesn't wait; `helpdesk jobs show {id}` tells its state"),
                    }
                }
                None => {
                    drop(cx);
                    jobs::run_waiting(&site).map_err(open::told)?
                }
            };
            return told(&ran, out);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told(ran: &[Ran], out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let count = |of: Ran| ran.iter().filter(|ran| **ran == of).count();
    let (done, failed, parked) = (count(Ran::Done), count(Ran::Failed), count(Ran::Parked));
    writeln!(out, "{done} done, {failed} failed, {parked} parked")?;
    Ok(if done == ran.len() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn tabled(listed: &[Listed]) -> comfy_table::Table {
    let mut table = table::new(["Id", "Job", "Queue", "State", "Tries", "Next", "User", "Error"]);
    for job in listed {
        let next = if job.state == State::Queued {
            time(job.run_at)
        } else {
            String::new()
        };
        let error: String = job.error.lines().next().unwrap_or("").chars().take(80).collect();
        table.add_row([
            job.id.get(..12).unwrap_or(&job.id).to_owned(),
            job.job.clone(),
            job.queue.clone(),
            job.state.name().to_owned(),
            format!("{}/{}", job.attempts, job.most),
            next,
            job.user.clone(),
            error,
        ]);
    }
    table
}

fn show(job: &Listed, out: &mut dyn Write) -> std::io::Result<()> {
    let lines = [
        ("Id", job.id.clone()),
        ("Job", job.job.clone()),
        ("Queue", job.queue.clone()),
        ("State", job.state.name().to_owned()),
        ("Tries", format!("{} of {}", job.attempts, job.most)),
        ("User", job.user.clone()),
        ("Key", job.key.clone()),
        ("Left", time(job.queued_at)),
        ("May run", time(job.run_at)),
        ("Begun", time(job.started_at)),
        ("Ended", time(job.ended_at)),
        ("Arguments", job.args.to_string()),
        ("Error", job.error.clone()),
        (
            "Result",
            if job.result.is_null() {
                String::new()
            } else {
                job.result.to_string()
            },
        ),
    ];
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        writeln!(out, "{name:10} {value}")?;
    }
    Ok(())
}

fn time(at: Option<Timestamp>) -> String {
    at.map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
        .unwrap_or_default()
}
