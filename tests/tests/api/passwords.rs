//! New passwords: by a mailed link, by the old one; and the pages around signing in.

use std::time::Duration;

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const ADA: &str = "ada@desk.example";
const PASSWORD: &str = "Correct-Horse-1";
const NEW: &str = "violet-gravel-87-owl";
const RESET: &str = "frappe.core.doctype.user.user.reset_password";
const UPDATE: &str = "frappe.core.doctype.user.user.update_password";
const WHO: &str = "/api/method/frappe.auth.get_logged_user";

fn site() -> TestSite {
    let site = TestSite::builder()
        .config(|config| config.host_name = "https://help.example".to_owned())
        .start();
    site.agent(ADA);
    site.set_password(ADA, PASSWORD);
    site
}

fn ask(site: &TestSite, user: &str) -> Reply {
    site.guest().call(RESET, json!({ "user": user }))
}

/// The key in the `nth` mail, which is queued beside its request.
#[track_caller]
fn key(site: &TestSite, nth: usize) -> String {
    for _ in 0..200 {
        if let Some(mail) = site.mails_about_users().get(nth) {
            let link = mail.split("https://help.example/update-password?key=").nth(1);
            return link.unwrap().split_whitespace().next().unwrap().to_owned();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no mail was queued");
}

fn set(browser: &TestUser, args: Value) -> Reply {
    browser.call(UPDATE, args)
}

#[test]
fn a_mailed_link_sets_a_password_once_and_signs_in() {
    let site = site();
    let elsewhere = site.login(ADA, PASSWORD);
    let reply = ask(&site, ADA).ok();
    assert_eq!(reply.json.get("message"), None);
    assert_eq!(reply.messages().len(), 1);
    let key = key(&site, 0);
    assert!(!reply.text.contains(&key));
    let browser = site.browser();

    let weak = set(&browser, json!({ "key": key, "new_password": "password" })).status(417);
    assert!(weak.messages()[0].contains("easy to guess"), "{weak:?}");
    let done = set(&browser, json!({ "key": key, "new_password": NEW })).ok();

    assert_eq!(done.message(), "/helpdesk");
    assert_eq!(browser.get(WHO).ok().message(), ADA);
    assert_eq!(elsewhere.get(WHO).status, 403, "other sessions end");
    let again = set(
        &site.browser(),
        json!({ "key": key, "new_password": "another-Quite-9-long" }),
    )
    .status(410);
    assert!(again.message().as_str().is_some_and(|text| text.contains("link")));
    assert!(again.cookies().len() >= 5);
    site.login(ADA, NEW);
}

#[test]
fn the_answer_is_the_same_whoever_is_asked_for() {
    let site = site();
    site.user("off@desk.example");
    site.change("User", "off@desk.example", json!({ "enabled": 0 }));
    let answer = |user| {
        let reply = ask(&site, user).ok();
        (reply.text.clone(), reply.cookies().len())
    };
    let known = answer(ADA);

    site.set("System Settings", json!({ "password_reset_limit": 100 }));
    for other in [
        "nobody@desk.example",
        "off@desk.example",
        "Administrator",
        "Guest",
        "",
        "x\r\nBcc: y@z",
        "' OR 1=1 --",
    ] {
        assert_eq!(answer(other), known, "{other:?}");
    }
    key(&site, 0);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(
        site.mails_about_users().len(),
        1,
        "one mail, to the one who is there"
    );
}

#[test]
fn old_forged_and_foreign_keys_open_nothing() {
    let site = site();
    ask(&site, ADA).ok();
    let first = key(&site, 0);
    ask(&site, ADA).ok();
    let second = key(&site, 1);
    let stored = site.value("User", ADA, "reset_password_key");
    assert_ne!(stored, json!(second));

    for bad in [&first, stored.as_str().unwrap(), "x", "%", "' OR '1'='1"] {
        let args = json!({ "key": bad, "new_password": NEW });
        assert_eq!(set(&site.browser(), args).status, 410, "{bad}");
    }
    site.transaction(|cx| {
        let past = [(
            "last_reset_password_key_generated_on",
            json!("2026-01-01 00:00:00.000000"),
        )];
        helpdesk_core::doctype::storage::set_columns(cx, "User", ADA, &past)
    });
    let args = json!({ "key": second, "new_password": NEW });
    assert_eq!(set(&site.browser(), args).status, 410, "too old");
    site.login(ADA, PASSWORD);
}

#[test]
fn two_who_come_with_one_key_get_one_password() {
    let site = site();
    ask(&site, ADA).ok();
    let key = key(&site, 0);
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..6)
            .map(|n| {
                let args = json!({ "key": key, "new_password": format!("{NEW}-{n}") });
                let site = &site;
                scope.spawn(move || set(&site.browser(), args).status)
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });

    statuses.sort_unstable();
    assert_eq!(statuses, [200, 410, 410, 410, 410, 410]);
}

#[test]
fn links_are_made_from_the_settings_alone() {
    let site = site();
    for (name, value) in [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "host=evil.example;proto=http"),
        ("x-host", "evil.example"),
        ("x-original-host", "evil.example"),
        ("x-rewrite-url", "http://evil.example/"),
        ("x-original-url", "http://evil.example/"),
        ("x-forwarded-server", "evil.example"),
        ("origin", "https://help.example"),
        ("referer", "http://evil.example/"),
    ] {
        site.set("System Settings", json!({ "password_reset_limit": 100 }));
        let guest = site.guest();
        let request = guest.request("POST", &format!("/api/method/{RESET}"));
        let request = request.header(name, value).json(&json!({ "user": ADA }));
        request.send().ok();
    }

    key(&site, 11);
    for mail in site.mails_about_users() {
        assert!(
            mail.contains("https://help.example/update-password?key="),
            "{mail}"
        );
        assert!(!mail.contains("evil"), "{mail}");
    }
}

