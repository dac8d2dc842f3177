//! `helpdesk migrate`: what the database lacks of this version's DocTypes and reports.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use helpdesk_core::doctype::registry;
use helpdesk_core::doctype::schema::{self, Step};
use helpdesk_core::method::Verb;
use helpdesk_core::site::{Site, database_path};
use helpdesk_core::{install, report, search};

use super::{open, reindex};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
Tables, columns, indexes and reports are added, nothing is changed or dropped. The plan is printed, a step a line, and carried \
out in one transaction; running it twice finds nothing to do the second time. The server must not be running.

Example:
  helpdesk --site /srv/help migrate --dry-run && helpdesk --site /srv/help migrate";

/// Options of `migrate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Print the plan, change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let folder = SiteFolder::open(dir)?;
    if options.dry_run && folder.config.database.is_empty() && !database_path(&folder.path).exists() {
        writeln!(
            out,
            "There is no database yet: `helpdesk serve` makes it, complete"
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let (site, steps) = open::unchecked(folder)?;
    for step in &steps {
        writeln!(out, "{}", step.what)?;
    }
    let missing = missing_reports(&site, &steps)?;
    for report in &missing {
        writeln!(out, "create Report {report}")?;
    }
    if steps.is_empty() && missing.is_empty() {
        writeln!(out, "Nothing to do: the database has all that this version needs")?;
        return Ok(ExitCode::SUCCESS);
    }
    let count = steps.len() + missing.len();
    if options.dry_run {
        writeln!(out, "{count} steps; nothing was changed")?;
        return Ok(ExitCode::SUCCESS);
    }
    // Of two who migrate one database, the second finds what is left to do.
    let _alone = site.database().alone().map_err(open::told)?;
    let mut cx = open::context(&site, Verb::Post)?;
    let planned = schema::plan(cx.db(), site.registered());
    let applied = planned
        .and_then(|steps| schema::apply(cx.db(), &steps))
        .and_then(|()| {
            // Columns of the site's own fields can be told only now.
            let metas = registry::of_site(cx.db(), site.registered())?;
            let steps = schema::plan(cx.db(), &metas)?;
            schema::apply(cx.db(), &steps)
        });
    applied.map_err(open::told).context("nothing was changed")?;
    if !missing.is_empty() {
        report::add_missing(&mut cx)
            .map_err(open::told)
            .context("nothing was changed")?;
    }
    if steps.iter().any(Step::makes_search_table) {
        // Documents that were there before have to be found too.
        for index in search::indexes() {
            reindex::build(&mut cx, index).context("nothing was changed")?;
        }
    }
    site.finish(cx)
        .map_err(open::told)
        .context("nothing was changed")?;
    writeln!(out, "Done: {count} steps")?;
    Ok(ExitCode::SUCCESS)
}

/// The reports that came after the site was installed; a site that is still to be installed gets all of them then.
fn missing_reports(site: &Arc<Site>, steps: &[Step]) -> anyhow::Result<Vec<&'static str>> {
    let is_blank =
        |step: &Step| ["create table tabReport", "create table tabUser"].contains(&step.what.as_str());
    if steps.iter().any(is_blank) || install::is_needed(site).map_err(open::told)? {
        return Ok(Vec::new());
    }
    let mut cx = open::context(site, Verb::Get)?;
    report::missing(&mut cx).map_err(open::told)
}
