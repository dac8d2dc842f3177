//! The request gate: what users who are no System Users, guests among them, may reach of the API.
//!
//! On while `block_endpoints` is set in `site.toml`, as it is on sites that start from nothing. It judges what a request
//! was routed to, so that no spelling of an address gets past it.
//!
//! Source: spec/helpdesk-a.md "Request gate", spec/helpdesk-b.md §14.2.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::call::Target;
use crate::config::Config;
use crate::dispatch::Dispatch;
use crate::error::{Error, Result, forbidden};
use crate::method::Method;
use crate::path::{BASE_APP, first_segment};
use crate::session::Session;
use crate::v2::Call;

/// Methods of the base app that everybody may call, by any of their names; those of other apps are all open. What is
/// not built is on the list as well: it is open once it is.
const OPEN: &[&str] = &[
    "frappe.client.delete",
    "frappe.client.get",
    "frappe.client.get_count",
    "frappe.client.get_list",
    "frappe.client.get_value",
    "frappe.client.insert",
    "frappe.client.rename_doc",
    "frappe.client.set_value",
    "frappe.core.api.user_invitation.accept_invitation",
    "frappe.core.api.user_invitation.cancel_invitation",
    "frappe.core.api.user_invitation.get_pending_invitations",
    "frappe.core.api.user_invitation.invite_by_email",
    "frappe.core.doctype.communication.email.make",
    "frappe.core.doctype.communication.email.mark_email_as_seen",
    "frappe.core.doctype.user.user.reset_password",
    "frappe.core.doctype.user.user.sign_up",
    "frappe.core.doctype.user.user.test_password_strength",
    "frappe.core.doctype.user.user.update_password",
    "frappe.core.doctype.user.user.verify_password",
    "frappe.desk.form.load.getdoctype",
    "frappe.desk.reportview.export_query",
    "frappe.desk.search.search_link",
    "frappe.email.queue.unsubscribe",
    "frappe.integrations.oauth2.approve",
    "frappe.integrations.oauth2.authorize",
    "frappe.integrations.oauth2.get_token",
    "frappe.integrations.oauth2.openid_profile",
    "frappe.integrations.oauth2_logins.login_via_frappe",
    "frappe.integrations.oauth2_logins.login_via_office365",
    "frappe.onboarding.get_onboarding_status",
    "frappe.realtime.can_subscribe_doc",
    "frappe.realtime.can_subscribe_doctype",
    "frappe.realtime.get_user_info",
    "frappe.realtime.has_permission",
    "frappe.search.web_search",
    "frappe.utils.print_format.download_pdf",
    "frappe.utils.telemetry.pulse.client.is_enabled",
    "frappe.website.doctype.web_form.web_form.accept",
    "frappe.website.doctype.web_page_view.web_page_view.make_view_log",
    "frappe.www.login.login_via_key",
    "frappe.www.login.send_login_link",
    "frappe.www.qrcode.show",
    "login",
    "logout",
    "ping",
    "run_doc_method",
    "upload_file",
];

/// Whether a site's gate is shut, and what it lets through besides the usual.
#[derive(Debug)]
pub struct Gate {
    shut: AtomicBool,
    more: Vec<Entry>,
}

/// One entry of `allowed_custom_endpoints`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// A method by its dotted path or another of its names.
    Method(String),
    /// All methods whose path begins so; the text ends with a dot.
    Below(String),
    /// The documents of a DocType, in v1 and v2.
    DocType(String),
}

impl Entry {
    /// `shop.orders.track`, `/api/method/shop.orders.track`, `shop.` or `/api/resource/Note`.
    fn parse(text: &str) -> Option<Entry> {
        if let Some(doctype) = text.strip_prefix("/api/resource/") {
            return (!doctype.is_empty() && !doctype.contains('/'))
                .then(|| Entry::DocType(doctype.to_owned()));
        }
        let path = text.strip_prefix("/api/method/").unwrap_or(text);
        let (segments, below) = match path.strip_suffix('.') {
            Some(path) => (path, true),
            None => (path, false),
        };
        let is_word = |word: &str| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|char| char.is_ascii_alphanumeric() || char == '_')
        };
        if !segments.split('.').all(is_word) {
            return None;
        }
        Some(if below {
            Entry::Below(path.to_owned())
        } else {
            Entry::Method(path.to_owned())
        })
    }

    fn opens(&self, names: &[&str]) -> bool {
        match self {
            Entry::Method(path) => names.contains(&&**path),
            Entry::Below(begin) => names.iter().any(|name| name.starts_with(&**begin)),
            Entry::DocType(_) => false,
        }
    }
}

/// Looks at the setting `allowed_custom_endpoints`.
///
/// # Errors
/// The entry that names nothing.
pub fn check(entries: &[String]) -> Result<(), String> {
    match entries.iter().find(|text| Entry::parse(text).is_none()) {
        None => Ok(()),
        Some(text) => Err(format!(
            "{text:?} is no method (`shop.orders.track`), no app (`shop.`) and no DocType (`/api/resource/Note`)"
        )),
    }
}

impl Gate {
    /// The gate that settings describe.
    pub fn of(config: &Config) -> Gate {
        Gate {
            shut: AtomicBool::new(config.block_endpoints),
            more: config
                .allowed_custom_endpoints
                .iter()
                .filter_map(|text| Entry::parse(text))
                .collect(),
        }
    }

    /// Shuts it, on a site that was installed just now.
    pub fn shut(&self) {
        self.shut.store(true, Ordering::Relaxed);
    }

