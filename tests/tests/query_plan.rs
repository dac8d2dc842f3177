//! How SQLite runs the lists that clients open all day: over an index.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, in helpers too")]

use helpdesk_tests::{TestSite, TestUser};
use rusqlite::Connection;
use serde_json::{Value, json};

const COLUMNS: &str = "name, owner, creation, modified, modified_by, docstatus, idx, subject, status, status_category, \
                       priority, ticket_type, agent_group, raised_by, contact, customer, _assign";

/// Writes tickets past the framework: enough that a scan would be worth avoiding.
fn fill(site: &TestSite, tickets: u32) {
    let sqlite = Connection::open(site.folder().join("site.db")).unwrap();
    let values = "printf('%06d', 100000 + n), 'Administrator', printf('2026-%02d-%02d 08:00:00.%06d', n % 12 + 1, n % 28 + 1, n), \
                  printf('2026-%02d-%02d 09:00:00.%06d', n % 12 + 1, n % 28 + 1, n), 'Administrator', 0, 0, 'Ticket ' || n, \
                  substr('Open    Replied ResolvedClosed  ', n % 4 * 8 + 1, 8), 'Open', 'Low', 'Bug', 'Team ' || (n % 9), \
                  'u' || (n % 500) || '@acme.example', 'c' || (n % 500), 'Customer ' || (n % 60), NULL";
    let insert = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {tickets}) \
         INSERT INTO \"tabHD Ticket\" ({COLUMNS}) SELECT {values} FROM numbers"
    );
    sqlite.execute_batch(&insert).unwrap();
}

/// What SQLite would do for the list, a step a line.
fn plan(site: &TestSite, user: &TestUser, args: &Value) -> Vec<String> {
    let mut args = args.clone();
    args["debug"] = 1.into();
    let reply = user.list("HD Ticket", args).ok();
    let texts: Vec<String> = serde_json::from_str(reply.json["_debug_messages"].as_str().unwrap()).unwrap();
    let sqlite = Connection::open(site.folder().join("site.db")).unwrap();
    let mut explain = sqlite
        .prepare(&format!("EXPLAIN QUERY PLAN {}", texts[0]))
        .unwrap();
    // Values are left out: with `ENABLE_QPSG` the plan doesn't depend on them.
    let rows = explain.raw_query().mapped(|row| row.get(3));
    rows.map(Result::unwrap).collect()
}

/// The lists the web client opens, as `spa-traffic.jsonl` and the installed views have them.
fn shipped() -> Vec<Value> {
    let row = json!([
        "name", "subject", "status", "priority", "creation", "modified", "_assign"
    ]);
    vec![
        json!({ "fields": row, "order_by": "modified desc" }),
        json!({ "fields": row, "order_by": "creation desc" }),
        json!({ "fields": row }),
        json!({ "fields": row, "filters": { "status": "Open" }, "order_by": "modified desc" }),
        json!({ "fields": row, "filters": { "status": ["in", ["Open", "Replied"]] }, "order_by": "modified desc" }),
        json!({ "fields": row, "filters": { "status_category": ["!=", "Resolved"] }, "order_by": "modified desc" }),
        json!({ "fields": row, "filters": { "agent_group": "Team 1" }, "order_by": "modified desc" }),
        json!({ "fields": row, "filters": { "_assign": ["like", "%ada@desk.example%"] }, "order_by": "modified desc" }),
        json!({ "fields": row, "filters": { "customer": "Customer 3" }, "order_by": "modified desc" }),
        json!({ "fields": row, "filters": { "contact": "c7" }, "order_by": "creation desc" }),
        json!({ "fields": row, "filters": { "name": "100007" } }),
        json!({ "fields": row, "filters": { "name": ["in", ["100007", "100008"]] } }),
    ]
}

#[test]
fn the_shipped_lists_of_tickets_use_an_index() {
    let site = TestSite::start();
    fill(&site, 5_000);
    let users = [site.agent("ada@desk.example"), site.customer("u7@acme.example")];

    for analyzed in [false, true] {
        if analyzed {
            let sqlite = Connection::open(site.folder().join("site.db")).unwrap();
            sqlite.execute_batch("ANALYZE").unwrap();
        }
        for user in &users {
            for args in shipped() {
                let steps = plan(&site, user, &args);
                let of_tickets = |step: &&String| step.contains(" t ") || step.ends_with(" t");
                let step = steps.iter().find(of_tickets).unwrap();
                assert!(step.contains(" INDEX "), "{user:?} {args}: {steps:?}");
                let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
                let walks = step.starts_with("SCAN");
                assert!(!(sorts && walks), "all tickets are sorted for {args}: {steps:?}");
            }
        }
    }
}

