//! Signing in with a password: cookies, sessions, the lock after failures, CSRF.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use helpdesk_core::sign_in::sessions;
use helpdesk_tests::{Reply, TestSite, TestUser};
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

fn login(browser: &TestUser, usr: &str, pwd: &str) -> Reply {
    browser
        .request("POST", "/api/method/login")
        .form(&json!({ "usr": usr, "pwd": pwd }))
        .send()
}

fn cookie_header<'r>(reply: &'r Reply, name: &str) -> &'r str {
    let start = format!("{name}=");
    reply
        .headers
        .iter()
        .find(|(key, value)| key == "set-cookie" && value.starts_with(&start))
        .map_or("", |(_, value)| value)
}

#[test]
fn a_login_begins_a_session_that_requests_go_on_with() {
    let site = site();
    let browser = site.browser();

    let reply = login(&browser, ADA, PASSWORD).ok();

    assert_eq!(reply.json["message"], json!("Logged In"));
    assert_eq!(reply.json["home_page"], json!("helpdesk"));
    assert!(
        reply.json["full_name"]
            .as_str()
            .is_some_and(|name| name.starts_with("ada"))
    );
    let names: Vec<String> = reply.cookies().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["sid", "system_user", "full_name", "user_id", "user_lang"]);
    let sid = cookie_header(&reply, "sid");
    assert!(
        sid.ends_with("; Max-Age=612000; HttpOnly; Path=/; SameSite=Lax"),
        "{sid}"
    );
    assert!(!cookie_header(&reply, "user_id").contains("HttpOnly"));
    let who = browser.get(WHO).ok();
    assert_eq!(who.message(), ADA);
    assert_eq!(who.cookies().len(), 1, "a running session has its id sent again");
    let last_login = site.value("User", ADA, "last_login");
    assert!(
        last_login.as_str().is_some_and(|at| at.starts_with("2026-")),
        "{last_login}"
    );
}

#[test]
fn every_way_to_log_in_works() {
    let site = site();
    let args = json!({ "usr": "ADA@desk.example", "pwd": PASSWORD });
    let by_cmd = json!({ "cmd": "login", "usr": ADA, "pwd": PASSWORD });
    let ways: [fn(&TestUser, &serde_json::Value) -> Reply; 5] = [
        |browser, args| browser.post("/api/method/login", args.clone()),
        |browser, args| browser.call_get("login", args.clone()),
        |browser, args| browser.post("/api/v1/method/login", args.clone()),
        |browser, args| browser.post("/api/v2/method/login", args.clone()),
        |browser, args| browser.request("PUT", "/api/method/login").json(args).send(),
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let browser = site.browser();
        way(&browser, &args).ok();
        assert_eq!(browser.get(WHO).ok().message(), ADA, "way {number}");
    }
    let browser = site.browser();
    browser.request("POST", "/").form(&by_cmd).send().ok();
    assert_eq!(browser.get(WHO).ok().message(), ADA);
}

#[test]
fn portal_users_are_sent_to_the_portal() {
    let site = TestSite::start();
    site.customer("carl@acme.example");
    site.set_password("carl@acme.example", PASSWORD);

    let reply = login(&site.browser(), "carl@acme.example", PASSWORD).ok();

    assert_eq!(reply.json["message"], json!("No App"));
    assert_eq!(reply.json["home_page"], json!("/helpdesk"));
    assert!(cookie_header(&reply, "system_user").starts_with("system_user=no;"));
}

#[test]
fn a_refused_login_sets_no_cookie_and_tells_one_thing() {
    let site = site();
    site.user("off@desk.example");
    site.set_password("off@desk.example", PASSWORD);
    site.change("User", "off@desk.example", json!({ "enabled": 0 }));
    site.user("none@desk.example");
    let long = "x".repeat(513);
    for (usr, pwd, message) in [
        (ADA, "wrong", "Invalid login credentials"),
        ("nobody@desk.example", PASSWORD, "Invalid login credentials"),
        ("none@desk.example", PASSWORD, "Invalid login credentials"),
        ("ada", PASSWORD, "Invalid login credentials"),
        (ADA, &long, "Invalid login credentials"),
        ("off@desk.example", PASSWORD, "User disabled or missing"),
        ("off@desk.example", "wrong", "Invalid login credentials"),
        (ADA, "", "Incomplete login details"),
        ("", PASSWORD, "Incomplete login details"),
        ("Guest", PASSWORD, "Invalid login credentials"),
    ] {
        let browser = site.browser();
        let reply = login(&browser, usr, pwd).status(401);
        assert_eq!(
            reply.json,
            json!({ "message": message, "exc_type": "AuthenticationError" }),
            "{usr}"
        );
        assert!(reply.cookies().is_empty(), "{usr}");
        assert!(reply.header("www-authenticate").is_some());
    }
    assert_eq!(login(&site.browser(), ADA, PASSWORD).status, 200);
}

