//! A server that is killed under writes and jobs loses nothing it has acknowledged and does nothing twice.
//!
//! This binary is both: with the arguments of `helpdesk` it is a server that has a job more, else it is the test, which
//! starts that server on a site of its own, leaves many jobs there, kills it (SIGKILL) at moments a seed decides, starts it
//! again, and so on; then it lets the jobs run out, with as many kills again, and counts. `HELPDESK_KILLS` says how often
//! (8), `HELPDESK_KILL_SEED` when (7), `HELPDESK_KILL_JOBS` how many jobs wait from the beginning (10,000).
//! On PostgreSQL as well where `HELPDESK_TEST_DATABASE` names a server.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that panics has failed, and one without a harness speaks for itself"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use helpdesk_core::db::{Database, Kind, Mode, Place, Query};
use helpdesk_core::install::put;
use helpdesk_core::prelude::*;

helpdesk_core::app! { "probe" }

const NAME: &str = "killed_servers_lose_nothing_and_do_nothing_twice";

/// Jobs from this number on are those left at the beginning.
const MANY: u32 = 1_000_000;

/// Writes a row and leaves a job that writes another.
#[whitelist(methods = [POST])]
fn leave(cx: &mut Cx, number: u32) -> Result<()> {
    put(cx, "ToDo", json!({ "description": format!("written {number}") }))?;
    cx.enqueue(effect::JOB.with(json!({ "number": number })))?;
    Ok(())
}

/// Leaves many jobs at once, numbered from `first` on.
#[whitelist(methods = [POST])]
fn leave_many(cx: &mut Cx, first: u32, count: u32) -> Result<()> {
    for number in first..first + count {
        cx.enqueue(effect::JOB.with(json!({ "number": number })))?;
    }
    Ok(())
}

#[job(attempts = 1000)]
fn effect(cx: &mut Cx, number: u32) -> Result<()> {
    put(cx, "ToDo", json!({ "description": format!("effect {number}") }))?;
    // So that many are killed between what they write and their commit.
    if number.is_multiple_of(if number < MANY { 3 } else { 100 }) {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// How many jobs have not ended.
#[whitelist(methods = [GET])]
fn unfinished(cx: &mut Cx) -> Result<i64> {
    let mut query = Query::fixed();
    query
        .sql("SELECT count(*) FROM ")
        .ident("__Job")
        .sql(" WHERE state <> 'done'");
    cx.db().count(query)
}

/// How often each text was written.
#[whitelist(methods = [GET])]
fn counted(cx: &mut Cx) -> Result<BTreeMap<String, i64>> {
    let mut query = Query::fixed();
    query
        .sql("SELECT description, count(*) FROM ")
        .ident("tabToDo")
        .sql(" GROUP BY description");
    let rows = cx.db().rows(query, &[Kind::Text, Kind::Int])?;
    let pair =
        |row: &Vec<helpdesk_core::db::Scalar<'_>>| Some((row[0].as_str()?.to_owned(), row[1].as_int()?));
    Ok(rows.iter().filter_map(pair).collect())
}

/// What SQLite says of its file.
#[whitelist(methods = [GET])]
fn integrity(cx: &mut Cx) -> Result<String> {
    if cx.db().is_postgres() {
        return Ok("ok".to_owned());
    }
    let mut query = Query::fixed();
    query.sql("PRAGMA integrity_check");
    let row = cx.db().row(query, &[Kind::Text])?.unwrap_or_default();
    Ok(row
        .first()
        .and_then(|text| text.as_str())
        .unwrap_or("")
        .to_owned())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "--site") {
        helpdesk_api::link();
        return helpdesk_server::cli::run();
    }
    if args.iter().any(|arg| arg == "--list") {
        if !args.iter().any(|arg| arg == "--ignored") {
            println!("{NAME}: test");
        }
        return ExitCode::SUCCESS;
    }
    let number = |name: &str, usual: u64| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(usual)
    };
    let jobs = u32::try_from(number("HELPDESK_KILL_JOBS", 10_000)).unwrap();
    let (kills, seed) = (number("HELPDESK_KILLS", 8), number("HELPDESK_KILL_SEED", 7));
    play("", kills, seed, jobs);
    if let Ok(server) = std::env::var("HELPDESK_TEST_DATABASE")
        && !server.is_empty()
    {
        let schema = format!("kill_{}", std::process::id());
        run_sql(&server, format!("CREATE SCHEMA {schema}"));
        let mark = if server.contains('?') { '&' } else { '?' };
        play(
            &format!("{server}{mark}options=-csearch_path%3D{schema}"),
            kills,
            seed,
            jobs,
        );
        run_sql(&server, format!("DROP SCHEMA {schema} CASCADE"));
    }
    ExitCode::SUCCESS
}

fn run_sql(server: &str, sql: String) {
    let database = Database::open_at(&Place::Server(server.to_owned()), Mode::Command).unwrap();
    let mut tx = database.connect().unwrap();
    let mut query = Query::new();
    query.checked(sql).forget();
    tx.execute(query).unwrap();
    tx.commit().unwrap();
}

/// Numbers that look random, the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn helpdesk(site: &Path, database: &str, args: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .env_clear()
        .env("HELPDESK_DATABASE", database)
        .env("HELPDESK_JOB_LEASE", "2")
        .env("HELPDESK_MAX_QUEUED_JOBS", "100000")
        .env("HELPDESK_WORKERS", "3")
        .env("HELPDESK_LOG", "off")
        .arg("--site")
        .arg(site)
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

