//! The ratios the project promises, each measured side by side in one interleaved run.
//!
//! `cargo bench -p helpdesk-tests` prints all tables; `cargo bench -p helpdesk-tests -- http` (or `query`, `fsync`,
//! `logins`, `tickets`, `size`) one of them; `growth`, `search` and `dashboard` fill a large site first and are not
//! part of the whole. CPU is user plus system time of the server process, from the kernel's scheduler; the load
//! generator runs beside it and is not counted. Figures of one run compare with each other, not with another run's.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the tables are the result"
)]

#[path = "ratios/cpu.rs"]
mod cpu;
#[path = "ratios/dashboard.rs"]
mod dashboard;
#[path = "ratios/fsync.rs"]
mod fsync;
#[path = "ratios/growth.rs"]
mod growth;
#[path = "ratios/http.rs"]
mod http;
#[path = "ratios/load.rs"]
mod load;
#[path = "ratios/logins.rs"]
mod logins;
#[path = "ratios/query.rs"]
mod query;
#[path = "ratios/search.rs"]
mod search;
#[path = "ratios/servers.rs"]
mod servers;
#[path = "ratios/site.rs"]
mod site;
#[path = "ratios/size.rs"]
mod size;
#[path = "ratios/tickets.rs"]
mod tickets;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

helpdesk_core::app! { "bench", ratios => "bench" }

fn main() {
    helpdesk_api::link();
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--serve-bare"] => servers::bare(),
        ["--serve-helpdesk", folder] => servers::helpdesk(folder),
        [] => {
            query::run();
            fsync::run();
            http::run();
            logins::run();
            tickets::run();
            size::run();
        }
        ["dashboard"] => dashboard::run(),
        ["query"] => query::run(),
        ["fsync"] => fsync::run(),
        ["growth"] => growth::run(),
        ["http"] => http::run(),
        ["logins"] => logins::run(),
        ["search"] => search::run(),
        ["size"] => size::run(),
        ["tickets"] => tickets::run(),
        other => {
            eprintln!(
                "unknown: {other:?}; give one of query, fsync, http, logins, tickets, size, growth, search, dashboard, or \
                 nothing for all"
            );
            std::process::exit(2);
        }
    }
}