#[test]
fn no_link_is_made_where_the_site_has_no_address() {
    let site = TestSite::start();
    site.agent(ADA);
    ask(&site, ADA).ok();
    std::thread::sleep(Duration::from_millis(200));

    assert_eq!(site.mails_about_users().len(), 0);
    assert_eq!(site.value("User", ADA, "reset_password_key"), Value::Null);
}

#[test]
fn resets_are_limited_by_address_whatever_a_header_says() {
    let site = site();
    let statuses: Vec<u16> = (0..5)
        .map(|n| {
            let request = site.guest();
            let request = request.request("POST", &format!("/api/method/{RESET}"));
            request
                .header("x-forwarded-for", &format!("6.6.6.{n}"))
                .json(&json!({ "user": "nobody@desk.example" }))
                .send()
                .status
        })
        .collect();

    assert_eq!(statuses, [200, 200, 200, 429, 429]);
}

#[test]
fn the_old_password_proves_who_is_signed_in() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);

    let wrong = set(&browser, json!({ "old_password": "wrong", "new_password": NEW }));
    assert_eq!(wrong.status(401).exc_type(), "AuthenticationError");
    let none = set(&browser, json!({ "new_password": NEW }));
    assert_eq!(none.status, 401);
    let guest = set(
        &site.browser(),
        json!({ "old_password": PASSWORD, "new_password": NEW }),
    );
    assert_eq!(guest.status, 401);
    set(&browser, json!({ "old_password": PASSWORD, "new_password": NEW })).ok();

    site.login(ADA, NEW);
    assert_eq!(browser.get(WHO).ok().message(), ADA, "with the new session");
}

#[test]
fn a_stolen_session_can_t_try_passwords_for_long() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);
    let verify = |password: &str| {
        browser.call(
            "frappe.core.doctype.user.user.verify_password",
            json!({ "password": password }),
        )
    };
    verify(PASSWORD).ok();

    let statuses: Vec<u16> = (0..12).map(|_| verify("wrong").status).collect();

    assert_eq!(statuses[..11], [401; 11]);
    assert_eq!(statuses[11], 429);
    assert_eq!(verify(PASSWORD).status, 429);
}

