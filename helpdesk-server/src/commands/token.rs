//! `helpdesk token`: bearer tokens for programs.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use helpdesk_core::method::Verb;
use helpdesk_core::sign_in::tokens::{self, NewToken, Scope};
use helpdesk_core::site::{self, OpenMode};
use jiff::Timestamp;

use super::{open, table};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
A token acts as its user, within its scopes: all, read (GET, which changes nothing), method:<dotted.path>, or \
method:<dotted.path.*>. It is printed once and can't be had again. A running server takes it at once, and forgets a \
revoked one within a second.

Examples:
  helpdesk --site /srv/help token create reports@example.com --scope read --days 90 --label 'nightly report'
  curl -H \"Authorization: Bearer $token\" http://127.0.0.1:8000/api/resource/HD%20Ticket
  helpdesk --site /srv/help token list
  helpdesk --site /srv/help token revoke 0123456789ab";

/// Options of `token`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a token and print it
    Create {
        /// The user's id
        #[arg(value_name = "USER")]
        user: String,
        /// What it may be used for; may be repeated
        #[arg(long = "scope", value_name = "SCOPE", required = true)]
        scopes: Vec<String>,
        /// Days until it ends (default: it doesn't)
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
        /// What it is for
        #[arg(long, value_name = "TEXT", default_value = "")]
        label: String,
    },
    /// List tokens
    List {
        /// The user's id (default: all users)
        #[arg(value_name = "USER")]
        user: Option<String>,
    },
    /// Revoke a token
    Revoke {
        /// Its id, as `token list` shows it
        #[arg(value_name = "ID")]
        id: String,
    },
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let site = open::site(SiteFolder::open(dir)?, None, OpenMode::Beside)?;
    let mut cx = open::context(&site, Verb::Post)?;
    match &options.action {
        Action::Create {
            user,
            scopes,
            days,
            label,
        } => {
            let scopes = scopes.iter().map(|scope| scope.parse::<Scope>());
            let scopes = scopes.collect::<Result<Vec<_>, _>>().map_err(open::told)?;
            let new = NewToken {
                user,
                label,
                scopes: &scopes,
                lasts: days.map(|days| i64::from(days) * 86_400),
            };
            let token = tokens::create(&mut cx, &new).map_err(open::told)?;
            site.finish(cx).map_err(open::told)?;
            writeln!(out, "{token}")?;
        }
        Action::List { user } => {
            let mut listed = table::new(["Id", "User", "Scopes", "Ends", "Last used", "Label"]);
            for token in tokens::list(&mut cx, user.as_deref()).map_err(open::told)? {
                let (ends, last_used) = (day(token.expires), day(token.last_used));
                listed.add_row([token.id, token.user, token.scopes, ends, last_used, token.label]);
            }
            table::write(&listed, out)?;
        }
        Action::Revoke { id } => {
            tokens::revoke(&mut cx, id).map_err(open::told)?;
            site::announce_change(&mut cx).map_err(open::told)?;
            site.finish(cx).map_err(open::told)?;
            writeln!(out, "{id} is revoked")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The day of a time in seconds since 1970; `never` for 0.
fn day(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(at) if seconds > 0 => at.strftime("%Y-%m-%d").to_string(),
        _ => "never".to_owned(),
    }
}
