//! The mail to whoever is mentioned.
//!
//! Source: spec/helpdesk-b.md §11.1 and §16.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::meta::is_true;
use helpdesk_core::doctype::typed::doc_event;
use helpdesk_core::prelude::*;
use helpdesk_core::site::single;
use helpdesk_core::users::full_name;
use minijinja::context;

use crate::mail::{self, Mail};
use crate::templates;

const SUBJECT: &str = "New notification";
const TEXT: &str = "<p>{{ title }}</p><blockquote>{{ comment }}</blockquote>\
                    <p><a href=\"{{ callback_url }}\">{{ button_label }}</a></p>";

#[doc_event(doctype = "HD Notification", on = "after_insert")]
fn after_insert(notice: &mut Document, cx: &mut Cx) -> Result<()> {
    let user = notice.text("user_to").to_owned();
    if notice.text("notification_type") != "Mention"
        || !helpdesk_core::doctype::is_email(&user)
        || is_true(Some(&single(cx, "HD Settings", "skip_email_workflow")?))
    {
        return Ok(());
    }
    let ticket = notice.text("reference_ticket").to_owned();
    let Some(account) = mail::account_for(cx, &ticket)? else {
        tracing::warn!(
            user,
            "no mail account can send; a mail about a mention is left out"
        );
        return Ok(());
    };
    let host = cx.site().config.host_name.trim_end_matches('/').to_owned();
    let comment = notice.text("reference_comment").to_owned();
    let name = full_name(cx, notice.text("user_from"))?;
    let (title, button_label) = if comment.is_empty() {
        (format!("{name} mentioned you"), "Visit")
    } else {
        (format!("{name} mentioned you in a comment"), "See Comment")
    };
    let body = templates::filled(
        TEXT,
        context! {
            title,
            comment => templates::as_html(with_host(notice.text("message"), &host)),
            callback_url => page(&host, &ticket, &comment),
            button_label,
        },
    )?;
    let mail = Mail {
        to: vec![user],
        subject: SUBJECT.to_owned(),
        body,
        ticket: &ticket,
        ..Mail::default()
    };
    mail::queue(cx, &account, &mail).map(|_| ())
}

/// The page that shows what the notice is about.
fn page(host: &str, ticket: &str, comment: &str) -> String {
    let mut page = format!("{host}/helpdesk");
    if !ticket.is_empty() {
        page.push_str("/tickets/");
        page.push_str(ticket);
    }
    if !comment.is_empty() {
        page.push('#');
        page.push_str(comment);
    }
    page
}

/// The message, with the address of the site before that of its first picture.
fn with_host(message: &str, host: &str) -> String {
    let Some(picture) = message.find("<img") else {
        return message.to_owned();
    };
    match message[picture..].find("src=\"/").map(|at| picture + at + 5) {
        Some(at) => format!("{}{host}{}", &message[..at], &message[at..]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_pictures_have_the_site_s_address() {
        let host = "https://help.example";

        assert_eq!(page(host, "", ""), "https://help.example/helpdesk");
        assert_eq!(
            page(host, "12", "c"),
            "https://help.example/helpdesk/tickets/12#c"
        );
        assert_eq!(
            with_host("<p>a<img class=\"x\" src=\"/files/a.png\"></p>", host),
            "<p>a<img class=\"x\" src=\"https://help.example/files/a.png\"></p>"
        );
        assert_eq!(
            with_host("<img src=\"https://x.example/a.png\">", host),
            "<img src=\"https://x.example/a.png\">"
        );
        assert_eq!(with_host("no picture", host), "no picture");
    }
}