#[test]
fn the_strength_of_a_password_can_be_asked() {
    let site = site();
    let asked = |password: &str| {
        let method = "frappe.core.doctype.user.user.test_password_strength";
        site.guest()
            .call(method, json!({ "new_password": password }))
            .ok()
            .message()
            .clone()
    };

    let passed = "/feedback/password_policy_validation_passed";
    assert_eq!(asked("password").pointer(passed), Some(&json!(false)));
    assert_eq!(asked(NEW).pointer(passed), Some(&json!(true)));
    site.set("System Settings", json!({ "enable_password_policy": 0 }));
    assert_eq!(asked("password"), json!({}));
}

#[test]
fn sessions_are_listed_and_ended_one_by_one() {
    let site = site();
    let (one, other) = (site.login(ADA, PASSWORD), site.login(ADA, PASSWORD));
    let stranger = site.user("eve@desk.example");
    let list = |user: &TestUser| {
        let reply = user
            .call("frappe.core.doctype.user.user.get_sessions", json!({}))
            .ok();
        reply.message().as_array().unwrap().clone()
    };
    let listed = list(&one);
    assert_eq!(listed.len(), 2);
    let theirs = listed
        .iter()
        .find(|row| row["is_current"] == json!(false))
        .unwrap();
    let clear = |user: &TestUser| {
        let args = json!({ "sid_hash": theirs["sid_hash"] });
        user.call("frappe.core.doctype.user.user.clear_session", args)
            .status
    };

    assert_eq!(clear(&stranger), 404);
    assert_eq!(
        stranger
            .call(
                "frappe.core.doctype.user.user.get_sessions",
                json!({ "user": ADA })
            )
            .status,
        403
    );
    assert_eq!(clear(&one), 200);
    assert_eq!((one.get(WHO).status, other.get(WHO).status), (200, 403));
    assert_eq!(list(&one).len(), 1);
}

#[test]
fn keys_are_made_by_system_managers_and_not_for_the_administrator() {
    let site = site();
    let make = |user: &TestUser, of: &str| {
        user.call(
            "frappe.core.doctype.user.user.generate_keys",
            json!({ "user": of }),
        )
    };
    let manager = site.user_with("sys@desk.example", "System User", &["System Manager"]);

    assert_eq!(make(&site.agent(ADA), ADA).status, 403);
    assert_eq!(make(&manager, "Administrator").status, 403);
    assert_eq!(make(&manager, "nobody@desk.example").status, 404);
    let made = make(&manager, ADA).ok();
    let key = format!(
        "token {}:{}",
        made.message()["api_key"].as_str().unwrap(),
        made.message()["api_secret"].as_str().unwrap()
    );
    let who = site.guest();
    let who = who.request("GET", WHO).header("authorization", &key).send().ok();
    assert_eq!(who.message(), ADA);
}

#[test]
fn the_login_page_goes_on_to_this_site_alone() {
    let site = site();
    let guest = site.browser();
    let page = guest.open("/login?redirect-to=/helpdesk/tickets/0042");
    assert!(
        page.text.contains("data-target=\"/helpdesk/tickets/0042\""),
        "{}",
        page.text
    );
    let signed_in = site.login(ADA, PASSWORD);
    let sent_to = |query: &str| {
        let reply = signed_in.get(&format!("/login{query}")).status(303);
        reply.header("location").unwrap().to_owned()
    };

    assert_eq!(sent_to("?redirect-to=/helpdesk/home"), "/helpdesk/home");
    assert_eq!(sent_to(""), "/helpdesk");
    for foreign in [
        "//evil.example",
        "%2F%2Fevil.example",
        "/%5Cevil.example",
        "%5C%5Cevil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/%09/evil.example",
        "/%0D%0ASet-Cookie:%20x=y",
        "%20//evil.example",
        "%00//evil.example",
        "/%0A/evil.example",
        "evil.example",
    ] {
        let query = format!("?redirect-to={foreign}");
        assert_eq!(sent_to(&query), "/helpdesk", "{foreign}");
        let page = guest.open(&format!("/login{query}")).ok();
        assert!(!page.text.contains("data-target"), "{foreign}");
        assert!(!page.text.contains("evil"), "{foreign}");
    }
}

