//! `helpdesk methods`: what answers under `/api/method/`.

mod check;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::anyhow;
use helpdesk_core::dispatch::Dispatch;
use helpdesk_core::method::{Limit, Method, RateLimit};
use serde_json::{Value, json};

use super::table;

pub(super) const HELP: &str = "\
Lists the methods of all linked apps with verbs, whether guests may call them, rate limits and where each stands in \
the source. Older names of a method follow under it, with a = in front. No site is needed.

--check compares with a list: JSON, objects with `path` (`DocType::method` for methods of documents), `params` \
(`name`, `type`, `required`, `default`), `verbs`, `allow_guest` and `rate_limit`. Types count by kind only: text, \
number, yes or no, list, object. Each difference is a line; the exit code is 1 when there are any. Methods that are \
not on the list don't count.

Example:
  helpdesk methods | grep ticket
  helpdesk methods --check methods.json";

/// Options of `methods`.
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
    let dispatch = Dispatch::global().map_err(|error| anyhow!("{error}"))?;
    if let Some(file) = &options.check {
        return check::run(dispatch, file, out);
    }
    if options.json {
        let all: Vec<Value> = dispatch.methods().iter().map(|method| record(method)).collect();
        serde_json::to_writer_pretty(&mut *out, &all)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = table::new(["Method", "Verbs", "Guest", "Limits", "Source"]);
    for method in dispatch.methods() {
        let aliases = method.aliases.iter().map(|alias| format!("\n  = {alias}"));
        table.add_row([
            format!("{}{}", method.path, aliases.collect::<String>()),
            verbs(method),
            if method.allow_guest { "yes" } else { "" }.to_owned(),
            method.limits.iter().map(limit).collect::<Vec<_>>().join(", "),
            method.location.to_string(),
        ]);
    }
    table::write(&table, out)?;
    Ok(ExitCode::SUCCESS)
}

fn verbs(method: &Method) -> String {
    let names = method.verbs.names();
    if names.len() == 5 {
        return "all".to_owned();
    }
    names.join(" ")
}

/// `5 in 3600 s per article and address`.
fn limit(limit: &RateLimit) -> String {
    let count = match limit.limit {
        Limit::Fixed(count) => count.to_string(),
        Limit::Of(_) => "as set".to_owned(),
    };
    let per = match (limit.key, limit.ip_based) {
        (Some(key), true) => format!(" per {key} and address"),
        (Some(key), false) => format!(" per {key}"),
        (None, true) => " per address".to_owned(),
        (None, false) => String::new(),
    };
    format!("{count} in {} s{per}", limit.seconds)
}

/// A method in the form `--check` reads, and where it stands.
fn record(method: &Method) -> Value {
    let schemas = check::Schemas::of(method);
    let params = method.params.iter().filter(|param| !param.rest).map(|param| {
        json!({
            "name": param.name,
            "doc": param.doc,
            "type": schemas.kinds(param.name).to_string(),
            "rust_type": param.rust_type,
            "required": schemas.is_required(param.name),
            "default": param.default.map(|default| default()),
        })
    });
    let limits = method.limits.iter().map(|limit| {
        json!({
            "limit": match limit.limit {
                Limit::Fixed(count) => Some(count),
                Limit::Of(_) => None,
            },
            "seconds": limit.seconds,
            "key": limit.key,
            "ip_based": limit.ip_based,
        })
    });
    let limits: Vec<Value> = limits.collect();
    json!({
        "path": method.path,
        "aliases": method.aliases,
        "doc": method.doc,
        "params": params.collect::<Vec<Value>>(),
        "verbs": method.verbs.names(),
        "allow_guest": method.allow_guest,
        "rate_limit": limits.first(),
        "rate_limits": limits,
        "source": method.location.to_string(),
        "package": method.package,
    })
}
