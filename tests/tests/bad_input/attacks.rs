//! What attackers send: refused, logged once, nothing changed. What comes of each for the attacked is told by the tests
//! of its subject (`session_attacks`, `hostile_files`, `passwords`, `tokens`, `archives`).

use helpdesk_core::sign_in::tokens::{self, NewToken};
use helpdesk_tests::{Log, Reply, TestSite, TestUser};
use serde_json::{Value, json};

use crate::watch::Watch;

const ADA: &str = "ada@desk.example";
const PASSWORD: &str = "Correct-Horse-1";
const WHO: &str = "/api/method/frappe.auth.get_logged_user";

/// What refusing itself leaves: that somebody failed to sign in, and when a token was last tried.
const TRACES: [&str; 3] = ["tabActivity Log", "__LoginFailure", "__Token"];

/// A site that is watched.
struct Stage {
    log: Log,
    site: TestSite,
    refused: usize,
}

impl Stage {
    fn new() -> Stage {
        let log = Log::capture();
        let site = TestSite::builder()
            .config(|config| config.body_timeout = 2)
            .start();
        site.agent(ADA);
        site.set_password(ADA, PASSWORD);
        Stage {
            log,
            site,
            refused: 0,
        }
    }

    /// What is sent is refused and logged by one line, and nothing changed.
    #[track_caller]
    fn refuses(&mut self, what: &str, send: impl FnOnce(&TestSite) -> Reply) {
        let watch = Watch::new(&self.site);
        let state = || {
            let mut sums = watch.checksum();
            sums.retain(|table, _| !TRACES.contains(&table.as_str()));
            (sums, self.site.files_on_disk())
        };
        let before = state();
        self.log.take();

        let reply = send(&self.site);

        assert!((400..500).contains(&reply.status), "{what}: {reply:?}");
        let lines = self.log.take();
        assert_eq!(lines.len(), 1, "{what}: {lines:?}");
        assert!(
            lines[0].contains(&format!("status={}", reply.status)),
            "{what}: {lines:?}"
        );
        assert_eq!(state(), before, "{what}");
        self.refused += 1;
    }
}