#[test]
fn a_list_over_no_index_is_told_apart() {
    let site = TestSite::start();
    fill(&site, 5_000);

    let steps = plan(
        &site,
        &site.admin(),
        &json!({ "filters": { "description": "x" }, "order_by": "subject" }),
    );

    assert!(steps.iter().any(|step| step == "SCAN t"), "{steps:?}");
    assert!(steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
}

/// What SQLite would do for each statement that reads tickets, with the statement.
fn plans_of_tickets(site: &TestSite, statements: &[String]) -> Vec<(String, Vec<String>)> {
    let of_tickets = statements
        .iter()
        .filter(|statement| statement.contains("`tabHD Ticket`"));
    plans(site, &of_tickets.cloned().collect::<Vec<_>>())
}

/// What SQLite would do for each statement, with the statement.
fn plans(site: &TestSite, statements: &[String]) -> Vec<(String, Vec<String>)> {
    let sqlite = Connection::open(site.folder().join("site.db")).unwrap();
    statements
        .iter()
        .map(|statement| {
            let mut explain = sqlite
                .prepare(&format!("EXPLAIN QUERY PLAN {statement}"))
                .unwrap();
            let rows = explain.raw_query().mapped(|row| row.get(3));
            (statement.clone(), rows.map(Result::unwrap).collect())
        })
        .collect()
}

/// How a site with many tickets answers dashboards with these filters.
fn plans_of_dashboards(filters: &[Value]) -> Vec<(String, Vec<String>)> {
    let site = TestSite::start();
    fill(&site, 5_000);
    let sqlite = Connection::open(site.folder().join("site.db")).unwrap();
    sqlite.execute_batch("ANALYZE").unwrap();

    let statements = site.transaction(|cx| {
        cx.db().note_statements();
        for kind in ["number_card", "trend", "master"] {
            for filters in filters {
                let filters = serde_json::from_value(filters.clone()).unwrap();
                helpdesk_api::dashboard::get_dashboard_data(cx, kind.to_owned(), filters)?;
            }
        }
        Ok(cx.db().noted_statements())
    });
    plans_of_tickets(&site, &statements)
}

#[test]
fn dashboards_use_an_index() {
    let plans = plans_of_dashboards(&[json!({}), json!({ "agent": "@me" }), json!({ "team": "Team 1" })]);
    assert!(plans.len() > 20, "{}", plans.len());
    for (statement, steps) in plans {
        let of_tickets = |step: &&String| step.contains(" t ") || step.ends_with(" t");
        let step = steps.iter().find(of_tickets).unwrap();
        assert!(
            step.starts_with("SEARCH") && step.contains(" INDEX "),
            "{statement}: {steps:?}"
        );
    }
}

#[test]
fn a_dashboard_of_all_agents_reads_one_index_alone() {
    let (made, rated): (Vec<_>, Vec<_>) = plans_of_dashboards(&[Value::Null])
        .into_iter()
        .partition(|(statement, _)| statement.contains("`creation` >= "));
    assert_eq!((made.len(), rated.len()), (7, 3));
    for (statement, steps) in made {
        assert!(steps[0].contains(" COVERING INDEX "), "{statement}: {steps:?}");
    }
}

#[test]
fn an_agents_home_reads_tickets_of_others_in_indexes_alone() {
    let site = TestSite::start();
    fill(&site, 5_000);
    let sqlite = Connection::open(site.folder().join("site.db")).unwrap();
    sqlite
        .execute_batch(
            "UPDATE \"tabHD Ticket\" SET _assign = '[\"ada@desk.example\"]' WHERE name % 9 = 0; ANALYZE",
        )
        .unwrap();

    let statements = site.transaction(|cx| {
        cx.db().note_statements();
        helpdesk_api::agent_home::agent_home::get_dashboard(cx, true)?;
        Ok(cx.db().noted_statements())
    });

    let plans: Vec<_> = plans_of_tickets(&site, &statements)
        .into_iter()
        .filter(|(statement, _)| statement.contains("`_assign`"))
        .collect();
    assert!(plans.len() > 8, "{plans:?}");
    for (statement, steps) in &plans {
        // Of all that are the agent's, some are shown: those are looked up, behind an index that says whose they are.
        let shows = statement.contains("`subject`") || statement.contains("`response_by`");
        let alone = steps[0].starts_with("SEARCH") && steps[0].contains(" COVERING INDEX ");
        let with = |name: &str| steps[0].contains(&format!(" INDEX HD Ticket|{name}|modified|_assi"));
        assert!(
            alone || shows && (with("status_category") || with("feedback_rating")),
            "{statement}: {steps:?}"
        );
    }
}

#[test]
fn whose_tickets_are_whose_stands_beside_their_order() {
    let site = TestSite::start();
    fill(&site, 5_000);
    let ada = site.agent("ada@desk.example");
    for filters in [
        json!({ "_assign": ["like", "%ada@desk.example%"] }),
        json!({ "_assign": ["like", "%ada@desk.example%"], "status_category": "Open" }),
    ] {
        let args = json!({ "fields": ["name", "subject"], "filters": filters, "order_by": "modified desc" });
        let steps = plan(&site, &ada, &args);
        let holds = steps[0].contains("|modified|_assi");
        let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE"));
        assert!(holds && !sorts, "{filters}: {steps:?}");
    }
}

/// Tables that stay as small as somebody's settings; all others grow with the tickets.
const SETTINGS: [&str; 8] = [
    "Assignment Rule",
    "HD Agent",
    "HD Agent Status",
    "HD Form Script",
    "HD Service Level Agreement",
    "HD Ticket Priority",
    "HD Ticket Status",
    "HD Team",
];

#[test]
fn raising_a_ticket_and_its_page_walk_no_table_that_grows() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.team("Hardware").member(&ada).create();

    let statements = site.transaction(|cx| {
        cx.db().note_statements();
        let ticket = json!({
            "subject": "It prints every other page", "agent_group": "Hardware", "priority": "High",
            "description": "<p>On the second floor</p>", "raised_by": "carl@acme.example",
        });
        let made = helpdesk_core::install::put(cx, "HD Ticket", ticket)?;
        helpdesk_api::doctype::hd_ticket::api::get_one(cx, made, false)?;
        Ok(cx.db().noted_statements())
    });

    assert!(statements.len() > 60, "{}", statements.len());
    let is_of_settings = |statement: &str| {
        let name = |table: &&str| statement.contains(&format!("FROM `tab{table}` AS `t`"));
        SETTINGS.iter().any(name)
    };
    for (statement, steps) in plans(&site, &statements) {
        // A row of a virtual table is found by its number.
        let walks = |step: &String| step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE INDEX 0:=");
        assert!(
            is_of_settings(&statement) || !steps.iter().any(walks),
            "{statement}: {steps:?}"
        );
    }
}
