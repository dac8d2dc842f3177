//! The documentation: the description at `/api/openapi.json`, and the page at `/docs` that shows it.
//!
//! The page's script and style are part of the binary and stand at addresses of their own, so that its
//! Content-Security-Policy needs no exception. Nothing is fetched from another host.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use helpdesk_core::args::Args;
use helpdesk_core::cx::Shared;
use helpdesk_core::doctype::registry::Metas;
use helpdesk_core::error::{Error, Result};
use helpdesk_core::method::BoxFuture;
use helpdesk_core::openapi::{self, Info};
use helpdesk_core::reply::Response;
use helpdesk_core::sign_in::sessions;
use helpdesk_core::site::Settings;
use serde_json::{Value, json};

use super::pages::{Page, asset, render, version_of};

const SCRIPT: &str = include_str!("docs/app.js");
const STYLE: &str = include_str!("docs/app.css");

/// What the page may load: its own script and style, and answers of this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Title of the API.
const TITLE: &str = "Helpdesk";

/// The pages of this module.
pub(super) const PAGES: [Page; 4] = [
    Page {
        path: "/docs",
        answer: |shared, _| Box::pin(page(shared)),
    },
    Page {
        path: "/docs/app.js",
        answer: |_, _| Box::pin(async { Ok(asset("text/javascript; charset=utf-8", SCRIPT)) }),
    },
    Page {
        path: "/docs/app.css",
        answer: |_, _| Box::pin(async { Ok(asset("text/css; charset=utf-8", STYLE)) }),
    },
    Page {
        path: "/api/openapi.json",
        answer: description,
    },
];

/// Changes with script or style, so that caches don't keep an old one.
static ASSETS_VERSION: LazyLock<String> = LazyLock::new(|| version_of(&[SCRIPT, STYLE]));

/// The page; in a browser's session with the session's CSRF token, so that what is tried may write.
async fn page(shared: Shared) -> Result<Response> {
    let token = sessions::issue_csrf_token(&shared).await?;
    let user = (!shared.session.is_guest()).then_some(&*shared.session.user);
    Ok(shell(token.as_deref(), user))
}

fn shell(csrf_token: Option<&str>, user: Option<&str>) -> Response {
    let data = json!({ "title": TITLE, "version": *ASSETS_VERSION, "csrf_token": csrf_token, "user": user });
    let body = render("docs", &data);
    Response {
        status: 200,
        headers: vec![
            ("content-type", "text/html; charset=utf-8".to_owned()),
            ("content-security-policy", POLICY.to_owned()),
            ("referrer-policy", "no-referrer".to_owned()),
        ],
        body: body.into_bytes(),
    }
}

/// `/api/openapi.json[?doctype=NAME]`: the description for the caller.
fn description(shared: Shared, args: Args) -> BoxFuture<Result<Response>> {
    Box::pin(async move {
        let doctype = args
            .get("doctype")
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())
            .map(str::to_owned);
        let made = tokio::task::spawn_blocking(move || cached(&shared, doctype));
        let body = made.await.map_err(Error::internal)??;
        Ok(Response {
            status: 200,
            headers: vec![
                ("content-type", "application/json".to_owned()),
                ("x-content-type-options", "nosniff".to_owned()),
            ],
            body: body.to_vec(),
        })
    })
}

/// A description, and what it was made from.
struct Made {
    metas: Weak<Metas>,
    settings: Weak<Settings>,
    roles: Arc<[Arc<str>]>,
    administrator: bool,
    doctype: Option<String>,
    body: Arc<[u8]>,
}

/// The last few descriptions, newest first. The weak pointers keep addresses from being taken anew.
static MADE: Mutex<VecDeque<Made>> = Mutex::new(VecDeque::new());

/// How many are kept: guests, the Administrator and a few sets of roles ask again and again.
const KEPT: usize = 8;

fn cached(shared: &Shared, doctype: Option<String>) -> Result<Arc<[u8]>> {
    let (metas, settings) = (
        Arc::downgrade(&shared.site.metas()),
        Arc::downgrade(&shared.site.settings()),
    );
    let (roles, administrator) = (&shared.session.roles, shared.session.is_administrator());
    let known = lock()
        .iter()
        .find(|made| {
            made.metas.ptr_eq(&metas)
                && made.settings.ptr_eq(&settings)
                && made.administrator == administrator
                && made.roles == *roles
                && made.doctype == doctype
        })
        .map(|made| Arc::clone(&made.body));
    if let Some(body) = known {
        return Ok(body);
    }
    let info = Info {
        title: TITLE.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let document = openapi::of_site(&info, shared, doctype.as_deref())?;
    let body: Arc<[u8]> = serde_json::to_vec(&document)?.into();
    let mut made = lock();
    made.push_front(Made {
        metas,
        settings,
        roles: Arc::clone(roles),
        administrator,
        doctype,
        body: Arc::clone(&body),
    });
    made.truncate(KEPT);
    Ok(body)
}

fn lock() -> std::sync::MutexGuard<'static, VecDeque<Made>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_outside_host_is_named() {
        let shell = String::from_utf8(shell(None, None).body).unwrap();
        for (name, text) in [("app.js", SCRIPT), ("app.css", STYLE), ("docs.hbs", &shell)] {
            for outside in ["http:", "https:", "//", "@import", "import("] {
                assert!(!text.contains(outside), "{name} has {outside}");
            }
        }
        assert!(!STYLE.contains("url("));
    }

    #[test]
    fn texts_go_in_as_text() {
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
        ] {
            assert!(!SCRIPT.contains(way), "{way}");
        }
        let shell = String::from_utf8(shell(None, None).body).unwrap();
        for inline in ["style=", "<style", "onclick", "onload", "javascript:"] {
            assert!(!shell.contains(inline), "{inline}");
        }
    }

    #[test]
    fn the_policy_lets_nothing_in_from_outside() {
        let shell = shell(None, None);
        let policy = shell
            .headers
            .iter()
            .find(|(name, _)| *name == "content-security-policy");

        let policy = &policy.unwrap().1;
        assert!(
            policy
                .starts_with("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';")
        );
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    }

    #[test]
    fn what_the_script_looks_for_is_in_the_page() {
        let shell = String::from_utf8(shell(None, None).body).unwrap();
        for id in ["entries", "search", "count", "who", "key", "sign", "skip", "menu"] {
            assert!(SCRIPT.contains(&format!("\"#{id}\"")), "{id}");
            assert!(shell.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
}
