//! What people hear of a ticket without anybody writing to them.
//!
//! Source: spec/helpdesk-a.md §2.2 and §2.8.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use minijinja::context;
use minijinja::value::Serde;

use super::events::setting_is_on;
use super::replies;
use crate::mail::{self, Mail};
use crate::notice_mails::{ACKNOWLEDGEMENT, SHARE_FEEDBACK};
use crate::notifications::{self, Notice};
use crate::templates;

/// Agents who have a ticket hear that it is open again, but for the one who opened it.
pub(super) fn tell_reopened(ticket: &Document, cx: &mut Cx) -> Result<()> {
    let Some(before) = &ticket.before else {
        return Ok(());
    };
    if ticket.text("status_category") != "Open" || before.text("status_category") == "Open" {
        return Ok(());
    }
    let name = ticket.name_text();
    for agent in replies::assigned_agents(cx, &name)? {
        if agent.eq_ignore_ascii_case(cx.user()) {
            continue;
        }
        let notice = Notice {
            to: &agent,
            kind: "Reaction",
            ticket: &name,
            ..Notice::default()
        };
        notifications::tell(cx, &notice)?;
    }
    Ok(())
}

/// A ticket that came by mail and is done asks its customer for a rating, where the settings want it.
pub(super) fn ask_for_feedback(ticket: &Document, cx: &mut Cx) -> Result<()> {
    if ticket.is_on("via_customer_portal")
        || ticket.get("feedback_rating").as_f64().unwrap_or(0.0) > 0.0
        || !ticket.has_value_changed("status")
        || ticket.is_empty("key")
        || !setting_is_on(cx, SHARE_FEEDBACK.switch)?
    {
        return Ok(());
    }
    let wanted = single(cx, "HD Settings", "send_email_feedback_on_status")?;
    let is_wanted = match wanted.as_str() {
        Some("") => ticket.text("status") == "Closed",
        Some(status) => ticket.text("status") == status,
        None => false,
    };
    if !is_wanted {
        return Ok(());
    }
    let host = cx.site().config.host_name.trim_end_matches('/').to_owned();
    let url = format!("{host}/ticket-feedback/new?key={}", ticket.text("key"));
    let doc = minijinja::Value::from(Serde(ticket.as_dict()));
    let template = SHARE_FEEDBACK.text(cx)?;
    let body = templates::filled(&template, context! { doc, url })?;
    let subject = format!("Re: {}", ticket.text("subject"));
    let answered = replies::last_message(cx, ticket.name())?.map_or(String::new(), |(_, id)| id);
    if send(cx, ticket, subject, body, "hd-email-feedback", &answered)? {
        cx.msgprint(Message::plain(format!(
            "{} was asked for feedback by mail",
            ticket.text("raised_by")
        )));
    }
    Ok(())
}

/// Who writes by mail hears that the message has come, where the settings want it.
pub(super) fn acknowledge(ticket: &Document, cx: &mut Cx) -> Result<()> {
    if ticket.is_on("via_customer_portal") || !setting_is_on(cx, ACKNOWLEDGEMENT.switch)? {
        return Ok(());
    }
    let doc = minijinja::Value::from(Serde(ticket.as_dict()));
    let template = ACKNOWLEDGEMENT.text(cx)?;
    let body = templates::filled(&template, context! { doc })?;
    let subject = format!("Ticket #{}: we have received your message", ticket.name_text());
    send(cx, ticket, subject, body, "hd-acknowledgement", "").map(|_| ())
}

/// Queues a mail to whoever raised the ticket, as the answer to the mail with the Message-ID `answered`. Whether there was
/// an address and an account.
fn send(
    cx: &mut Cx,
    ticket: &Document,
    subject: String,
    body: String,
    generated: &'static str,
    answered: &str,
) -> Result<bool> {
    let raised_by = ticket.text("raised_by");
    if !helpdesk_core::doctype::is_email(raised_by) {
        return Ok(false);
    }
    let name = ticket.name_text();
    let Some(account) = replies::sender(cx, &name)? else {
        return Ok(false);
    };
    let mail = Mail {
        to: mail::addresses(raised_by)?,
        subject,
        body,
        ticket: &name,
        generated,
        in_reply_to: answered,
        ..Mail::default()
    };
    Ok(mail::queue(cx, &account, &mail)?.is_some())
}
