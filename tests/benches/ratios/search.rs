//! Searches over 100,000 tickets, each with a mail, and what a new ticket pays for its place in the index. Not part of the
//! whole run, since it fills some hundred megabytes.
//!
//! The words are invented and spread as those of a language are: the n-th stands in a share of about 1/n.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;

use helpdesk_core::clock::stored;
use helpdesk_core::cx::{Cx, Request, Shared};
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::install::{self, put_single};
use helpdesk_core::method::Verb;
use helpdesk_core::prelude::json as value;
use helpdesk_core::search;
use helpdesk_core::session::Session;
use helpdesk_core::site::{OpenMode, Site};
use helpdesk_core::users;
use jiff::ToSpan;
use jiff::civil::date;
use serde_json::Value;

use super::cpu;
use super::http::goal;
use super::site;

const TICKETS: usize = 100_000;
const WORDS: usize = 20_000;
const QUERIES: usize = 400;
/// Tickets made one by one.
const MADE: usize = 500;

/// A generator of its own, so that all runs search for the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next()).unwrap_or(0) % end
    }

    /// A word by its rank: common ones often.
    fn rank(&mut self) -> usize {
        let share = self.next() as f64 / f64::from(1_u32 << 31);
        let rank = (WORDS as f64).powf(share) - 1.0;
        (rank as usize).min(WORDS - 1)
    }
}

/// The n-th word: syllables that differ.
fn word(rank: usize) -> String {
    const HEADS: [&str; 16] = [
        "b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "st", "pr",
    ];
    const TAILS: [&str; 8] = ["a", "e", "i", "o", "u", "an", "er", "il"];
    let mut left = rank + HEADS.len() * TAILS.len();
    let mut text = String::new();
    while left > 0 {
        text.push_str(HEADS[left % HEADS.len()]);
        text.push_str(TAILS[left / HEADS.len() % TAILS.len()]);
        left /= HEADS.len() * TAILS.len();
    }
    text
}

fn words(random: &mut Random, count: usize, of: &mut BTreeSet<usize>) -> String {
    let ranks: Vec<usize> = (0..count).map(|_| random.rank()).collect();
    of.extend(&ranks);
    let words: Vec<String> = ranks.into_iter().map(word).collect();
    words.join(" ")
}

/// What was written: which words stand in each ticket, and in how many tickets and mails each word.
struct Written {
    tickets: Vec<Vec<usize>>,
    documents: HashMap<usize, usize>,
}

/// Measures and prints the tables.
pub(crate) fn run() {
    let folder = tempfile::Builder::new()
        .prefix("search")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder");
    let opened = site::open(folder.path(), OpenMode::Exclusive);
    install::run(&opened).expect("the install runs");
    install::fill(&opened, &mut |_, _| {}).expect("the demonstration data");
    let since = Instant::now();
    let written = fill(&opened);
    eprintln!(
        "{TICKETS} tickets and mails in {:.1} s",
        since.elapsed().as_secs_f64()
    );
    create(&opened);
    queries(&opened, &written);
}

fn context(site: &Arc<Site>, session: Session) -> Cx {
    let shared = Shared {
        site: Arc::clone(site),
        session: Arc::new(session),
        request: Request::internal(Verb::Post),
    };
    Cx::new(shared, site.database().connect().expect("a connection"))
}