#[test]
fn repeated_failures_lock_the_user_and_nobody_else_from_elsewhere() {
    let site = TestSite::builder()
        .config(|config| config.trusted_proxies = vec!["127.0.0.1".to_owned()])
        .start();
    site.agent(ADA);
    site.set_password(ADA, PASSWORD);
    site.agent("bella@desk.example");
    site.set_password("bella@desk.example", PASSWORD);
    let from = |address: &str, usr: &str, pwd: &str| {
        site.browser()
            .request("POST", "/api/method/login")
            .header("x-forwarded-for", address)
            .json(&json!({ "usr": usr, "pwd": pwd }))
            .send()
    };

    for _ in 0..11 {
        from("9.9.9.9", ADA, "wrong").status(401);
    }
    let locked = from("9.9.9.9", ADA, PASSWORD).status(429);

    assert_eq!(locked.exc_type(), "SecurityException");
    assert_eq!(locked.header("retry-after"), Some("60"));
    assert!(locked.cookies().is_empty());
    assert_eq!(
        from("8.8.8.8", "ADA@DESK.example ", PASSWORD).status,
        429,
        "the user"
    );
    assert_eq!(
        from("9.9.9.9", "bella@desk.example", PASSWORD).status,
        429,
        "the address"
    );
    assert_eq!(
        from("8.8.8.8", "bella@desk.example", PASSWORD).status,
        200,
        "neither"
    );
}

#[test]
fn a_success_forgets_failures() {
    let site = site();
    for _ in 0..3 {
        for _ in 0..9 {
            login(&site.browser(), ADA, "wrong").status(401);
        }
        login(&site.browser(), ADA, PASSWORD).status(200);
    }
}

#[test]
fn guesses_sent_at_once_don_t_slip_through_the_lock() {
    let site = site();
    site.set(
        "System Settings",
        json!({ "allow_consecutive_login_attempts": 3 }),
    );

    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let guesses: Vec<_> = (0..40)
            .map(|_| scope.spawn(|| login(&site.browser(), ADA, "wrong").status))
            .collect();
        guesses.into_iter().map(|guess| guess.join().unwrap()).collect()
    });

    let heard = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(heard, 4, "{statuses:?}");
    assert!(
        statuses.iter().all(|status| matches!(status, 401 | 429)),
        "{statuses:?}"
    );
}

#[test]
fn hashes_of_a_moved_site_work_and_are_replaced() {
    let site = site();
    // Of "passwd", as a moved-in site brings it (RFC 7914, one round).
    let old = "$pbkdf2-sha256$1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw";
    site.transaction(|cx| helpdesk_core::sign_in::set_hash(cx, ADA, old.to_owned()));

    login(&site.browser(), ADA, "passwd").status(200);

    let stored = stored_hash(&site);
    assert!(stored.starts_with("$argon2id$"), "{stored}");
    login(&site.browser(), ADA, "passwd").status(200);
    assert_eq!(stored_hash(&site), stored, "one of today's stays");
}

fn stored_hash(site: &TestSite) -> String {
    site.transaction(|cx| {
        let mut query = helpdesk_core::db::Query::fixed();
        query
            .sql("SELECT password FROM ")
            .ident("__Auth")
            .sql(" WHERE name = ")
            .text(ADA)
            .sql(" AND fieldname = 'password'");
        let row = cx.db().row(query, &[helpdesk_core::db::Kind::Text])?.unwrap();
        Ok(row[0].as_str().unwrap().to_owned())
    })
}

#[test]
fn a_logout_ends_the_session_and_clears_its_cookies() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);
    let sid = browser.cookie("sid").unwrap();

    assert_eq!(browser.get("/api/method/logout").status, 403, "not by a link");
    let routed = browser.get("/api/v2/method/logout").status(417);
    assert!(routed.text.contains("App logout is not installed"), "{routed:?}");
    let reply = browser.call("logout", json!({})).ok();

    assert_eq!(
        reply.json,
        json!({ "message": "No App", "home_page": "/login", "full_name": "Guest" })
    );
    assert_eq!(browser.cookie("sid"), None);
    browser.set_cookie("sid", &sid);
    let after = browser.get(WHO).status(403);
    assert_eq!(after.json["session_expired"], json!(1));
    assert_eq!(site.guest().call("logout", json!({})).status, 200);
}

#[test]
fn a_session_id_is_new_at_every_login() {
    let site = site();
    let browser = site.browser();
    browser.set_cookie("sid", &"ab".repeat(28));
    login(&browser, ADA, PASSWORD).ok();
    let first = browser.cookie("sid").unwrap();
    assert_ne!(first, "ab".repeat(28));

    login(&browser, ADA, PASSWORD).ok();

    assert_ne!(browser.cookie("sid").unwrap(), first);
    browser.set_cookie("sid", &first);
    assert_eq!(browser.get(WHO).status, 403, "the one before is over");
}

