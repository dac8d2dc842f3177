//! What tickets cost: raising one with all that belongs to it, its page, and lists and reads by an agent beside the
//! Administrator's.

use std::sync::Arc;
use std::time::Instant;

use helpdesk_core::install::{self, put};
use helpdesk_core::method::Verb;
use helpdesk_core::prelude::json as value;
use helpdesk_core::session::Session;
use helpdesk_core::site::OpenMode;
use helpdesk_core::users;

use super::cpu;
use super::http::goal;
use super::load::{CONNECTIONS, Process, request, send};
use super::site;

const ROUNDS: usize = 7;
const CREATES: usize = 1_000;
const READS: usize = 2_000;
const TEAM: &str = "Hardware";
const AGENTS: [&str; 3] = ["ada@desk.example", "bob@desk.example", "eve@desk.example"];

/// A new site with a team, whose agents take turns, and keys of the Administrator and an agent.
fn desk(folder: &std::path::Path) -> [String; 2] {
    let site = site::open(folder, OpenMode::Exclusive);
    install::run(&site).expect("a new site");
    let mut cx = site
        .context(Arc::new(Session::administrator()), Verb::Post)
        .expect("a connection");
    for agent in AGENTS {
        let user = value!({ "name": agent, "email": agent, "first_name": agent, "send_welcome_email": 0 });
        put(&mut cx, "User", user).expect("a user");
        put(
            &mut cx,
            "HD Agent",
            value!({ "user": agent, "agent_name": agent }),
        )
        .expect("an agent");
    }
    let members: Vec<_> = AGENTS.map(|agent| value!({ "user": agent })).into();
    put(
        &mut cx,
        "HD Team",
        value!({ "name": TEAM, "team_name": TEAM, "users": members }),
    )
    .expect("a team");
    let keys = ["Administrator", AGENTS[0]].map(|user| {
        let (key, secret) = users::new_api_key(&mut cx, user).expect("a key");
        format!("{key}:{secret}")
    });
    site.finish(cx).expect("the site is stored");
    keys
}

/// Measures and prints the table.
pub(crate) fn run() {
    let folder = tempfile::Builder::new()
        .prefix("tickets")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder");
    let [admin, agent] = desk(folder.path());
    let server = Process::start(&[
        "--serve-helpdesk",
        folder.path().to_str().expect("a path that is text"),
    ]);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    // CPU in microseconds a request, and requests a second.
    let measure = |bytes: &[u8], count: usize| {
        let (before, begun) = (cpu::of_process(server.pid()), Instant::now());
        let statuses = send(&runtime, server.address, bytes, count);
        let spent = (cpu::of_process(server.pid()) - before) as f64 / count as f64 / 1_000.0;
        assert!(
            statuses.iter().all(|status| matches!(status, 0 | 200)),
            "{statuses:?}"
        );
        (spent, count as f64 / begun.elapsed().as_secs_f64())
    };
    let ticket = value!({
        "subject": "The printer prints every other page", "agent_group": TEAM, "priority": "High",
        "description": "<p>The printer on the <b>second</b> floor prints only every other page.</p>",
    })
    .to_string();
    let create = request("POST", "/api/resource/HD%20Ticket", Some(&agent), Some(&ticket));
    measure(&create, CREATES / 4);
    let (creates, rates): (Vec<f64>, Vec<f64>) = (0..ROUNDS).map(|_| measure(&create, CREATES)).unzip();

    let page = "/api/method/helpdesk.helpdesk.doctype.hd_ticket.api.get_one?name=0042";
    let list = "/api/resource/HD%20Ticket?fields=%5B%22name%22%2C%22subject%22%2C%22status%22%2C%22priority%22%2C%22agent_group%22%2C%22customer%22%2C%22modified%22%5D&order_by=modified%20desc&limit_page_length=20";
    let one = "/api/resource/HD%20Ticket/0042";
    let reads = [
        ("page of a ticket (get_one), agent", page, &agent),
        ("list of 20, agent", list, &agent),
        ("list of 20, Administrator", list, &admin),
        ("one ticket, agent", one, &agent),
        ("one ticket, Administrator", one, &admin),
    ];
    let mut figures = vec![Vec::new(); reads.len()];
    for round in 0..=ROUNDS {
        for ((_, path, key), figures) in reads.iter().zip(&mut figures) {
            let (spent, _) = measure(&request("GET", path, Some(key), None), READS);
            if round > 0 {
                figures.push(spent);
            }
        }
    }
    let figures: Vec<f64> = figures.into_iter().map(cpu::median).collect();
    println!("\n## Tickets over HTTP ({CONNECTIONS} clients, median of {ROUNDS} rounds)\n");
    println!("| request | CPU µs |");
    println!("| --- | ---: |");
    let created = cpu::median(creates);
    println!("| create with agreement, assignment, message; durable | {created:.0} |");
    for ((name, ..), figure) in reads.iter().zip(&figures) {
        println!("| {name} | {figure:.1} |");
    }
    println!();
    goal("create, CPU µs", created, 1_000.0);
    let rate = cpu::median(rates);
    let word = if rate >= 800.0 { "met" } else { "MISSED" };
    println!("- creates a second, {CONNECTIONS} clients: {rate:.0}, goal at least 800: {word}");
    goal("page of a ticket, CPU µs", figures[0], 300.0);
    goal("list, agent : Administrator", figures[1] / figures[2], 1.5);
    goal("one ticket, agent : Administrator", figures[3] / figures[4], 1.5);
}
