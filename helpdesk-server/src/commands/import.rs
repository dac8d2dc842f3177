//! `helpdesk import`: documents from a CSV file.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use helpdesk_core::cx::Cx;
use helpdesk_core::import::{Errors, Import, Options as How, Outcome};
use helpdesk_core::method::Verb;
use helpdesk_core::session::Session;
use helpdesk_core::site::{self, OpenMode, Site};
use helpdesk_core::users;
use indicatif::ProgressBar;

use super::{log, open, progress};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
The first line names the fields, by name or by label; the column ID (or name) is the document's name. Columns that are no \
field are told and left out. Each row goes through the checks, permissions and hooks a request goes through, as the user \
that --user names. The file is CSV in UTF-8; delimiters are `,`, `;`, tab or `|`.

Rows with errors are written to a file of their own (FILE.errors.csv), each with its error: mend it and import it. The \
other rows are kept, unless --all-or-nothing is given. Mails are not sent, unless --send-mails is given. It works beside a \
running server, some rows a transaction.

Examples:
  helpdesk import --doctype 'HD Ticket' tickets.csv --dry-run
  helpdesk import --doctype Contact contacts.csv --update";

/// Rows of one transaction.
const BATCH: usize = 100;

/// Options of `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The CSV file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// `DocType` of the documents
    #[arg(long, value_name = "DOCTYPE")]
    doctype: String,
    /// Change documents that are there, by their ID; an empty cell empties its field
    #[arg(long)]
    update: bool,
    /// Try each row by itself and keep none
    #[arg(long)]
    dry_run: bool,
    /// Keep no row if one has an error
    #[arg(long)]
    all_or_nothing: bool,
    /// Send the mails that the documents' hooks write
    #[arg(long)]
    send_mails: bool,
    /// Who imports: a user's id
    #[arg(long, value_name = "USER", default_value = "Administrator")]
    user: String,
    /// Where rows with errors go (default: FILE.errors.csv)
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
}

/// Rows that were imported, and rows with errors.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    good: u64,
    bad: u64,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let size = std::fs::metadata(&options.file)
        .with_context(|| format!("can't read {}", options.file.display()))?
        .len();
    let folder = SiteFolder::open(dir)?;
    log::start(&folder.config.log)?;
    let site = open::site(folder, None, OpenMode::Beside)?;
    let session = session(&site, &options.user)?;
    let how = How {
        update: options.update,
        dry_run: options.dry_run,
        send_mails: options.send_mails,
        most_rows: None,
    };
    let mut cx = context(&site, &session)?;
    let mut import = Import::open(&mut cx, &options.doctype, &options.file, how).map_err(open::told)?;
    let mut notes = std::io::stderr();
    for note in import.notes() {
        writeln!(notes, "{note}")?;
    }
    let mut rejected = Rejected {
        path: options.errors.clone().unwrap_or_else(|| beside(&options.file)),
        file: None,
    };
    let bar = progress::bar(size, if options.dry_run { "Trying" } else { "Importing" });
    let result = rows(options, &site, &session, cx, &mut import, &mut rejected, &bar);
    bar.finish_and_clear();
    let written = rejected.finish()?;
    let tally = match result {
        Ok(tally) => tally,
        Err(error) => {
            let (read, _) = import.counts();
            return Err(error.context(format!("stopped after {read} rows")));
        }
    };
    let what = match (options.dry_run, options.update) {
        (true, _) => "would be imported",
        (false, true) => "changed",
        (false, false) => "imported",
    };
    writeln!(out, "{} {what}, {} with errors", tally.good, tally.bad)?;
    if let Some(path) = written {
        writeln!(notes, "Rows with errors are in {}", path.display())?;
    }
    Ok(if tally.bad == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// Imports all rows.
fn rows(
    options: &Options,
    site: &Arc<Site>,
    session: &Arc<Session>,
    first: Cx,
    import: &mut Import,
    rejected: &mut Rejected,
    bar: &ProgressBar,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut cx = first;
    if options.all_or_nothing {
        cx.db().may_take_long();
    }
    loop {
        let outcomes = import.batch(&mut cx, BATCH).map_err(open::told)?;
        bar.set_position(import.position());
        for outcome in &outcomes {
            match outcome.result {
                Ok(_) => tally.good += 1,
                Err(_) => tally.bad += 1,
            }
            rejected.add(import.header(), outcome)?;
        }
        let is_last = outcomes.is_empty();
        if options.all_or_nothing {
            if !is_last {
                continue;
            }
            if tally.bad > 0 {
                // Dropped, the transaction is rolled back.
                return Ok(Tally { good: 0, ..tally });
            }
        }
        if is_last && !options.dry_run {
            // Users, roles or metadata may have changed; a server beside this process has to hear of it.
            site::announce_change(&mut cx).map_err(open::told)?;
        }
        site.finish(cx).map_err(open::told)?;
        if is_last {
            return Ok(tally);
        }
        cx = context(site, session)?;
    }
}

/// The file of rows with errors, which is only there if there are some.
struct Rejected {
    path: PathBuf,
    file: Option<Errors<File>>,
}

impl Rejected {
    fn add(&mut self, header: &[String], outcome: &Outcome) -> anyhow::Result<()> {
        if outcome.result.is_ok() {
            return Ok(());
        }
        if self.file.is_none() {
            let file =
                File::create(&self.path).with_context(|| format!("can't write {}", self.path.display()))?;
            self.file = Some(Errors::new(file, header).map_err(open::told)?);
        }
        match &mut self.file {
            Some(file) => file.add(outcome).map_err(open::told),
            None => Ok(()),
        }
    }

    /// Where the rows are, if there are any.
    fn finish(self) -> anyhow::Result<Option<PathBuf>> {
        let Some(file) = self.file else {
            return Ok(None);
        };
        file.finish().map_err(open::told)?;
        Ok(Some(self.path))
    }
}

fn beside(file: &Path) -> PathBuf {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!("{stem}.errors.csv"))
}

fn context(site: &Arc<Site>, session: &Arc<Session>) -> anyhow::Result<Cx> {
    site.context(Arc::clone(session), Verb::Post).map_err(open::told)
}

fn session(site: &Arc<Site>, user: &str) -> anyhow::Result<Arc<Session>> {
    let mut cx = open::context(site, Verb::Get)?;
    match users::session_of(&mut cx, user).map_err(open::told)? {
        Some(session) => Ok(Arc::new(session)),
        None => bail!("there is no enabled user {user}"),
    }
}
