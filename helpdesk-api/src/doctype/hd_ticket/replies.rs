//! What agents and customers write on a ticket: messages, and the mails that carry them.
//!
//! Source: spec/helpdesk-a.md §2.4, §2.8, §4.9.

use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use minijinja::context;
use minijinja::value::Serde;

use super::events::setting_is_on;
use super::status;
use crate::attachments::{self, Attached};
use crate::mail::{self, Account, Mail};
use crate::notice_mails::{NoticeMail, REPLY_TO_AGENTS, REPLY_VIA_AGENT};
use crate::rows::{self, text, value_text};
use crate::{content, templates};

/// An answer of an agent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply<'a> {
    /// HTML.
    pub(crate) message: &'a str,
    /// Address it comes from; empty: the caller.
    pub(crate) sender: &'a str,
    /// Email Account it goes out from; empty: the one that fits.
    pub(crate) account: &'a str,
    pub(crate) to: &'a str,
    pub(crate) cc: &'a str,
    pub(crate) bcc: &'a str,
    pub(crate) files: Vec<Attached>,
}

/// The newest message of a ticket: its name and Message-ID.
pub(super) fn last_message(cx: &mut Cx, ticket: &str) -> Result<Option<(String, String)>> {
    let rows = rows::all(
        cx,
        "Communication",
        &["name", "message_id"],
        json!({ "reference_doctype": "HD Ticket", "reference_name": ticket }),
        "creation desc, name desc",
    )?;
    Ok(rows
        .first()
        .map(|row| (text(row, "name").to_owned(), text(row, "message_id").to_owned())))
}

