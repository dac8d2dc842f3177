//! The pages of published Web Forms, at the paths they name: `/ticket-feedback/new?key=…` is one.
//!
//! The page is rendered here; what it was filled in with goes to
//! `frappe.website.doctype.web_form.web_form.accept`, which says what may be stored. Source: spec/helpdesk-a.md §7.

use std::sync::Arc;

use helpdesk_core::args::Args;
use helpdesk_core::cx::Shared;
use helpdesk_core::error::{Error, Result};
use helpdesk_core::frappe::website::doctype::web_form::page;
use helpdesk_core::reply::Response;
use helpdesk_core::sign_in::sessions;
use serde_json::json;

use super::sign_in;

/// Paths that are no form's, so that no database is asked.
fn may_be_a_form(path: &str) -> bool {
    let path = path.trim_matches('/');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    !path.is_empty() && path.len() <= 150 && path.bytes().all(is_plain)
}

/// The page of the published form at `path`; `None` where there is none.
///
/// # Errors
/// A database failure.
pub(super) async fn at(shared: Shared, path: &str, args: Args) -> Result<Option<Response>> {
    if !may_be_a_form(path) {
        return Ok(None);
    }
    let site = Arc::clone(&shared.site);
    let asked = path.to_owned();
    let found = site
        .pool
        .run(shared.clone(), move |cx| page::at(cx, &asked, &args))?
        .await
        .map_err(|_| Error::internal("the database thread went away"))??;
    let Some(form) = found else { return Ok(None) };
    if form.login_required && shared.session.is_guest() {
        return Ok(Some(Response {
            status: 303,
            headers: vec![
                ("content-type", "text/plain; charset=utf-8".to_owned()),
                ("location", format!("/login?redirect-to={path}")),
            ],
            body: Vec::new(),
        }));
    }
    let token = sessions::issue_csrf_token(&shared).await?;
    let data = json!({ "form": form, "csrf_token": token.as_deref() });
    Ok(Some(sign_in::page("web_form", data)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::pages::render;
    use super::may_be_a_form;

    #[test]
    fn texts_go_in_as_text() {
        let evil = "\"><script>";
        let kinds = ["hidden", "stars", "check", "text", "choice", "email", "line"];
        let fields: Vec<_> = kinds
            .iter()
            .map(|kind| {
                json!({
                    "name": evil, "label": evil, "description": evil, "value": evil, "kind": { *kind: true },
                    "choices": [{ "value": evil, "label": evil, "chosen": true }],
                })
            })
            .collect();
        let form = json!({
            "name": evil, "title": evil, "introduction": evil, "button": evil, "success_title": evil,
            "success_message": evil, "fields": fields,
        });
        let page = render("web_form", &json!({ "form": form, "version": "1" }));

        assert!(!page.contains(evil), "{page}");
        for typed in ["hidden", "radio", "checkbox", "email"] {
            assert!(page.contains(&format!("type=\"{typed}\"")), "{typed}");
        }
        assert!(page.contains("<textarea") && page.contains("<select") && page.contains("id=\"web-form\""));
    }

    #[test]
    fn only_what_can_be_a_route_asks_the_database() {
        assert!(may_be_a_form("/ticket-feedback/new"));
        for path in ["/", "", "/a b", "/ü", &format!("/{}", "x".repeat(151))] {
            assert!(!may_be_a_form(path), "{path}");
        }
    }
}
