//! Mails about tickets: written here, queued as `Email Queue`, sent by whoever works the queue off.
//!
//! Source: spec/helpdesk-a.md §2.4 and §2.8.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use helpdesk_core::doctype::document::Document;
use helpdesk_core::doctype::permissions::meta_of;
use helpdesk_core::doctype::{save, storage};
use helpdesk_core::prelude::*;
use serde_json::Map;

use crate::rows::{self, text};

/// An account that mails go out from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// The Email Account.
    pub(crate) name: String,
    /// Its address.
    pub(crate) address: String,
}

/// A mail to be queued.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mail<'a> {
    pub(crate) to: Vec<String>,
    pub(crate) cc: Vec<String>,
    pub(crate) bcc: Vec<String>,
    pub(crate) subject: String,
    /// HTML.
    pub(crate) body: String,
    /// The ticket it is about; may be empty.
    pub(crate) ticket: &'a str,
    /// The Communication it carries.
    pub(crate) communication: &'a str,
    /// Message-ID of the mail it answers.
    pub(crate) in_reply_to: &'a str,
    /// Value of `X-Auto-Generated`, for mails no person wrote.
    pub(crate) generated: &'static str,
    /// Addresses of files.
    pub(crate) files: Vec<String>,
}

/// The account that mails on a ticket go out from: that of its last message, else the default one that makes tickets of
/// what comes in, else the default one.
///
/// # Errors
/// A database failure.
pub(crate) fn account_for(cx: &mut Cx, ticket: &str) -> Result<Option<Account>> {
    let last = rows::all(
        cx,
        "Communication",
        &["email_account"],
        json!({ "reference_doctype": "HD Ticket", "reference_name": ticket }),
        "creation desc, name desc",
    )?;
    let last = last
        .first()
        .map_or("", |row| text(row, "email_account"))
        .to_owned();
    if !last.is_empty()
        && let Some(account) = outgoing(cx, json!({ "name": last, "enable_outgoing": 1 }))?
    {
        return Ok(Some(account));
    }
    let feeding = rows::all(
        cx,
        "IMAP Folder",
        &["parent"],
        json!({ "append_to": "HD Ticket", "parenttype": "Email Account" }),
        "creation asc",
    )?;
    let feeding: Vec<&str> = feeding.iter().map(|row| text(row, "parent")).collect();
    let defaults = json!([["default_outgoing", "=", 1], ["enable_outgoing", "=", 1]]);
    let mut preferred = defaults.clone();
    if let Some(filters) = preferred.as_array_mut() {
        filters.push(json!(["name", "in", feeding]));
    }
    match outgoing(cx, preferred)? {
        Some(account) => Ok(Some(account)),
        None => outgoing(cx, defaults),
    }
}

fn outgoing(cx: &mut Cx, filters: Value) -> Result<Option<Account>> {
    let rows = rows::all(
        cx,
        "Email Account",
        &["name", "email_id"],
        filters,
        "creation asc",
    )?;
    Ok(rows.first().map(|row| Account {
        name: text(row, "name").to_owned(),
        address: text(row, "email_id").to_owned(),
    }))
}

/// An account by name.
///
/// # Errors
/// 417 where there is none.
pub(crate) fn account(cx: &mut Cx, name: &str) -> Result<Account> {
    let row = storage::values(cx, "Email Account", name, &["name", "email_id"])?
        .ok_or_else(|| invalid(format!("There is no mail account {name}")))?;
    let text = |i: usize| row.get(i).and_then(Value::as_str).unwrap_or("").to_owned();
    Ok(Account {
        name: text(0),
        address: text(1),
    })
}

/// The addresses of a list as people type it: separated by commas, blanks around them dropped.
///
/// # Errors
/// 417 naming an entry that holds no address.
pub(crate) fn addresses(text: &str) -> Result<Vec<String>> {
    text.split([',', ';', '\n'])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(|entry| {
            let address = match (entry.rfind('<'), entry.rfind('>')) {
                (Some(open), Some(close)) if open < close => entry[open + 1..close].trim(),
                _ => entry,
            };
            if helpdesk_core::doctype::is_email(address) {
                Ok(address.to_owned())
            } else {
                Err(Error::new(
                    ErrorKind::InvalidEmailAddressError,
                    format!("{entry} is not a valid Email Address"),
                ))
            }
        })
        .collect()
}

