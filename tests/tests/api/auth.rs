//! Who the caller is: API keys in both forms, and what is refused.

use helpdesk_core::users;
use helpdesk_tests::{Reply, TestSite};
use serde_json::json;

const WHO: &str = "/api/method/frappe.auth.get_logged_user";

fn who(site: &TestSite, authorization: &str) -> Reply {
    site.guest()
        .request("GET", WHO)
        .header("authorization", authorization)
        .send()
}

/// Base64 as `Authorization: Basic` wants it.
fn base64(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, i| {
            bits << 8 | usize::from(*three.get(i).unwrap_or(&0))
        });
        for i in 0..4 {
            let is_padding = i > three.len();
            out.push(if is_padding {
                '='
            } else {
                char::from(LETTERS[bits >> (18 - 6 * i) & 63])
            });
        }
    }
    out
}

#[test]
fn a_key_and_its_secret_are_the_user() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let token = ada.token().unwrap();

    for authorization in [
        format!("token {token}"),
        format!("Token {token}"),
        format!("Basic {}", base64(token)),
    ] {
        let reply = who(&site, &authorization).ok();
        assert_eq!(*reply.message(), json!("ada@desk.example"), "{authorization}");
    }
}

#[test]
fn wrong_keys_are_nobody() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let (key, secret) = ada.token().unwrap().split_once(':').unwrap();

    for authorization in [
        format!("token {key}:{}", secret.to_uppercase() + "x"),
        format!("token {key}:"),
        format!("token {key}x:{secret}"),
        format!("token {key}"),
        "token :".to_owned(),
        format!("token {key}:{secret}:"),
        format!("bearer {key}:{secret}"),
        format!("digest {key}:{secret}"),
        format!("Basic {}", base64("a:b")),
        format!("token {key}'OR'1'='1:{secret}"),
    ] {
        let reply = who(&site, &authorization);
        assert_eq!(reply.status, 401, "{authorization}: {reply:?}");
        assert_eq!(reply.exc_type(), "AuthenticationError", "{authorization}");
        assert!(reply.header("www-authenticate").is_some());
    }
}

#[test]
fn a_header_that_can_not_be_decoded_is_400() {
    let site = TestSite::start();

    let reply = who(&site, "Basic a").status(400);

    assert_eq!(reply.exc_type(), "InvalidAuthorizationToken");
}

#[test]
fn a_wrong_key_is_refused_even_where_guests_may_call() {
    let site = TestSite::start();

    let reply = site
        .guest()
        .request("GET", "/api/method/ping")
        .header("authorization", "token a:b")
        .send();

    assert_eq!(reply.status, 401);
}

#[test]
fn a_new_secret_ends_the_old_one() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    ada.get(WHO).ok();

    let (key, secret) = site.transaction(|cx| users::new_api_key(cx, "ada@desk.example"));

    assert_eq!(ada.get(WHO).status, 401);
    assert_eq!(who(&site, &format!("token {key}:{secret}")).status, 200);
}

#[test]
fn a_user_who_is_disabled_is_refused_at_once() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    ada.get(WHO).ok();

    site.change("User", "ada@desk.example", json!({ "enabled": 0 }));

    assert_eq!(ada.get(WHO).status, 401);
}

#[test]
fn a_role_that_is_taken_away_counts_from_the_next_request() {
    let site = TestSite::start();
    let ada = site.user_with("ada@desk.example", "System User", &["Agent"]);
    ada.list("HD Ticket", json!({})).ok();

    site.change("User", "ada@desk.example", json!({ "roles": [] }));

    assert_eq!(ada.list("HD Ticket", json!({})).status, 403);
}

#[test]
fn an_unknown_session_is_a_guest_whose_session_expired() {
    let site = TestSite::start();

    let reply = site
        .guest()
        .request("GET", "/api/method/ping")
        .header("cookie", "sid=0123456789abcdef")
        .send();

    assert_eq!(reply.json, json!({ "message": "pong", "session_expired": 1 }));
}

#[test]
fn another_site_s_name_is_not_found() {
    let site = TestSite::builder()
        .config(|config| config.site_names = vec!["desk.example".into()])
        .start();
    let named = |name: &str| {
        site.guest()
            .request("GET", "/api/method/ping")
            .header("x-frappe-site-name", name)
            .send()
            .status
    };

    assert_eq!(named("desk.example"), 200);
    assert_eq!(named("other.example"), 404);
}

#[test]
fn secrets_are_not_in_the_database() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    ada.get(WHO).ok();
    let (_, secret) = ada.token().unwrap().split_once(':').unwrap();

    for entry in std::fs::read_dir(site.folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{}", path.display());
    }
}
