//! The JSON around results and errors, headers, cookies, and pages for browsers.

use helpdesk_core::message::Message;
use helpdesk_core::prelude::*;
use helpdesk_tests::{Reply, TestSite};

/// Leaves messages and side keys beside its result.
#[whitelist(allow_guest)]
fn talkative(cx: &mut Cx, #[arg(default = false)] fail: bool) -> Result<Vec<u8>> {
    cx.msgprint(Message::thrown("Look here"));
    cx.side("extra", json!({ "a": 1 }));
    if fail {
        return Err(forbidden("Not for you").title("Not Allowed"));
    }
    Ok(vec![1, 2])
}

/// A file of its own making.
#[whitelist(allow_guest)]
fn csv() -> Response {
    Response {
        status: 200,
        headers: vec![("content-type", "text/csv".to_owned())],
        body: b"a,b\n".to_vec(),
    }
}

/// A failure of ours whose cause nobody may learn.
#[whitelist(allow_guest)]
fn broken() -> Result<()> {
    Err(Error::internal("the password of the database is hunter2"))
}

/// The body with what is different each time taken out.
fn redacted(reply: &Reply) -> String {
    let mut text = reply.pretty();
    while let Some(at) = text.find("__frappe_exc_id") {
        let end = at + text[at..].find('}').unwrap_or(0);
        text.replace_range(at..end, "[exc id]");
    }
    format!("{} {text}", reply.status)
}

/// Every error body that clients read, for who sees tracebacks and who doesn't, in both envelopes.
#[test]
fn error_bodies() {
    let site = TestSite::start();
    let users = [
        ("agent", site.agent("ada@desk.example")),
        ("customer", site.customer("carl@acme.example")),
        ("guest", site.guest()),
    ];
    let requests = [
        (
            "missing document",
            "GET",
            "/api/resource/HD Ticket/9999",
            json!(null),
        ),
        ("unknown DocType", "GET", "/api/resource/No Such", json!(null)),
        (
            "unknown method",
            "POST",
            "/api/method/frappe.client.nothing",
            json!({}),
        ),
        ("unknown route", "GET", "/api/nothing", json!(null)),
        (
            "missing argument",
            "POST",
            "/api/method/frappe.client.get_count",
            json!({}),
        ),
        (
            "wrong type",
            "POST",
            "/api/method/frappe.client.get_count",
            json!({ "doctype": 5 }),
        ),
        (
            "unknown field",
            "GET",
            "/api/resource/HD Ticket?fields=[\"nothing\"]",
            json!(null),
        ),
        ("empty subject", "POST", "/api/resource/HD Ticket", json!({})),
        (
            "bad link",
            "POST",
            "/api/resource/HD Ticket",
            json!({ "subject": "a", "priority": "None such" }),
        ),
        (
            "messages beside an error",
            "POST",
            "/api/method/probe.envelope.talkative",
            json!({ "fail": true }),
        ),
        (
            "failure of ours",
            "POST",
            "/api/method/probe.envelope.broken",
            json!({}),
        ),
    ];
    let mut shown = String::new();
    for (what, verb, path, body) in requests {
        for (who, user) in &users {
            for path in [path.to_owned(), path.replacen("/api/method", "/api/v2/method", 1)] {
                let mut request = user.request(verb, &path);
                if !body.is_null() {
                    request = request.json(&body);
                }
                shown += &format!("== {what}, {who}, {path}\n{}\n", redacted(&request.send()));
                if !path.starts_with("/api/method") && !path.starts_with("/api/v2") {
                    break;
                }
            }
        }
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn messages_and_side_keys_stand_beside_the_result() {
    let site = TestSite::start();
    let guest = site.guest();

    let v1 = guest.get("/api/method/probe.envelope.talkative").ok();
    let v2 = guest.get("/api/v2/method/probe.envelope.talkative").ok();

    assert_eq!(*v1.message(), json!([1, 2]));
    assert_eq!(v1.messages(), ["Look here"]);
    assert_eq!(v1.json["extra"], json!({ "a": 1 }));
    assert_eq!(*v2.data(), json!([1, 2]));
    assert_eq!(v2.json["messages"][0]["message"], json!("Look here"));
    assert_eq!(v2.json["extra"], json!({ "a": 1 }));
}

#[test]
fn a_failure_of_ours_tells_nobody_its_cause() {
    let site = TestSite::builder()
        .config(|config| config.developer_mode = true)
        .start();

    for user in [site.guest(), site.admin()] {
        for accept in ["application/json", "text/html"] {
            let reply = user
                .request("GET", "/api/method/probe.envelope.broken")
                .header("accept", accept)
                .send()
                .status(500);
            assert!(!reply.text.contains("hunter2"), "{reply:?}");
        }
    }
}

#[test]
fn only_system_users_see_tracebacks_and_only_while_the_site_allows_it() {
    let site = TestSite::start();
    let bad = json!({ "doctype": "HD Ticket", "filters": "{" });
    let sees = |user: &helpdesk_tests::TestUser| {
        let reply = user.call("frappe.client.get_list", bad.clone()).status(417);
        reply.json.get("exc").is_some()
    };
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));

    assert!(sees(&ada) && !sees(&carl));
    site.set("System Settings", json!({ "allow_error_traceback": 0 }));
    assert!(!sees(&ada));
}

