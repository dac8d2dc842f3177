//! Status, headers, cookies and bodies as the recorded answers have them.

use helpdesk_core::config::{Config, Origins, SiteRateLimit};

use crate::running::{CLEARED, GUEST, Running};

const NO_STORE: &str = "no-store,no-cache,must-revalidate,max-age=0";

#[tokio::test]
async fn unknown_paths_below_api_are_bare_json_404() {
    let server = Running::start(Config::default()).await;

    for path in [
        "/api/",
        "/api/method/",
        "/api/nothing/here",
        "/api/v3/method/ping",
        "/api//method/ping",
    ] {
        let answer = server.get(path, "Accept: application/json\r\n").await;
        assert_eq!(
            (answer.status, &*answer.body),
            (404, r#"{"exc_type":"DoesNotExistError"}"#),
            "{path}"
        );
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), NO_STORE);
        assert_eq!(answer.cookies(), GUEST);
    }
    let answer = server.get("/api/v2/nothing", "").await;
    assert_eq!(answer.body, r#"{"errors":[{"type":"DoesNotExistError"}]}"#);
}

#[tokio::test]
async fn unknown_pages_are_html_404() {
    let server = Running::start(Config::default()).await;

    for path in ["/api", "/nothing", "/%00%ff", "/a%2Fb"] {
        let answer = server.get(path, "Accept: application/json\r\n").await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, "text/html; charset=utf-8"),
            "{path}"
        );
        assert_eq!(
            answer.header("cache-control"),
            "private,max-age=300,stale-while-revalidate=10800"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.cookies(), GUEST);
    }
}

#[tokio::test]
async fn home_says_what_this_is() {
    let server = Running::start(Config::default()).await;

    let answer = server.get("/", "").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("href=\"/docs\""), "{}", answer.body);
    let answer = server.ask("PUT", "/").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"));
}

