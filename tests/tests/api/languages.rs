//! Messages in the language of who is answered.

use helpdesk_tests::TestSite;
use serde_json::json;

const MISSING: &str = "/api/resource/HD%20Ticket/999999";

fn with_german() -> TestSite {
    let site = TestSite::start();
    site.insert(
        "Language",
        json!({ "language_code": "de", "language_name": "Deutsch" }),
    );
    site
}

#[test]
fn errors_are_told_in_the_user_s_language() {
    let site = with_german();
    let ada = site.agent("ada@desk.example");
    let english = ada.get(MISSING).status(404);
    assert_eq!(english.messages(), ["HD Ticket 999999 not found"]);

    site.change("User", ada.id(), json!({ "language": "de" }));

    let german = ada.get(MISSING).status(404);
    assert_eq!(german.messages(), ["HD Ticket 999999 nicht gefunden"]);
    assert_eq!(german.exc_type(), english.exc_type());
    let v2 = ada.get("/api/v2/document/HD%20Ticket/999999").status(404);
    assert_eq!(v2.json["errors"][0]["message"], "HD Ticket 999999 nicht gefunden");
    // What the browser prefers is for guests.
    let header = ada
        .request("GET", MISSING)
        .header("Accept-Language", "en")
        .send()
        .status(404);
    assert_eq!(header.messages(), ["HD Ticket 999999 nicht gefunden"]);
    let asked = ada.get(&format!("{MISSING}?_lang=en")).status(404);
    assert_eq!(asked.messages(), ["HD Ticket 999999 not found"]);
    let unknown = ada.get(&format!("{MISSING}?_lang=xx")).status(404);
    assert_eq!(unknown.messages(), ["HD Ticket 999999 not found"]);
    // A page for browsers is an answer like any other.
    let page = ada
        .request("GET", MISSING)
        .header("Accept", "text/html")
        .send()
        .status(404);
    assert!(page.text.contains("nicht gefunden"), "{}", page.text);
}

#[test]
fn values_stay_as_they_are() {
    let site = with_german();
    let ada = site.agent("ada@desk.example");
    site.change("User", ada.id(), json!({ "language": "de" }));

    let reply = ada
        .insert(
            "HD Ticket",
            json!({ "subject": "Broken", "priority": "{1} not found" }),
        )
        .status(417);

    assert_eq!(
        reply.messages(),
        ["Priority: {1} not found nicht gefunden"],
        "{reply:?}"
    );
}

#[test]
fn guests_have_the_language_of_their_browser_else_the_site_s() {
    let site = with_german();
    let guest = site.guest();
    let refused = |headers: &[(&str, &str)]| {
        let mut call = guest.request("POST", "/api/method/helpdesk.api.search.search");
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call.send().status(403).messages().join("\n")
    };
    let english = refused(&[]);
    assert!(english.contains("is not whitelisted"), "{english}");

    let german = refused(&[("Accept-Language", "xx, de-AT;q=0.8, en;q=0.5")]);
    assert!(german.contains("nur für angemeldete Benutzer"), "{german}");
    assert!(german.contains("helpdesk.api.search.search"), "{german}");
    assert_eq!(refused(&[("Accept-Language", "en, de;q=0.9")]), english);
    // What was chosen in the portal comes before the browser's wish.
    assert_eq!(
        refused(&[("Accept-Language", "en"), ("Cookie", "preferred_language=de")]),
        german
    );
    site.set("System Settings", json!({ "language": "de" }));
    assert_eq!(refused(&[]), german);
    assert_eq!(refused(&[("Accept-Language", "en")]), english);
    // Users who chose none have the site's too.
    let bob = site.agent("bob@desk.example");
    let told = bob.get(MISSING).status(404).messages();
    assert_eq!(told, ["HD Ticket 999999 nicht gefunden"]);
}
