//! Articles of the knowledge base.

use std::sync::Arc;

use helpdesk_core::install::put;
use helpdesk_core::prelude::*;

use super::people::People;

const CATEGORIES: [(&str, &str); 2] = [
    ("Getting started", "The first days"),
    ("Bills and orders", "What you pay, and what you get"),
];

/// Category, title, what it says.
const ARTICLES: [(usize, &str, &str); 10] = [
    (
        0,
        "Sign in for the first time",
        "The invitation you got by mail holds a link. It is good for one day; ask for a new one when it has run out.",
    ),
    (
        0,
        "Invite your colleagues",
        "Open Settings, then People, and choose Invite. Several addresses may be given at once, a line each.",
    ),
    (
        0,
        "Choose a language",
        "The language is part of your profile. What you choose there counts on every device.",
    ),
    (
        0,
        "Write a ticket that is answered quickly",
        "Say what you did, what you expected and what happened. A picture of the screen often saves a question.",
    ),
    (
        0,
        "Read notifications where you like",
        "By mail, in the browser, or both: your profile has a switch for each.",
    ),
    (
        1,
        "Find an invoice",
        "All invoices are under Account, Bills, the newest first. Each can be had as a PDF.",
    ),
    (
        1,
        "Change the address for invoices",
        "Open Account, Addresses. Invoices written already keep the old address; write to us if you need one corrected.",
    ),
    (
        1,
        "Return an item",
        "You have thirty days. Ask for a label in a ticket, put it on the parcel, and bring it to any post office.",
    ),
    (
        1,
        "Follow a delivery",
        "The mail that says your order has left holds a number. The carrier's page knows where the parcel is.",
    ),
    (
        1,
        "Move to another plan",
        "A larger plan begins at once, a smaller one with the next month. Nothing is lost on the way.",
    ),
];

/// Returns how many there are.
pub(super) fn put_all(cx: &mut Cx, people: &People) -> Result<usize> {
    let categories = CATEGORIES
        .into_iter()
        .map(|(name, about)| {
            let category = json!({ "category_name": name, "description": about });
            put(cx, "HD Article Category", category)
        })
        .collect::<Result<Vec<String>>>()?;
    for (i, (category, title, text)) in ARTICLES.into_iter().enumerate() {
        let author = &people.agents[i % people.agents.len()];
        let article = json!({
            "title": title,
            "category": categories[category],
            "status": "Published",
            "published_on": helpdesk_core::clock::stored(cx.now()),
            "author": author.user,
            "content": format!("<p>{text}</p>"),
        });
        cx.as_user(Arc::clone(&author.session), |cx| {
            put(cx, "HD Article", article).map(|_| ())
        })?;
    }
    Ok(ARTICLES.len())
}
