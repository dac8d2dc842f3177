//! Mails about tickets, and the accounts they go out from.
//!
//! Source: spec/helpdesk-a.md §2.4 and §2.8.

use helpdesk_core::doctype::storage;
pub(crate) use helpdesk_core::mail::Account;
use helpdesk_core::mail::{self, Body};
use helpdesk_core::prelude::*;

use crate::rows::{self, text};

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
    mail::queue(
        cx,
        &mail::Mail {
            from: Some(account),
            to: mail.to.clone(),
            cc: mail.cc.clone(),
            bcc: mail.bcc.clone(),
            subject: mail.subject.clone(),
            body: Body::Html(mail.body.clone()),
            about: (!mail.ticket.is_empty()).then_some(("HD Ticket", mail.ticket)),
            communication: mail.communication,
            in_reply_to: mail.in_reply_to,
            generated: mail.generated,
            files: mail.files.clone(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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
