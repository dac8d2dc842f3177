//! What people try with session cookies, and what comes of it.

use helpdesk_tests::{Reply, TestSite};
use serde_json::json;

const WHO: &str = "/api/method/frappe.auth.get_logged_user";
const ADA: &str = "ada@desk.example";
const PASSWORD: &str = "Correct-Horse-1";

fn site() -> TestSite {
    let site = TestSite::start();
    site.agent(ADA);
    site.set_password(ADA, PASSWORD);
    site
}

fn with_cookie(site: &TestSite, cookie: &str) -> Reply {
    site.guest().request("GET", WHO).header("cookie", cookie).send()
}

#[test]
fn ids_nobody_was_given_are_a_guest_s() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);
    let sid = browser.cookie("sid").unwrap();
    let other = TestSite::start();
    other.agent(ADA);
    other.set_password(ADA, PASSWORD);
    let foreign = other.login(ADA, PASSWORD).cookie("sid").unwrap();
    let long = "a".repeat(3_000);
    for bad in [
        &foreign,
        &sid[..55],
        &format!("{sid}0"),
        &sid.to_uppercase(),
        &format!("%{}", &sid[1..]),
        "Administrator",
        "' OR '1'='1",
        "../../etc/passwd",
        "0",
        "null",
        &long,
    ] {
        let reply = with_cookie(&site, &format!("sid={bad}")).status(403);
        assert_eq!(reply.json["session_expired"], json!(1), "{bad}");
        assert!(
            bad.len() < 10 || !reply.text.contains(bad),
            "{bad} is not said again"
        );
        let set = reply.cookies();
        assert!(
            set.contains(&("sid".to_owned(), "Guest".to_owned()))
                && set.contains(&("sid".to_owned(), String::new())),
            "{bad}: {set:?}"
        );
    }
    assert_eq!(with_cookie(&site, "sid=\u{1f36a}").status, 403);
    assert_eq!(browser.get(WHO).status, 200, "the real one goes on");
}

#[test]
fn of_several_cookies_the_first_counts() {
    let site = site();
    let sid = site.login(ADA, PASSWORD).cookie("sid").unwrap();

    for (cookie, status) in [
        (format!("sid={sid}"), 200),
        (format!("other=1; sid={sid}; third=\"x\""), 200),
        (format!("sid=\"{sid}\""), 200),
        (format!("sid={sid}; sid=planted"), 200),
        (format!("sid=planted; sid={sid}"), 403),
        (format!("SID={sid}"), 403),
        (format!("xsid={sid}"), 403),
        (format!("user_id={ADA}; system_user=yes; full_name=Ada"), 403),
        ("sid".to_owned(), 403),
        (";;;=;".to_owned(), 403),
    ] {
        assert_eq!(with_cookie(&site, &cookie).status, status, "{cookie}");
    }
}

#[test]
fn a_session_planted_before_the_login_is_not_the_one_after() {
    let site = site();
    site.agent("eve@desk.example");
    site.set_password("eve@desk.example", PASSWORD);
    let eve = site.login("eve@desk.example", PASSWORD);
    let planted = eve.cookie("sid").unwrap();
    let victim = site.browser();
    victim.set_cookie("sid", &planted);

    victim.call("login", json!({ "usr": ADA, "pwd": PASSWORD })).ok();

    assert_ne!(victim.cookie("sid").unwrap(), planted);
    assert_eq!(victim.get(WHO).ok().message(), ADA);
    assert_eq!(eve.get(WHO).status, 403, "whoever planted it has lost it");
}