fn fill(site: &Arc<Site>) -> Written {
    let mut random = Random(42);
    let mut cx = context(site, Session::administrator());
    let teams = helpdesk_core::query::list_values(&mut cx, &helpdesk_core::query::ListRequest::of("HD Team"))
        .expect("the teams");
    let (ticket_meta, mail_meta) = (
        meta_of(&cx, "HD Ticket").expect("a DocType"),
        meta_of(&cx, "Communication").expect("a DocType"),
    );
    let mut written = Written {
        tickets: Vec::new(),
        documents: HashMap::new(),
    };
    for n in 0..TICKETS {
        let (mut of_ticket, mut of_mail) = (BTreeSet::new(), BTreeSet::new());
        let at = stored(date(2024, 1, 1).at(8, 0, 0, 0) + i64::try_from(n * 10).unwrap_or(0).minutes());
        let name = format!("S{n:06}");
        let mut ticket = Document::new(Arc::clone(&ticket_meta));
        let mut mail = Document::new(Arc::clone(&mail_meta));
        for (field, text) in [
            ("name", name.clone()),
            ("subject", words(&mut random, 6, &mut of_ticket)),
            (
                "description",
                format!("<p>{}</p>", words(&mut random, 40, &mut of_ticket)),
            ),
            (
                "status",
                ["Open", "Replied", "Resolved", "Closed"][n % 4].to_owned(),
            ),
            (
                "priority",
                ["Low", "Medium", "High", "Urgent"][random.below(4)].to_owned(),
            ),
            ("raised_by", format!("user{}@customer.example", random.below(500))),
        ] {
            ticket.set(field, text);
        }
        if let Some(team) = teams.get(random.below(teams.len().max(1))) {
            ticket.set("agent_group", team["name"].clone());
        }
        for (field, text) in [
            ("name", format!("M{n:06}")),
            (
                "content",
                format!("<p>{}</p>", words(&mut random, 30, &mut of_mail)),
            ),
            ("reference_doctype", "HD Ticket".to_owned()),
            ("reference_name", name),
            ("sender", "ada@customer.example".to_owned()),
        ] {
            mail.set(field, text);
        }
        for doc in [&mut ticket, &mut mail] {
            for field in ["creation", "modified"] {
                doc.set(field, at.clone());
            }
            doc.set("owner", "Administrator");
            doc.set("modified_by", "Administrator");
            storage::insert_row(&mut cx, doc).expect("a row");
        }
        for rank in of_ticket.iter().chain(&of_mail) {
            *written.documents.entry(*rank).or_default() += 1;
        }
        written.tickets.push(of_ticket.into_iter().collect());
    }
    site.finish(cx).expect("a commit");
    let mut cx = context(site, Session::administrator());
    cx.db().optimize().expect("statistics");
    written
}

/// What a ticket's create costs, and its place in the index.
fn create(site: &Arc<Site>) {
    let mut random = Random(7);
    let mut cx = context(site, Session::administrator());
    let meta = meta_of(&cx, "HD Ticket").expect("a DocType");
    let (mut whole, mut put) = (Vec::new(), Vec::new());
    for _ in 0..MADE {
        let mut none = BTreeSet::new();
        let subject = words(&mut random, 6, &mut none);
        let description = format!("<p>{}</p>", words(&mut random, 40, &mut none));
        let Value::Object(values) =
            value!({ "subject": subject, "description": description, "raised_by": "new@customer.example" })
        else {
            unreachable!("an object")
        };
        let before = cpu::of_thread();
        let mut doc = save::new_document(&mut cx, &meta, &values).expect("a ticket");
        save::insert(&mut cx, &mut doc).expect("a ticket");
        whole.push((cpu::of_thread() - before) as f64 / 1_000.0);
        search::remove(cx.db(), "HD Ticket", &doc.name_text()).expect("it is there");
        let before = cpu::of_thread();
        search::put(cx.db(), &doc, true).expect("a place");
        put.push((cpu::of_thread() - before) as f64 / 1_000.0);
    }
    let before = cpu::of_thread();
    site.finish(cx).expect("a commit");
    let commit = (cpu::of_thread() - before) as f64 / 1_000.0 / MADE as f64;
    println!("\n## What a new ticket pays for being found (µs of CPU, median of {MADE}, 46 words)\n");
    println!(
        "| whole create, hooks and first mail included | its text put into the index | a ticket's share of the commit |"
    );
    println!("| ---: | ---: | ---: |");
    println!(
        "| {:.0} | {:.0} | {commit:.0} |",
        cpu::median(whole),
        cpu::median(put)
    );
}

