//! `helpdesk openapi`: the description of the API.

use std::io::Write;
use std::process::ExitCode;

use anyhow::anyhow;
use helpdesk_core::dispatch::Dispatch;
use helpdesk_core::doctype::registry;
use helpdesk_core::method::Limit;
use helpdesk_core::openapi::{self, Info};
use helpdesk_core::session::Session;

pub(super) const HELP: &str = "\
Prints the OpenAPI 3.1 document of all linked apps: every method, and every DocType as the Administrator sees it. A \
running server answers the same at /api/openapi.json, for each caller's own DocTypes and with the fields that the site \
added. No site is needed.

Example:
  helpdesk openapi > openapi.json
  helpdesk openapi --doctype 'HD Ticket'";

/// Options of `openapi`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Only this DocType, and no methods
    #[arg(long, value_name = "NAME")]
    doctype: Option<String>,
}

pub(super) fn run(options: &Options, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let dispatch = Dispatch::global().map_err(|error| anyhow!("{error}"))?;
    let metas = registry::global().map_err(|error| anyhow!("{error}"))?;
    if let Some(name) = &options.doctype
        && !metas.contains_key(name)
    {
        return Err(anyhow!("there is no DocType {name:?}"));
    }
    let info = Info {
        title: "Helpdesk".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let document = openapi::document(
        &info,
        dispatch,
        metas.values(),
        &openapi::Options {
            session: &Session::administrator(),
            doctype: options.doctype.as_deref(),
            // A limit that a function gives depends on the site.
            limit: &|limit| match limit {
                Limit::Fixed(number) => Some(number),
                Limit::Of(_) => None,
            },
        },
    );
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}
