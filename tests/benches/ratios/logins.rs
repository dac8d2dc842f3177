//! How long reads take while a flood of logins comes in, beside how long they take without one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use helpdesk_core::method::Verb;
use helpdesk_core::secret::password;
use helpdesk_core::session::Session;
use helpdesk_core::sign_in;
use helpdesk_core::site::OpenMode;
use tokio::io::AsyncWriteExt;

use super::http::goal;
use super::load::{Process, answer, request};
use super::site::{self, AGENT};

/// Pairs of an idle and a flooded stretch.
const ROUNDS: usize = 6;
/// Length of a stretch.
const STRETCH: Duration = Duration::from_secs(4);
/// Readers, each of whom asks anew so often.
const READERS: usize = 4;
const PACE: Duration = Duration::from_millis(10);
/// Connections that sign in, one login after the other.
const LOGINS: usize = 32;
const PASSWORD: &str = "Correct-Horse-1";

/// Measures and prints the table.
pub(crate) fn run() {
    let loaded = site::loaded();
    set_password(&loaded);
    let folder = loaded.folder.path().to_str().expect("a path that is text");
    let ours = Process::start(&["--serve-helpdesk", folder]);
    let read = request("GET", "/api/resource/HD%20Ticket/0042", Some(&loaded.key), None);
    let body = format!(r#"{{"usr":"{AGENT}","pwd":"{PASSWORD}"}}"#);
    let login = request("POST", "/api/method/login", None, Some(&body));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let (mut idle, mut flooded) = (Vec::new(), Vec::new());
    let mut counts = Counts::default();
    for round in 0..=ROUNDS {
        let quiet = runtime.block_on(readers(ours.address, &read));
        let (busy, done) = runtime.block_on(async {
            let flood = Flood::start(ours.address, &login);
            let busy = readers(ours.address, &read).await;
            (busy, flood.stop().await)
        });
        // The first round warms caches up.
        if round > 0 {
            idle.extend(quiet);
            flooded.extend(busy);
            counts.signed_in += done.signed_in;
            counts.refused += done.refused;
        }
    }
    let (idle, flooded) = (Latencies::of(idle), Latencies::of(flooded));
    let seconds = STRETCH.as_secs_f64() * ROUNDS as f64;
    println!(
        "\n## One ticket read by {READERS} readers every {PACE:?}, {ROUNDS} rounds of {STRETCH:?} without and with {LOGINS} \
         connections signing in\n"
    );
    println!("| | median, ms | p99, ms | reads | logins a second |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (what, latencies, logins) in [
        ("idle", &idle, 0.0),
        ("flood of logins", &flooded, counts.signed_in as f64 / seconds),
    ] {
        println!(
            "| {what} | {:.2} | {:.2} | {} | {logins:.1} |",
            latencies.at(0.5),
            latencies.at(0.99),
            latencies.sorted.len(),
        );
    }
    println!(
        "\n{} logins were refused because too many waited.\n",
        counts.refused
    );
    goal(
        "p99 of reads, flood : idle",
        flooded.at(0.99) / idle.at(0.99),
        2.0,
    );
}

fn set_password(loaded: &site::Loaded) {
    let site = site::open(loaded.folder.path(), OpenMode::Exclusive);
    let hash = password::hash(PASSWORD).expect("memory for a hash");
    let mut cx = site
        .context(Arc::new(Session::administrator()), Verb::Post)
        .expect("a connection");
    sign_in::set_hash(&mut cx, AGENT, hash).expect("the agent is there");
    site.finish(cx).expect("the password is stored");
}

/// Milliseconds of each read of a stretch.
async fn readers(address: SocketAddr, read: &[u8]) -> Vec<f64> {
    let read: Arc<[u8]> = Arc::from(read);
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            let read = Arc::clone(&read);
            tokio::spawn(async move {
                let mut stream = connect(address).await;
                let (mut buffer, mut took) = (Vec::new(), Vec::new());
                let (mut ticks, until) = (tokio::time::interval(PACE), Instant::now() + STRETCH);
                ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
                while Instant::now() < until {
                    ticks.tick().await;
                    let since = Instant::now();
                    stream.write_all(&read).await.expect("a request goes out");
                    let status = answer(&mut stream, &mut buffer).await;
                    assert_eq!(status, 200, "reads are answered");
                    took.push(since.elapsed().as_secs_f64() * 1_000.0);
                }
                took
            })
        })
        .collect();
    let mut all = Vec::new();
    for reader in readers {
        all.extend(reader.await.expect("a reader ends"));
    }
    all
}

async fn connect(address: SocketAddr) -> tokio::net::TcpStream {
    let stream = tokio::net::TcpStream::connect(address)
        .await
        .expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    stream
}

#[derive(Default)]
struct Counts {
    signed_in: usize,
    refused: usize,
}

/// Connections that sign in until they are stopped.
struct Flood {
    over: Arc<AtomicBool>,
    signed_in: Arc<AtomicUsize>,
    refused: Arc<AtomicUsize>,
    clients: Vec<tokio::task::JoinHandle<()>>,
}

impl Flood {
    fn start(address: SocketAddr, login: &[u8]) -> Flood {
        let mut flood = Flood {
            over: Arc::default(),
            signed_in: Arc::default(),
            refused: Arc::default(),
            clients: Vec::new(),
        };
        let login: Arc<[u8]> = Arc::from(login);
        for _ in 0..LOGINS {
            let login = Arc::clone(&login);
            let over = Arc::clone(&flood.over);
            let (signed_in, refused) = (Arc::clone(&flood.signed_in), Arc::clone(&flood.refused));
            flood.clients.push(tokio::spawn(async move {
                let (mut stream, mut buffer) = (connect(address).await, Vec::new());
                while !over.load(Ordering::Relaxed) {
                    stream.write_all(&login).await.expect("a login goes out");
                    match answer(&mut stream, &mut buffer).await {
                        200 => signed_in.fetch_add(1, Ordering::Relaxed),
                        503 => refused.fetch_add(1, Ordering::Relaxed),
                        status => panic!("a login is answered with {status}"),
                    };
                }
            }));
        }
        flood
    }

    async fn stop(self) -> Counts {
        self.over.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.await.expect("a login ends");
        }
        Counts {
            signed_in: self.signed_in.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}

struct Latencies {
    sorted: Vec<f64>,
}

impl Latencies {
    fn of(mut all: Vec<f64>) -> Latencies {
        all.sort_by(f64::total_cmp);
        Latencies { sorted: all }
    }

    /// The value that a share of all do not exceed.
    fn at(&self, share: f64) -> f64 {
        let rank = (self.sorted.len() as f64 * share).ceil() as usize;
        self.sorted
            .get(rank.saturating_sub(1))
            .copied()
            .unwrap_or(f64::NAN)
    }
}