    /// Whether the gate has a say about this caller.
    fn holds(&self, session: &Session) -> bool {
        self.shut.load(Ordering::Relaxed) && !session.system_user
    }

    /// Refuses a request that the caller may not make, whatever its right. Files are no part of the API.
    ///
    /// # Errors
    /// 403 naming what was asked for.
    pub fn check(&self, dispatch: &Dispatch, session: &Session, target: &Target) -> Result<()> {
        if !self.holds(session) {
            return Ok(());
        }
        match target {
            Target::File { .. } => Ok(()),
            Target::Method(method) => self.method(session, method),
            Target::V2(Call::RunDocMethod) => match dispatch.get("run_doc_method") {
                Some(method) => self.method(session, method),
                None => Err(closed("run_doc_method")),
            },
            Target::List(doctype)
            | Target::Insert(doctype)
            | Target::Read(doctype, _)
            | Target::Update(doctype, _)
            | Target::Delete(doctype, _)
            | Target::Document { doctype, .. } => self.documents(doctype),
            Target::V2(call) => match call.doctype() {
                Some(doctype) => self.documents(doctype),
                None => Err(closed("this part of the API")),
            },
        }
    }

    /// Refuses a call of a method, be it by another method that is told whom to call.
    ///
    /// # Errors
    /// 403 naming the method.
    pub fn method(&self, session: &Session, method: &Method) -> Result<()> {
        if !self.holds(session) {
            return Ok(());
        }
        let names: Vec<&str> = std::iter::once(method.path)
            .chain(method.aliases.iter().copied())
            .collect();
        self.by_names(&names)
    }

    /// Refuses a call of a method there is not, unless it would have been open: nobody is told what there is behind it.
    ///
    /// # Errors
    /// 403 naming the method.
    pub fn unknown(&self, session: &Session, name: &str) -> Result<()> {
        if self.holds(session) {
            self.by_names(&[name])
        } else {
            Ok(())
        }
    }

    fn by_names(&self, names: &[&str]) -> Result<()> {
        let [path, ..] = names else {
            return Err(closed("nothing"));
        };
        let is_of_an_app = path.contains('.') && first_segment(path) != BASE_APP;
        let is_open = is_of_an_app
            || names.iter().any(|name| OPEN.binary_search(name).is_ok())
            || self.more.iter().any(|entry| entry.opens(names));
        if is_open { Ok(()) } else { Err(closed(path)) }
    }

    fn documents(&self, doctype: &str) -> Result<()> {
        let is_open = self
            .more
            .iter()
            .any(|entry| matches!(entry, Entry::DocType(open) if open == doctype));
        if is_open { Ok(()) } else { Err(closed(doctype)) }
    }
}

fn closed(what: &str) -> Error {
    forbidden(format!("{what} is not open to users without access to the desk"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(more: &[&str]) -> Gate {
        Gate::of(&Config {
            block_endpoints: true,
            allowed_custom_endpoints: more.iter().map(|&text| text.to_owned()).collect(),
            ..Config::default()
        })
    }

    fn lets(gate: &Gate, names: &[&str]) -> bool {
        gate.by_names(names).is_ok()
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(OPEN.is_sorted());
    }

    #[test]
    fn what_is_listed_is_open_by_any_of_its_names_and_nothing_near_it() {
        let gate = gate(&[]);

        assert!(lets(&gate, &["frappe.client.get_list"]));
        assert!(lets(&gate, &["frappe.handler.logout", "logout"]));
        assert!(lets(&gate, &["helpdesk.api.auth.get_user"]));
        assert!(lets(&gate, &["acme_shop.orders.track"]));
        for name in [
            "frappe.client.get_list.x",
            "frappe.client.get_",
            "frappe.client",
            "Frappe.client.get_lists",
            "frappe",
            "helpdesk",
            "LOGIN",
            "",
            "frappe.apps.get_apps",
        ] {
            let is_an_app_s = name.starts_with("Frappe.");
            assert_eq!(lets(&gate, &[name]), is_an_app_s, "{name}");
        }
    }

    #[test]
    fn settings_open_methods_apps_and_doctypes() {
        let gate = gate(&[
            "frappe.apps.get_apps",
            "/api/method/frappe.share.add",
            "frappe.desk.",
            "/api/resource/Note",
        ]);

        assert!(lets(&gate, &["frappe.apps.get_apps"]));
        assert!(lets(&gate, &["frappe.share.add"]));
        assert!(lets(&gate, &["frappe.desk.like.toggle_like"]));
        assert!(!lets(&gate, &["frappe.desktop.x"]));
        assert!(!lets(&gate, &["frappe.share.add_many"]));
        assert!(gate.documents("Note").is_ok());
        assert!(gate.documents("Not").is_err());
    }

    #[test]
    fn an_entry_that_would_open_everything_or_nothing_is_refused() {
        for entry in [
            "",
            ".",
            "/",
            "/api/",
            "/api/method/",
            "a..b",
            "/api/resource/",
            "*",
            "a b",
        ] {
            assert!(check(&[entry.to_owned()]).is_err(), "{entry}");
        }
        assert!(check(&["shop.".to_owned(), "/api/resource/HD Article".to_owned()]).is_ok());
    }

    #[test]
    fn an_open_gate_and_a_system_user_know_no_list() {
        let open = Gate::of(&Config::default());
        assert!(open.unknown(&Session::guest(), "frappe.x").is_ok());
        open.shut();
        assert!(open.unknown(&Session::guest(), "frappe.x").is_err());
        assert!(open.unknown(&Session::administrator(), "frappe.x").is_ok());
    }
}
