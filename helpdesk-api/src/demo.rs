//! Invented agents, customers, tickets and articles, to look at a site that is in use. The same at every run.

mod articles;
mod bulk;
mod people;
mod random;
mod tickets;

use helpdesk_core::demo;
use helpdesk_core::install::{Filled, Progress};
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};

use crate::install::welcome;

demo!("helpdesk", fill);

/// Tickets made.
const TICKETS: u64 = 200;

/// Fills a site that holds no tickets but the welcome one.
///
/// # Errors
/// What fails first.
pub fn fill(cx: &mut Cx, progress: &mut Progress<'_>) -> Result<Filled> {
    let known = ListRequest {
        filters: json!([["subject", "!=", welcome::SUBJECT]]),
        ..ListRequest::of("HD Ticket")
    };
    let known = query::count(cx, &known)?;
    if known > 0 {
        return Ok(Filled::Occupied(format!(
            "the site holds {known} tickets already"
        )));
    }
    let people = people::put_all(cx)?;
    let articles = articles::put_all(cx, &people)?;
    tickets::put_all(cx, &people, TICKETS, progress)?;
    Ok(Filled::Done {
        what: format!(
            "{} agents, {} customers with {} contacts, {TICKETS} tickets and {articles} articles",
            people.agents.len(),
            people.customers,
            people.contacts.len()
        ),
        users: people.users(),
    })
}
