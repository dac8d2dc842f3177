//! `helpdesk set-password`: a password for a user, from the terminal or from standard input.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use helpdesk_core::error::ErrorKind;
use helpdesk_core::method::Verb;
use helpdesk_core::secret::password;
use helpdesk_core::sign_in;
use helpdesk_core::site::OpenMode;

use super::open;
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
On a terminal the password is asked for twice and not shown; else it is the first line of standard input. It is never an \
argument, which other users of the machine could read. The user's sessions end; API keys stay. A running server takes \
the new password at once. The site's rules for new passwords don't bind whoever has the site's folder.

Examples:
  helpdesk --site /srv/help set-password Administrator
  pass help/ada | helpdesk --site /srv/help set-password ada@example.com";

/// Options of `set-password`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The user's id: a mail address, or Administrator
    #[arg(value_name = "USER")]
    user: String,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let site = open::site(SiteFolder::open(dir)?, None, OpenMode::Beside)?;
    let hash = password::hash(&ask(&options.user)?).map_err(open::told)?;
    let mut cx = open::context(&site, Verb::Post)?;
    let name = match sign_in::set_hash(&mut cx, &options.user, hash) {
        Ok(name) => name,
        Err(error) if error.kind() == ErrorKind::DoesNotExistError => {
            bail!("there is no user {} in {}", options.user, dir.display())
        }
        Err(error) => return Err(open::told(error)),
    };
    site.finish(cx).map_err(open::told)?;
    writeln!(out, "{name} has a new password")?;
    Ok(ExitCode::SUCCESS)
}

/// A password for `user`: asked for on a terminal, else one line of standard input.
pub(super) fn ask(user: &str) -> anyhow::Result<String> {
    let password = if std::io::stdin().is_terminal() {
        let mut terminal = console::Term::stderr();
        let mut read = |text: &str| -> anyhow::Result<String> {
            write!(terminal, "{text} for {user}: ")?;
            terminal
                .read_secure_line()
                .context("can't read from the terminal")
        };
        let first = read("New password")?;
        if read("Once more the password")? != first {
            bail!("the two passwords differ; nothing was changed");
        }
        first
    } else {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .context("can't read a password from standard input")?;
        line.trim_end_matches(['\n', '\r']).to_owned()
    };
    if password.is_empty() {
        bail!("the password is empty; nothing was changed");
    }
    if password.chars().count() > password::LONGEST {
        bail!("a password has at most {} characters", password::LONGEST);
    }
    Ok(password)
}
