//! Lists as files: what stands in them, who gets them, and that they are sent while they are read.

use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use helpdesk_core::install;
use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};
use zip::ZipArchive;

const EXPORT: &str = "frappe.desk.reportview.export_query";

fn export(user: &TestUser, args: Value) -> Reply {
    let mut all = json!({ "doctype": "HD Ticket", "file_format_type": "CSV", "title": "Tickets", "view": "Report",
        "order_by": "name asc" });
    all.as_object_mut()
        .unwrap()
        .extend(args.as_object().unwrap().clone());
    user.call_get(EXPORT, all)
}

/// Header and rows of a CSV file.
fn table(reply: &Reply) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(reply.bytes.as_slice());
    let rows = reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

/// A file in an Excel file.
fn part(reply: &Reply, name: &str) -> String {
    let mut archive = ZipArchive::new(Cursor::new(&reply.bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

const SUBJECTS: [&str; 8] = [
    "plain",
    "commas, \"quotes\" and 'apostrophes'",
    "grüße 漢字 🦀 you & me",
    "=HYPERLINK(\"http://evil.example\")",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "-5",
];

fn with_subjects(site: &TestSite) -> Vec<String> {
    let subjects = SUBJECTS.iter();
    subjects
        .map(|subject| site.ticket().subject(subject).create().name)
        .collect()
}

#[test]
fn texts_come_back_from_csv_as_they_were_and_formulas_as_text() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let names = with_subjects(&site);
    let args = json!({ "fields": "[\"name\", \"subject\", \"description\", \"idx\"]",
        "selected_items": Value::from(names.clone()).to_string() });

    let reply = export(&ada, args).ok();

    assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
    assert_eq!(
        reply.header("content-disposition"),
        Some("attachment; filename=\"Tickets.csv\"")
    );
    let rows = table(&reply);
    assert_eq!(
        rows[0],
        ["Sr", "ID", "Subject", "Description", "idx", "Created By"]
    );
    for ((row, subject), name) in rows[1..].iter().zip(SUBJECTS).zip(&names) {
        let shown = match subject {
            runs if runs.starts_with(['=', '+', '@']) || runs == "-2+3" => format!("'{runs}"),
            text => text.to_owned(),
        };
        assert_eq!((&row[1], &row[2]), (name, &shown));
        assert_eq!(row[3], "It worked until this morning.");
        assert_eq!(row[4], "0");
    }
    assert_eq!(rows.len(), SUBJECTS.len() + 1);
    // Numbers stand without quotes, texts that are digits with them.
    let first = format!("\r\n1,\"{}\",\"plain\",", names[0]);
    assert!(reply.text.contains(&first), "{}", reply.text);
}

#[test]
fn an_excel_file_has_numbers_and_texts_and_no_formula() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let names = with_subjects(&site);
    let args = json!({ "file_format_type": "Excel", "title": "Größen", "fields": "[\"subject\", \"idx\"]",
        "selected_items": Value::from(names).to_string() });

    let reply = export(&ada, args).ok();

    assert_eq!(
        reply.header("content-type"),
        Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    );
    assert_eq!(
        reply.header("content-disposition"),
        Some("attachment; filename=\"Gr__en.xlsx\"; filename*=UTF-8''Gr%C3%B6%C3%9Fen.xlsx")
    );
    let sheet = part(&reply, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>"), "{sheet}");
    assert!(sheet.contains("<t>grüße 漢字 🦀 you &amp; me</t>"), "{sheet}");
    // The serial number and the index are numbers.
    assert!(
        sheet.contains("<c r=\"A2\"><v>1</v></c>") && sheet.contains("<c r=\"C2\"><v>0</v></c>"),
        "{sheet}"
    );
    // What looks like a formula is text and marked as such; a number written as text is no formula.
    for (row, is_marked) in [(2, false), (5, true), (6, true), (7, true), (8, true), (9, false)] {
        let cell = format!("<c r=\"B{row}\" ");
        let cell = sheet.split(&cell).nth(1).unwrap().split("</c>").next().unwrap();
        assert!(cell.contains("t=\"inlineStr\""), "{cell}");
        assert_eq!(cell.contains("s=\""), is_marked, "{cell}");
    }
    assert!(part(&reply, "xl/styles.xml").contains("quotePrefix=\"1\""));
    let left = std::fs::read_dir(site.folder().join("private/incoming")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn a_list_without_rows_is_a_header() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let args =
        |kind| json!({ "file_format_type": kind, "fields": "[\"name\"]", "filters": "{\"name\": \"none\"}" });

    assert_eq!(
        export(&ada, args("CSV")).ok().text,
        "\"Sr\",\"ID\",\"Created By\"\r\n"
    );
    let sheet = part(&export(&ada, args("Excel")).ok(), "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<t>Created By</t>"), "{sheet}");
}

#[test]
fn an_export_shows_what_lists_show() {
    let site = TestSite::start();
    site.set("HD Settings", json!({ "restrict_tickets_by_agent_group": 1 }));
    let (ada, ben) = (site.agent("ada@desk.example"), site.agent("ben@desk.example"));
    site.team("Tier One").member(&ada).create();
    site.team("Tier Two").member(&ben).create();
    let hers = site.ticket().team("Tier One").create().name;
    let his = site.ticket().team("Tier Two").create().name;
    site.insert(
        "Property Setter",
        json!({ "doctype_or_field": "DocField", "doc_type": "HD Ticket", "field_name": "feedback_extra",
            "property": "mask", "property_type": "Check", "value": "1" }),
    );
    site.change("HD Ticket", &hers, json!({ "feedback_extra": "DE0212345" }));
    let args = || {
        let names = Value::from(vec![hers.clone(), his.clone()]).to_string();
        json!({ "fields": "[\"name\", \"feedback_extra\"]", "selected_items": names })
    };

    let rows = table(&export(&ada, args()).ok());
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[1][1], hers);
    assert!(!rows[1][2].contains("12345"), "{rows:?}");
    let rows = table(&export(&ben, args()).ok());
    assert_eq!((rows.len(), &rows[1][1]), (2, &his));
    let rows = table(&export(&site.admin(), args()).ok());
    assert_eq!(
        (rows.len(), rows[1][2].as_str(), rows[2][2].as_str()),
        (3, "DE0212345", "")
    );
}

#[test]
fn child_rows_and_linked_values_come_along() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.team("Tier One").member(&ada).create();
    let names = json!([["name", "=", "Tier One"]]).to_string();
    let args = json!({ "doctype": "HD Team", "title": "Teams", "filters": names,
        "fields": json!(["team_name", { "users": ["user"] }, "users.idx as place"]).to_string() });

    let rows = table(&export(&ada, args).ok());

    assert_eq!(rows.len(), 2, "{rows:?}");
    let cells = &rows[1][1..];
    assert_eq!(
        cells,
        [
            "Tier One",
            "1",
            "Administrator",
            "[{\"user\":\"ada@desk.example\"}]"
        ]
    );
}

