//! The pages of signing in: `/login`, and `/update-password`, which a mailed link leads to.
//!
//! Script and style, which the pages of Web Forms have as well, are part of the binary, at addresses of their own; nothing
//! comes from another host. The forms call the methods everybody else calls. Source: spec/spa-host.md §1, §3.

use std::sync::LazyLock;

use helpdesk_core::args::Args;
use helpdesk_core::cx::Shared;
use helpdesk_core::error::Result;
use helpdesk_core::frappe::apps;
use helpdesk_core::reply::Response;
use helpdesk_core::sign_in::sessions;
use serde_json::{Value, json};

use super::pages::{Page, asset, render, version_of};

const SCRIPT: &str = include_str!("sign_in/app.js");
const STYLE: &str = include_str!("sign_in/app.css");

/// What the pages may load: their own script and style, and answers of this server. Forms are sent by the script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The pages of this module.
pub(super) const PAGES: [Page; 4] = [
    Page {
        path: "/login",
        answer: |shared, args| Box::pin(async move { Ok(login(&shared, &args)) }),
    },
    Page {
        path: "/update-password",
        answer: |shared, args| Box::pin(update_password(shared, args)),
    },
    Page {
        path: "/login/app.js",
        answer: |_, _| Box::pin(async { Ok(asset("text/javascript; charset=utf-8", SCRIPT)) }),
    },
    Page {
        path: "/login/app.css",
        answer: |_, _| Box::pin(async { Ok(asset("text/css; charset=utf-8", STYLE)) }),
    },
];

static ASSETS_VERSION: LazyLock<String> = LazyLock::new(|| version_of(&[SCRIPT, STYLE]));

/// The page to sign in at; who is signed in goes on to where `redirect-to` says.
fn login(shared: &Shared, args: &Args) -> Response {
    let wanted = args.get("redirect-to").and_then(Value::as_str);
    let target = wanted.filter(|path| is_local(path));
    if !shared.session.is_guest() {
        let [_, (_, home_page), _] = apps::greeting(&shared.session);
        let home_page = format!("/{}", home_page.trim_start_matches('/'));
        return Response {
            status: 303,
            headers: vec![
                ("content-type", "text/plain; charset=utf-8".to_owned()),
                ("location", target.map_or(home_page, as_header)),
            ],
            body: Vec::new(),
        };
    }
    let settings = shared.site.settings();
    let (passwords, links) = (!settings.sign_in.no_passwords, settings.sign_in.by_link);
    page(
        "login",
        json!({ "target": target, "passwords": passwords, "links": links }),
    )
}

/// The page to set a new password at: with a mailed key, or with the old password for who is signed in.
async fn update_password(shared: Shared, args: Args) -> Result<Response> {
    let token = sessions::issue_csrf_token(&shared).await?;
    let key = args
        .get("key")
        .and_then(Value::as_str)
        .filter(|key| !key.is_empty());
    let data = json!({
        "key": key,
        "asks_old": key.is_none() && !shared.session.is_guest(),
        "no_link": key.is_none() && shared.session.is_guest(),
        "csrf_token": token.as_deref(),
    });
    Ok(page("update_password", data))
}

/// A page with a form that the script handles.
pub(super) fn page(template: &str, mut data: Value) -> Response {
    data["version"] = Value::from(ASSETS_VERSION.as_str());
    Response {
        status: 200,
        headers: vec![
            ("content-type", "text/html; charset=utf-8".to_owned()),
            ("content-security-policy", POLICY.to_owned()),
            // The address of a mailed link is a secret.
            ("referrer-policy", "no-referrer".to_owned()),
        ],
        body: render(template, &data).into_bytes(),
    }
}

/// Whether a browser that is sent to `path` stays on this site: a path that begins with one slash and has nothing in it
/// that browsers drop or read as a slash.
fn is_local(path: &str) -> bool {
    let mut bytes = path.bytes();
    path.len() <= 2_000
        && bytes.next() == Some(b'/')
        && bytes.next() != Some(b'/')
        && !path
            .chars()
            .any(|c| c == '\\' || c.is_control() || c.is_whitespace())
}

/// A path as a header can carry it.
fn as_header(path: &str) -> String {
    percent_encoding::utf8_percent_encode(path, percent_encoding::CONTROLS).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_gone_on_to() {
        for local in [
            "/",
            "/helpdesk",
            "/helpdesk/tickets/0042?view=a&b=//c#d",
            "/docs",
            "/a@evil.example",
            "/%2F%2Fevil.example",
            "/helpdesk/k%C3%B6ln",
        ] {
            assert!(is_local(local), "{local}");
        }
        for foreign in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\nSet-Cookie: sid=x",
            "\t//evil.example",
            " //evil.example",
            "/ /evil.example",
            "\u{0}/x",
            "http://evil.example",
            "HTTPS://evil.example",
            "https:evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "evil.example",
            "@evil.example",
            "?x",
            "#x",
            ".",
            "\u{2028}//evil.example",
            "/a\u{a0}b",
        ] {
            assert!(!is_local(foreign), "{foreign:?}");
        }
        assert!(!is_local(&format!("/{}", "x".repeat(2_000))));
    }

    #[test]
    fn no_outside_host_is_named_and_texts_go_in_as_text() {
        let login = render(
            "login",
            &json!({ "version": "1", "target": "/\"><script>", "passwords": true, "links": true }),
        );
        let update = render(
            "update_password",
            &json!({ "version": "1", "key": "\"><script>" }),
        );
        for (name, text) in [
            ("app.js", SCRIPT),
            ("app.css", STYLE),
            ("login", &login),
            ("update", &update),
        ] {
            for bad in [
                "http:",
                "https:",
                "//www",
                "@import",
                "import(",
                "innerHTML",
                "outerHTML",
                "eval(",
                "style=",
                "onclick",
                "javascript:",
                "\"><script>",
            ] {
                assert!(!text.contains(bad), "{name} has {bad}");
            }
        }
    }

    #[test]
    fn what_the_script_looks_for_is_in_the_pages() {
        let login = render("login", &json!({ "passwords": true, "links": true }));
        let update = render("update_password", &json!({ "key": "k" }));
        for id in [
            "sign-in",
            "forgot",
            "ask-reset",
            "back",
            "by-link",
            "ask-link",
            "back-from-link",
            "second",
        ] {
            assert!(SCRIPT.contains(&format!("\"#{id}\"")), "{id}");
            assert!(login.contains(&format!("id=\"{id}\"")), "{id}");
        }
        assert!(SCRIPT.contains("\"#set-password\"") && update.contains("id=\"set-password\""));
        let form = render("web_form", &json!({ "form": { "name": "x" } }));
        for id in ["web-form", "web-form-done"] {
            assert!(SCRIPT.contains(&format!("\"#{id}\"")), "{id}");
            assert!(form.contains(&format!("id=\"{id}\"")), "{id}");
        }
    }
}