fn queries(site: &Arc<Site>, written: &Written) {
    let mut random = Random(1);
    let limit = 2 * TICKETS / 100;
    let count = |rank: &usize| written.documents.get(rank).copied().unwrap_or(0);
    let mut pair = |fits: &dyn Fn(&usize) -> bool| loop {
        let ranks = &written.tickets[random.below(TICKETS)];
        let (a, b) = (ranks[random.below(ranks.len())], ranks[random.below(ranks.len())]);
        if a != b && fits(&a) && fits(&b) {
            return (word(a), word(b));
        }
    };
    let rare: Vec<String> = (0..QUERIES)
        .map(|_| pair(&|rank| count(rank) <= limit))
        .map(|(a, b)| format!("{a} {b}"))
        .collect();
    let near: Vec<String> = (0..QUERIES)
        .map(|_| pair(&|rank| (limit / 4..=limit).contains(&count(rank))))
        .map(|(a, b)| format!("{a} {b}"))
        .collect();
    let mixed: Vec<Value> = (0..QUERIES)
        .map(|n| {
            let (a, b) = pair(&|_| true);
            let (c, _) = pair(&|rank| count(rank) <= limit);
            match n % 8 {
                0 => value!({ "query": a }),
                1 | 2 => value!({ "query": format!("{a} {b}") }),
                3 => value!({ "query": format!("{a} {b} {c}") }),
                4 => value!({ "query": c.get(..4).unwrap_or(&c) }),
                5 => value!({ "query": format!("{}x{}", &c[..2], &c[2..]) }),
                6 => value!({ "query": c, "title_only": true }),
                _ => value!({ "query": c, "filters": "{\"status\":[\"Open\",\"Replied\"]}" }),
            }
        })
        .collect();
    let plain = |queries: &[String]| -> Vec<Value> {
        queries.iter().map(|query| value!({ "query": query })).collect()
    };
    println!("\n## Searches in {TICKETS} tickets and as many mails (ms, {QUERIES} queries, seeded)\n");
    println!("| queries | caller | median | 95 % | most | hits, median |");
    println!("| --- | --- | ---: | ---: | ---: | ---: |");
    let mut worst = 0.0;
    for (what, queries) in [
        ("two words, each in 1 % of the documents or fewer", plain(&rare)),
        ("two words, each in 0.25 to 1 %", plain(&near)),
        (
            "mix: one to three words, beginnings, slips, titles, filters",
            mixed,
        ),
    ] {
        for restricted in [false, true] {
            let mut admin = context(site, Session::administrator());
            let setting = value!({ "restrict_tickets_by_agent_group": i32::from(restricted) });
            let Value::Object(setting) = setting else {
                unreachable!("an object")
            };
            put_single(&mut admin, "HD Settings", &setting).expect("a setting");
            site.finish(admin).expect("a commit");
            let agent = agent(site);
            let who = if restricted { "agent, own teams" } else { "agent" };
            let (times, hits) = timed(site, &agent, &queries);
            let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
            println!(
                "| {what} | {who} | {:.2} | {:.2} | {:.2} | {:.0} |",
                at(0.5),
                at(0.95),
                at(1.0),
                cpu::median(hits)
            );
            if what.starts_with("two words") {
                worst = f64::max(worst, at(0.95));
            }
        }
    }
    println!();
    goal("two words of 1 %, 95 of 100 queries, ms", worst, 20.0);
}

fn agent(site: &Arc<Site>) -> Session {
    let mut cx = context(site, Session::administrator());
    let agents = helpdesk_core::query::ListRequest {
        order_by: "name asc".to_owned(),
        ..helpdesk_core::query::ListRequest::of("HD Agent")
    };
    let all = helpdesk_core::query::list_values(&mut cx, &agents).expect("the agents");
    let sessions = all.iter().filter_map(|row| {
        let name = row.get("name")?.as_str()?;
        users::session_of(&mut cx, name).expect("a read")
    });
    let mut sessions = sessions.filter(|session| !session.is_administrator());
    sessions.next().expect("the demonstration has agents")
}

/// Milliseconds, sorted, and numbers of hits.
fn timed(site: &Arc<Site>, session: &Session, queries: &[Value]) -> (Vec<f64>, Vec<f64>) {
    let mut cx = context(site, session.clone());
    let mut ask = |query: &Value| {
        let text = |key: &str| query.get(key).and_then(Value::as_str).map(str::to_owned);
        let found = helpdesk_api::search::search(
            &mut cx,
            text("query").unwrap_or_default(),
            text("filters"),
            20,
            query["title_only"] == true,
        );
        serde_json::to_value(found.expect("an answer")).expect("JSON")
    };
    for query in queries.iter().take(20) {
        ask(query);
    }
    let (mut times, mut hits) = (Vec::new(), Vec::new());
    for query in queries {
        let since = Instant::now();
        let found = ask(query);
        times.push(since.elapsed().as_secs_f64() * 1_000.0);
        hits.push(found["summary"]["total_matches"].as_f64().unwrap_or(0.0));
    }
    times.sort_by(f64::total_cmp);
    (times, hits)
}
