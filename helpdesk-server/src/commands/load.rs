//! `helpdesk load`: a data set into an empty site, as it is.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use comfy_table::CellAlignment;
use helpdesk_core::load;
use helpdesk_core::method::Verb;
use helpdesk_core::site::OpenMode;

use super::{open, progress, table};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
One line is one document: {\"doctype\": \"HD Ticket\", \"doc\": {\"name\": \"0001\", \"subject\": \"Printer\", ..}}. \
Names, owners and times are taken as given; no hooks run and no permission is checked. All lines are loaded, or none: \
one that fails is told with its number.

A site is made if there is none, without the records a new one starts with, since the file brings its own. A site that \
holds documents is left alone, unless --replace has it emptied first. The server must not be running.

Example:
  helpdesk --site /srv/help load dataset.jsonl
  zcat backup.jsonl.gz | helpdesk --site /srv/help load - --replace";

/// Options of `load`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// File of JSON lines; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Empty the site first
    #[arg(long)]
    replace: bool,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let text = read(&options.file)?;
    let since = Instant::now();
    let site = open::site(SiteFolder::open_or_create(dir)?, None, OpenMode::Exclusive)?;
    let mut cx = open::context(&site, Verb::Post)?;
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    let bar = progress::bar(lines as u64, "Loading");
    let loaded = load::load(&mut cx, &text, options.replace, &mut |done| {
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    let loaded = loaded.map_err(open::told).context("nothing was loaded")?;
    site.finish(cx)
        .map_err(open::told)
        .context("nothing was loaded")?;
    let total: u64 = loaded.values().sum();
    let mut table = table::new(["DocType", "Documents"]);
    for (doctype, count) in &loaded {
        table.add_row([doctype.clone(), count.to_string()]);
    }
    table.add_row(["Total".to_owned(), total.to_string()]);
    if let Some(counts) = table.column_mut(1) {
        counts.set_cell_alignment(CellAlignment::Right);
    }
    table::write(&table, out)?;
    let seconds = since.elapsed().as_secs_f64();
    writeln!(
        std::io::stderr(),
        "Loaded {total} documents into {} in {seconds:.1} s",
        dir.display()
    )?;
    Ok(ExitCode::SUCCESS)
}

fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("can't read standard input")?;
        return Ok(text);
    }
    std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))
}