#[test]
fn json_is_kept_by_nobody_and_sets_the_guest_s_cookies() {
    let site = TestSite::start();

    let reply = site.guest().get("/api/method/ping").ok();

    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(
        reply.header("cache-control"),
        Some("no-store,no-cache,must-revalidate,max-age=0")
    );
    let cookies: Vec<&str> = reply
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.split(';').next().unwrap())
        .collect();
    assert_eq!(
        cookies,
        [
            "sid=Guest",
            "system_user=no",
            "full_name=Guest",
            "user_id=Guest",
            "user_lang=en"
        ]
    );
}

#[test]
fn a_response_of_a_method_s_own_is_sent_as_it_is() {
    let site = TestSite::start();

    let reply = site.guest().get("/api/method/probe.envelope.csv").ok();

    assert_eq!(reply.header("content-type"), Some("text/csv"));
    assert_eq!(reply.text, "a,b\n");
}

#[test]
fn a_browser_gets_a_page_with_the_same_status() {
    let site = TestSite::start();
    let page = |path: &str| {
        site.guest()
            .request("GET", path)
            .header("accept", "text/html,application/xhtml+xml;q=0.9")
            .send()
    };

    for (path, status) in [
        ("/api/resource/HD Ticket", 403),
        ("/api/method/probe.envelope.broken", 500),
        ("/no/such/page", 404),
    ] {
        let reply = page(path).status(status);
        assert!(
            reply.header("content-type").unwrap().starts_with("text/html"),
            "{path}: {:?}",
            reply.headers
        );
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(reply.header("content-security-policy").is_some(), "{path}");
    }
}

#[test]
fn a_path_in_a_page_is_text_and_no_markup() {
    let site = TestSite::start();

    for path in [
        "/api/method/%3Cscript%3Ealert(1)%3C/script%3E",
        "/%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        let reply = site
            .guest()
            .request("GET", path)
            .header("accept", "text/html")
            .send();
        assert!(!reply.text.contains("<script>alert"), "{reply:?}");
    }
}

#[test]
fn head_is_get_without_a_body() {
    let site = TestSite::start();

    let admin = site.admin();

    let list = admin.request("HEAD", "/api/resource/HD Ticket").send().ok();
    let method = admin.request("HEAD", "/api/method/ping").send();

    assert_eq!(list.text, "");
    assert_eq!(list.header("content-type"), Some("application/json"));
    assert_eq!(method.status, 403, "methods take the verbs they name");
}

#[test]
fn a_wrong_verb_is_405_with_those_that_are_right() {
    let site = TestSite::start();

    let reply = site
        .admin()
        .request("PATCH", "/api/resource/HD Ticket")
        .send()
        .status(405);

    assert_eq!(reply.header("allow"), Some("POST, GET, HEAD"));
}

#[test]
fn a_body_over_the_limit_is_413() {
    let site = TestSite::builder()
        .config(|config| config.max_file_size = 1_000)
        .start();
    let admin = site.admin();
    let ticket = |length: usize| json!({ "subject": "a", "description": "x".repeat(length) });

    assert_eq!(admin.insert("HD Ticket", ticket(2_000)).status, 413);
    assert_eq!(admin.insert("HD Ticket", ticket(500)).status, 200);
}

#[test]
fn only_named_origins_may_read_answers() {
    let site = TestSite::builder()
        .config(|config| {
            let named = helpdesk_core::config::Origins::One("https://portal.example".into());
            config.allow_cors = Some(named);
        })
        .start();
    let allowed = |origin: &str| {
        site.guest()
            .request("GET", "/api/method/ping")
            .header("origin", origin)
            .send()
            .header("access-control-allow-origin")
            .map(str::to_owned)
    };

    assert_eq!(
        allowed("https://portal.example").as_deref(),
        Some("https://portal.example")
    );
    assert_eq!(allowed("https://evil.example"), None);
}

#[test]
fn maintenance_is_503_for_everybody() {
    let site = TestSite::builder()
        .config(|config| config.maintenance_mode = true)
        .start();

    let reply = site.admin().get("/api/method/ping").status(503);

    assert_eq!(reply.exc_type(), "SessionStopped");
}