#[test]
fn names_can_t_break_out_of_their_cookies() {
    let site = site();
    let names = [
        "A\r\nSet-Cookie: sid=planted",
        "A; HttpOnly; sid=planted",
        "A\nX-Injected: 1\n\n<script>",
        "\u{7f}\u{1}\u{85}\u{2028}",
        "Zoë, \"the\" \\ best = 1",
    ];
    for name in names {
        site.transaction(|cx| {
            let changes = [
                ("full_name", json!(name)),
                ("user_image", json!(format!("/files/{name}"))),
            ];
            helpdesk_core::doctype::storage::set_columns(cx, "User", ADA, &changes)
        });
        let browser = site.browser();
        let reply = browser.call("login", json!({ "usr": ADA, "pwd": PASSWORD })).ok();
        assert_eq!(reply.json["full_name"], json!(name));
        assert_eq!(reply.cookies().len(), 6, "{name:?}");
        for (header, value) in &reply.headers {
            assert!(
                !value.contains(['\r', '\n', '\0']) && header != "x-injected",
                "{name:?}"
            );
        }
        assert_ne!(browser.cookie("sid").as_deref(), Some("planted"));
        assert_eq!(browser.get(WHO).ok().message(), ADA);
    }
}

#[test]
fn login_arguments_of_any_shape_get_an_answer() {
    let site = site();
    let long = "x".repeat(100_000);
    for (usr, pwd) in [
        (json!(ADA), json!(12_345)),
        (json!(5), json!("x")),
        (json!(null), json!(null)),
        (json!([ADA]), json!([PASSWORD])),
        (json!({ "$gt": "" }), json!({ "$gt": "" })),
        (json!(true), json!(true)),
        (json!("' OR '1'='1' --"), json!("x")),
        (json!("*"), json!("*")),
        (json!("%"), json!("x")),
        (json!(long), json!(long)),
        (json!("ada@desk.example\u{0}"), json!(PASSWORD)),
        (json!(ADA), json!(format!("{PASSWORD}\u{0}"))),
        (json!("Guest"), json!("")),
        (json!("Administrator"), json!("")),
        (json!("Administrator"), json!("x".repeat(513))),
    ] {
        site.set(
            "System Settings",
            json!({ "allow_consecutive_login_attempts": 0 }),
        );
        let browser = site.browser();
        let reply = browser.call("login", json!({ "usr": usr, "pwd": pwd }));
        assert!((400..500).contains(&reply.status), "{reply:?}");
        assert_eq!(browser.cookie("sid"), None, "{reply:?}");
    }
    assert_eq!(
        site.browser()
            .request("POST", "/api/method/login")
            .body("application/json", "[1")
            .send()
            .status,
        417
    );
}

/// A hash is most of a login's time: where one more or less is made, a clock tells who is a user.
#[test]
fn unknown_users_cost_a_hash_as_known_ones_do() {
    let site = site();
    site.set(
        "System Settings",
        json!({ "allow_consecutive_login_attempts": 0 }),
    );
    for usr in [ADA, "nobody@desk.example", "Guest"] {
        for pwd in ["wrong".to_owned(), "x".repeat(513)] {
            let before = site.site().passwords.taken();
            site.browser()
                .call("login", json!({ "usr": usr, "pwd": pwd }))
                .status(401);
            assert_eq!(site.site().passwords.taken(), before + 1, "{usr}");
        }
    }
}

#[test]
fn hosts_a_client_names_change_nothing_of_the_answer() {
    let site = TestSite::builder()
        .config(|config| config.host_name = "https://help.example".to_owned())
        .start();
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "evil.example:80"),
        ("host", "help.example.evil.example"),
        ("host", "help.example@evil.example"),
        ("host", "evil.example/help.example"),
        ("host", "127.0.0.1:1"),
        ("host", "[::1]"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example"),
        ("x-original-url", "/evil.example"),
        ("x-forwarded-prefix", "//evil.example"),
    ] {
        let guest = site.guest();
        let refused = guest.request("GET", WHO).header(name, value).send();
        assert_eq!(
            refused.header("www-authenticate"),
            Some("Bearer resource_metadata=\"https://help.example/.well-known/oauth-protected-resource\""),
            "{name}: {value}"
        );
        for path in ["/login", "/login?redirect-to=/x", "/docs"] {
            let page = guest.request("GET", path).header(name, value).send().ok();
            assert!(!page.text.contains("evil"), "{name}: {value}");
            assert!(page.headers.iter().all(|(_, value)| !value.contains("evil")));
        }
    }
}
