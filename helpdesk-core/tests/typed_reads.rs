//! Diesel's typed queries on a connection of ours.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use helpdesk_core::db::{Database, Mode};

diesel::table! {
    tickets (name) {
        name -> Text,
        subject -> Text,
        owner -> Nullable<Text>,
        status -> Nullable<Text>,
        priority -> Nullable<Text>,
        customer -> Nullable<Text>,
        contact -> Nullable<Text>,
        team -> Nullable<Text>,
    }
}

type Maybe = Option<String>;
type Row = (String, String, Maybe, Maybe, Maybe, Maybe, Maybe, Maybe);

/// `.first()` binds its LIMIT. SQLite prepares such a statement anew at every run unless it was built with
/// `ENABLE_QPSG` (design/data-layer.md §9, gate 4), which makes it several times as slow as one without a LIMIT.
#[test]
fn a_typed_first_is_prepared_once() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join("site.db"), Mode::Command).unwrap();
    let mut tx = database.connect().unwrap();
    let sqlite = tx.sqlite().unwrap();
    sqlite
        .batch_execute(
            "CREATE TABLE tickets (name TEXT PRIMARY KEY, subject TEXT NOT NULL, owner TEXT, status TEXT, \
             priority TEXT, customer TEXT, contact TEXT, team TEXT); \
             CREATE INDEX a ON tickets (status, name); CREATE INDEX b ON tickets (team, name); \
             WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1000) \
             INSERT INTO tickets (name, subject) SELECT printf('%04d', n), 'Ticket ' || n FROM n",
        )
        .unwrap();
    let mut read = |limited: bool| {
        let started = Instant::now();
        for n in 1..=1_000 {
            // A statement that takes as long to prepare as those of a help desk.
            let one = tickets::table
                .filter(tickets::name.eq(format!("{n:04}")))
                .filter(tickets::status.is_null().or(tickets::status.ne("Closed")))
                .filter(tickets::team.is_null().or(tickets::team.ne("Billing")));
            let row: Row = if limited {
                one.first(sqlite).unwrap()
            } else {
                one.get_result(sqlite).unwrap()
            };
            assert_eq!(row.1, format!("Ticket {n}"));
        }
        started.elapsed()
    };

    let rounds: Vec<(Duration, Duration)> = (0..7).map(|_| (read(true), read(false))).collect();

    // The least of each: what else the machine does only ever adds.
    let limited = rounds.iter().map(|round| round.0).min().unwrap();
    let unlimited = rounds.iter().map(|round| round.1).min().unwrap();
    let ratio = limited.as_secs_f64() / unlimited.as_secs_f64();
    assert!(
        ratio < 1.6,
        "{limited:?} with LIMIT, {unlimited:?} without: {ratio:.1} times"
    );
}
