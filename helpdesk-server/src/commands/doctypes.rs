//! `helpdesk doctypes`: the DocTypes of all linked apps.

mod check;
mod record;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::anyhow;
use comfy_table::CellAlignment;
use helpdesk_core::doctype::meta::Meta;
use helpdesk_core::doctype::registry;
use helpdesk_core::install;
use serde_json::Value;

use super::table;

pub(super) const HELP: &str = "\
Lists the DocTypes of all linked apps as they are declared, without what a site adds to them. No site is needed.

--check compares with a list: JSON, one DocType record each, with `fields` and `permissions`. Compared are naming and \
other flags of the DocType, its fields in order with types, options, defaults and flags, its permission rules, links \
and states, and the fields, properties and rules that apps add to it; not compared are descriptions. Each difference is a line; the exit code is 1 when there are any. DocTypes that are not on \
the list don't count.

Example:
  helpdesk doctypes --json | jq '.[] | select(.name == \"HD Ticket\") | .fields[].fieldname'
  helpdesk doctypes --check doctypes.json";

/// Options of `doctypes`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Print JSON instead of a table
    #[arg(long, conflicts_with = "check")]
    json: bool,
    /// Compare with this list
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

pub(super) fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let registered = registry::registered().map_err(|error| anyhow!(error))?;
    let metas: BTreeMap<&str, &Arc<Meta>> = registered
        .iter()
        .map(|(name, meta)| (name.as_str(), meta))
        .collect();
    if let Some(file) = &options.check {
        return check::run(&metas, file, out);
    }
    if options.json {
        let added = install::customizations().map_err(|error| anyhow!("what apps add: {error}"))?;
        let all = metas
            .values()
            .map(|meta| Value::Object(record::with_added(meta, &added)));
        serde_json::to_writer_pretty(&mut *out, &all.collect::<Vec<_>>())?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = table::new(["DocType", "App", "Module", "Fields", "Kind"]);
    for (name, meta) in metas {
        let fields = meta.fields.iter().filter(|field| !field.fieldtype.is_layout());
        table.add_row([
            name.to_owned(),
            meta.app.clone(),
            meta.module.clone(),
            fields.count().to_string(),
            kind(meta).to_owned(),
        ]);
    }
    if let Some(counts) = table.column_mut(3) {
        counts.set_cell_alignment(CellAlignment::Right);
    }
    table::write(&table, out)?;
    Ok(ExitCode::SUCCESS)
}

fn kind(meta: &Meta) -> &'static str {
    if meta.issingle {
        "single"
    } else if meta.istable {
        "child"
    } else if meta.is_virtual {
        "virtual"
    } else if meta.is_tree {
        "tree"
    } else {
        "document"
    }
}
