//! CPU a request: our server beside bare hyper.

use super::cpu;
use super::load::{CONNECTIONS, Process, request, send};
use super::site;

const ROUNDS: usize = 9;
const REQUESTS: usize = 3_000;

struct Case {
    name: &'static str,
    server: &'static str,
    bytes: Vec<u8>,
    figures: Vec<f64>,
}

/// Measures and prints the table.
pub(crate) fn run() {
    let loaded = site::loaded();
    let folder = loaded
        .folder
        .path()
        .to_str()
        .expect("a path that is text")
        .to_owned();
    let bare = Process::start(&["--serve-bare"]);
    let ours = Process::start(&["--serve-helpdesk", &folder]);
    let body =
        r#"{"value":42,"text":"a fixed JSON body of about one hundred and twenty bytes, for the limit"}"#;
    let query = "/api/method/bench.echo?value=42&text=a%20fixed%20JSON%20body%20of%20about%20one%20hundred%20and%20twenty%20bytes";
    let list = "/api/resource/HD%20Ticket?fields=%5B%22name%22%2C%22subject%22%2C%22status%22%2C%22priority%22%2C%22agent_group%22%2C%22customer%22%2C%22modified%22%2C%22creation%22%5D&filters=%5B%5B%22status%22%2C%22in%22%2C%5B%22Open%22%2C%22Replied%22%5D%5D%2C%5B%22priority%22%2C%22!%3D%22%2C%22Low%22%5D%2C%5B%22creation%22%2C%22%3E%22%2C%222026-02-01%22%5D%5D&order_by=modified%20desc&limit_page_length=20";
    let key = Some(loaded.key.as_str());
    let case = |name, server, bytes| Case {
        name,
        server,
        bytes,
        figures: Vec::new(),
    };
    let mut cases = vec![
        case("bare hyper GET", "bare", request("GET", "/", None, None)),
        case("bare hyper POST", "bare", request("POST", "/", None, Some(body))),
        case(
            "bare hyper GET, the contract's headers",
            "bare",
            request("GET", "/shape", None, None),
        ),
        case(
            "bare hyper POST, the contract's headers",
            "bare",
            request("POST", "/shape", None, Some(body)),
        ),
        case("dispatch GET, inline", "ours", request("GET", query, None, None)),
        case(
            "dispatch POST, inline",
            "ours",
            request("POST", "/api/method/bench.echo", None, Some(body)),
        ),
        case(
            "dispatch POST, database thread",
            "ours",
            request("POST", "/api/method/bench.hop", None, Some(body)),
        ),
        case("ping", "ours", request("GET", "/api/method/ping", None, None)),
        case(
            "ping by key",
            "ours",
            request("GET", "/api/method/ping", key, None),
        ),
        case(
            "one ticket by an agent's key",
            "ours",
            request("GET", "/api/resource/HD%20Ticket/0042", key, None),
        ),
        case(
            "list of 20, three filters, agent's key",
            "ours",
            request("GET", list, key, None),
        ),
    ];
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    for round in 0..=ROUNDS {
        for case in &mut cases {
            let process = if case.server == "bare" { &bare } else { &ours };
            let before = cpu::of_process(process.pid());
            let statuses = send(&runtime, process.address, &case.bytes, REQUESTS);
            let spent = cpu::of_process(process.pid()) - before;
            assert!(
                statuses.iter().all(|status| matches!(status, 0 | 200)),
                "{}: {statuses:?}",
                case.name
            );
            // The first round warms caches up.
            if round > 0 {
                case.figures.push(spent as f64 / REQUESTS as f64 / 1_000.0);
            }
        }
    }
    let figure = |name: &str| {
        cases
            .iter()
            .find(|case| case.name == name)
            .map_or(f64::NAN, |case| cpu::median(case.figures.clone()))
    };
    let (get, post) = (figure("bare hyper GET"), figure("bare hyper POST"));
    println!(
        "\n## CPU a request over HTTP ({CONNECTIONS} connections, median of {ROUNDS} interleaved rounds of {REQUESTS})\n"
    );
    println!("| request | CPU µs | ratio to bare of the same verb | above bare, µs |");
    println!("| --- | ---: | ---: | ---: |");
    for case in &cases {
        let own = cpu::median(case.figures.clone());
        let base = if case.name.contains("POST") { post } else { get };
        println!(
            "| {} | {own:.1} | {:.2} | {:.1} |",
            case.name,
            own / base,
            own - base
        );
    }
    println!();
    let (shaped_get, shaped_post) = (
        figure("bare hyper GET, the contract's headers"),
        figure("bare hyper POST, the contract's headers"),
    );
    goal(
        "dispatch GET : bare GET of the same shape",
        figure("dispatch GET, inline") / shaped_get,
        1.12,
    );
    goal(
        "dispatch POST : bare POST of the same shape",
        figure("dispatch POST, inline") / shaped_post,
        1.15,
    );
    goal(
        "database thread : inline",
        figure("dispatch POST, database thread") / figure("dispatch POST, inline"),
        1.25,
    );
    goal("ping : bare GET", figure("ping") / get, 1.35);
    goal(
        "one ticket, µs above bare",
        figure("one ticket by an agent's key") - get,
        30.0,
    );
    goal(
        "list of 20, µs above bare",
        figure("list of 20, three filters, agent's key") - get,
        65.0,
    );
}

/// Prints a figure beside its goal.
pub(crate) fn goal(what: &str, figure: f64, most: f64) {
    let word = if figure <= most { "met" } else { "MISSED" };
    println!("- {what}: {figure:.2}, goal at most {most}: {word}");
}