#[test]
fn the_pages_are_closed_to_other_hosts() {
    let site = site();
    for path in ["/login", "/update-password?key=abc"] {
        let page = site
            .guest()
            .request("GET", path)
            .header("accept", "text/html")
            .send()
            .ok();
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
        assert!(!page.text.contains("http"), "{}", page.text);
    }
    assert_eq!(site.guest().get("/login/app.js").status, 200);
}

#[test]
fn a_filled_new_password_is_set_and_never_kept() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);
    let elsewhere = site.login(ADA, PASSWORD);
    let change = |user: &TestUser, password: &str| {
        let args = json!({ "doctype": "User", "name": ADA, "fieldname": "new_password", "value": password });
        user.call("frappe.client.set_value", args)
    };
    let admin = site.admin();

    let weak = change(&admin, "password").status(417);
    assert!(weak.messages()[0].contains("easy to guess"), "{weak:?}");
    site.login(ADA, PASSWORD);
    change(&admin, NEW).ok();

    assert_eq!(site.value("User", ADA, "new_password"), Value::Null);
    assert_eq!(browser.get(WHO).status, 403);
    assert_eq!(elsewhere.get(WHO).status, 403);
    site.login(ADA, NEW);
    let by_save = json!({ "new_password": format!("{NEW}-2") });
    admin.update("User", ADA, by_save).ok();
    site.login(ADA, &format!("{NEW}-2"));
    let as_text = json!({
        "doc": json!({
            "doctype": "User", "email": "new@desk.example", "first_name": "New", "new_password": NEW,
            "send_welcome_email": 0,
        }).to_string(),
    });
    admin.call("frappe.client.insert", as_text).ok();
    site.login("new@desk.example", NEW);
}

#[test]
fn nobody_but_the_administrator_sets_the_administrator_s_password() {
    let site = site();
    let manager = site.user_with("sys@desk.example", "System User", &["System Manager"]);

    let reply = manager.update("User", "Administrator", json!({ "new_password": NEW }));

    assert_eq!(reply.status, 403, "{reply:?}");
    assert_eq!(
        site.browser()
            .call("login", json!({ "usr": "Administrator", "pwd": NEW }))
            .status,
        401
    );
    site.admin()
        .update("User", "Administrator", json!({ "new_password": NEW }))
        .ok();
    site.login("Administrator", NEW);
}

#[test]
fn names_that_no_database_takes_are_nobody_s() {
    let site = site();
    let admin = site.admin();
    let of = |method: &str, args: Value| {
        let path = format!("frappe.core.doctype.user.user.{method}");
        admin.call(&path, args).status
    };

    for bad in ["a\u{0}b", "\u{0}", "\u{1}\u{7f}", "x\ny"] {
        assert_eq!(of("generate_keys", json!({ "user": bad })), 404, "{bad:?}");
        assert_eq!(of("clear_session", json!({ "sid_hash": bad })), 404, "{bad:?}");
        assert_eq!(of("get_sessions", json!({ "user": bad })), 200, "{bad:?}");
        assert_eq!(of("verify_password", json!({ "password": bad })), 401, "{bad:?}");
        let args = json!({ "key": bad, "new_password": NEW });
        assert_eq!(of("update_password", args), 410, "{bad:?}");
    }
    let args = json!({ "user": "a\u{0}b" });
    assert_eq!(site.guest().call(RESET, args).status, 200);
}

