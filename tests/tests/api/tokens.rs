//! Bearer tokens: scopes, ends, revocation.

use std::time::Duration;

use helpdesk_core::sign_in::tokens::{self, NewToken};
use helpdesk_tests::{Reply, TestSite};
use serde_json::{Value, json};

const WHO: &str = "/api/method/frappe.auth.get_logged_user";
const ADA: &str = "ada@desk.example";

fn site() -> TestSite {
    let site = TestSite::start();
    site.agent(ADA);
    site
}

fn token(site: &TestSite, scopes: &[&str], lasts: Option<i64>) -> String {
    let scopes: Vec<_> = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
    site.transaction(|cx| {
        let new = NewToken {
            user: ADA,
            label: "test",
            scopes: &scopes,
            lasts,
        };
        tokens::create(cx, &new)
    })
}

fn send(site: &TestSite, token: &str, verb: &str, path: &str, body: &Value) -> Reply {
    let guest = site.guest();
    let request = guest.request(verb, path);
    let request = request.header("authorization", &format!("Bearer {token}"));
    if verb == "GET" {
        request.send()
    } else {
        request.json(body).send()
    }
}

fn get(site: &TestSite, token: &str) -> Reply {
    send(site, token, "GET", WHO, &Value::Null)
}

#[test]
fn a_token_acts_as_its_user_and_its_use_is_noted() {
    let site = site();
    let token = token(&site, &["all"], None);

    assert_eq!(get(&site, &token).ok().message(), ADA);
    let ticket = json!({ "subject": "By token", "description": "x" });
    send(&site, &token, "POST", "/api/resource/HD Ticket", &ticket).ok();
    let listed = || site.transaction(|cx| tokens::list(cx, Some(ADA))).remove(0);
    for _ in 0..100 {
        if listed().last_used > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(listed().last_used, listed().created, "the clock stands still");
    assert!(!token.contains(&listed().id));
}

#[test]
fn scopes_confine_a_token() {
    let site = site();
    let name = site.ticket().create().name;
    let path = format!("/api/resource/HD Ticket/{name}");
    let v2 = format!("/api/v2/document/HD Ticket/{name}");
    let count = "/api/method/frappe.client.get_count";
    let args = json!({ "doctype": "HD Ticket" });
    let change = json!({ "subject": "Changed" });
    let statuses = |scopes: &[&str]| {
        let token = token(&site, scopes, None);
        [
            send(&site, &token, "GET", &path, &Value::Null).status,
            send(&site, &token, "PUT", &path, &change).status,
            send(&site, &token, "PATCH", &v2, &change).status,
            send(&site, &token, "POST", count, &args).status,
            send(&site, &token, "GET", WHO, &Value::Null).status,
        ]
    };

    assert_eq!(statuses(&["read"]), [200, 403, 403, 403, 200]);
    assert_eq!(
        site.value("HD Ticket", &name, "subject"),
        json!("Something is broken")
    );
    assert_eq!(
        statuses(&["method:frappe.client.get_count"]),
        [403, 403, 403, 200, 403]
    );
    assert_eq!(statuses(&["method:frappe.client.*"]), [403, 403, 403, 200, 403]);
    assert_eq!(
        statuses(&["method:frappe.client.*", "read"]),
        [200, 403, 403, 200, 200]
    );
    assert_eq!(statuses(&["all"]), [200; 5]);
    // By cmd, on any path, it is the same method.
    let only = token(&site, &["method:frappe.auth.*"], None);
    let by_cmd = json!({ "cmd": "frappe.client.get_count", "doctype": "HD Ticket" });
    assert_eq!(send(&site, &only, "POST", "/", &by_cmd).status, 403);
}

#[test]
fn what_is_no_token_is_refused() {
    let site = site();
    let good = token(&site, &["all"], None);
    let digest = helpdesk_core::secret::digest(&good);
    for bad in [
        "",
        "nosuch",
        "hd_",
        "hd_0123",
        &good[..good.len() - 1],
        &format!("{good}0"),
        &good.to_uppercase(),
        &digest,
        &format!("hd_{digest}"),
        "hd_' OR '1'='1",
    ] {
        let status = get(&site, bad).status;
        // One word, or three, is no header that counts: a guest goes on, and may not call this.
        assert!(matches!(status, 401 | 403), "{bad}: {status}");
    }
    assert_eq!(get(&site, &good).status, 200);
}

#[test]
fn tokens_end() {
    let site = site();
    let short = token(&site, &["all"], Some(60));
    let revoked = token(&site, &["all"], None);
    assert_eq!(
        (get(&site, &short).status, get(&site, &revoked).status),
        (200, 200)
    );

    let id = helpdesk_core::secret::digest(&revoked)[..12].to_owned();
    site.transaction(|cx| tokens::revoke(cx, &id));
    assert_eq!(get(&site, &revoked).status, 401);
    site.transaction(|cx| {
        let mut query = helpdesk_core::db::Query::fixed();
        query
            .sql("UPDATE ")
            .ident("__Token")
            .sql(" SET expires = created WHERE expires > 0");
        cx.db().execute(query)
    });
    site.site().sessions_changed();
    assert_eq!(get(&site, &short).status, 401, "at its end");
    let off = token(&site, &["all"], None);
    assert_eq!(get(&site, &off).status, 200);
    site.change("User", ADA, json!({ "enabled": 0 }));
    assert_eq!(get(&site, &off).status, 401, "of a disabled user");
}

#[test]
fn a_token_needs_no_csrf_token_and_sets_no_session() {
    let site = site();
    let token = token(&site, &["all"], None);
    let args = json!({ "doctype": "HD Team" });

    let reply = send(
        &site,
        &token,
        "POST",
        "/api/method/frappe.client.get_count",
        &args,
    )
    .ok();

    assert!(reply.cookies().contains(&("sid".to_owned(), "Guest".to_owned())));
}
