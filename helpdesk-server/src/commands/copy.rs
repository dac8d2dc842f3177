//! `helpdesk copy`: a whole site from one database into another.

mod folders;
mod place;

use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, bail};
use comfy_table::CellAlignment;
use helpdesk_core::copy::{self, Copied};
use helpdesk_core::db::{Database, Mode, Tx};
use helpdesk_core::doctype::registry;

use self::folders::Made;
use self::place::End;
use super::{open, progress, table};

pub(super) const HELP: &str = "\
FROM and TO are each the folder of a site, whose site.toml names its database (HELPDESK_DATABASE does not count here), \
or a database: postgres://user@host/name or sqlite:PATH. TO must be empty: a database without any table, or a folder \
that has no site yet. Neither site may be served meanwhile.

All of it is copied, as it is: documents of all DocTypes, child rows, single DocTypes, fields the site added, users with \
their keys, passwords, naming counters, users' settings. It happens in one transaction: when a row can't be copied or \
the numbers of rows differ in the end, nothing is left in TO and the exit code is 1.

Of the folder: from folder to folder, site.toml is copied too, without its `database`, where TO has none, and so are \
all sub-folders (uploaded files). Where FROM or TO is a database alone, no file is copied. Stored passwords open only with the \
`encryption_key` of FROM's site.toml: keep it with the copy. Where TO is a folder with a key that does not fit, the \
command refuses.

To move a site to PostgreSQL, copy it, then set `database` in its site.toml. Examples:
  helpdesk copy --from /srv/help --to postgres://helpdesk@db/helpdesk
  helpdesk copy --from postgres://helpdesk@db/helpdesk --to sqlite:/srv/help/site.db
  helpdesk copy --from /srv/help --to /srv/help-copy";

/// Options of `copy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// What to copy: a site's folder, or a database
    #[arg(long, value_name = "PLACE")]
    from: String,
    /// Where to: a folder or a database, empty
    #[arg(long, value_name = "PLACE")]
    to: String,
    /// Leave out tables and columns that belong to no DocType of this program, instead of refusing
    #[arg(long)]
    leave_out_unknown: bool,
}

pub(super) fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let since = Instant::now();
    let from = End::existing(&options.from)?;
    let mut made = Made::default();
    let to = End::empty(&options.to, &from, &mut made)?;
    let mut source = connect(&from)?;
    let mut target = connect(&to)?;
    let copied = rows(options, &mut source, &mut target)?;
    write_figures(&copied, out)?;
    let differ: Vec<&Copied> = copied.iter().filter(|table| table.from != table.to).collect();
    if let Some(first) = differ.first() {
        bail!(
            "the copy has other numbers of rows ({} tables, {} first): nothing was copied",
            differ.len(),
            first.table
        );
    }
    if let Some(folder) = &to.folder
        && let Some(password) =
            copy::unreadable_password(&mut target, &folder.config.encryption_key).map_err(open::told)?
    {
        bail!(
            "the encryption_key in {}/site.toml does not open the stored passwords ({password}): put the \
             key of the site that is copied there (a folder with nothing but a site.toml will do); nothing was copied",
            folder.path.display()
        );
    }
    if let (Some(from), Some(to)) = (&from.folder, &to.folder) {
        folders::copy(&from.path, &to.path, &mut made)?;
    }
    target
        .commit()
        .map_err(open::told)
        .context("nothing was copied")?;
    made.keep();
    let total: i64 = copied.iter().map(|table| table.to).sum();
    writeln!(
        std::io::stderr(),
        "Copied {total} rows from {} to {} in {:.1} s{}",
        from.shown,
        to.shown,
        since.elapsed().as_secs_f64(),
        advice(&from, &to)
    )?;
    Ok(ExitCode::SUCCESS)
}

fn connect(end: &End) -> anyhow::Result<Tx> {
    Database::open_at(&end.place, Mode::Command)
        .and_then(|database| database.connect())
        .map_err(open::told)
        .with_context(|| format!("{} can't be opened", end.shown))
}

fn rows(options: &Options, source: &mut Tx, target: &mut Tx) -> anyhow::Result<Vec<Copied>> {
    let registered = registry::global().map_err(|text| anyhow::anyhow!("{text}"))?;
    let plan = copy::begin(source, target, registered)
        .map_err(open::told)
        .context("nothing was copied")?;
    if !plan.unknown.is_empty() {
        let unknown: Vec<String> = plan.unknown.iter().map(ToString::to_string).collect();
        let unknown = unknown.join(", ");
        if !options.leave_out_unknown {
            bail!(
                "nothing was copied: no DocType of this program has {unknown}; copy with the program that has them, or \
                 leave them out with --leave-out-unknown"
            );
        }
        writeln!(std::io::stderr(), "Left out: {unknown}")?;
    }
    let bar = progress::bar(plan.rows, "Copying");
    let copied = copy::run(source, target, registered, &plan, &mut |done| {
        bar.set_position(done);
    });
    bar.finish_and_clear();
    copied.map_err(open::told).context("nothing was copied")
}

fn write_figures(copied: &[Copied], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut table = table::new(["Table", "Rows", "Copied"]);
    let (filled, empty): (Vec<&Copied>, Vec<&Copied>) =
        copied.iter().partition(|table| table.from > 0 || table.to > 0);
    for row in &filled {
        table.add_row([row.table.clone(), row.from.to_string(), row.to.to_string()]);
    }
    let sum = |count: fn(&Copied) -> i64| copied.iter().map(count).sum::<i64>().to_string();
    table.add_row(["Total".to_owned(), sum(|row| row.from), sum(|row| row.to)]);
    for i in [1, 2] {
        if let Some(counts) = table.column_mut(i) {
            counts.set_cell_alignment(CellAlignment::Right);
        }
    }
    table::write(&table, out)?;
    writeln!(out, "and {} tables without rows", empty.len())?;
    Ok(())
}

/// What is left to do by hand.
fn advice(from: &End, to: &End) -> String {
    match (&from.folder, &to.folder) {
        (Some(folder), None) => format!(
            ". To serve from there, set `database` in {}/site.toml",
            folder.path.display()
        ),
        (None, _) => {
            ". Stored passwords open only with the encryption_key of the site's own site.toml".to_owned()
        }
        (Some(_), Some(_)) => String::new(),
    }
}
