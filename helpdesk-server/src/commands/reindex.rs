//! `helpdesk reindex`: the search indexes anew.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use helpdesk_core::cx::Cx;
use helpdesk_core::method::Verb;
use helpdesk_core::search;
use helpdesk_core::site::OpenMode;

use super::{open, progress};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
Search indexes are kept in step with the documents by themselves. This builds them anew of what is stored: after rows were \
written by other programs, or to forget words of documents that are gone. All of it happens in one transaction. The \
server must not be running.

Example:
  helpdesk --site /srv/help reindex";

/// Options of `reindex`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Build this index alone
    #[arg(value_name = "INDEX")]
    index: Option<String>,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut indexes = search::indexes();
    if let Some(only) = &options.index {
        let all = indexes.join(", ");
        indexes.retain(|index| index == only);
        if indexes.is_empty() {
            anyhow::bail!("there is no search index {only:?}: the indexes are {all}");
        }
    }
    let site = open::site(SiteFolder::open(dir)?, None, OpenMode::Exclusive)?;
    let mut cx = open::context(&site, Verb::Post)?;
    let since = Instant::now();
    let mut lines = Vec::new();
    for index in indexes {
        let count = build(&mut cx, index).context("nothing was changed")?;
        lines.push(format!("{index}: {count} documents"));
    }
    site.finish(cx)
        .map_err(open::told)
        .context("nothing was changed")?;
    for line in lines {
        writeln!(out, "{line}")?;
    }
    writeln!(
        std::io::stderr(),
        "Indexed in {:.1} s",
        since.elapsed().as_secs_f64()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Builds one index with a bar; returns how many documents it holds. The caller commits.
///
/// # Errors
/// A database failure.
pub(super) fn build(cx: &mut Cx, index: &'static str) -> anyhow::Result<u64> {
    let metas = cx.site().metas();
    let count = search::size(cx.db(), &metas, index).map_err(open::told)?;
    let bar = progress::bar(count, "Indexing");
    let built = search::rebuild(cx.db(), &metas, index, &mut |done| bar.set_position(done));
    bar.finish_and_clear();
    built.map_err(open::told)?;
    Ok(count)
}
