//! `helpdesk call`: a method, in this process.

use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use helpdesk_core::args::Args;
use helpdesk_core::call::{self, Outcome, Target};
use helpdesk_core::cx::{Api, Request, Shared};
use helpdesk_core::message::Message;
use helpdesk_core::method::Verb;
use helpdesk_core::reply::{HEADROOM, Reply};
use helpdesk_core::session::Session;
use helpdesk_core::site::{self, OpenMode, Site};
use helpdesk_core::users;
use serde_json::{Map, Value};

use super::{log, open};
use crate::config::SiteFolder;
use crate::engine;

pub(super) const HELP: &str = "\
The call goes through the checks, arguments, rate limits and the transaction that a request goes through, and works \
beside a running server. What the method returns is printed as JSON; messages and errors go to standard error. With \
--get nothing is committed, as for a request.

Metadata changed this way (Custom Fields, permission rules) reaches a running server within a second.

Example:
  helpdesk call frappe.client.get_count --args '{\"doctype\": \"HD Ticket\"}' --get
  helpdesk call frappe.auth.get_logged_user --user maya@desk.example";

/// Options of `call`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The method's dotted path, as `helpdesk methods` lists it
    #[arg(value_name = "PATH")]
    path: String,
    /// Who calls: a user's id, or Guest
    #[arg(long, value_name = "USER", default_value = "Administrator")]
    user: String,
    /// The arguments, a JSON object; `-` reads them from standard input
    #[arg(long, value_name = "JSON")]
    args: Option<String>,
    /// Call with GET instead of POST
    #[arg(long)]
    get: bool,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let args = arguments(options.args.as_deref())?;
    let folder = SiteFolder::open(dir)?;
    log::start(&folder.config.log)?;
    let site = open::site(folder, None, OpenMode::Beside)?;
    let method = match engine::lookup(&site, &options.path, Api::V1, None) {
        Ok(method) => method,
        Err(unknown) => bail!("{}", unknown.error.text()),
    };
    let shared = Shared {
        site: Arc::clone(&site),
        session: session(&site, &options.user)?,
        request: Request::internal(if options.get { Verb::Get } else { Verb::Post }),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(call::call(shared, Target::Method(method), args));
    if !options.get && outcome.result.is_ok() {
        // Users, roles or shares may have changed; a server beside this process has to hear of it.
        let mut cx = open::context(&site, Verb::Post)?;
        site::announce_change(&mut cx).map_err(open::told)?;
        site.finish(cx).map_err(open::told)?;
    }
    answer(outcome, out, &mut std::io::stderr())
}

fn arguments(given: Option<&str>) -> anyhow::Result<Args> {
    let mut text = String::new();
    let text = match given {
        None => return Ok(Args::new()),
        Some("-") => {
            std::io::stdin()
                .read_to_string(&mut text)
                .context("can't read standard input")?;
            &text
        }
        Some(text) => text,
    };
    let object: Map<String, Value> = serde_json::from_str(text).context("--args must be a JSON object")?;
    Ok(Args::from_object(object))
}

fn session(site: &Arc<Site>, user: &str) -> anyhow::Result<Arc<Session>> {
    if user == "Guest" {
        return Ok(Arc::new(Session::guest()));
    }
    let mut cx = open::context(site, Verb::Get)?;
    match users::session_of(&mut cx, user).map_err(open::told)? {
        Some(session) => Ok(Arc::new(session)),
        None => bail!("there is no enabled user {user}"),
    }
}

/// Writes the result to `out`, all else to `notes`.
fn answer(outcome: Outcome, out: &mut dyn Write, notes: &mut dyn Write) -> anyhow::Result<ExitCode> {
    for message in &outcome.out.messages {
        writeln!(notes, "{}", plain(message))?;
    }
    for (key, value) in &outcome.out.side {
        writeln!(notes, "{key}: {value}")?;
    }
    match outcome.result {
        Ok(Reply::Empty) => writeln!(out, "null")?,
        Ok(Reply::Json(bytes)) => {
            let value: Value = serde_json::from_slice(bytes.get(HEADROOM..).unwrap_or_default())?;
            serde_json::to_writer_pretty(&mut *out, &value)?;
            writeln!(out)?;
        }
        Ok(Reply::Raw(response)) => {
            writeln!(notes, "Status {}", response.status)?;
            for (name, value) in &response.headers {
                writeln!(notes, "{name}: {value}")?;
            }
            out.write_all(&response.body)?;
        }
        Ok(Reply::File(file)) => {
            std::io::copy(&mut std::fs::File::open(&file.path)?, out)?;
        }
        Ok(Reply::Stream(mut stream)) => {
            out.write_all(&stream.first)?;
            while let Some(piece) = stream.rest.blocking_recv() {
                out.write_all(&piece?)?;
            }
        }
        Err(error) => {
            let kind = error.kind().exc_type();
            writeln!(notes, "helpdesk: {kind}: {:#}", open::told(error))?;
            return Ok(ExitCode::from(1));
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn plain(message: &Message) -> String {
    if message.title == "Message" {
        message.message.to_string()
    } else {
        format!("{}: {}", message.title, message.message)
    }
}