#[tokio::test]
async fn wrong_verbs_on_documents_are_405_pages_or_404() {
    let server = Running::start(Config::default()).await;

    let answer = server.ask("PUT", "/api/resource/HD%20Ticket").await;
    assert_eq!((answer.status, answer.header("allow")), (405, "POST, GET, HEAD"));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    let answer = server.ask("PATCH", "/api/resource/HD%20Ticket/0042").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (404, r#"{"exc_type":"DoesNotExistError"}"#)
    );
    let answer = server.ask("PATCH", "/api/resource/HD%20Ticket/0042/").await;
    assert_eq!(answer.status, 405);
    let answer = server.ask("BREW", "/api/method/ping").await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn head_has_no_body() {
    let server = Running::start(Config::default()).await;
    let mut raw = server.connect().await;

    raw.write("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(raw.answer_to_head().await.status, 200);
    raw.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(raw.answer().await.status, 200);
}

#[tokio::test]
async fn options_is_empty_text_without_cookies() {
    let server = Running::start(Config::default()).await;

    let answer = server.ask("OPTIONS", "/api/method/ping").await;
    assert_eq!((answer.status, &*answer.body), (200, ""));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert!(answer.cookies().is_empty());
}

#[tokio::test]
async fn bad_credentials_are_401_and_cleared() {
    let server = Running::start(Config::default()).await;

    for header in [
        "token abc",
        "token a:b",
        "Basic !!!",
        "Bearer nosuchtoken",
        "Digest abc",
    ] {
        let answer = server
            .get("/api/method/x", &format!("Authorization: {header}\r\n"))
            .await;
        assert_eq!(
            (answer.status, &*answer.body),
            (401, r#"{"exc_type":"AuthenticationError"}"#),
            "{header}"
        );
        assert_eq!(
            answer.header("www-authenticate"),
            "Bearer resource_metadata=\"http://ref.localhost/.well-known/oauth-protected-resource\""
        );
        assert_eq!(answer.cookies(), CLEARED);
    }
    let answer = server.get("/api/nothing", "Authorization: token \r\n").await;
    assert_eq!(
        (answer.status, answer.cookies()),
        (404, GUEST.map(str::to_owned).to_vec())
    );
    let answer = server.get("/api/nothing", "Authorization: Basic abc\r\n").await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn an_unknown_session_goes_on_as_guest_and_is_told() {
    let server = Running::start(Config::default()).await;

    // An argument says who calls and leaves the browser's cookies alone: anybody can write a link.
    let none: [&str; 0] = [];
    for (path, header, cookies) in [
        ("/api/x", "Cookie: sid=0123456789abcdef\r\n", &CLEARED[..]),
        ("/api/x?sid=0123", "", &none[..]),
    ] {
        let answer = server.get(path, header).await;
        assert_eq!(
            answer.body,
            r#"{"session_expired":1,"exc_type":"DoesNotExistError"}"#
        );
        assert_eq!(answer.cookies(), cookies);
    }
    let answer = server.get("/api/x", "Cookie: sid=Guest\r\n").await;
    assert_eq!(answer.cookies(), GUEST);
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_417_without_cookies() {
    let server = Running::start(Config::default()).await;

    let answer = server.post("/api/method/x", "application/json", "{\"a\":").await;
    assert_eq!(answer.status, 417);
    assert!(
        answer
            .body
            .starts_with(r#"{"exc_type":"DataError","_server_messages":"#),
        "{}",
        answer.body
    );
    assert!(answer.cookies().is_empty());
    let answer = server.post("/api/method/x", "application/json", "\"abc\"").await;
    assert_eq!(answer.status, 417);
    assert!(
        answer.body.contains("Invalid request arguments"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn cmd_makes_a_call_of_any_path() {
    let server = Running::start(Config::default()).await;

    // A page that exists is not shown: the request is a call, of a method that does not exist.
    let answer = server
        .get("/?cmd=no.such.method", "Accept: application/json\r\n")
        .await;
    assert!(matches!(answer.status, 404 | 417), "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn browsers_get_errors_as_pages() {
    let server = Running::start(Config::default()).await;

    let answer = server.get("/api/nothing", "Accept: text/html\r\n").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (404, "text/html; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), NO_STORE);
}

#[tokio::test]
async fn only_the_sites_own_names_are_served() {
    let config = Config {
        site_names: vec!["ours.localhost".to_owned()],
        ..Config::default()
    };
    let server = Running::start(config).await;

    let answer = server
        .get("/api/method/ping", "X-Frappe-Site-Name: nosuch.localhost\r\n")
        .await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (404, "text/html; charset=utf-8")
    );
    assert!(answer.body.contains("nosuch.localhost"));
    assert!(answer.cookies().is_empty());
    let answer = server.get("/", "X-Frappe-Site-Name: ours.localhost\r\n").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn maintenance_stops_everything() {
    let server = Running::start(Config {
        maintenance_mode: true,
        ..Config::default()
    })
    .await;

    let answer = server.get("/api/method/ping", "").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (503, r#"{"exc_type":"SessionStopped"}"#)
    );
    assert!(answer.cookies().is_empty());
}

#[tokio::test]
async fn other_origins_may_read_what_the_site_allows() {
    let config = Config {
        allow_cors: Some(Origins::One("*".to_owned())),
        ..Config::default()
    };
    let server = Running::start(config).await;

    let answer = server
        .get("/api/nothing", "Origin: http://other.example\r\n")
        .await;
    assert_eq!(
        answer.header("access-control-allow-origin"),
        "http://other.example"
    );
    let answer = server.get("/api/nothing", "").await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_spent_budget_is_429() {
    let limit = SiteRateLimit {
        limit: 0.0,
        window: 86_400,
    };
    let server = Running::start(Config {
        rate_limit: Some(limit),
        ..Config::default()
    })
    .await;

    let first = server.get("/api/nothing", "").await;
    assert_eq!((first.status, first.header("x-ratelimit-limit")), (404, "0"));
    let second = server
        .get("/api/nothing", "Authorization: token not:looked-at\r\n")
        .await;
    assert_eq!(
        (second.status, &*second.body),
        (429, r#"{"exc_type":"TooManyRequestsError"}"#)
    );
    assert_eq!(second.header("retry-after"), second.header("x-ratelimit-reset"));
    assert_eq!(second.cookies(), GUEST);
    let page = server.get("/", "Accept: text/html\r\n").await;
    assert_eq!((page.status, &*page.body), (429, "Too Many Requests"));
}