/// A server that is killed when it is dropped.
struct Serving {
    child: Child,
    base: String,
}

impl Serving {
    fn start(site: &Path, database: &str) -> Serving {
        let child = helpdesk(site, database, &["serve", "--listen", "127.0.0.1:0"])
            .spawn()
            .unwrap();
        let mut serving = Serving {
            child,
            base: String::new(),
        };
        let said = serving.child.stdout.take().unwrap();
        for line in BufReader::new(said).lines() {
            if let Some((_, rest)) = line.unwrap().split_once("listens on ") {
                rest.split(' ').next().unwrap().clone_into(&mut serving.base);
                return serving;
            }
        }
        panic!("the server ended before it listened");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // SIGKILL.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .new_agent()
}

/// What a method returns; `None` where the server did not answer.
fn ask(agent: &ureq::Agent, base: &str, token: &str, method: &str, body: Option<Value>) -> Option<Value> {
    let url = format!("{base}/api/method/probe.{method}");
    let token = format!("token {token}");
    let answer = match body {
        Some(body) => agent.post(&url).header("Authorization", &token).send_json(body),
        None => agent.get(&url).header("Authorization", &token).call(),
    };
    let mut answer = answer.ok()?;
    let body: Value = answer.body_mut().read_json().ok()?;
    Some(body.get("message").cloned().unwrap_or_default())
}

fn play(database: &str, kills: u64, seed: u64, jobs: u32) {
    let began = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site");
    let mut dice = Dice(seed.max(1));
    let first = Serving::start(&site, database);
    let token = helpdesk(&site, database, &["api-key", "Administrator"])
        .output()
        .unwrap();
    let token = String::from_utf8(token.stdout).unwrap().trim().to_owned();
    for at in (0..jobs).step_by(1000) {
        let some = json!({ "first": MANY + at, "count": (jobs - at).min(1000) });
        ask(&agent(), &first.base, &token, "leave_many", Some(some)).unwrap();
    }
    drop(first);

    let base = Arc::new(Mutex::new(String::new()));
    let (over, next) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(1)));
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (base, over, next, token) = (
                Arc::clone(&base),
                Arc::clone(&over),
                Arc::clone(&next),
                token.clone(),
            );
            std::thread::spawn(move || write(&base, &over, &next, &token))
        })
        .collect();
    for _ in 0..kills {
        let server = Serving::start(&site, database);
        base.lock().unwrap().clone_from(&server.base);
        std::thread::sleep(Duration::from_millis(20 + dice.below(400)));
        drop(server);
    }
    over.store(true, Ordering::SeqCst);
    let acknowledged: BTreeSet<u32> = writers
        .into_iter()
        .flat_map(|writer| writer.join().unwrap())
        .collect();

    // The jobs run out, with as many kills again.
    let mut server = Serving::start(&site, database);
    let number_left = |server: &Serving| {
        let left = ask(&agent(), &server.base, &token, "unfinished", None).unwrap();
        left.as_u64().unwrap()
    };
    let left = number_left(&server);
    let mut points: Vec<u64> = (0..kills).map(|_| dice.below(left.max(1))).collect();
    points.sort_unstable();
    let (mut unfinished, mut since) = (left, Instant::now());
    while unfinished > 0 {
        std::thread::sleep(Duration::from_millis(20 + dice.below(100)));
        let now = number_left(&server);
        if now != unfinished {
            (unfinished, since) = (now, Instant::now());
        }
        if points.pop_if(|point| unfinished <= *point).is_some() {
            drop(server);
            server = Serving::start(&site, database);
        }
        assert!(
            since.elapsed() < Duration::from_secs(300),
            "{unfinished} jobs don't end"
        );
    }
    let get = |method: &str| ask(&agent(), &server.base, &token, method, None).unwrap();
    assert_eq!(get("integrity"), "ok");
    let counted: BTreeMap<String, i64> = serde_json::from_value(get("counted")).unwrap();
    let count = |what: &str, number: u32| counted.get(&format!("{what} {number}")).copied().unwrap_or(0);
    let last = next.load(Ordering::SeqCst);
    for number in 1..last {
        let (written, effects) = (count("written", number), count("effect", number));
        assert!(
            written <= 1 && written == effects,
            "{number}: written {written}, effects {effects}"
        );
        assert!(
            written == 1 || !acknowledged.contains(&number),
            "{number} was acknowledged and is lost"
        );
    }
    for number in MANY..MANY + jobs {
        assert_eq!(count("effect", number), 1, "{number} was left at the beginning");
    }
    assert!(
        acknowledged.len() as u64 > kills,
        "too few writes: {}",
        acknowledged.len()
    );
    println!(
        "{}: {kills} kills, {jobs} jobs at the beginning, {} writes sent, {} acknowledged, {left} jobs left for as many kills again, {} s",
        if database.is_empty() {
            "SQLite"
        } else {
            "PostgreSQL"
        },
        last - 1,
        acknowledged.len(),
        began.elapsed().as_secs()
    );
}

/// Writes numbers until it is over; returns those the server said it has.
fn write(base: &Mutex<String>, over: &AtomicBool, next: &AtomicU32, token: &str) -> Vec<u32> {
    let agent = agent();
    let mut acknowledged = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let base = base.lock().unwrap().clone();
        let number = next.fetch_add(1, Ordering::SeqCst);
        let answer = ask(&agent, &base, token, "leave", Some(json!({ "number": number })));
        match answer {
            Some(_) => acknowledged.push(number),
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    }
    acknowledged
}