#[test]
fn a_link_can_t_put_a_session_into_a_browser() {
    let site = site();
    let attacker = site.login(ADA, PASSWORD);
    let victim = site.browser();

    let reply = victim.call_get(
        "frappe.auth.get_logged_user",
        json!({ "sid": attacker.cookie("sid") }),
    );

    assert_eq!(reply.ok().cookies(), []);
    assert_eq!(victim.get(WHO).status, 403);
}

#[test]
fn a_disabled_user_is_out_at_once() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);

    site.change("User", ADA, json!({ "enabled": 0 }));
    assert_eq!(browser.get(WHO).status, 403);
    site.change("User", ADA, json!({ "enabled": 1 }));
    assert_eq!(browser.get(WHO).status, 403, "the session is gone, not asleep");
}

#[test]
fn a_new_password_ends_all_sessions() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);

    site.set_password(ADA, "Other-Horse-2");

    assert_eq!(browser.get(WHO).status, 403);
    assert_eq!(login(&site.browser(), ADA, PASSWORD).status, 401);
}

#[test]
fn roles_follow_while_a_session_runs() {
    let site = site();
    site.user("new@desk.example");
    site.set_password("new@desk.example", PASSWORD);
    let browser = site.login("new@desk.example", PASSWORD);
    assert_eq!(browser.list("HD Ticket", json!({})).status, 403);

    site.change(
        "User",
        "new@desk.example",
        json!({ "roles": [{ "role": "Agent" }] }),
    );

    assert_eq!(browser.list("HD Ticket", json!({})).status, 200);
}

#[test]
fn an_idle_session_is_over_after_the_set_time() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);
    assert_eq!(browser.get(WHO).status, 200);
    site.set("System Settings", json!({ "session_expiry": "00:30" }));
    let idle = |seconds: i64| {
        site.transaction(|cx| {
            let mut query = helpdesk_core::db::Query::fixed();
            query
                .sql("UPDATE ")
                .ident("__Session")
                .sql(" SET last_used = created - ");
            query.number(seconds.unsigned_abs());
            cx.db().execute(query)
        });
        site.site().sessions_changed();
    };

    idle(1_799);
    assert_eq!(browser.get(WHO).status, 200);
    // Its use is noted beside the request.
    let noted = || site.transaction(|cx| sessions::list(cx, ADA))[0].last_used;
    let created = site.transaction(|cx| sessions::list(cx, ADA))[0].created;
    for _ in 0..100 {
        if noted() == created {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(noted(), created, "the use is noted");
    idle(1_801);
    assert_eq!(browser.get(WHO).status, 403);
}

#[test]
fn so_many_sessions_a_user_where_the_site_says_so() {
    let site = site();
    site.set("System Settings", json!({ "deny_multiple_sessions": 1 }));
    site.change("User", ADA, json!({ "simultaneous_sessions": 2 }));
    let browsers = [(); 3].map(|()| site.login(ADA, PASSWORD));

    let heard = browsers
        .iter()
        .filter(|browser| browser.get(WHO).status == 200)
        .count();
    assert_eq!(heard, 2);
    assert_eq!(browsers[2].get(WHO).status, 200, "the newest stays");
}

#[test]
fn users_can_be_confined_to_addresses() {
    let site = site();
    site.change("User", ADA, json!({ "restrict_ip": "127.0" }));
    let browser = site.login(ADA, PASSWORD);
    site.change("User", ADA, json!({ "restrict_ip": "10.1" }));

    assert_eq!(browser.get(WHO).status, 403);
    assert_eq!(login(&site.browser(), ADA, PASSWORD).status, 401);
}

#[test]
fn other_names_sign_in_only_where_the_site_allows_it() {
    let site = site();
    site.change(
        "User",
        ADA,
        json!({ "username": "ada_l", "mobile_no": "+4930123456" }),
    );
    for name in ["ada_l", "+4930123456"] {
        assert_eq!(login(&site.browser(), name, PASSWORD).status, 401, "{name}");
    }

    site.set(
        "System Settings",
        json!({ "allow_login_using_user_name": 1, "allow_login_using_mobile_number": 1 }),
    );

    for name in ["ada_l", "+4930123456"] {
        assert_eq!(login(&site.browser(), name, PASSWORD).status, 200, "{name}");
    }
}

#[test]
fn a_session_is_asked_for_its_token_once_a_page_has_it() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);
    let count = |headers: &[(&str, &str)]| {
        let mut call = browser.request("POST", "/api/method/frappe.client.get_count");
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.json(&json!({ "doctype": "HD Team" })).send()
    };
    assert_eq!(count(&[]).status, 200, "no page was shown yet");

    browser.open("/docs").ok();

    assert_eq!(count(&[]).status, 200, "with the token of the page");
    for wrong in ["", "deadbeef", "<csrf>"] {
        let reply = count(&[("x-frappe-csrf-token", wrong)]).status(400);
        assert_eq!(reply.exc_type(), "CSRFTokenError");
        assert_eq!(reply.messages(), ["Invalid Request"]);
        assert_eq!(reply.cookies().len(), 1);
    }
    let other = site.login(ADA, PASSWORD);
    let page = other.open("/docs");
    let theirs = page
        .text
        .split("csrf_token=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    assert_eq!(
        count(&[("x-frappe-csrf-token", theirs.unwrap())]).status,
        400,
        "of another session"
    );
    assert_eq!(
        browser
            .request("GET", WHO)
            .without("x-frappe-csrf-token")
            .send()
            .status,
        200
    );
}

