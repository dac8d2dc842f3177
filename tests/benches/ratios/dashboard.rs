//! How long dashboards take with 10,000, 100,000 and a million tickets of three years. Not part of the whole run.

use std::sync::Arc;
use std::time::Instant;

use helpdesk_api::agent_home::agent_home;
use helpdesk_api::dashboard::get_dashboard_data;
use helpdesk_core::cx::{Cx, Request, Shared};
use helpdesk_core::method::Verb;
use helpdesk_core::prelude::json;
use helpdesk_core::session::Session;

use super::cpu;
use super::growth::{SIZES, filled};
use super::http::goal;

const ROUNDS: usize = 7;
/// What a dashboard of a million tickets may take, in milliseconds.
const LIMIT: f64 = 500.0;

type Page = (&'static str, fn(&mut Cx));

const PAGES: [Page; 5] = [
    ("five figures, 30 days", |cx| of(cx, "number_card", &json!({}))),
    ("trends, 30 days", |cx| of(cx, "trend", &json!({}))),
    ("breakdowns, 30 days", |cx| of(cx, "master", &json!({}))),
    ("five figures of an agent, 30 days", |cx| {
        of(cx, "number_card", &json!({ "agent": "@me" }));
    }),
    ("an agent's home, seven charts", |cx| {
        drop(agent_home::get_dashboard(cx, false).expect("the home"));
    }),
];

fn of(cx: &mut Cx, kind: &str, filters: &serde_json::Value) {
    let filters = serde_json::from_value(filters.clone()).expect("filters");
    drop(get_dashboard_data(cx, kind.to_owned(), Some(filters)).expect("the dashboard"));
}

/// Measures and prints the table.
pub(crate) fn run() {
    let mut figures: Vec<[f64; 3]> = vec![[0.0; 3]; PAGES.len()];
    for (place, size) in SIZES.into_iter().enumerate() {
        let (_folder, site) = filled(size);
        let shared = Shared {
            site: Arc::clone(&site),
            session: Arc::new(Session::administrator()),
            request: Request::internal(Verb::Get),
        };
        let mut cx = Cx::new(shared, site.database().connect().expect("a connection"));
        for (page, (_, show)) in PAGES.iter().enumerate() {
            show(&mut cx);
            let times = (0..ROUNDS)
                .map(|_| {
                    let since = Instant::now();
                    show(&mut cx);
                    since.elapsed().as_secs_f64() * 1_000.0
                })
                .collect();
            figures[page][place] = cpu::median(times);
        }
    }
    println!("\n## Dashboards (ms, median of {ROUNDS})\n");
    println!("| page | 10 k | 100 k | 1 M |");
    println!("| --- | ---: | ---: | ---: |");
    for ((name, _), [a, b, c]) in PAGES.iter().zip(&figures) {
        println!("| {name} | {a:.1} | {b:.1} | {c:.1} |");
    }
    println!();
    for ((name, _), figures) in PAGES.iter().zip(&figures) {
        goal(&format!("{name}, ms with 1 M"), figures[2], LIMIT);
    }
}