/// The bytes of a request as they are: a client library would put them in order first.
fn raw(site: &TestSite, user: &TestUser, head: &str, body: &[u8], length: usize) -> Reply {
    let token = user.token().unwrap_or_default();
    let mut request = format!(
        "{head} HTTP/1.1\r\nHost: a\r\nAuthorization: token {token}\r\nContent-Length: {length}\r\n\
         Content-Type: multipart/form-data; boundary=xyz\r\nConnection: close\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    site.raw(&request).unwrap_or_else(|| panic!("{head}: no answer"))
}

#[test]
fn hosts_are_nobody_s_proof() {
    let mut stage = Stage::new();
    for (name, value) in [
        ("host", "evil.example"),
        ("host", "127.0.0.1:1"),
        ("host", "localhost"),
        ("host", "[::1]"),
        ("host", "evil.example@127.0.0.1"),
        ("x-forwarded-host", "127.0.0.1"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1;host=127.0.0.1"),
        ("x-original-url", "/api/method/ping"),
        ("x-rewrite-url", "/api/method/ping"),
        ("x-http-method-override", "GET"),
    ] {
        stage.refuses(&format!("{name}: {value}"), |site| {
            let guest = site.guest();
            let ticket = json!({ "subject": "Planted" });
            guest
                .request("POST", "/api/resource/HD Ticket")
                .header(name, value)
                .json(&ticket)
                .send()
        });
    }
    assert_eq!(stage.refused, 12);
}

#[test]
fn no_spelling_of_a_path_deletes_another_s_ticket() {
    let mut stage = Stage::new();
    let carl = stage.site.customer("carl@acme.example");
    let dina = stage.site.customer("dina@globex.example");
    let name = stage.site.ticket().raised_by(carl.id()).create().name;
    let prefixes = [
        "/api/resource",
        "/api/v1/resource",
        "/api/v2/document",
        "/api//resource",
        "//api/resource",
        "/api/./resource",
        "/./api/resource",
        "/api/x/../resource",
        "/api/resource/.",
        "/assets/../api/resource",
        "/files/..%2fapi/resource",
        "/%61pi/resource",
        "/api/%72esource",
        "/api%2fresource",
        "/api%5cresource",
        "/API/resource",
        "/api/Resource",
        "/api/resource;x",
        "/api/resource%00",
        "/api/%2e/resource",
    ];
    let documents = [
        format!("HD%20Ticket/{name}"),
        format!("HD%20Ticket/{name}/"),
        format!("hd%20ticket/{name}"),
        format!("HD+Ticket/{name}"),
        format!("HD%2520Ticket/{name}"),
        format!("HD%20Ticket%00/{name}"),
    ];
    let mut forms: Vec<String> = prefixes
        .iter()
        .flat_map(|prefix| {
            documents
                .iter()
                .take(3)
                .map(move |document| format!("{prefix}/{document}"))
        })
        .collect();
    for prefix in &prefixes[..4] {
        forms.extend(
            documents[3..]
                .iter()
                .map(|document| format!("{prefix}/{document}")),
        );
    }
    for tail in [
        "?",
        "?x=/",
        "#",
        "%20",
        "%0a",
        "%2f",
        "%2f..",
        ";x",
        "?run_method=submit",
        "?_method=GET",
    ] {
        forms.push(format!("/api/resource/HD%20Ticket/{name}{tail}"));
    }
    assert!(forms.len() >= 80, "{}", forms.len());
    for form in &forms {
        stage.refuses(form, |site| raw(site, &dina, &format!("DELETE {form}"), b"", 0));
    }
    assert_eq!(carl.read("HD Ticket", &name).status, 200);
}

#[test]
fn sessions_and_tokens_of_others_open_nothing() {
    let mut stage = Stage::new();
    let sid = stage.site.login(ADA, PASSWORD).cookie("sid").unwrap();
    let ended = stage.site.login(ADA, PASSWORD);
    let over = ended.cookie("sid").unwrap();
    ended.call("logout", json!({})).ok();
    for cookie in [
        format!("sid={over}"),
        format!("sid={}", &sid[1..]),
        format!("sid={}", sid.to_uppercase()),
        format!("sid=planted; sid={sid}"),
        format!("user_id={ADA}; system_user=yes"),
        "sid=Administrator".to_owned(),
    ] {
        stage.refuses(&cookie, |site| {
            site.guest().request("GET", WHO).header("cookie", &cookie).send()
        });
    }
    let token = |scope: &str, lasts: Option<i64>| {
        let scopes = [scope.parse().unwrap()];
        stage.site.transaction(|cx| {
            let new = NewToken {
                user: ADA,
                label: "test",
                scopes: &scopes,
                lasts,
            };
            tokens::create(cx, &new)
        })
    };
    let (read, only) = (token("read", None), token("method:frappe.auth.*", None));
    let good = token("all", None);
    let insert = ("POST", "/api/resource/HD Ticket", json!({ "subject": "Planted" }));
    let count = (
        "POST",
        "/api/method/frappe.client.get_count",
        json!({ "doctype": "User" }),
    );
    for (bearer, (verb, path, body)) in [
        (read.clone(), insert.clone()),
        (
            read,
            (
                "PUT",
                "/api/resource/User/ada@desk.example",
                json!({ "first_name": "Eve" }),
            ),
        ),
        (only.clone(), insert.clone()),
        (only.clone(), count.clone()),
        (
            only,
            (
                "POST",
                "/",
                json!({ "cmd": "frappe.client.get_count", "doctype": "User" }),
            ),
        ),
        (good[1..].to_owned(), insert.clone()),
        (good.to_uppercase(), count),
        (helpdesk_core::secret::digest(&good), insert),
    ] {
        stage.refuses(path, |site| {
            let guest = site.guest();
            let request = guest
                .request(verb, path)
                .header("authorization", &format!("Bearer {bearer}"));
            request.json(&body).send()
        });
    }
}

#[test]
fn pages_of_other_sites_write_nothing() {
    let mut stage = Stage::new();
    let browser = stage.site.login(ADA, PASSWORD);
    browser.open("/docs").ok();
    let port = stage.site.url().rsplit(':').next().unwrap().to_owned();
    let forms: Vec<(&str, String)> = vec![
        ("origin", "http://evil.example".to_owned()),
        ("origin", "null".to_owned()),
        ("origin", "file://".to_owned()),
        ("origin", format!("http://localhost:{port}")),
        ("origin", "http://127.0.0.1:1".to_owned()),
        ("origin", format!("http://127.0.0.1:{port}.evil.example")),
        ("origin", format!("http://evil.example:{port}")),
        ("x-frappe-csrf-token", String::new()),
        ("x-frappe-csrf-token", "0".repeat(56)),
        ("x-frappe-csrf-token", "None".to_owned()),
    ];
    for (name, value) in forms {
        stage.refuses(&format!("{name}: {value}"), |_| {
            let ticket = json!({ "subject": "Planted" });
            browser
                .request("POST", "/api/resource/HD Ticket")
                .header(name, &value)
                .json(&ticket)
                .send()
        });
    }
    stage.refuses("no token at all", |_| {
        let logout = browser
            .request("POST", "/api/method/logout")
            .without("x-frappe-csrf-token");
        logout.json(&json!({})).send()
    });
    assert_eq!(browser.get(WHO).ok().message(), ADA);
}

#[test]
fn links_that_were_used_or_never_sent_open_nothing() {
    let mut stage = Stage::new();
    let used = "0".repeat(56);
    let update = "frappe.core.doctype.user.user.update_password";
    for key in ["x", &used, "' OR 1=1 --", "%", "\u{0}"] {
        stage.refuses(key, |site| {
            let args = json!({ "key": key, "new_password": "violet-gravel-87-owl" });
            site.guest().call(update, args)
        });
        stage.refuses(key, |site| {
            let accept = "frappe.core.api.user_invitation.accept_invitation";
            site.guest().call_get(accept, json!({ "key": key }))
        });
    }
    for key in ["x", &used, "%", "\u{0}"] {
        stage.refuses(key, |site| {
            site.guest()
                .call_get("frappe.www.login.login_via_key", json!({ "key": key }))
        });
    }
}

#[test]
fn uploads_that_could_run_or_never_end_are_refused() {
    let mut stage = Stage::new();
    let carl = stage.site.customer("carl@acme.example");
    stage.site.set("System Settings", json!({ "max_file_size": 1 }));
    for name in [
        "page.html",
        "page.HTM",
        "drawing.svg",
        "data.xml",
        "all.zip",
        "all.tar.gz",
        "run.exe",
        "run.js",
        "x.php",
        "x.png.html",
        "x.html.",
        "x.html ",
        "x.txt\r\n.html",
        "no-extension",
        ".htaccess",
        "x.svg%00.png%2e.svg",
    ] {
        stage.refuses(name, |_| carl.upload(name, b"<script>1</script>", &json!({})));
    }
    let large = vec![b'x'; 1024 * 1024 + 1];
    stage.refuses("a large file", |_| carl.upload("large.txt", &large, &json!({})));
    let part = "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    let forms = [
        String::new(),
        "--xyz".to_owned(),
        format!("{part}no end"),
        format!("{part}no end\r\n--xyz"),
        "--xyz\r\nContent-Disposition: form-data\r\n\r\nno name\r\n--xyz--\r\n".to_owned(),
    ];
    for form in &forms {
        let upload = "POST /api/method/upload_file";
        stage.refuses(form, |site| raw(site, &carl, upload, form.as_bytes(), form.len()));
    }
    let half = forms[2].as_bytes();
    stage.refuses("half of a form", |site| {
        raw(
            site,
            &carl,
            "POST /api/method/upload_file",
            half,
            half.len() + 1_000,
        )
    });
}

#[test]
fn logins_are_refused_whatever_their_arguments() {
    let mut stage = Stage::new();
    stage.site.set(
        "System Settings",
        json!({ "allow_consecutive_login_attempts": 0 }),
    );
    for (usr, pwd) in [
        (json!(ADA), json!("wrong")),
        (json!(ADA), json!("")),
        (json!(ADA), Value::Null),
        (json!({ "$gt": "" }), json!("x")),
        (json!([ADA]), json!([PASSWORD])),
        (json!("' OR '1'='1"), json!("x")),
        (json!("Guest"), json!("x")),
        (json!("ada@desk.example\r\nX: y"), json!(PASSWORD)),
        (json!("%"), json!(PASSWORD)),
        (json!(ADA), json!(12)),
    ] {
        stage.refuses(&usr.to_string(), |site| {
            site.browser().call("login", json!({ "usr": usr, "pwd": pwd }))
        });
    }
}
