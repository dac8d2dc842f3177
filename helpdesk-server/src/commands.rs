//! The commands, one file each.

mod api_key;
mod call;
mod copy;
mod demo;
mod doctypes;
mod import;
mod jobs;
mod load;
mod log;
mod methods;
mod migrate;
mod open;
mod openapi;
mod progress;
mod reindex;
mod schedule;
mod serve;
mod set_password;
mod table;
mod token;
mod user;
mod worker;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

/// A command and its options.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the site over HTTP; create it if there is none
    #[command(after_help = serve::HELP)]
    Serve(serve::Options),
    /// Run jobs and the schedule, without serving
    #[command(after_help = worker::HELP)]
    Worker(worker::Options),
    /// List jobs, have failed ones tried anew, take them back, run them here
    #[command(after_help = jobs::HELP)]
    Jobs(jobs::Options),
    /// List what runs by itself, and run it now
    #[command(after_help = schedule::HELP)]
    Schedule(schedule::Options),
    /// Load a file of documents into an empty site
    #[command(after_help = load::HELP)]
    Load(load::Options),
    /// Add what the database lacks of this version's DocTypes
    #[command(after_help = migrate::HELP)]
    Migrate(migrate::Options),
    /// Build the search indexes anew
    #[command(after_help = reindex::HELP)]
    Reindex(reindex::Options),
    /// Copy a whole site into another database: from SQLite to PostgreSQL, or back
    #[command(after_help = copy::HELP)]
    Copy(copy::Options),
    /// Give a user an API key and a new secret
    #[command(after_help = api_key::HELP)]
    ApiKey(api_key::Options),
    /// Set a user's password, and end the user's sessions
    #[command(after_help = set_password::HELP)]
    SetPassword(set_password::Options),
    /// Make, list and revoke bearer tokens
    #[command(after_help = token::HELP)]
    Token(token::Options),
    /// Add, list, disable and enable users, and change their roles
    #[command(after_help = user::HELP)]
    User(user::Options),
    /// Call a method and print what it returns
    #[command(after_help = call::HELP)]
    Call(call::Options),
    /// List the methods, or compare them with a list
    #[command(after_help = methods::HELP)]
    Methods(methods::Options),
    /// List the DocTypes, or compare them with a list
    #[command(after_help = doctypes::HELP)]
    Doctypes(doctypes::Options),
    /// Import a CSV file as documents
    #[command(after_help = import::HELP)]
    Import(import::Options),
    /// Add invented tickets by the thousand, for measuring
    #[command(after_help = demo::HELP)]
    Demo(demo::Options),
    /// Print the OpenAPI description of the methods and DocTypes
    #[command(after_help = openapi::HELP)]
    Openapi(openapi::Options),
}

/// Runs a command on the site in `dir`; its result is written to `out`.
pub(crate) fn run(command: &Command, dir: &Path, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(options) => serve::run(options, dir, out),
        Command::Worker(options) => worker::run(options, dir, out),
        Command::Jobs(options) => jobs::run(options, dir, out),
        Command::Schedule(options) => schedule::run(options, dir, out),
        Command::Load(options) => load::run(options, dir, out),
        Command::Migrate(options) => migrate::run(options, dir, out),
        Command::Reindex(options) => reindex::run(options, dir, out),
        Command::Copy(options) => copy::run(options, out),
        Command::ApiKey(options) => api_key::run(options, dir, out),
        Command::SetPassword(options) => set_password::run(options, dir, out),
        Command::Token(options) => token::run(options, dir, out),
        Command::User(options) => user::run(options, dir, out),
        Command::Call(options) => call::run(options, dir, out),
        Command::Methods(options) => methods::run(options, out),
        Command::Doctypes(options) => doctypes::run(options, out),
        Command::Import(options) => import::run(options, dir, out),
        Command::Demo(options) => demo::run(options, dir, out),
        Command::Openapi(options) => openapi::run(options, out),
    }
}
