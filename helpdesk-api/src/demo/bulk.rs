//! Tickets by the hundred thousand, for measuring: rows as they would be, written without their life cycle.

use std::sync::Arc;

use helpdesk_core::bulk_demo;
use helpdesk_core::clock::stored;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::{naming, permissions, storage};
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use jiff::ToSpan;
use jiff::civil::date;

use super::random::Random;

bulk_demo!("tickets", tickets);

/// Statuses, their categories, and how many of a hundred tickets have them.
const STATUSES: [(&str, &str, u64); 4] = [
    ("Open", "Open", 10),
    ("Replied", "Paused", 25),
    ("Resolved", "Resolved", 35),
    ("Closed", "Resolved", 100),
];
const PRIORITIES: [&str; 4] = ["Low", "Medium", "High", "Urgent"];
const THINGS: [&str; 12] = [
    "invoice", "delivery", "password", "report", "export", "printer", "account", "calendar", "backup",
    "order", "photo", "licence",
];
const TROUBLES: [&str; 8] = [
    "is late",
    "cannot be opened",
    "shows the wrong total",
    "is missing",
    "stops half-way",
    "arrived twice",
    "asks for a code",
    "has the wrong address",
];
/// The years over which the tickets are spread, in minutes.
const SPAN: u64 = 3 * 365 * 24 * 60;

fn names(cx: &mut Cx, doctype: &str) -> Result<Vec<String>> {
    let rows = query::list_values(
        cx,
        &ListRequest {
            ignore_permissions: true,
            ..ListRequest::of(doctype)
        },
    )?;
    Ok(rows
        .iter()
        .filter_map(|row| row.get("name")?.as_str().map(str::to_owned))
        .collect())
}

/// `count` tickets more.
fn tickets(cx: &mut Cx, count: u64) -> Result<()> {
    let meta = permissions::meta_of(cx, "HD Ticket")?;
    let (teams, customers) = (names(cx, "HD Team")?, names(cx, "HD Customer")?);
    let agents = names(cx, "HD Agent")?;
    let last = naming::reserve(cx, "", i64::try_from(count).unwrap_or(i64::MAX))?;
    let first = last - i64::try_from(count).unwrap_or(i64::MAX) + 1;
    for number in first..=last {
        let mut ticket = Document::new(Arc::clone(&meta));
        fill(&mut ticket, number, &teams, &customers)?;
        work_on(&mut ticket, number, &agents)?;
        storage::insert_row(cx, &ticket)?;
    }
    Ok(())
}

fn fill(ticket: &mut Document, number: i64, teams: &[String], customers: &[String]) -> Result<()> {
    let mut random = Random::seeded(number.unsigned_abs());
    let minutes = i64::try_from(random.between(0, SPAN)).unwrap_or(0);
    let made = date(2023, 11, 1)
        .at(8, 0, 0, 0)
        .checked_add(minutes.minutes())
        .map_err(Error::internal)?;
    let changed = made
        .checked_add(i64::try_from(random.between(0, 20_000)).unwrap_or(0).minutes())
        .map_err(Error::internal)?;
    let share = random.between(0, 100);
    let (status, category, _) = STATUSES
        .iter()
        .find(|(_, _, upto)| share < *upto)
        .unwrap_or(&STATUSES[3]);
    let (thing, trouble) = (random.of(&THINGS), random.of(&TROUBLES));
    ticket.set("name", format!("{number:04}"));
    for (field, at) in [("creation", made), ("modified", changed)] {
        ticket.set(field, stored(at));
    }
    for (field, text) in [
        ("owner", "Administrator"),
        ("modified_by", "Administrator"),
        ("status", status),
        ("status_category", category),
        ("priority", *random.of(&PRIORITIES)),
        ("raised_by", "someone@customer.example"),
    ] {
        ticket.set(field, text);
    }
    ticket.set("subject", format!("The {thing} {trouble} [{number}]"));
    ticket.set(
        "description",
        format!(
            "<p>Good day, our {thing} {trouble}. It began last week, in room {}.</p>",
            random.between(1, 400)
        ),
    );
    ticket.set("opening_date", made.date().to_string());
    if !teams.is_empty() && random.percent(90) {
        ticket.set("agent_group", random.of(teams).clone());
    }
    if !customers.is_empty() {
        ticket.set("customer", random.of(customers).clone());
    }
    Ok(())
}

/// Who has a ticket, and how fast and well it was answered.
fn work_on(ticket: &mut Document, number: i64, agents: &[String]) -> Result<()> {
    let mut random = Random::seeded(number.unsigned_abs().wrapping_mul(31));
    if !agents.is_empty() && random.percent(80) {
        ticket.set("_assign", serde_json::to_string(&[random.of(agents)])?);
    }
    ticket.set("ticket_type", *random.of(&["Question", "Bug", "Incident"]));
    let is_done = ticket.text("status_category") == "Resolved";
    if ticket.text("status") != "Open" {
        ticket.set("first_responded_on", ticket.get("modified").clone());
        ticket.set(
            "first_response_time",
            i64::try_from(random.between(60, 90_000)).unwrap_or(60),
        );
    }
    let agreement = match (is_done, random.percent(85)) {
        (_, false) => "Failed",
        (true, _) => "Fulfilled",
        (false, _) => "Resolution Due",
    };
    ticket.set("agreement_status", agreement);
    if is_done {
        ticket.set("resolution_date", ticket.get("modified").clone());
        ticket.set(
            "resolution_time",
            i64::try_from(random.between(600, 900_000)).unwrap_or(600),
        );
        if random.percent(30) {
            #[expect(clippy::cast_precision_loss, reason = "at most five")]
            let rating = random.between(1, 6) as f64 / 5.0;
            ticket.set("feedback_rating", rating);
        }
    }
    Ok(())
}
