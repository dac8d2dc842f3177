//! The command line: `helpdesk [--site DIR] COMMAND`.
//!
//! Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 refused or failed,
//! 2 wrong usage.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::commands::{self, Command};

const ABOUT: &str = "Helpdesk in Rust: a help desk's backend in one program";

const SETTINGS: &str = "\
Settings come from the options, else from environment variables named HELPDESK_ and the setting in capitals \
(HELPDESK_LISTEN, HELPDESK_DATABASE, HELPDESK_LOG ..), else from site.toml in the site's folder, which lists them all.

Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.";

#[derive(Debug, Parser)]
#[command(
    name = "helpdesk",
    version,
    about = ABOUT,
    after_help = SETTINGS,
    max_term_width = 100,
    arg_required_else_help = true
)]
struct Cli {
    /// Folder of the site: its settings, its database, its files
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "HELPDESK_SITE",
        default_value = "site"
    )]
    site: PathBuf,
    #[command(subcommand)]
    command: Command,
}

/// Reads the command line and runs the command; what `main` returns.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // Help and version come this way too, with code 0.
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut out = std::io::stdout();
    match commands::run(&cli.command, &cli.site, &mut out) {
        Ok(code) => code,
        // Whoever read the output has had enough of it, as in `helpdesk methods | head`.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "helpdesk: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_site_may_stand_before_and_behind_the_command() {
        for line in [
            ["helpdesk", "--site", "x", "serve"],
            ["helpdesk", "serve", "--site", "x"],
        ] {
            assert_eq!(Cli::try_parse_from(line).unwrap().site, PathBuf::from("x"));
        }
    }

    #[test]
    fn a_wrong_option_is_code_2() {
        assert_eq!(
            Cli::try_parse_from(["helpdesk", "serve", "--nothing"])
                .unwrap_err()
                .exit_code(),
            2
        );
        assert_eq!(
            Cli::try_parse_from(["helpdesk", "--help"])
                .unwrap_err()
                .exit_code(),
            0
        );
    }
}
