//! The few pages the server shows itself, and the table of pages that stand at a fixed path.

use std::sync::LazyLock;

use handlebars::Handlebars;
use helpdesk_core::args::Args;
use helpdesk_core::cx::Shared;
use helpdesk_core::error::Result;
use helpdesk_core::method::BoxFuture;
use helpdesk_core::reply::Response;
use serde_json::{Value, json};

use super::{docs, health, sign_in};
use crate::engine;

/// A page at a fixed path; answers GET and HEAD.
#[derive(Clone, Copy)]
pub struct Page {
    /// The whole path, decoded (`/docs`, `/api/openapi.json`).
    pub path: &'static str,
    /// Makes the answer. A `content-type` header is expected; `cache-control` and, on HTML, `x-content-type-options`
    /// and `content-security-policy` are added where they are missing.
    pub answer: fn(Shared, Args) -> BoxFuture<Result<Response>>,
}

/// All pages at fixed paths, by module. One line plugs others in.
pub(crate) static PAGES: &[&[Page]] = &[
    &[Page {
        path: "/",
        answer: home,
    }],
    &[Page {
        path: "/healthz",
        answer: health::answer,
    }],
    &docs::PAGES,
    &sign_in::PAGES,
];

/// The page at `path`; a slash at the end is optional.
pub(crate) fn at(path: &str) -> Option<&'static Page> {
    let is_at =
        |page: &&Page| page.path == path || (path != "//" && path.strip_suffix('/') == Some(page.path));
    PAGES.iter().copied().flatten().find(is_at)
}

static TEMPLATES: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
    let mut templates = Handlebars::new();
    for (name, text) in [
        ("layout", include_str!("templates/layout.hbs")),
        ("home", include_str!("templates/home.hbs")),
        ("error", include_str!("templates/error.hbs")),
        ("docs", include_str!("templates/docs.hbs")),
        ("login", include_str!("templates/login.hbs")),
        ("update_password", include_str!("templates/update_password.hbs")),
        ("web_form", include_str!("templates/web_form.hbs")),
    ] {
        templates
            .register_template_string(name, text)
            .expect("the templates are part of the program and tested");
    }
    templates
});

fn home(shared: Shared, _: Args) -> BoxFuture<Result<Response>> {
    Box::pin(async move {
        let headers = vec![("content-type", "text/html; charset=utf-8".to_owned())];
        let (methods, doctypes) = engine::registered(&shared.site);
        let version = env!("CARGO_PKG_VERSION");
        let body = render(
            "home",
            &json!({ "version": version, "methods": methods, "doctypes": doctypes }),
        );
        Ok(Response {
            status: 200,
            headers,
            body: body.into_bytes(),
        })
    })
}

/// The page that tells of an error. `text` is shown as text, whatever it contains.
pub(crate) fn error(status: u16, title: &str, text: &str) -> String {
    render(
        "error",
        &json!({ "status": status, "title": title, "text": text }),
    )
}

/// A template with `data` in it.
pub(super) fn render(template: &str, data: &Value) -> String {
    TEMPLATES.render(template, data).unwrap_or_else(|error| {
        tracing::error!(template, %error, "a page could not be rendered");
        String::new()
    })
}

/// A script or style that is part of the binary.
pub(super) fn asset(content_type: &str, text: &str) -> Response {
    Response {
        status: 200,
        headers: vec![
            ("content-type", content_type.to_owned()),
            ("cache-control", "public,max-age=86400".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
        ],
        body: text.as_bytes().to_vec(),
    }
}

/// Changes with any of the texts, so that caches don't keep an old one.
pub(super) fn version_of(texts: &[&str]) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}

/// A message's HTML as plain text: tags go, entities become characters.
pub(crate) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => in_tag = false,
            c if !in_tag => text.push(c),
            _ => {}
        }
    }
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_page_shows_texts_as_text() {
        let page = error(404, "Not found", "<script>x</script>");

        assert!(page.contains("&lt;script&gt;"), "{page}");
        assert!(page.contains("<title>404 Not found</title>"), "{page}");
        assert!(!page.contains("http"), "no other host is named: {page}");
    }

    #[test]
    fn home_links_to_the_documentation() {
        let page = render("home", &json!({ "version": "1.2.3" }));

        assert!(
            page.contains("href=\"/docs\"") && page.contains("href=\"/api/openapi.json\""),
            "{page}"
        );
        assert!(page.contains("1.2.3"), "{page}");
    }

    #[test]
    fn only_one_path_is_home() {
        assert!(at("/").is_some());
        assert!(at("/docs/").is_some() && at("/api/openapi.json").is_some());
        assert!(at("//").is_none() && at("").is_none() && at("/x").is_none());
    }

    #[test]
    fn a_message_becomes_plain_text() {
        assert_eq!(
            plain("Function <strong>a.b</strong> &lt;x&gt; &amp;lt;"),
            "Function a.b <x> &lt;"
        );
    }
}
