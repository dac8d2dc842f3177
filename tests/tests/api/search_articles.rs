//! `helpdesk.api.article.search`: sections of articles.

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

const SEARCH: &str = "helpdesk.api.article.search";
const BUILD: &str = "helpdesk.search.build_index";

fn hits(user: &TestUser, query: &str) -> Vec<Value> {
    let reply = user.call(SEARCH, json!({ "query": query })).ok();
    reply.message().as_array().unwrap().clone()
}

fn subjects(user: &TestUser, query: &str) -> Vec<String> {
    hits(user, query)
        .iter()
        .map(|hit| {
            hit["subject"]
                .as_str()
                .unwrap()
                .replace("<b>", "")
                .replace("</b>", "")
        })
        .collect()
}

fn article(site: &TestSite, title: &str, content: &str) -> String {
    site.article()
        .title(title)
        .set("content", content)
        .published()
        .create()
}

#[test]
fn a_hit_is_a_section() {
    let site = TestSite::start();
    let name = article(
        &site,
        "Printers",
        "<p>All about them.</p><h2>Paper jam</h2><p>Open the lid &amp; pull.</p><h2>Ink</h2><p>Buy some.</p>",
    );
    let carl = site.customer("carl@acme.example");

    let found = hits(&carl, "jam");

    assert_eq!(found.len(), 1);
    let mut hit = found[0].clone();
    assert!(hit["modified"].is_f64());
    hit["modified"] = json!(0);
    assert_eq!(
        hit,
        json!({
            "id": format!("HD Article:{name}#paper-jam"),
            "payload": null,
            "score": 9.0,
            "name": format!("{name}#paper-jam"),
            "subject": "Printers",
            "description": "Open the lid &amp; pull.",
            "headings": "Paper <b>jam</b>",
            "modified": 0,
            "doctype": "HD Article",
        }),
        "8 for the heading, 1 for the name"
    );
}

#[test]
fn published_articles_are_found_at_once_and_others_by_nobody() {
    let site = TestSite::start();
    let draft = site.article().title("Rockets").create();
    let (ada, carl) = (site.agent("ada@desk.example"), site.customer("carl@acme.example"));

    assert!(hits(&ada, "rockets").is_empty() && hits(&carl, "rockets").is_empty());
    site.change("HD Article", &draft, json!({ "status": "Published" }));
    assert_eq!(subjects(&carl, "rockets"), ["Rockets"]);
    site.change("HD Article", &draft, json!({ "title": "Pumps" }));
    assert!(hits(&carl, "rockets").is_empty());
    assert_eq!(subjects(&carl, "pumps"), ["Pumps"]);
    site.change("HD Article", &draft, json!({ "status": "Archived" }));
    assert!(hits(&ada, "pumps").is_empty());
    assert_eq!(
        site.guest()
            .call(SEARCH, json!({ "query": "pumps" }))
            .status(403)
            .exc_type(),
        "PermissionError"
    );
}

#[test]
fn all_words_come_before_any_and_five_are_enough() {
    let site = TestSite::start();
    for n in 1..=6 {
        article(&site, &format!("Rocket {n}"), "<p>Fuel</p>");
    }
    article(&site, "Pump", "<p>Water for a rocket</p>");
    let carl = site.customer("carl@acme.example");

    let found = subjects(&carl, "How do I rocket a pump?");

    assert_eq!(found.len(), 5);
    assert_eq!(found[0], "Pump", "the only one with both words");
    assert!(found[1..].iter().all(|subject| subject.starts_with("Rocket")));
}

#[test]
fn words_that_say_nothing_are_dropped_and_slips_forgiven() {
    let site = TestSite::start();
    article(&site, "How to travel", "<p>Take the train.</p>");
    let carl = site.customer("carl@acme.example");

    for nothing in ["how to", "I want", "??", "", "urgent"] {
        assert!(hits(&carl, nothing).is_empty(), "{nothing}");
    }
    assert_eq!(subjects(&carl, "travek"), ["How to travel"], "one letter wrong");
    assert_eq!(subjects(&carl, "tra"), ["How to travel"], "a beginning");
    assert!(hits(&carl, "trvlx").is_empty());

    site.insert("HD Stopword", json!({ "word": "train", "enabled": 1 }));
    assert!(hits(&carl, "train").is_empty());
    site.insert(
        "HD Synonyms",
        json!({ "word": "journey", "synonyms": [{ "synonym": "travel" }] }),
    );
    assert_eq!(subjects(&carl, "journey"), ["How to travel"]);
}

#[test]
fn weights_are_the_sites() {
    let site = TestSite::start();
    article(&site, "Rocket", "<p>x</p>");
    article(&site, "Other", "<p>rocket rocket</p>");
    let carl = site.customer("carl@acme.example");
    assert_eq!(subjects(&carl, "rocket"), ["Other", "Rocket"], "5 + 5 against 6");

    site.set("HD Settings", json!({ "subject_weight": 50 }));

    assert_eq!(subjects(&carl, "rocket"), ["Rocket", "Other"]);
    assert_eq!(hits(&carl, "rocket")[0]["score"], 50.0);
}

#[test]
fn what_is_shown_is_no_markup() {
    let site = TestSite::start();
    article(
        &site,
        "About &lt;script&gt;",
        "<p>&lt;img src=x onerror=alert(1)&gt; rocket</p>",
    );

    let hit = &hits(&site.admin(), "rocket")[0];

    let shown = format!("{}{}{}", hit["subject"], hit["description"], hit["headings"]);
    assert!(!shown.contains("<script") && !shown.contains("<img"), "{shown}");
    assert!(shown.contains("<b>rocket</b>"));
}

#[test]
fn managers_build_the_index_anew() {
    let site = TestSite::start();
    article(&site, "Rockets", "<p>x</p>");

    for user in [
        site.customer("carl@acme.example"),
        site.agent("ada@desk.example"),
        site.guest(),
    ] {
        assert_eq!(
            user.call(BUILD, json!({})).status(403).exc_type(),
            "PermissionError"
        );
    }
    let built = site
        .agent_manager("maya@desk.example")
        .call(BUILD, json!({}))
        .ok();

    assert!(built.json.get("message").is_none_or(Value::is_null));
    assert_eq!(
        subjects(&site.customer("carl@acme.example"), "rockets"),
        ["Rockets"]
    );
}
