//! `helpdesk user`: adding users, listing them, disabling and enabling them, and their roles.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use helpdesk_core::cx::Cx;
use helpdesk_core::doctype::is_email;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::error::Result;
use helpdesk_core::install;
use helpdesk_core::method::Verb;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::site::{self, OpenMode};
use serde_json::{Map, Value, json};

use super::{open, table};
use crate::config::SiteFolder;

pub(super) const HELP: &str = "\
A disabled user's sessions end and keys stop working; a running server follows within a second. A new user has no \
password until `helpdesk set-password` gives one.

Examples:
  helpdesk --site /srv/help user add ada@example.com --first-name Ada --role Agent
  helpdesk --site /srv/help user roles ada@example.com --add 'Agent Manager'
  helpdesk --site /srv/help user disable ada@example.com
  helpdesk --site /srv/help user list";

/// Options of `user`.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Add a user; one whose roles have desk access works at the desk, others use the portal
    Add {
        /// Mail address, which is the user's id
        #[arg(value_name = "EMAIL")]
        email: String,
        /// First name (default: what stands before the @)
        #[arg(long, value_name = "NAME")]
        first_name: Option<String>,
        /// Last name
        #[arg(long, value_name = "NAME")]
        last_name: Option<String>,
        /// A role; may be repeated
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<String>,
    },
    /// Keep a user out
    Disable {
        /// The user's id
        #[arg(value_name = "USER")]
        user: String,
    },
    /// Let a user in again
    Enable {
        /// The user's id
        #[arg(value_name = "USER")]
        user: String,
    },
    /// Print a user's roles, after adding and removing some
    Roles {
        /// The user's id
        #[arg(value_name = "USER")]
        user: String,
        /// A role to add; may be repeated
        #[arg(long, value_name = "ROLE")]
        add: Vec<String>,
        /// A role to take away; may be repeated
        #[arg(long, value_name = "ROLE")]
        remove: Vec<String>,
    },
    /// List all users
    List,
}

pub(super) fn run(options: &Options, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let site = open::site(SiteFolder::open(dir)?, None, OpenMode::Beside)?;
    let mut cx = open::context(&site, Verb::Post)?;
    let text = match &options.action {
        Action::Add {
            email,
            first_name,
            last_name,
            roles,
        } => {
            if !is_email(email) {
                bail!("{email} is no mail address");
            }
            known_roles(&mut cx, roles)?;
            if let Some(name) = storage::exists(&mut cx, "User", email).map_err(open::told)? {
                bail!("there is a user {name} already");
            }
            let first_name = first_name.as_deref().or(email.split('@').next());
            let user_type = user_type(&mut cx, roles).map_err(open::told)?;
            let user = json!({
                "name": email,
                "email": email,
                "first_name": first_name,
                "last_name": last_name,
                "enabled": 1,
                "user_type": user_type,
                "send_welcome_email": 0,
                "roles": roles.iter().map(|role| json!({ "role": role })).collect::<Vec<_>>(),
            });
            let name = install::put(&mut cx, "User", user).map_err(open::told)?;
            format!("added {name}, a {user_type}; `helpdesk set-password {name}` gives a password\n")
        }
        Action::Disable { user } => {
            let name = known(&mut cx, user, dir)?;
            if matches!(&*name, "Administrator" | "Guest") {
                bail!("{name} can't be disabled");
            }
            change(&mut cx, &name, json!({ "enabled": 0 })).map_err(open::told)?;
            format!("{name} is disabled\n")
        }
        Action::Enable { user } => {
            let name = known(&mut cx, user, dir)?;
            change(&mut cx, &name, json!({ "enabled": 1 })).map_err(open::told)?;
            format!("{name} is enabled\n")
        }
        Action::Roles { user, add, remove } => {
            let name = known(&mut cx, user, dir)?;
            known_roles(&mut cx, add)?;
            let roles = change_roles(&mut cx, &name, add, remove).map_err(open::told)?;
            roles.iter().map(|role| format!("{role}\n")).collect()
        }
        Action::List => {
            let listed = list(&mut cx).map_err(open::told)?;
            table::write(&listed, out)?;
            String::new()
        }
    };
    if cx.db().is_writing() {
        site::announce_change(&mut cx).map_err(open::told)?;
    }
    site.finish(cx).map_err(open::told)?;
    out.write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The user's id as stored.
fn known(cx: &mut Cx, user: &str, dir: &Path) -> anyhow::Result<String> {
    match storage::exists(cx, "User", user).map_err(open::told)? {
        Some(name) => Ok(name),
        None => bail!("there is no user {user} in {}", dir.display()),
    }
}

fn known_roles(cx: &mut Cx, roles: &[String]) -> anyhow::Result<()> {
    for role in roles {
        if storage::exists(cx, "Role", role).map_err(open::told)?.is_none() {
            bail!("there is no role {role}");
        }
    }
    Ok(())
}

/// Users with a role that has desk access are System Users (spec/framework.md §4.9).
fn user_type(cx: &mut Cx, roles: &[String]) -> Result<&'static str> {
    for role in roles {
        let row = storage::values(cx, "Role", role, &["desk_access"])?.unwrap_or_default();
        if row.first().and_then(Value::as_i64) == Some(1) {
            return Ok("System User");
        }
    }
    Ok("Website User")
}

fn change(cx: &mut Cx, name: &str, values: Value) -> Result<()> {
    let Value::Object(values) = values else {
        return Ok(());
    };
    let meta = meta_of(cx, "User")?;
    save::update(cx, &meta, name, &values).map(|_| ())
}

/// Adds and removes roles, and has the user's type follow. Returns the roles, sorted.
fn change_roles(cx: &mut Cx, name: &str, add: &[String], remove: &[String]) -> Result<Vec<String>> {
    let meta = meta_of(cx, "User")?;
    let doc = storage::get(cx, &meta, name)?;
    let held = doc.rows("roles").iter().map(|row| row.text("role").to_owned());
    let mut roles: Vec<String> = held.filter(|role| !remove.contains(role)).collect();
    roles.extend(add.iter().cloned());
    roles.sort();
    roles.dedup();
    if !(add.is_empty() && remove.is_empty()) {
        let mut values = Map::new();
        let rows = roles.iter().map(|role| json!({ "role": role }));
        values.insert("roles".into(), rows.collect());
        if name != "Administrator" {
            values.insert("user_type".into(), user_type(cx, &roles)?.into());
        }
        save::update(cx, &meta, name, &values)?;
    }
    Ok(roles)
}

fn list(cx: &mut Cx) -> Result<comfy_table::Table> {
    let mut table = table::new(["User", "Name", "Type", "Enabled", "Last login"]);
    let rows = query::list_values(
        cx,
        &ListRequest {
            fields: ["name", "full_name", "user_type", "enabled", "last_login"]
                .map(Value::from)
                .to_vec(),
            order_by: "name asc".into(),
            ignore_permissions: true,
            ..ListRequest::of("User")
        },
    )?;
    for row in rows {
        let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        let enabled = row.get("enabled").and_then(Value::as_i64) == Some(1);
        let last_login: String = text("last_login").chars().take(19).collect();
        let enabled = if enabled { "yes" } else { "no" }.to_owned();
        table.add_row([
            text("name"),
            text("full_name"),
            text("user_type"),
            enabled,
            last_login,
        ]);
    }
    Ok(table)
}
