//! The API's description and the page that shows it.

use helpdesk_core::config::Config;

use crate::running::Running;

#[tokio::test]
async fn the_description_is_json_below_api() {
    let server = Running::start(Config::default()).await;

    for path in ["/api/openapi.json", "/api/openapi.json/"] {
        let answer = server.get(path, "").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "application/json"),
            "{path}"
        );
        assert!(
            answer.body.starts_with(r#"{"openapi":"3.1.0","#),
            "{}",
            answer.body
        );
        assert!(answer.body.contains("/api/method/frappe.client.get_list"));
    }
    let again = server.get("/api/openapi.json", "").await;
    assert_eq!(again.body, server.get("/api/openapi.json", "").await.body);
    let answer = server.ask("POST", "/api/openapi.json").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test]
async fn guests_learn_of_no_doctype_they_may_not_read() {
    let server = Running::start(Config::default()).await;

    let answer = server.get("/api/openapi.json", "").await;
    assert!(!answer.body.contains("/api/resource/User"), "{}", answer.body);
    for name in ["User", "Nothing"] {
        let answer = server.get(&format!("/api/openapi.json?doctype={name}"), "").await;
        assert_eq!(answer.status, 404, "{name}");
        assert!(
            answer.body.contains(&format!("DocType {name} not found")),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn the_page_loads_nothing_from_elsewhere() {
    let server = Running::start(Config::default()).await;

    let page = server.get("/docs", "Accept: text/html\r\n").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    assert_eq!(
        page.header("content-security-policy"),
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    for (path, kind) in [
        ("/docs/app.js", "text/javascript; charset=utf-8"),
        ("/docs/app.css", "text/css; charset=utf-8"),
    ] {
        assert!(page.body.contains(&format!("\"{path}?v=")), "{}", page.body);
        let asset = server.get(&format!("{path}?v=1"), "").await;
        assert_eq!((asset.status, asset.header("content-type")), (200, kind));
        assert_eq!(asset.header("x-content-type-options"), "nosniff");
        assert!(asset.cookies().is_empty(), "caches may share it");
    }
}

#[tokio::test]
async fn a_proxy_learns_whether_the_database_answers() {
    let server = Running::start(Config::default()).await;

    let well = server.get("/healthz", "").await;
    assert_eq!(
        (
            well.status,
            well.header("content-type"),
            well.header("cache-control")
        ),
        (200, "application/json", "no-store")
    );
    assert_eq!(well.body, r#"{"status":"ok"}"#);
    assert_eq!(server.ask("POST", "/healthz").await.status, 405);
}