#[test]
fn bad_requests_are_refused_and_leave_no_trace() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let before = site.count("Access Log");
    for (args, statuses) in [
        (json!({ "file_format_type": "PDF" }), &[417][..]),
        (json!({ "doctype": "Nothing" }), &[403, 404]),
        (json!({ "fields": "[\"name; DROP TABLE x\"]" }), &[403, 417]),
        (json!({ "filters": "[[\"x\\\"y\", \"=\", 1]]" }), &[403, 417]),
        (json!({ "filters": "{" }), &[417]),
        (json!({ "order_by": "name; DELETE" }), &[403, 417]),
        (json!({ "page_length": -1 }), &[417]),
        (json!({ "csv_delimiter": "" }), &[200]),
        (json!({ "csv_delimiter": "x" }), &[417]),
        (json!({ "selected_items": "5" }), &[417]),
    ] {
        let reply = export(&ada, args.clone());
        assert!(statuses.contains(&reply.status), "{args} {reply:?}");
    }
    export(
        &site.customer("carl@acme.example"),
        json!({ "doctype": "HD Team" }),
    )
    .status(403);
    export(&site.guest(), json!({})).status(403);
    assert_eq!(site.count("Access Log"), before + 1);
}

/// Bytes of this process that no file backs.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

/// Sends an export's request over a connection of its own.
fn ask(site: &TestSite, user: &TestUser, kind: &str) -> TcpStream {
    let mut stream = TcpStream::connect(site.url().trim_start_matches("http://")).unwrap();
    // Far beyond what a loaded machine takes: it is there for a server that hangs.
    stream.set_read_timeout(Some(Duration::from_secs(600))).unwrap();
    let request = format!(
        "GET /api/method/{EXPORT}?doctype=HD%20Ticket&file_format_type={kind}&fields=%5B%22*%22%5D HTTP/1.1\r\n\
         Host: x\r\nAuthorization: token {}\r\nConnection: close\r\n\r\n",
        user.token().unwrap()
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Reads to the end; the number of bytes, and the most memory used meanwhile.
fn drain(mut stream: TcpStream) -> (u64, u64) {
    let (mut total, mut most, mut next) = (0, 0, 0);
    let mut piece = vec![0; 64 * 1024];
    loop {
        let length = stream.read(&mut piece).unwrap() as u64;
        if length == 0 {
            return (total, most);
        }
        total += length;
        if total >= next {
            next = total + 512 * 1024;
            most = most.max(resident());
        }
    }
}

#[test]
fn an_export_of_any_length_takes_little_memory() {
    const TICKETS: i64 = 40_000;
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    install::fill_bulk(site.site(), "tickets", TICKETS.unsigned_abs(), &mut |_, _| {}).unwrap();
    assert!(site.count("HD Ticket") >= TICKETS);
    // What is kept for any request is there before.
    export(&ada, json!({ "fields": "[\"*\"]", "page_length": 20 })).ok();
    let before = resident();

    let (total, most) = drain(ask(&site, &ada, "CSV"));
    assert!(total > 15_000_000, "{total}");
    let grown = most.saturating_sub(before);
    assert!(grown < 12 << 20, "{grown} bytes for a file of {total}");

    let (total, most) = drain(ask(&site, &ada, "Excel"));
    assert!(total > 1_000_000, "{total}");
    let grown = most.saturating_sub(before);
    assert!(grown < 24 << 20, "{grown} bytes for a file of {total}");
}

#[test]
fn readers_who_stop_or_hang_up_block_nobody() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    install::fill_bulk(site.site(), "tickets", 10_000, &mut |_, _| {}).unwrap();
    // All threads of exports are taken by readers who don't read on.
    let mut stopped = Vec::new();
    for _ in 0..2 {
        let mut stream = ask(&site, &ada, "CSV");
        let mut first = [0; 256];
        stream.read_exact(&mut first).unwrap();
        assert!(first.starts_with(b"HTTP/1.1 200"));
        stopped.push(stream);
    }
    // Requests of other kinds don't notice.
    ada.list("HD Ticket", json!({ "limit_page_length": 5 })).ok();
    site.ticket().create();

    drop(stopped);

    export(&ada, json!({ "page_length": 3 })).ok();
}
