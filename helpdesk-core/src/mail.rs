//! Mails, written here and queued as `Email Queue` for whoever sends them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::cx::Cx;
use crate::doctype::document::Document;
use crate::doctype::permissions::meta_of;
use crate::doctype::{is_email, save, system};
use crate::error::Result;

/// Characters of a line of Base64.
const LINE: usize = 76;

/// An account that mails go out from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The Email Account.
    pub name: String,
    /// Its address.
    pub address: String,
}

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Plain text.
    Text(String),
    /// HTML.
    Html(String),
}

/// A mail to be queued.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    /// Where it goes out from; `None`: the site's default account, when it is sent.
    pub from: Option<&'a Account>,
    /// Addresses.
    pub to: Vec<String>,
    /// Addresses that see a copy, seen by all.
    pub cc: Vec<String>,
    /// Addresses that see a copy, seen by none.
    pub bcc: Vec<String>,
    /// The subject; line breaks in it are blanks.
    pub subject: String,
    /// What it says.
    pub body: Body,
    /// The document it is about: DocType and name.
    pub about: Option<(&'a str, &'a str)>,
    /// The Communication it carries; may be empty.
    pub communication: &'a str,
    /// Message-ID of the mail it answers; may be empty.
    pub in_reply_to: &'a str,
    /// Value of `X-Auto-Generated`, for mails no person wrote; may be empty.
    pub generated: &'a str,
    /// Addresses of files of this site.
    pub files: Vec<String>,
}

impl Mail<'_> {
    /// A mail of plain text that the site itself sends to somebody.
    pub fn text<'a>(to: &str, subject: &str, text: String, about: (&'a str, &'a str)) -> Mail<'a> {
        Mail {
            from: None,
            to: vec![to.to_owned()],
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: subject.to_owned(),
            body: Body::Text(text),
            about: Some(about),
            communication: "",
            in_reply_to: "",
            generated: "",
            files: Vec::new(),
        }
    }
}

/// Queues a mail; one without recipients goes nowhere, as all do within [`Cx::without_mails`]. Answers its Message-ID.
///
/// # Errors
/// A database failure.
pub fn queue(cx: &mut Cx, mail: &Mail<'_>) -> Result<Option<String>> {
    let recipients: Vec<&String> = mail.to.iter().chain(&mail.cc).chain(&mail.bcc).collect();
    if cx.sends_no_mails() {
        return Ok(None);
    }
    // An address that is none could write headers of its own.
    if recipients.is_empty() || !recipients.iter().all(|address| is_email(address)) {
        return Ok(None);
    }
    let id = format!("{}@helpdesk", uuid::Uuid::new_v4().simple());
    let mut row = Document::new(meta_of(cx, system::EMAIL_QUEUE)?);
    row.set("status", "Not Sent");
    row.set("message", written(mail, &id));
    row.set("message_id", id.clone());
    row.set("show_as_cc", mail.cc.join(", "));
    row.set("expose_recipients", "header");
    row.set("add_unsubscribe_link", 0);
    if let Some(account) = mail.from {
        row.set("sender", account.address.clone());
        row.set("email_account", account.name.clone());
    }
    if let Some((doctype, name)) = mail.about {
        row.set("reference_doctype", doctype);
        row.set("reference_name", name);
    }
    if !mail.communication.is_empty() {
        row.set("communication", mail.communication);
    }
    let files: Vec<Value> = mail.files.iter().map(|url| json!({ "file_url": url })).collect();
    row.set("attachments", Value::from(files).to_string());
    let rows = recipients.iter().map(|address| {
        Map::from_iter([
            ("recipient".to_owned(), Value::from(address.as_str())),
            ("status".to_owned(), Value::from("Not Sent")),
        ])
    });
    row.set_rows("recipients", rows.collect());
    row.flags.ignore_permissions = true;
    save::insert(cx, &mut row)?;
    Ok(Some(id))
}

/// The mail as it goes over the wire, its attachments aside.
fn written(mail: &Mail<'_>, id: &str) -> String {
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
    if let Some(account) = mail.from {
        header("From", &account.address);
        header("Reply-To", &account.address);
    }
    header("To", &mail.to.join(", "));
    header("Cc", &mail.cc.join(", "));
    header("Subject", &encoded(&mail.subject));
    header("Message-Id", &format!("<{id}>"));
    if !mail.in_reply_to.is_empty() {
        header("In-Reply-To", &format!("<{}>", mail.in_reply_to));
    }
    header("X-Auto-Generated", mail.generated);
    header("MIME-Version", "1.0");
    let (kind, text) = match &mail.body {
        Body::Text(text) => ("plain", text.replace('\n', "\r\n")),
        Body::Html(html) => ("html", html.clone()),
    };
    header("Content-Type", &format!("text/{kind}; charset=\"utf-8\""));
    header("Content-Transfer-Encoding", "base64");
    out.push_str("\r\n");
    let body = STANDARD.encode(text);
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
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
        let mail = Mail::text(
            "a@x.example",
            "Hi\r\nBcc: all@x.example",
            "one\ntwo".to_owned(),
            ("User", "x"),
        );

        let text = written(&mail, "1@helpdesk");

        assert!(text.contains("Subject: Hi  Bcc: all@x.example\r\n"), "{text}");
        assert!(text.ends_with("\r\n\r\nb25lDQp0d28=\r\n"), "{text}");
    }

    #[test]
    fn subjects_beyond_ascii_are_encoded_words() {
        assert_eq!(encoded("Printer"), "Printer");
        assert_eq!(encoded("Grüße"), "=?utf-8?B?R3LDvMOfZQ==?=");
        assert!(encoded(&"ü".repeat(100)).split(' ').all(|word| word.len() <= 75));
    }
}