/// A message on a ticket, not stored yet.
pub(super) fn message_on(cx: &Cx, ticket: &Document, direction: &str, html: &str) -> Result<Document> {
    let mut message = Document::new(meta_of(cx, "Communication")?);
    message.set("communication_medium", "Email");
    message.set("communication_type", "Communication");
    message.set("sent_or_received", direction);
    message.set("status", "Linked");
    message.set("email_status", "Open");
    let subject = match ticket.get("subject") {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    message.set("subject", format!("Re: {subject}"));
    message.set("sender", cx.user().to_owned());
    message.set("content", html);
    message.set("reference_doctype", "HD Ticket");
    message.set("reference_name", ticket.name_text());
    message.flags.ignore_permissions = true;
    Ok(message)
}

/// Writes an agent's answer, and queues the mail that carries it, unless mails are switched off. The caller is an
/// agent who may read the ticket.
///
/// # Errors
/// 417 for an unknown account, addresses that are none, and where no account can send.
pub(crate) fn reply(cx: &mut Cx, ticket: &Document, reply: &Reply<'_>) -> Result<()> {
    let without_mail = setting_is_on(cx, "skip_email_workflow")?;
    let name = ticket.name_text();
    let account = if !reply.account.is_empty() {
        Some(mail::account(cx, reply.account)?)
    } else if without_mail {
        None
    } else {
        mail::account_for(cx, &name)?
    };
    let to = if reply.to == "Administrator" {
        value_text(cx, "User", "Administrator", "email")?
    } else {
        reply.to.to_owned()
    };
    let mut carried = Mail {
        to: mail::addresses(&to)?,
        cc: mail::addresses(reply.cc)?,
        bcc: mail::addresses(reply.bcc)?,
        ..Mail::default()
    };
    let last = last_message(cx, &name)?;
    let mut message = message_on(cx, ticket, "Sent", reply.message)?;
    if without_mail {
        message.set("communication_medium", "");
    }
    if !reply.sender.is_empty() {
        message.set("sender", reply.sender);
    }
    if let Some(account) = &account {
        message.set("email_account", account.name.clone());
    }
    message.set("recipients", to);
    message.set("cc", reply.cc);
    message.set("bcc", reply.bcc);
    if let Some((last, id)) = &last
        && !id.is_empty()
    {
        message.set("in_reply_to", last.clone());
    }
    save::insert(cx, &mut message)?;
    let message_name = message.name_text();
    for file in &reply.files {
        attachments::attach(cx, file, "Communication", &message_name)?;
        attachments::attach(cx, file, "HD Ticket", &name)?;
    }
    if without_mail || !setting_is_on(cx, "enable_reply_email_via_agent")? {
        return Ok(());
    }
    let account = account.ok_or_else(|| invalid("There is no mail account that can send this reply."))?;
    carried.subject = message.text("subject").to_owned();
    carried.body = body_for_customer(cx, ticket, reply.message)?;
    carried.ticket = &name;
    carried.communication = &message_name;
    let answered = last.map(|(_, id)| id).unwrap_or_default();
    carried.in_reply_to = &answered;
    carried.files = reply.files.iter().map(|file| file.url.clone()).collect();
    if let Some(id) = mail::queue(cx, &account, &carried)? {
        storage::set_columns(cx, "Communication", &message_name, &[("message_id", id.into())])?;
    }
    Ok(())
}

/// The address of a page of the site.
fn page(cx: &Cx, path: &str, ticket: &str) -> String {
    let host = cx.site().config.host_name.trim_end_matches('/');
    format!("{host}/helpdesk/{path}/{ticket}")
}

fn body_for_customer(cx: &mut Cx, ticket: &Document, message: &str) -> Result<String> {
    let message = content::for_mail(message);
    if !ticket.is_on("via_customer_portal") {
        return Ok(message);
    }
    let url = page(cx, "my-tickets", &ticket.name_text());
    from_template(cx, &REPLY_VIA_AGENT, ticket, &message, &url)
}

fn from_template(
    cx: &mut Cx,
    mail: &NoticeMail,
    ticket: &Document,
    message: &str,
    url: &str,
) -> Result<String> {
    let template = mail.text(cx)?;
    let doc = minijinja::Value::from(Serde(ticket.as_dict()));
    templates::filled(
        &template,
        context! { doc, message => templates::as_html(message), ticket_url => url },
    )
}

/// Writes what a customer says, and tells the agents who have the ticket. The caller may read the ticket.
///
/// # Errors
/// 403 where the ticket is closed or rated.
pub(super) fn from_customer(
    cx: &mut Cx,
    ticket: &mut Document,
    html: &str,
    files: &[Attached],
    is_new: bool,
) -> Result<()> {
    if !is_new {
        tell_agents(cx, ticket, html)?;
        let status = status::reopen_status(cx, ticket)?;
        if !status.is_empty() {
            ticket.set("status", status);
        }
        ticket.flags.ignore_permissions = true;
        let saved = save::save(cx, ticket);
        ticket.flags.ignore_permissions = false;
        saved?;
    }
    let mut message = message_on(cx, ticket, "Received", html)?;
    message.flags.ignore_mandatory = true;
    save::insert(cx, &mut message)?;
    attachments::give(
        cx,
        files,
        ("Communication", &message.name_text()),
        &ticket.name_text(),
    )
}

/// The mail to the agents who have a ticket that its customer wrote. A site without an account that can send keeps the
/// message all the same.
fn tell_agents(cx: &mut Cx, ticket: &Document, html: &str) -> Result<()> {
    if !setting_is_on(cx, REPLY_TO_AGENTS.switch)? {
        return Ok(());
    }
    let name = ticket.name_text();
    let agents = assigned_agents(cx, &name)?;
    if agents.is_empty() {
        return Ok(());
    }
    let Some(account) = sender(cx, &name)? else {
        return Ok(());
    };
    let url = page(cx, "tickets", &name);
    let body = from_template(cx, &REPLY_TO_AGENTS, ticket, &content::for_mail(html), &url)?;
    let mail = Mail {
        to: agents,
        subject: format!("Re: {} - #{name}", ticket.text("subject")),
        body,
        ticket: &name,
        ..Mail::default()
    };
    mail::queue(cx, &account, &mail).map(|_| ())
}

/// The account for mails of the site's own; that there is none is logged.
pub(super) fn sender(cx: &mut Cx, ticket: &str) -> Result<Option<Account>> {
    let account = mail::account_for(cx, ticket)?;
    if account.is_none() {
        tracing::warn!(
            ticket,
            "no mail account can send; a mail about the ticket is left out"
        );
    }
    Ok(account)
}

/// The agents a ticket is assigned to.
///
/// # Errors
/// A database failure.
pub(super) fn assigned_agents(cx: &mut Cx, ticket: &str) -> Result<Vec<String>> {
    let mut agents = Vec::new();
    for user in helpdesk_core::frappe::desk::form::assign_to::assignees(cx, "HD Ticket", ticket)? {
        if storage::exists(cx, "HD Agent", &user)?.is_some() {
            agents.push(user);
        }
    }
    Ok(agents)
}

/// Assigns the ticket to one user more, agent or not, and tells the user.
///
/// # Errors
/// - 403 if the caller is no agent
/// - 417 for an unknown user
#[doc_method(doctype = "HD Ticket")]
fn assign_agent(ticket: &Document, cx: &mut Cx, agent: String) -> Result<()> {
    crate::agents::require_agent(cx)?;
    crate::assignment::assign(cx, ticket, &agent)
}

/// Answers the ticket: writes a message, and queues the mail that carries it.
///
/// # Errors
/// - 403 if the caller is no agent, or may not attach a file
/// - 417 for an unknown account, addresses that are none, and where no account can send
#[doc_method(doctype = "HD Ticket")]
#[expect(clippy::too_many_arguments, reason = "the contract's arguments")]
fn reply_via_agent(
    ticket: &Document,
    cx: &mut Cx,
    /// HTML.
    message: String,
    /// `email_id` and `email_account` it comes from.
    from_email: Option<Dict>,
    /// Addresses, separated by commas.
    to: Option<String>,
    cc: Option<String>,
    bcc: Option<String>,
    /// Names of files.
    #[arg(default = List::default())]
    attachments: List,
) -> Result<()> {
    crate::agents::require_agent(cx)?;
    let Dict(from) = from_email.unwrap_or_default();
    if !from.is_empty() && text(&from, "email_account").is_empty() {
        return Err(invalid("from_email names the account: email_account"));
    }
    let files = attachments::named(cx, &attachments.0)?;
    reply(
        cx,
        ticket,
        &Reply {
            message: &message,
            sender: text(&from, "email_id"),
            account: text(&from, "email_account"),
            to: to.as_deref().unwrap_or(""),
            cc: cc.as_deref().unwrap_or(""),
            bcc: bcc.as_deref().unwrap_or(""),
            files,
        },
    )
}

/// Writes what the customer says on the ticket. The agents who have it are told, and it is open again.
///
/// # Errors
/// 403 where the ticket is closed or rated, or for a file that is not the caller's.
#[doc_method(doctype = "HD Ticket")]
fn create_communication_via_contact(
    ticket: &mut Document,
    cx: &mut Cx,
    /// HTML.
    message: String,
    /// Files, each with its `name`.
    #[arg(default = List::default())]
    attachments: List,
    /// Whether the message opens the ticket, so that nobody is told.
    #[arg(default = false)]
    new_ticket: bool,
) -> Result<()> {
    let files = attachments::named(cx, &attachments.0)?;
    if !new_ticket {
        // As it is now that nobody else can write: what was read before may have changed since.
        *ticket = storage::get_to_change(cx, &meta_of(cx, "HD Ticket")?, &ticket.name_text())?;
    }
    from_customer(cx, ticket, &message, &files, new_ticket)
}

/// Adds an internal comment.
///
/// # Errors
/// - 403 if the caller is no agent, or may not attach a file
#[doc_method(doctype = "HD Ticket")]
fn new_comment(
    ticket: &Document,
    cx: &mut Cx,
    /// HTML.
    content: String,
    /// Files, each with its `file_url` or `name`.
    #[arg(default = List::default())]
    attachments: List,
) -> Result<()> {
    if !crate::agents::is_agent(cx)? {
        return Err(forbidden("You are not permitted to add a comment"));
    }
    let files = attachments::named(cx, &attachments.0)?;
    let mut comment = Document::new(meta_of(cx, "HD Ticket Comment")?);
    comment.set("commented_by", cx.user().to_owned());
    comment.set("content", content);
    comment.set("is_pinned", 0);
    comment.set("reference_ticket", ticket.name_text());
    save::insert(cx, &mut comment)?;
    for file in &files {
        attachments::attach(cx, file, "HD Ticket Comment", &comment.name_text())?;
    }
    Ok(())
}