/// Queues a mail; one without recipients goes nowhere. Answers its Message-ID.
///
/// # Errors
/// A database failure.
pub(crate) fn queue(cx: &mut Cx, account: &Account, mail: &Mail<'_>) -> Result<Option<String>> {
    if mail.to.is_empty() && mail.cc.is_empty() && mail.bcc.is_empty() {
        return Ok(None);
    }
    let id = format!("{}@helpdesk", uuid::Uuid::new_v4().simple());
    let mut row = Document::new(meta_of(cx, "Email Queue")?);
    row.set("sender", account.address.clone());
    row.set("status", "Not Sent");
    row.set("message", written(account, mail, &id));
    row.set("message_id", id.clone());
    row.set("show_as_cc", mail.cc.join(", "));
    row.set("expose_recipients", "header");
    row.set("add_unsubscribe_link", 0);
    row.set("email_account", account.name.clone());
    if !mail.ticket.is_empty() {
        row.set("reference_doctype", "HD Ticket");
        row.set("reference_name", mail.ticket);
    }
    if !mail.communication.is_empty() {
        row.set("communication", mail.communication);
    }
    let files: Vec<Value> = mail.files.iter().map(|url| json!({ "file_url": url })).collect();
    row.set("attachments", Value::from(files).to_string());
    let recipients = mail.to.iter().chain(&mail.cc).chain(&mail.bcc);
    let recipients = recipients.map(|address| {
        Map::from_iter([
            ("recipient".to_owned(), Value::from(address.as_str())),
            ("status".to_owned(), Value::from("Not Sent")),
        ])
    });
    row.set_rows("recipients", recipients.collect());
    row.flags.ignore_permissions = true;
    save::insert(cx, &mut row)?;
    Ok(Some(id))
}

/// The mail as it goes over the wire, its attachments aside.
fn written(account: &Account, mail: &Mail<'_>, id: &str) -> String {
    let mut out = String::new();
    let mut header = |name: &str, value: &str| {
        if !value.is_empty() {
            let value: String = value
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            out.push_str(name);
            out.push_str(": ");
            out.push_str(&value);
            out.push_str("\r\n");
        }
    };
    header("From", &account.address);
    header("Reply-To", &account.address);
    header("To", &mail.to.join(", "));
    header("Cc", &mail.cc.join(", "));
    header("Subject", &encoded(&mail.subject));
    header("Message-Id", &format!("<{id}>"));
    if !mail.in_reply_to.is_empty() {
        header("In-Reply-To", &format!("<{}>", mail.in_reply_to));
    }
    header("X-Auto-Generated", mail.generated);
    header("MIME-Version", "1.0");
    header("Content-Type", "text/html; charset=\"utf-8\"");
    header("Content-Transfer-Encoding", "base64");
    out.push_str("\r\n");
    let body = STANDARD.encode(&mail.body);
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(76));
        out.push_str(line);
        out.push_str("\r\n");
        rest = more;
    }
    out
}

/// A header's text: as encoded words where it is not plain ASCII (RFC 2047).
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        // An encoded word is at most 75 characters long.
        if word.len() + c.len_utf8() > 42 {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    words
        .iter()
        .map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word)))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_can_not_add_headers() {
        let account = Account {
            name: "Support".into(),
            address: "help@desk.example".into(),
        };
        let mail = Mail {
            to: vec!["a@x.example".into()],
            subject: "Hi\r\nBcc: all@x.example".into(),
            body: "<p>x</p>".into(),
            ..Mail::default()
        };

        let text = written(&account, &mail, "1@helpdesk");

        assert!(text.contains("Subject: Hi  Bcc: all@x.example\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\nPHA+eDwvcD4=\r\n"), "{text}");
    }

    #[test]
    fn subjects_beyond_ascii_are_encoded_words() {
        assert_eq!(encoded("Printer"), "Printer");
        assert_eq!(encoded("Grüße"), "=?utf-8?B?R3LDvMOfZQ==?=");
        assert!(encoded(&"ü".repeat(100)).split(' ').all(|word| word.len() <= 75));
    }

    #[test]
    fn lists_of_addresses_are_read() {
        assert_eq!(
            addresses("a@x.example, Bea <b@x.example> ;").unwrap(),
            ["a@x.example", "b@x.example"]
        );
        assert!(addresses("").unwrap().is_empty());
        assert_eq!(
            addresses("a@x.example, nobody").unwrap_err().kind(),
            ErrorKind::InvalidEmailAddressError
        );
    }
}
