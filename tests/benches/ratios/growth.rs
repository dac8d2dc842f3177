//! How lists and reads grow with the table: 10,000, 100,000 and a million tickets. Not part of the whole run, since it
//! fills a gigabyte.

use std::sync::Arc;
use std::time::Instant;

use helpdesk_core::config::{Config, Durability};
use helpdesk_core::cx::{Cx, Request, Shared};
use helpdesk_core::install;
use helpdesk_core::method::Verb;
use helpdesk_core::prelude::json as value;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::session::Session;
use helpdesk_core::site::{OpenMode, Opening, Site};

use super::cpu;
use super::http::goal;

pub(crate) const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
const ROUNDS: usize = 7;
const RUNS: usize = 300;

/// Measures and prints the table.
pub(crate) fn run() {
    let sites: Vec<(tempfile::TempDir, Arc<Site>)> = SIZES.iter().map(|size| filled(*size)).collect();
    let mut contexts: Vec<Cx> = sites
        .iter()
        .map(|(_, site)| {
            let shared = Shared {
                site: Arc::clone(site),
                session: Arc::new(Session::administrator()),
                request: Request::internal(Verb::Get),
            };
            Cx::new(shared, site.database().connect().expect("a connection"))
        })
        .collect();
    let open = ListRequest {
        fields: [
            "name",
            "subject",
            "status",
            "priority",
            "agent_group",
            "customer",
            "modified",
            "creation",
        ]
        .map(|field| value!(field))
        .into(),
        filters: value!([["status", "=", "Open"]]),
        order_by: "modified desc".to_owned(),
        length: Some(20),
        ..ListRequest::of("HD Ticket")
    };
    let several = ListRequest {
        filters: value!([["status", "in", ["Open", "Replied"]], ["priority", "!=", "Low"]]),
        ..open.clone()
    };
    let mut figures = vec![
        [Vec::new(), Vec::new(), Vec::new()],
        Default::default(),
        Default::default(),
    ];
    for round in 0..=ROUNDS {
        for (place, cx) in contexts.iter_mut().enumerate() {
            let size = SIZES[place];
            let meta = cx.site().meta("HD Ticket").expect("the DocType");
            let measured = [
                timed(|_| drop(query::list(cx, &open).expect("a list"))),
                timed(|_| drop(query::list(cx, &several).expect("a list"))),
                timed(|i| {
                    let name = format!("{:04}", (i as u64 * 7_919) % size + 1);
                    drop(helpdesk_core::rest::readable(cx, &meta, &name).expect("a ticket"));
                }),
            ];
            if round > 0 {
                for (all, one) in figures.iter_mut().zip(measured) {
                    all[place].push(one);
                }
            }
        }
    }
    println!("\n## Growth (µs of CPU, median of {ROUNDS} interleaved rounds of {RUNS})\n");
    println!("| query | 10 k | 100 k | 1 M |");
    println!("| --- | ---: | ---: | ---: |");
    let names = [
        "list of 20, one status",
        "list of 20, two statuses, a priority",
        "one ticket",
    ];
    for (name, figures) in names.iter().zip(&figures) {
        let [a, b, c] = figures.each_ref().map(|all| cpu::median(all.clone()));
        println!("| {name} | {a:.1} | {b:.1} | {c:.1} |");
    }
    println!();
    for (name, figures) in names.iter().zip(&figures) {
        let [first, _, last] = figures.each_ref().map(|all| cpu::median(all.clone()));
        goal(&format!("{name}, 1 M : 10 k"), last / first, 2.0);
    }
}

/// A site with the demonstration data and so many tickets.
pub(crate) fn filled(tickets: u64) -> (tempfile::TempDir, Arc<Site>) {
    let folder = tempfile::Builder::new()
        .prefix("growth")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder");
    let config = Config {
        durability: Durability::Relaxed,
        ..Config::default()
    };
    let opening = Opening {
        folder: folder.path().to_owned(),
        config,
        clock: None,
        mode: OpenMode::Exclusive,
    };
    let site = Site::open(opening).expect("the site opens");
    install::run(&site).expect("the install runs");
    install::fill(&site, &mut |_, _| {}).expect("the demonstration data");
    let since = Instant::now();
    install::fill_bulk(&site, "tickets", tickets, &mut |_, _| {}).expect("the tickets");
    eprintln!("{tickets} tickets in {:.1} s", since.elapsed().as_secs_f64());
    let mut cx = site
        .context(Arc::new(Session::administrator()), Verb::Get)
        .expect("a connection");
    cx.db().optimize().expect("statistics");
    (folder, site)
}

fn timed(mut body: impl FnMut(usize)) -> f64 {
    let before = cpu::of_thread();
    for i in 0..RUNS {
        body(i);
    }
    (cpu::of_thread() - before) as f64 / RUNS as f64 / 1_000.0
}