#[test]
fn people_sign_up_where_the_site_lets_them() {
    let site = site();
    let sign_up = |email: &str| {
        let args =
            json!({ "email": email, "full_name": "Carl <b>Customer</b>", "redirect_to": "//evil.example" });
        site.guest().call("frappe.core.doctype.user.user.sign_up", args)
    };
    let refused = sign_up("carl@acme.example").status(417);
    assert_eq!(refused.exc_type(), "ValidationError");
    assert_eq!(site.value("User", "carl@acme.example", "name"), Value::Null);

    site.set("Website Settings", json!({ "disable_signup": 0 }));
    let made = sign_up("Carl@acme.example").ok();

    assert_eq!(
        site.value("User", "carl@acme.example", "user_type"),
        json!("Website User")
    );
    let key = key(&site, 0);
    assert!(!made.text.contains(&key));
    assert_eq!(
        sign_up(ADA).ok().text,
        made.text,
        "nobody learns who has an account"
    );
    assert_eq!(site.mails_about_users().len(), 1);
    assert_eq!(sign_up("no address").status, 417);
    let browser = site.browser();
    set(&browser, json!({ "key": key, "new_password": NEW })).ok();
    assert_eq!(browser.get(WHO).ok().message(), "carl@acme.example");
    let seen = browser.list("User", json!({}));
    assert_eq!(seen.ok().data(), &json!([{ "name": "carl@acme.example" }]));
}

#[test]
fn a_new_user_gets_a_link_to_choose_a_password() {
    let site = site();
    let add = |email: &str, welcome: Option<bool>| {
        let mut user = json!({ "email": email, "first_name": "Nora" });
        if let Some(welcome) = welcome {
            user["send_welcome_email"] = json!(i64::from(welcome));
        }
        site.admin().insert("User", user).ok();
    };
    add("quiet@desk.example", Some(false));
    assert_eq!(site.mails_about_users().len(), 0);
    site.admin()
        .insert("User", json!({ "email": "no address", "first_name": "Nobody" }))
        .status(417);
    assert_eq!(site.mails_about_users().len(), 0);

    add("nora@desk.example", None);

    let mail = site.mails_about_users().remove(0);
    assert!(
        mail.contains("nora@desk.example") && mail.contains("Hello Nora"),
        "{mail}"
    );
    let browser = site.browser();
    set(&browser, json!({ "key": key(&site, 0), "new_password": NEW })).ok();
    assert_eq!(browser.get(WHO).ok().message(), "nora@desk.example");

    let invite = json!({ "emails": ["olga@desk.example"], "send_welcome_mail_to_user": true });
    site.admin().call("helpdesk.api.agent.sent_invites", invite).ok();
    assert_eq!(site.mails_about_users().len(), 2);
}

#[test]
fn a_password_that_is_too_old_is_replaced_before_a_session_begins() {
    let site = site();
    site.set("System Settings", json!({ "force_user_to_reset_password": 30 }));
    let date = |date: &str| site.change("User", ADA, json!({ "last_password_reset_date": date }));
    let login = |browser: &TestUser| browser.call("login", json!({ "usr": ADA, "pwd": PASSWORD }));
    // The site's clock stands at 2026-11-22.
    date("2026-10-23");
    assert_eq!(*login(&site.browser()).ok().message(), json!("Logged In"));

    date("2026-10-22");
    let browser = site.browser();
    let reply = login(&browser).ok();

    assert_eq!(*reply.message(), json!("Password Reset"));
    let path = reply.json["redirect_to"].as_str().unwrap().to_owned();
    assert!(path.starts_with("/update-password?key="), "{path}");
    assert_eq!(browser.get(WHO).status, 403, "no session begins");
    let wrong = browser.call("login", json!({ "usr": ADA, "pwd": "wrong" }));
    assert!(wrong.status == 401 && wrong.json.get("redirect_to").is_none());
    let key = path.split(['=', '&']).nth(1).unwrap();
    set(&site.browser(), json!({ "key": key, "new_password": NEW })).ok();
    let again = site
        .browser()
        .call("login", json!({ "usr": ADA, "pwd": NEW }))
        .ok();
    assert_eq!(*again.message(), json!("Logged In"));
    // The command line looks after the Administrator.
    site.set_password("Administrator", PASSWORD);
    site.change(
        "User",
        "Administrator",
        json!({ "last_password_reset_date": "2020-01-01" }),
    );
    let admin = site
        .browser()
        .call("login", json!({ "usr": "Administrator", "pwd": PASSWORD }));
    assert_eq!(*admin.ok().message(), json!("Logged In"));
}
