//! Tickets of the last sixty days, with what was written on them.

use std::sync::Arc;

use helpdesk_core::frappe::desk::form::assign_to;
use helpdesk_core::install::{Progress, put};
use helpdesk_core::prelude::*;
use helpdesk_core::query::{self, ListRequest};
use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::people::{Agent, Contact, People, change};
use super::random::Random;

/// How far back the oldest ticket lies, in minutes.
const SPAN: u64 = 60 * 24 * 60;

/// What people write about, and what helps.
const TOPICS: [(&str, &str, &str); 14] = [
    (
        "Invoice {n} shows the wrong address",
        "invoice {n} went to our old address. Could you send us a corrected one?",
        "I have corrected the address; you will find the new invoice in your mailbox.",
    ),
    (
        "Cannot sign in on the new laptop",
        "since this morning I am told that my password is wrong, on my new laptop only.",
        "I have ended all your sessions. Please ask for a new password on the sign-in page and try again.",
    ),
    (
        "Order {n} arrived without the manual",
        "our order {n} has arrived, but the manual is missing.",
        "I am sorry about that. The manual is attached, and a printed one is on its way.",
    ),
    (
        "The report takes minutes to open",
        "opening the monthly report takes several minutes now. It used to be quick.",
        "The report now looks at one month unless you ask for more. Is it quick again?",
    ),
    (
        "How do we add a colleague?",
        "a colleague has joined us and needs access. What do I have to do?",
        "Open Settings, then People, and choose Invite. Your colleague gets a mail with a link.",
    ),
    (
        "Delivery {n} is late",
        "delivery {n} was promised for yesterday. Where is it?",
        "The carrier had a flat tyre, and that is no excuse but a fact. It arrives tomorrow morning.",
    ),
    (
        "Charged twice in order {n}",
        "you have charged our card twice for order {n}.",
        "You are right, and I have paid the second amount back. It takes two to three days to show.",
    ),
    (
        "Export stops at row {n}",
        "the export of our catalogue ends at row {n}, without a message.",
        "A stray quotation mark in that row was to blame. With today's version the export goes on.",
    ),
    (
        "Please change our plan",
        "we would like to move to the larger plan from next month on.",
        "Done: the larger plan begins on the first of the month. Nothing changes until then.",
    ),
    (
        "Photos are turned on their side",
        "photos that we upload from a phone appear turned on their side.",
        "We now follow the direction the phone notes in the photo. Please upload one again.",
    ),
    (
        "Error {n} when saving",
        "I get error {n} whenever I save a draft. The draft is gone then.",
        "Your drafts are safe, they were only not shown. We have fixed the cause of error {n}.",
    ),
    (
        "Question about returning item {n}",
        "item {n} does not fit. How do we return it?",
        "The label for the return is attached. You have thirty days, and we pay the postage.",
    ),
    (
        "Notifications come in the wrong language",
        "some of us get their notifications in French, though all chose English.",
        "The language of the browser won over the one chosen. It is the other way round now.",
    ),
    (
        "Can we get our data?",
        "for an audit we need all our data of last year. Is there a way?",
        "Yes: under Settings, Export, as a table for each kind of document. Tell me if a column is missing.",
    ),
];

const PRIORITIES: [&str; 8] = [
    "Low", "Low", "Medium", "Medium", "Medium", "High", "High", "Urgent",
];
const KINDS: [&str; 4] = ["Question", "Question", "Bug", "Incident"];
const THANKS: [&str; 4] = [
    "Thank you, that did it.",
    "Thanks! I have not seen it again since.",
    "Great, thank you for the quick answer.",
    "Thanks, but there is still something odd. Could you look once more?",
];
const AGAIN: [&str; 3] = [
    "Glad to hear it. I will leave the ticket open until tomorrow, in case it comes back.",
    "I have had another look and found one more place. Now it should be right everywhere.",
    "You are welcome! Do write when anything else is in your way.",
];

pub(super) fn put_all(cx: &mut Cx, people: &People, count: u64, progress: &mut Progress<'_>) -> Result<()> {
    let mut random = Random::new();
    let feedback = feedback_options(cx)?;
    let now = cx.now();
    for i in 0..count {
        let back = (count - i) * SPAN / count;
        let opened = earlier(now, back.saturating_sub(random.between(0, SPAN / count)));
        let story = Story {
            agent: random.of(&people.agents),
            contact: random.of(&people.contacts),
            topic: random.of(&TOPICS),
            number: random.between(1_000, 9_999),
            latest: now,
        };
        let ticket = story.open(cx, opened, &mut random)?;
        // What is new is still open, what is old is done, and a few are forgotten.
        let done = random.percent(if back > SPAN / 4 { 90 } else { 35 });
        story.go_on(cx, &ticket, opened, done, &feedback, &mut random)?;
        progress(i + 1, count);
    }
    Ok(())
}

fn earlier(at: DateTime, minutes: u64) -> DateTime {
    let minutes = i64::try_from(minutes).unwrap_or(0);
    at.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(at)
}

/// Labels of feedback with their ratings.
fn feedback_options(cx: &mut Cx) -> Result<Vec<(String, f64)>> {
    let options = ListRequest {
        fields: vec!["name".into(), "rating".into()],
        filters: json!({ "disabled": 0 }),
        order_by: "rating asc, name asc".into(),
        ..ListRequest::of("HD Ticket Feedback Option")
    };
    let rows = query::list_values(cx, &options)?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            Some((
                row.get("name")?.as_str()?.to_owned(),
                row.get("rating")?.as_f64()?,
            ))
        })
        .collect())
}

