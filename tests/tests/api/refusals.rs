//! The log: one line for each request that was refused.

use helpdesk_tests::{Log, TestSite};
use serde_json::json;

#[test]
fn each_refused_request_is_logged_once() {
    let log = Log::capture();
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.set_password(ada.id(), "Correct-Horse-1");
    let guest = site.guest();
    log.take();

    ada.get("/api/method/frappe.auth.get_logged_user").ok();
    guest.get("/login").ok();
    ada.get("/api/method/ping").ok();
    assert_eq!(log.take(), [] as [String; 0], "what is answered is no refusal");

    guest.get("/api/method/frappe.auth.get_logged_user").status(403);
    let lines = log.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in [
        "method=\"GET\"",
        "path=\"/api/method/frappe.auth.get_logged_user\"",
        "status=403",
        "user=\"Guest\"",
        "address=127.0.0.1",
        "reason=\"PermissionError\"",
    ] {
        assert!(lines[0].contains(part), "{part}: {}", lines[0]);
    }
    ada.read("HD Ticket", "404").status(404);
    let lines = log.take();
    assert!(
        lines.len() == 1 && lines[0].contains("user=\"ada@desk.example\""),
        "{lines:?}"
    );
    guest.request("TRACE", "/api/resource/HD Ticket").send();
    guest.get("/nowhere").status(404);
    guest.get("/private/files/x.txt").status(403);
    assert_eq!(log.take().len(), 3);
}

#[test]
fn lines_hold_no_secrets_and_no_lines_of_their_own() {
    let log = Log::capture();
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    log.take();
    let guest = site.guest();
    let token = ada.token().unwrap().split(':').next().unwrap().to_owned();
    let before = site.count("Activity Log");

    guest
        .call(
            "login",
            json!({ "usr": "ada@desk.example", "pwd": "hunter2-secret" }),
        )
        .status(401);
    guest
        .get("/api/method/login?usr=ada&pwd=hunter2-secret")
        .status(401);
    guest
        .get("/api/method/frappe.core.api.user_invitation.accept_invitation?key=hunter2-secret")
        .status(417);
    let wrong = guest
        .request("GET", "/api/method/ping")
        .header("authorization", &format!("token {token}:hunter2-secret"));
    wrong.send().status(401);
    let foreign = guest
        .request("GET", "/api/method/frappe.auth.get_logged_user")
        .header("cookie", "sid=hunter2-secret");
    foreign.send().status(403);
    guest
        .get("/x%0d%0a2026%20ERROR%20forged%1b[31m%e2%80%a8%00")
        .status(404);
    guest.get(&format!("/{}", "long".repeat(2_000))).status(404);

    let lines = log.take();
    assert_eq!(lines.len(), 7, "{lines:?}");
    for line in &lines {
        assert!(!line.contains("hunter2") && !line.contains("key="), "{line}");
        assert!(
            !line.contains(['\r', '\u{1b}', '\0', '\u{2028}']) && line.len() < 800,
            "{line}"
        );
    }
    assert!(lines[5].contains("/x\\r\\n2026 ERROR forged"), "{}", lines[5]);
    assert_eq!(site.count("Activity Log"), before + 2, "the failed logins");
}
