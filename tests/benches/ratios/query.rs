//! The query layer beside raw SQLite: a prepared statement of the same text, its columns written as the same JSON.

use helpdesk_core::cx::{Cx, Request, Shared};
use helpdesk_core::db::json;
use helpdesk_core::db::{JsonColumn, Kind, Query, RowForm, Scalar};
use helpdesk_core::method::Verb;
use helpdesk_core::prelude::json as value;
use helpdesk_core::query::{self, ListRequest};
use helpdesk_core::site::{OpenMode, database_path};
use helpdesk_core::users;
use std::sync::Arc;

use super::cpu;
use super::http::goal;
use super::site;

const ROUNDS: usize = 9;
const RUNS: usize = 2_000;
const FIELDS: [&str; 8] = [
    "name",
    "subject",
    "status",
    "priority",
    "agent_group",
    "customer",
    "modified",
    "creation",
];

/// Measures and prints the table.
pub(crate) fn run() {
    let loaded = site::loaded();
    let opened = site::open(loaded.folder.path(), OpenMode::Exclusive);
    let session = {
        let mut cx = opened
            .context(Arc::new(helpdesk_core::session::Session::guest()), Verb::Get)
            .expect("a connection");
        users::session_of(&mut cx, site::AGENT)
            .expect("a read")
            .expect("the agent is there")
    };
    let shared = Shared {
        site: Arc::clone(&opened),
        session: Arc::new(session),
        request: Request::internal(Verb::Get),
    };
    let mut cx = Cx::new(shared, opened.database().connect().expect("a connection"));
    let raw = rusqlite::Connection::open(database_path(loaded.folder.path())).expect("the file opens");
    for pragma in ["PRAGMA cache_size=-4096", "PRAGMA mmap_size=268435456"] {
        raw.execute_batch(pragma).expect("a pragma");
    }
    let meta = opened.meta("HD Ticket").expect("the DocType");
    let request = ListRequest {
        fields: FIELDS.iter().map(|field| value!(field)).collect(),
        filters: value!([["status", "=", "Open"]]),
        order_by: "modified desc".to_owned(),
        length: Some(20),
        ..ListRequest::of("HD Ticket")
    };
    let get_sql = format!("{}?1", meta.select_by_name);
    let list_sql = "SELECT name, subject, status, priority, agent_group, customer, modified, creation FROM \"tabHD Ticket\" \
                    WHERE status = ?1 ORDER BY modified DESC LIMIT 20";
    let keys: Vec<Vec<u8>> = FIELDS
        .iter()
        .map(|field| format!("\"{field}\":").into_bytes())
        .collect();
    let columns: Vec<JsonColumn<'_>> = keys
        .iter()
        .zip(FIELDS)
        .map(|(key, field)| JsonColumn {
            key,
            kind: if matches!(field, "modified" | "creation") {
                Kind::DateTime
            } else {
                Kind::Text
            },
        })
        .collect();
    let document_columns: Vec<JsonColumn<'_>> = meta
        .columns
        .iter()
        .map(|column| JsonColumn {
            key: &column.json_key,
            kind: column.kind,
        })
        .collect();

    let mut figures: Vec<(&str, Vec<f64>)> = [
        "raw list",
        "layer list",
        "whole list",
        "raw get",
        "layer get",
        "whole get",
    ]
    .map(|name| (name, Vec::new()))
    .into();
    let mut out = Vec::with_capacity(16 * 1024);
    for round in 0..=ROUNDS {
        let names: Vec<String> = (0..RUNS).map(|i| format!("{:04}", i % 1999 + 1)).collect();
        let mut measured = [0.0; 6];
        measured[0] = timed(|_| raw_rows(&raw, list_sql, "Open", &columns, &mut out));
        measured[1] = timed(|_| {
            out.clear();
            let mut query = Query::fixed();
            query.checked("SELECT name, subject, status, priority, agent_group, customer, modified, creation FROM \"tabHD Ticket\" WHERE status = ");
            query.text("Open").sql(" ORDER BY modified DESC LIMIT 20");
            cx.db()
                .json_rows(query, &columns, RowForm::Object, &mut out)
                .expect("a list");
        });
        measured[2] = timed(|_| {
            query::list(&mut cx, &request).expect("a list");
        });
        measured[3] = timed(|i| raw_rows(&raw, &get_sql, &names[i], &document_columns, &mut out));
        measured[4] = timed(|i| {
            out.clear();
            let mut query = Query::fixed();
            query
                .checked(&*meta.select_by_name)
                .bind(Kind::Text, Scalar::Text(names[i].as_str().into()));
            cx.db()
                .json_rows(query, &document_columns, RowForm::Object, &mut out)
                .expect("a row");
        });
        measured[5] = timed(|i| {
            let doc = helpdesk_core::rest::readable(&mut cx, &meta, &names[i]).expect("a ticket");
            out.clear();
            serde_json::to_writer(&mut out, &doc).expect("JSON");
        });
        if round > 0 {
            for ((_, all), one) in figures.iter_mut().zip(measured) {
                all.push(one);
            }
        }
    }
    let figure = |name: &str| {
        figures
            .iter()
            .find(|(known, _)| *known == name)
            .map_or(f64::NAN, |(_, all)| cpu::median(all.clone()))
    };
    println!("\n## CPU a query beside raw SQLite (median of {ROUNDS} interleaved rounds of {RUNS})\n");
    println!("| query | raw µs | query layer µs | ratio | with permissions and compilation µs |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (name, raw, layer, whole) in [
        ("list of 20 × 8", "raw list", "layer list", "whole list"),
        ("get, all columns", "raw get", "layer get", "whole get"),
    ] {
        println!(
            "| {name} | {:.1} | {:.1} | {:.2} | {:.1} |",
            figure(raw),
            figure(layer),
            figure(layer) / figure(raw),
            figure(whole)
        );
    }
    println!();
    goal(
        "list, query layer : raw SQLite",
        figure("layer list") / figure("raw list"),
        1.35,
    );
    goal(
        "get, query layer : raw SQLite",
        figure("layer get") / figure("raw get"),
        1.25,
    );
}

/// CPU µs a run of `body`.
fn timed(mut body: impl FnMut(usize)) -> f64 {
    let before = cpu::of_thread();
    for i in 0..RUNS {
        body(i);
    }
    (cpu::of_thread() - before) as f64 / RUNS as f64 / 1_000.0
}

fn raw_rows(
    raw: &rusqlite::Connection,
    sql: &str,
    bound: &str,
    columns: &[JsonColumn<'_>],
    out: &mut Vec<u8>,
) {
    out.clear();
    let mut statement = raw.prepare_cached(sql).expect("a statement");
    let mut rows = statement.query([bound]).expect("rows");
    while let Some(row) = rows.next().expect("a row") {
        out.push(b'{');
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(column.key);
            match row.get_ref(i).expect("a column") {
                rusqlite::types::ValueRef::Null => out.extend_from_slice(b"null"),
                rusqlite::types::ValueRef::Integer(int) => json::write_int(int, out),
                rusqlite::types::ValueRef::Real(float) => json::write_float(float, out),
                rusqlite::types::ValueRef::Text(text) => {
                    json::write_text(std::str::from_utf8(text).expect("UTF-8"), column.kind, out);
                }
                rusqlite::types::ValueRef::Blob(_) => unreachable!("no blobs"),
            }
        }
        out.push(b'}');
    }
}