#[test]
fn a_foreign_page_can_t_write_even_before_there_is_a_token() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);
    let from = |origin: &str| {
        browser
            .request("POST", "/api/method/frappe.client.get_count")
            .header("origin", origin)
            .json(&json!({ "doctype": "HD Team" }))
            .send()
            .status
    };

    assert_eq!(from(site.url()), 200);
    for origin in [
        "http://evil.example",
        "null",
        "http://127.0.0.1",
        "https://127.0.0.1.evil.example",
    ] {
        assert_eq!(from(origin), 400, "{origin}");
    }
    let signs_in = site
        .browser()
        .request("POST", "/api/method/login")
        .header("origin", "http://evil.example")
        .form(&json!({ "usr": ADA, "pwd": PASSWORD }))
        .send();
    assert_eq!((signs_in.status, signs_in.cookies().len()), (400, 5));
    let by_link = site
        .browser()
        .request("GET", "/api/method/login")
        .query(&json!({ "usr": ADA, "pwd": PASSWORD }))
        .header("sec-fetch-site", "cross-site")
        .send();
    assert_eq!(by_link.status, 400);
}

#[test]
fn a_key_does_not_take_over_a_browser_s_session() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);
    let admin = site.admin();
    let key = format!("token {}", admin.token().unwrap());

    let who = browser
        .request("GET", WHO)
        .header("authorization", &key)
        .send()
        .ok();

    assert_eq!(who.message(), ADA);
}

#[test]
fn a_stolen_table_opens_nothing() {
    let site = site();
    let browser = site.login(ADA, PASSWORD);
    let listed = site.transaction(|cx| sessions::list(cx, ADA));

    assert_eq!(listed.len(), 1);
    assert_ne!(listed[0].digest, browser.cookie("sid").unwrap());
    let thief = site.browser();
    thief.set_cookie("sid", &listed[0].digest);
    assert_eq!(thief.get(WHO).status, 403);
}

#[test]
fn a_flood_of_logins_leaves_other_requests_alone() {
    let site = site();
    site.set(
        "System Settings",
        json!({ "allow_consecutive_login_attempts": 0 }),
    );
    let hashed = || site.site().passwords.taken();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..60 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let status = login(&site.browser(), ADA, "wrong").status;
                    assert!(matches!(status, 401 | 503), "{status}");
                }
            });
        }
        while hashed() < 60 {
            std::thread::yield_now();
        }
        let before = hashed();
        for _ in 0..20 {
            site.guest().get("/api/method/ping").ok();
        }
        let meanwhile = hashed() - before;
        stop.store(true, Ordering::Relaxed);

        // Waiting their turn among the logins, they would see sixty hashes each.
        assert!(meanwhile < 20 * 20, "{meanwhile} hashes during 20 requests");
    });
}

#[test]
fn processes_on_one_database_share_their_sessions() {
    let site = site();
    // A SQLite site is served by one process alone.
    if site.site().config.database.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let config = site.site().config.clone();
    let second = helpdesk_server::open_site(folder.path(), config, site.site().clock.clone()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let there = |browser: &TestUser| {
        let sid = browser.cookie("sid").unwrap_or_default();
        let resumed = runtime.block_on(sessions::resume(&second, &sid, [127, 0, 0, 1].into()));
        resumed.unwrap().map(|session| session.user.to_string())
    };
    let browser = site.login(ADA, PASSWORD);
    let thief = site.browser();
    thief.set_cookie("sid", &browser.cookie("sid").unwrap());

    assert_eq!(there(&browser).as_deref(), Some(ADA));
    browser.call("logout", json!({})).ok();

    // They hear of it within a second, and a little for a busy machine.
    let mut tries = 0;
    while there(&thief).is_some() {
        tries += 1;
        assert!(tries < 60, "the other process still takes the session");
        std::thread::sleep(Duration::from_millis(100));
    }
}
