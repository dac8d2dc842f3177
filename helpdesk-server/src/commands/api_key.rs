//! `helpdesk api-key`: a key and a secret for a user.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use helpdesk_core::error::ErrorKind;
use helpdesk_core::method::Verb;
use helpdesk_core::site::OpenMode;
use helpdesk_core::users;

use super::open;
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
A user who has a key keeps it and gets a new secret; the old one stops working at once. A running server takes the \
new one within a second. Only `key:secret` is printed, and the secret can't be had again.

Example:
  token=$(helpdesk --site /srv/help api-key Administrator)
  curl -H \"Authorization: token $token\" http://127.0.0.1:8000/api/method/frappe.auth.get_logged_user";

/// Options of `api-key`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The user's id: a mail address, or Administrator
    #[arg(value_name = "USER")]
    user: String,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let site = open::site(SiteFolder::open(dir)?, None, OpenMode::Beside)?;
    let mut cx = open::context(&site, Verb::Post)?;
    let (key, secret) = match users::new_api_key(&mut cx, &options.user) {
        Ok(made) => made,
        Err(error) if error.kind() == ErrorKind::DoesNotExistError => {
            bail!("there is no user {} in {}", options.user, dir.display())
        }
        Err(error) => return Err(open::told(error)),
    };
    site.finish(cx).map_err(open::told)?;
    writeln!(out, "{key}:{secret}")?;
    Ok(ExitCode::SUCCESS)
}
