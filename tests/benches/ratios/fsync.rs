//! Creates with the group fsync beside one fsync per commit, both under the fair lock and fully durable.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helpdesk_core::config::Durability;
use helpdesk_core::db::{Database, Kind, Mode, Query, Scalar};

const WRITERS: usize = 16;
const ROUNDS: usize = 5;
const LENGTH: Duration = Duration::from_millis(1_200);

struct Round {
    creates: f64,
    median: Duration,
    worst: Duration,
}

/// Measures and prints the table.
pub(crate) fn run() {
    // On a disk, not in memory: syncing is what is measured.
    let folder = tempfile::Builder::new()
        .prefix("fsync")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder");
    let (mut grouped, mut single) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        grouped.push(measure(
            &folder.path().join(format!("g{round}.db")),
            Mode::Server(Durability::Full),
        ));
        single.push(measure(
            &folder.path().join(format!("s{round}.db")),
            Mode::Command,
        ));
    }
    println!("\n## Durable creates, {WRITERS} writers (median of {ROUNDS} interleaved rounds)\n");
    println!("| scheme | creates a second | median latency | worst latency |");
    println!("| --- | ---: | ---: | ---: |");
    let middle = |rounds: &[Round]| super::cpu::median(rounds.iter().map(|round| round.creates).collect());
    for (name, rounds) in [("group fsync", &grouped), ("one fsync per commit", &single)] {
        let worst = rounds.iter().map(|round| round.worst).max().unwrap_or_default();
        let median = rounds[rounds.len() / 2].median;
        println!(
            "| {name} | {:.0} | {:.2} ms | {:.1} ms |",
            middle(rounds),
            median.as_secs_f64() * 1e3,
            worst.as_secs_f64() * 1e3
        );
    }
    println!(
        "\n- creates, group fsync : one fsync per commit: {:.2}, goal at least 2 (on a disk that syncs in 1 ms)",
        middle(&grouped) / middle(&single)
    );
    let worst_ratio = super::cpu::median(
        grouped
            .iter()
            .map(|round| round.worst.as_secs_f64() / round.median.as_secs_f64())
            .collect(),
    );
    super::http::goal("group fsync, worst : median latency", worst_ratio, 20.0);
}

fn measure(path: &std::path::Path, mode: Mode) -> Round {
    let database = Database::open(path, mode).expect("a database");
    let mut tx = database.connect().expect("a connection");
    let mut create = Query::new();
    let columns: Vec<String> = (0..58).map(|i| format!("c{i} TEXT")).collect();
    create.checked(format!(
        "CREATE TABLE t (name TEXT PRIMARY KEY, modified TEXT, {})",
        columns.join(", ")
    ));
    tx.execute_schema(create).expect("a table");
    for index in [
        "CREATE INDEX a ON t (c0, modified)",
        "CREATE INDEX b ON t (modified)",
    ] {
        let mut query = Query::new();
        query.checked(index);
        tx.execute_schema(query).expect("an index");
    }
    tx.commit().expect("the schema commits");
    drop(tx);
    let end = Instant::now() + LENGTH;
    let mut latencies: Vec<Duration> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let database = Arc::clone(&database);
                scope.spawn(move || create_until(&database, writer, end))
            })
            .collect();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().expect("a writer ends"))
            .collect()
    });
    latencies.sort();
    Round {
        creates: latencies.len() as f64 / LENGTH.as_secs_f64(),
        median: latencies[latencies.len() / 2],
        worst: latencies.last().copied().unwrap_or_default(),
    }
}

fn create_until(database: &Arc<Database>, writer: usize, end: Instant) -> Vec<Duration> {
    let mut tx = database.connect().expect("a connection");
    let mut latencies = Vec::new();
    let mut number = 0;
    while Instant::now() < end {
        let begun = Instant::now();
        number += 1;
        let mut query = Query::fixed();
        query
            .sql("INSERT INTO t VALUES (")
            .text(format!("{writer}-{number}"))
            .sql(", ")
            .text(format!("{number}"));
        for column in 0..58 {
            query.sql(", ").bind(
                Kind::Text,
                Scalar::Text(
                    if column % 3 == 0 {
                        "a text of some length"
                    } else {
                        "x"
                    }
                    .into(),
                ),
            );
        }
        query.sql(")");
        tx.execute(query).expect("an insert");
        let ticket = tx.commit().expect("a commit");
        database.durable_blocking(ticket).expect("it is durable");
        latencies.push(begun.elapsed());
    }
    latencies
}
