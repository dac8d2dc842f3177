//! Signing in by a mailed link.

use std::time::Duration;

use helpdesk_core::cx::Cx;
use helpdesk_core::db::{Kind, Query};
use helpdesk_tests::{Reply, TestSite, TestUser};
use jiff::SignedDuration;
use serde_json::{Value, json};

const ADA: &str = "ada@desk.example";
const SEND: &str = "frappe.www.login.send_login_link";
const FOLLOW: &str = "/api/method/frappe.www.login.login_via_key";
const WHO: &str = "/api/method/frappe.auth.get_logged_user";

fn site() -> TestSite {
    let site = TestSite::builder()
        .config(|config| config.host_name = "https://help.example".to_owned())
        .start();
    site.agent(ADA);
    site.set("System Settings", json!({ "rate_limit_email_link_login": 100 }));
    site
}

fn ask(site: &TestSite, email: &str) -> Reply {
    site.guest().call(SEND, json!({ "email": email }))
}

fn follow(browser: &TestUser, key: &str) -> Reply {
    browser.get(&format!("{FOLLOW}?key={key}"))
}

/// The keys mailed to a user so far.
fn keys(site: &TestSite) -> Vec<String> {
    let mails = site.mails_about_users();
    let key = |mail: String| {
        let link = format!("https://help.example{FOLLOW}?key=");
        Some(mail.split_once(&*link)?.1.split_whitespace().next()?.to_owned())
    };
    mails.into_iter().filter_map(key).collect()
}

/// Asks for a link and waits for its mail, which is queued beside the request.
#[track_caller]
fn mailed(site: &TestSite) -> String {
    let before = keys(site);
    ask(site, ADA).ok();
    for _ in 0..200 {
        if let Some(new) = keys(site).into_iter().find(|key| !before.contains(key)) {
            return new;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no mail was queued");
}

#[test]
fn a_mailed_link_signs_in_once() {
    let site = site();
    let key = mailed(&site);
    assert_eq!(key.len(), 56);
    let browser = site.browser();

    let reply = follow(&browser, &key).status(302);

    assert_eq!(reply.header("location"), Some("/helpdesk"));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(browser.cookie("user_id").as_deref(), Some("ada%40desk.example"));
    assert_eq!(browser.get(WHO).ok().message(), ADA);
    let again = site.browser();
    let reply = follow(&again, &key).status(403);
    assert!(reply.header("content-type").unwrap().starts_with("text/html"));
    assert_eq!(again.cookie("sid").filter(|sid| sid != "Guest"), None);
}

#[test]
fn a_link_ends_and_a_newer_one_voids_it() {
    let site = site();
    let (old, new) = (mailed(&site), mailed(&site));
    follow(&site.browser(), &old).status(403);
    site.site().clock.forward(SignedDuration::from_secs(599));
    follow(&site.browser(), &new).status(302);
    let late = mailed(&site);
    site.site().clock.forward(SignedDuration::from_secs(601));
    follow(&site.browser(), &late).status(403);
    let off = mailed(&site);
    site.set("System Settings", json!({ "login_with_email_link": 0 }));
    follow(&site.browser(), &off).status(403);
    ask(&site, ADA).ok();
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(keys(&site).len(), 4, "none is mailed where the site has no links");
}

#[test]
fn the_answer_is_the_same_whoever_is_asked_for() {
    let site = site();
    site.change(
        "User",
        site.customer("off@acme.example").id(),
        json!({ "enabled": 0 }),
    );
    let known = ask(&site, ADA).ok();
    for nobody in [
        "nobody@desk.example",
        "off@acme.example",
        "Administrator",
        "Guest",
        "",
        "x\u{0}",
        "' OR 1=1",
    ] {
        let reply = ask(&site, nobody).ok();
        assert_eq!(reply.json, known.json, "{nobody}");
    }
    for _ in 0..100 {
        if keys(&site).len() == 1 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(keys(&site).len(), 1);
}

#[test]
fn keys_nobody_was_given_open_nothing() {
    let site = site();
    let key = mailed(&site);
    let long = "a".repeat(2_000);
    for bad in [
        "",
        "0",
        &key[..55],
        &format!("{key}0"),
        &key.to_uppercase(),
        "%00",
        "%27%20OR%201=1",
        "null",
        &long,
    ] {
        let browser = site.browser();
        let reply = follow(&browser, bad);
        assert!(matches!(reply.status, 403 | 417), "{bad}: {}", reply.status);
        assert_eq!(browser.get(WHO).status, 403, "{bad}");
    }
    site.guest()
        .call("frappe.www.login.login_via_key", json!({ "key": key }))
        .status(403);
    // A user who was disabled meanwhile, and one who may not come from here, use it up for nothing.
    site.change("User", ADA, json!({ "restrict_ip": "10.9.8." }));
    follow(&site.browser(), &key).status(403);
    site.change("User", ADA, json!({ "restrict_ip": "" }));
    follow(&site.browser(), &key).status(403);
    let other = mailed(&site);
    site.change("User", ADA, json!({ "enabled": 0 }));
    follow(&site.browser(), &other).status(403);
}

#[test]
fn the_key_is_stored_as_a_digest() {
    let site = site();
    let key = mailed(&site);
    let stored: Vec<Value> = site.transaction(|cx: &mut Cx| {
        let mut query = Query::fixed();
        query.sql("SELECT digest FROM ").ident("__OneTime");
        let rows = cx.db().rows(query, &[Kind::Text])?;
        Ok(rows
            .iter()
            .map(|row| Value::from(row[0].as_str().unwrap()))
            .collect())
    });
    assert_eq!(stored.len(), 1);
    assert_ne!(stored[0], Value::from(key));
}

#[test]
fn two_who_follow_one_link_get_one_session() {
    let site = site();
    let key = mailed(&site);
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| follow(&site.browser(), &key).status))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [302, 403, 403, 403, 403, 403]);
}

#[test]
fn links_are_limited_by_address() {
    let site = site();
    site.set("System Settings", json!({ "rate_limit_email_link_login": 0 }));
    let asked: Vec<u16> = (0..6).map(|_| ask(&site, "nobody@desk.example").status).collect();
    assert_eq!(asked, [200, 200, 200, 200, 200, 429]);
    let tried: Vec<u16> = (0..6).map(|_| follow(&site.browser(), "0").status).collect();
    assert_eq!(tried, [403, 403, 403, 403, 403, 429]);
}
