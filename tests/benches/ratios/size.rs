//! Memory and start of the server on the loaded site.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::load::{Process, request, send};
use super::site;

/// Measures and prints the figures.
pub(crate) fn run() {
    let loaded = site::loaded();
    let folder = loaded
        .folder
        .path()
        .to_str()
        .expect("a path that is text")
        .to_owned();
    let begun = Instant::now();
    let server = Process::start(&["--serve-helpdesk", &folder]);
    first_answer(&server);
    let start = begun.elapsed();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    for target in [
        "/api/resource/HD%20Ticket?limit_page_length=20",
        "/api/resource/HD%20Ticket/0042",
        "/api/method/ping",
    ] {
        send(
            &runtime,
            server.address,
            &request("GET", target, Some(&loaded.key), None),
            3_334,
        );
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).expect("the server runs");
    let resident = status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .split(' ')
                .next()?
                .parse::<f64>()
                .ok()
        })
        .unwrap_or(f64::NAN);
    println!("\n## Size\n");
    super::http::goal(
        "start to first answer on the loaded site, seconds",
        start.as_secs_f64(),
        0.2,
    );
    super::http::goal(
        "resident memory after 10,000 requests, MiB",
        resident / 1024.0,
        60.0,
    );
}

fn first_answer(server: &Process) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        let Ok(mut stream) = TcpStream::connect(server.address) else {
            continue;
        };
        let asked =
            stream.write_all(b"GET /api/method/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        if asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.contains("pong") {
            return;
        }
    }
    panic!("the server gave no answer");
}