/// Who writes with whom about what.
struct Story<'a> {
    agent: &'a Agent,
    contact: &'a Contact,
    topic: &'static (&'static str, &'static str, &'static str),
    number: u64,
    /// Nothing happens later.
    latest: DateTime,
}

impl Story<'_> {
    fn words(&self, text: &str) -> String {
        text.replace("{n}", &self.number.to_string())
    }

    fn subject(&self) -> String {
        self.words(self.topic.0)
    }

    fn later(&self, at: DateTime, minutes: u64) -> DateTime {
        let minutes = i64::try_from(minutes).unwrap_or(0);
        let later = at.checked_add(SignedDuration::from_mins(minutes)).unwrap_or(at);
        later.min(self.latest)
    }

    fn open(&self, cx: &mut Cx, at: DateTime, random: &mut Random) -> Result<String> {
        let ticket = json!({
            "subject": self.subject(),
            "description": format!("<p>Hello,</p><p>{}</p><p>Regards,<br>{}</p>", self.words(self.topic.1), self.contact.first_name),
            "raised_by": self.contact.email,
            "contact": self.contact.name,
            "customer": self.contact.customer,
            "status": "Open",
            "priority": random.of(&PRIORITIES),
            "ticket_type": random.of(&KINDS),
            "agent_group": self.agent.team,
            "via_customer_portal": i32::from(random.percent(60)),
        });
        cx.at(at, |cx| put(cx, "HD Ticket", ticket))
    }

    /// Answers, answers to them, and how it ends.
    fn go_on(
        &self,
        cx: &mut Cx,
        ticket: &str,
        opened: DateTime,
        done: bool,
        feedback: &[(String, f64)],
        random: &mut Random,
    ) -> Result<()> {
        let mut at = self.later(opened, random.between(3, 60));
        if !done && random.percent(25) {
            // Nobody has seen it yet.
            return Ok(());
        }
        cx.at(at, |cx| {
            assign_to::assign_user(cx, "HD Ticket", ticket, self.agent.user, "Assigned by hand")
        })?;
        if !done && random.percent(30) {
            return Ok(());
        }
        at = self.later(at, random.between(5, 420));
        let answer = format!(
            "<p>Hello {},</p><p>{}</p><p>{}</p>",
            self.contact.first_name,
            self.words(self.topic.2),
            self.agent.first_name
        );
        self.write(cx, ticket, at, &answer, true)?;
        self.set(cx, ticket, at, json!({ "status": "Replied" }))?;
        if random.percent(55) {
            at = self.later(at, random.between(10, 900));
            self.write(cx, ticket, at, &format!("<p>{}</p>", random.of(&THANKS)), false)?;
            self.set(cx, ticket, at, json!({ "status": "Open" }))?;
            if done || random.percent(50) {
                at = self.later(at, random.between(5, 300));
                self.write(cx, ticket, at, &format!("<p>{}</p>", random.of(&AGAIN)), true)?;
                self.set(cx, ticket, at, json!({ "status": "Replied" }))?;
            }
        }
        if done {
            at = self.later(at, random.between(30, 1_500));
            self.set(cx, ticket, at, json!({ "status": "Resolved" }))?;
            if random.percent(45) && !feedback.is_empty() {
                // Most people are content: the better half of the ratings comes more often.
                let half = if random.percent(75) { feedback.len() / 2 } else { 0 };
                let (label, rating) = random.of(&feedback[half..]);
                at = self.later(at, random.between(10, 600));
                let given = json!({ "feedback": label, "feedback_rating": rating });
                self.set(cx, ticket, at, given)?;
            }
            if random.percent(60) {
                at = self.later(at, random.between(600, 3_000));
                self.set(cx, ticket, at, json!({ "status": "Closed" }))?;
            }
        }
        Ok(())
    }

    fn write(&self, cx: &mut Cx, ticket: &str, at: DateTime, html: &str, by_agent: bool) -> Result<()> {
        let (sender, recipient) = if by_agent {
            (self.agent.user, self.contact.email.as_str())
        } else {
            (self.contact.email.as_str(), self.agent.user)
        };
        let message = json!({
            "subject": format!("Re: {}", self.subject()),
            "communication_medium": "Email",
            "communication_type": "Communication",
            "sent_or_received": if by_agent { "Sent" } else { "Received" },
            "status": "Linked",
            "email_status": "Open",
            "sender": sender,
            "recipients": recipient,
            "content": html,
            "reference_doctype": "HD Ticket",
            "reference_name": ticket,
        });
        let session = if by_agent {
            Arc::clone(&self.agent.session)
        } else {
            Arc::clone(&cx.shared().session)
        };
        cx.at(at, |cx| {
            cx.as_user(session, |cx| put(cx, "Communication", message).map(|_| ()))
        })
    }

    fn set(&self, cx: &mut Cx, ticket: &str, at: DateTime, values: Value) -> Result<()> {
        cx.at(at, |cx| {
            cx.as_user(Arc::clone(&self.agent.session), |cx| {
                change(cx, "HD Ticket", ticket, values)
            })
        })
    }
}
