//! What requests leave beside their answers: files, mails, events; and the account mails go out from.

use std::sync::{Arc, Mutex, PoisonError};

use helpdesk_core::cx::Cx;
use helpdesk_core::db::{Kind, Query};
use helpdesk_core::realtime::{Message, Publisher};
use serde_json::json;

use crate::{TestSite, mail_text};

impl TestSite {
    /// Files below the site's folder, those on their way in included, in order.
    ///
    /// # Panics
    /// When a folder can't be read to its end.
    pub fn files_on_disk(&self) -> Vec<String> {
        let mut found = Vec::new();
        for folder in ["private/files", "public/files", "private/incoming"] {
            let Ok(entries) = std::fs::read_dir(self.folder().join(folder)) else {
                continue;
            };
            found.extend(entries.map(|entry| entry.expect("an entry").path().display().to_string()));
        }
        found.sort();
        found
    }

    /// Texts of the mails queued so far about users, the newest last.
    ///
    /// # Panics
    /// When a mail has no text.
    pub fn mails_about_users(&self) -> Vec<String> {
        self.transaction(|cx: &mut Cx| {
            let mut query = Query::fixed();
            query.sql("SELECT message FROM ").ident("tabEmail Queue");
            query.sql(" WHERE reference_doctype = 'User' ORDER BY creation, name");
            let rows = cx.db().rows(query, &[Kind::Text])?;
            Ok(rows
                .iter()
                .map(|row| mail_text(row[0].as_str().expect("a mail has a text")))
                .collect())
        })
    }

    /// Lets the helpdesk send mails, from `help@desk.example`.
    ///
    /// # Panics
    /// When the site has an account `Support`.
    pub fn outgoing_account(&self) {
        self.insert(
            "Email Account",
            json!({
                "name": "Support", "email_account_name": "Support", "email_id": "help@desk.example",
                "enable_outgoing": 1, "default_outgoing": 1,
            }),
        );
    }

    /// Keeps the events published from now on, instead of sending them.
    pub fn hear(&self) -> Arc<Heard> {
        let heard = Arc::new(Heard::default());
        self.site().realtime.set(Arc::<Heard>::clone(&heard));
        heard
    }
}

/// The events of a site since they were last taken.
#[derive(Debug, Default)]
pub struct Heard(Mutex<Vec<Message>>);

impl Heard {
    /// The events since the last time.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Publisher for Heard {
    fn wants(&self, _: &str) -> bool {
        true
    }

    fn publish(&self, message: Message) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(message);
    }

    fn rights_changed(&self) {}
}
