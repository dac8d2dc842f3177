//! `helpdesk.api.settings.email`: a new mail account.
//!
//! Source: spec/helpdesk-b.md §9.1.

use helpdesk_core::doctype::permissions::{Right, meta_of};
use helpdesk_core::doctype::save;
use helpdesk_core::prelude::*;
use serde_json::Map;

use crate::permitted::require_right;

/// Where a service takes and hands out mails.
struct Service {
    /// What the settings call it.
    names: &'static [&'static str],
    /// The choice of Email Account.
    choice: &'static str,
    incoming: &'static str,
    outgoing: &'static str,
}

const SERVICES: [Service; 6] = [
    Service {
        names: &["GMail"],
        choice: "GMail",
        incoming: "imap.gmail.com",
        outgoing: "smtp.gmail.com",
    },
    Service {
        names: &["Outlook", "Outlook.com"],
        choice: "Outlook.com",
        incoming: "imap-mail.outlook.com",
        outgoing: "smtp-mail.outlook.com",
    },
    Service {
        names: &["Yahoo", "Yahoo Mail"],
        choice: "Yahoo Mail",
        incoming: "imap.mail.yahoo.com",
        outgoing: "smtp.mail.yahoo.com",
    },
    Service {
        names: &["Yandex", "Yandex.Mail"],
        choice: "Yandex.Mail",
        incoming: "imap.yandex.com",
        outgoing: "smtp.yandex.com",
    },
    Service {
        names: &["Sendgrid"],
        choice: "Sendgrid",
        incoming: "",
        outgoing: "smtp.sendgrid.net",
    },
    Service {
        names: &["SparkPost"],
        choice: "SparkPost",
        incoming: "",
        outgoing: "smtp.sparkpostmail.com",
    },
];

/// What the caller says of any account.
const OF_ANY: [&str; 7] = [
    "email_id",
    "email_account_name",
    "service",
    "enable_incoming",
    "enable_outgoing",
    "default_incoming",
    "default_outgoing",
];
/// What the caller says of an account at Frappe Mail.
const OF_FRAPPE_MAIL: [&str; 3] = ["api_key", "api_secret", "frappe_mail_site"];
/// What the caller says of servers of their own.
const OF_CUSTOM: [&str; 8] = [
    "domain",
    "email_server",
    "incoming_port",
    "smtp_server",
    "use_ssl",
    "use_starttls",
    "use_tls",
    "use_ssl_for_outgoing",
];

/// Makes a mail account whose incoming mails become tickets. The servers of known services are filled in.
///
/// `data`: `email_id`, `email_account_name`, `service`, `enable_incoming`, `enable_outgoing`, `default_incoming`,
/// `default_outgoing`, `password`; for `Frappe Mail` `api_key`, `api_secret` and `frappe_mail_site`; for `Custom` the
/// servers, ports and switches of Email Account. Returns the account's name.
///
/// # Errors
/// - 403 without the right to make Email Accounts
/// - 417 for another service, or for values an Email Account can't have
#[whitelist]
pub fn create_email_account(cx: &mut Cx, data: Dict) -> Result<String> {
    require_right(cx, "Email Account", Right::Create)?;
    let values = values(&data.0)?;
    let meta = meta_of(cx, "Email Account")?;
    let mut account = save::new_document(cx, &meta, &values)?;
    save::insert(cx, &mut account)?;
    Ok(account.name_text())
}

/// The fields of the new account.
fn values(data: &Map<String, Value>) -> Result<Map<String, Value>> {
    let mut values = Map::new();
    let mut set = |key: &str, value: Value| values.insert(key.to_owned(), value);
    for (key, value) in [
        ("email_sync_option", json!("ALL")),
        ("initial_sync_count", json!("100")),
        ("create_contact", json!(1)),
        ("track_email_status", json!(1)),
        ("use_tls", json!(1)),
        ("use_imap", json!(1)),
        ("smtp_port", json!("587")),
    ] {
        set(key, value);
    }
    for key in OF_ANY {
        set(key, given(data, key)?);
    }
    let service = data.get("service").and_then(Value::as_str).unwrap_or("");
    if service == "Frappe Mail" {
        for (key, value) in [
            ("use_imap", json!(0)),
            ("use_tls", json!(0)),
            ("smtp_port", Value::Null),
            ("always_use_account_email_id_as_sender", json!(1)),
            ("append_to", json!("HD Ticket")),
        ] {
            set(key, value);
        }
        for key in OF_FRAPPE_MAIL {
            set(key, given(data, key)?);
        }
        return Ok(values);
    }
    if service == "Custom" {
        set("service", "".into());
        for key in OF_CUSTOM {
            set(key, given(data, key)?);
        }
        for (key, default) in [
            ("smtp_port", json!("587")),
            ("validate_ssl_certificate", json!(1)),
            ("validate_ssl_certificate_for_outgoing", json!(1)),
        ] {
            let value = given(data, key)?;
            set(key, if value.is_null() { default } else { value });
        }
    } else {
        let known = SERVICES
            .iter()
            .find(|known| known.names.contains(&service))
            .ok_or_else(|| invalid(format!("service: there is no mail service {service}")))?;
        set("service", known.choice.into());
        set("smtp_server", known.outgoing.into());
        if !known.incoming.is_empty() {
            set("email_server", known.incoming.into());
            set("use_ssl", 1.into());
        }
    }
    set("password", given(data, "password")?);
    set(
        "imap_folder",
        json!([{ "folder_name": "INBOX", "append_to": "HD Ticket" }]),
    );
    Ok(values)
}

/// A value of the caller's; null where there is none.
fn given(data: &Map<String, Value>, key: &str) -> Result<Value> {
    match data.get(key) {
        None => Ok(Value::Null),
        Some(Value::Array(_) | Value::Object(_)) => Err(invalid(format!("{key} of data is one value"))),
        Some(value) => Ok(value.clone()),
    }
}
