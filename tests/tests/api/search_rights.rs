//! Searches and fields that are closed to who searches: of a level they don't read, or masked.

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

const SEARCH: &str = "helpdesk.api.search.search";
const OPTIONS: &str = "helpdesk.api.search.get_filter_options";
const ARTICLES: &str = "helpdesk.api.article.search";

/// Sets a property of a field: `permlevel` to 1, or `mask`.
fn close(site: &TestSite, doctype: &str, field: &str, property: &str) {
    let kind = if property == "mask" { "Check" } else { "Int" };
    site.insert(
        "Property Setter",
        json!({ "doctype_or_field": "DocField", "doc_type": doctype, "field_name": field, "property": property,
            "property_type": kind, "value": "1" }),
    );
}

fn search(user: &TestUser, args: Value) -> Value {
    user.call(SEARCH, args).ok().message().clone()
}

fn hits(user: &TestUser, query: &str) -> Vec<Value> {
    let found = search(user, json!({ "query": query }));
    found["results"].as_array().unwrap().clone()
}

fn ids(user: &TestUser, query: &str) -> Vec<String> {
    let mut ids: Vec<String> = hits(user, query)
        .iter()
        .map(|hit| hit["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

/// A ticket about a printer whose description alone names a van, with a comment that does too.
fn desk() -> (TestSite, String, String) {
    let site = TestSite::start();
    site.agent("ada@desk.example");
    let ticket = site.ticket().subject("Printer jammed").create().name;
    let comment = site.insert(
        "HD Ticket Comment",
        json!({ "reference_ticket": ticket, "content": "<p>Lift with the forklift</p>",
            "commented_by": "ada@desk.example" }),
    );
    site.change(
        "HD Ticket",
        &ticket,
        json!({ "description": "<p>printer beside the wheelbarrow</p>" }),
    );
    (site, ticket, comment)
}

#[test]
fn a_field_of_a_level_finds_nothing_for_who_does_not_read_it() {
    let (site, ticket, _) = desk();
    let (ada, admin) = (site.agent("ada@desk.example"), site.admin());
    let id = format!("HD Ticket:{ticket}");
    assert_eq!(ids(&ada, "wheelbarrow"), std::slice::from_ref(&id));

    close(&site, "HD Ticket", "description", "permlevel");

    assert_eq!(ids(&ada, "wheelbarrow"), Vec::<String>::new());
    assert_eq!(ids(&ada, "wheelb"), Vec::<String>::new(), "nor by a beginning");
    assert_eq!(ids(&ada, "printer wheelbarrow"), Vec::<String>::new());
    let summary = &search(&ada, json!({ "query": "wheelbarrow" }))["summary"];
    assert_eq!(summary["total_matches"], 0);
    // Nor is it proposed for a slip.
    let summary = &search(&ada, json!({ "query": "wheelborrow" }))["summary"];
    assert_eq!(summary["corrected_query"], Value::Null, "{summary}");
    assert_eq!(ids(&admin, "wheelbarrow"), std::slice::from_ref(&id));
    let summary = &search(&admin, json!({ "query": "wheelborrow" }))["summary"];
    assert_eq!(summary["corrected_query"], "wheelbarrow");

    // By its title it is found still, and shows nothing else.
    let shown = hits(&ada, "printer");
    assert_eq!((shown.len(), shown[0]["id"].as_str()), (1, Some(id.as_str())));
    assert_eq!(
        (&shown[0]["title"], &shown[0]["content"]),
        (&json!("<mark>Printer</mark> jammed"), &json!(""))
    );
    let all = hits(&admin, "printer");
    assert_eq!(all[0]["content"], "<mark>printer</mark> beside the wheelbarrow");
}

#[test]
fn a_masked_title_is_neither_found_nor_shown() {
    let (site, ticket, _) = desk();
    let ada = site.agent("ada@desk.example");
    close(&site, "HD Ticket", "subject", "mask");

    assert_eq!(ids(&ada, "jammed"), Vec::<String>::new());
    let titles = search(&ada, json!({ "query": "printer", "title_only": true }));
    assert_eq!(titles["results"], json!([]));
    let shown = hits(&ada, "printer");
    assert_eq!((shown.len(), &shown[0]["name"]), (1, &json!(ticket)));
    assert_eq!(
        (&shown[0]["title"], &shown[0]["score"]),
        (&json!(""), &json!(1.8))
    );
    assert_eq!(shown[0]["content"], "<mark>printer</mark> beside the wheelbarrow");
    // Five times for the query in the title: of who sees it.
    assert_eq!(hits(&site.admin(), "printer")[0]["score"], 9.0);
}

#[test]
fn comments_that_are_closed_are_not_there() {
    let (site, _, comment) = desk();
    let (ada, admin) = (site.agent("ada@desk.example"), site.admin());
    let id = format!("HD Ticket Comment:{comment}");
    assert_eq!(ids(&ada, "forklift"), std::slice::from_ref(&id));

    close(&site, "HD Ticket Comment", "content", "permlevel");

    assert_eq!(ids(&ada, "forklift"), Vec::<String>::new());
    assert_eq!(ids(&admin, "forklift"), [id]);
    let count = |user: &TestUser| {
        let options = user.call(OPTIONS, json!({})).ok();
        options.message()["doctypes"]["HD Ticket Comment"].clone()
    };
    assert_eq!((count(&ada), count(&admin)), (Value::Null, json!(1)));
}

#[test]
fn nobody_filters_by_what_is_closed() {
    let (site, ..) = desk();
    let (ada, admin) = (site.agent("ada@desk.example"), site.admin());
    let filtered = |user: &TestUser| {
        let filters = json!({ "priority": "Medium" }).to_string();
        let found = search(user, json!({ "query": "printer", "filters": filters }));
        found["results"].as_array().unwrap().len()
    };
    let priorities = |user: &TestUser| user.call(OPTIONS, json!({})).ok().message()["priorities"].clone();
    assert_eq!(
        (filtered(&ada), &hits(&ada, "printer")[0]["priority"]),
        (1, &json!("Medium"))
    );

    close(&site, "HD Ticket", "priority", "permlevel");

    assert_eq!((filtered(&ada), filtered(&admin)), (0, 1));
    assert_eq!(hits(&ada, "printer")[0]["priority"], Value::Null);
    assert_eq!(hits(&admin, "printer")[0]["priority"], "Medium");
    assert_eq!(priorities(&ada), json!({}));
    assert_ne!(priorities(&admin), json!({}));
}

#[test]
fn words_of_others_are_proposed_to_nobody() {
    let site = TestSite::start();
    let (carl, dina) = (
        site.customer("carl@acme.example"),
        site.customer("dina@globex.example"),
    );
    for (user, subject) in [(&carl, "Broken keyboard"), (&dina, "Broken trombone")] {
        site.ticket().subject(subject).raised_by(user.id()).create();
    }

    let corrected = |user: &TestUser, query: &str| {
        search(user, json!({ "query": query }))["summary"]["corrected_query"].clone()
    };

    assert_eq!(corrected(&dina, "trombine"), "trombone");
    assert_eq!(corrected(&carl, "trombine"), Value::Null);
    assert_eq!(corrected(&carl, "keybaord"), "keyboard");
    assert_eq!(corrected(&site.agent("ada@desk.example"), "trombine"), "trombone");
}

#[test]
fn articles_are_found_by_what_their_reader_sees() {
    let site = TestSite::start();
    site.article()
        .title("Printers")
        .set(
            "content",
            "<h2>Paper</h2><p>Pull the lever beside the printers.</p>",
        )
        .published()
        .create();
    let carl = site.customer("carl@acme.example");
    let found = |user: &TestUser, query: &str| {
        let reply = user.call(ARTICLES, json!({ "query": query })).ok();
        reply.message().as_array().unwrap().clone()
    };
    assert_eq!(found(&carl, "lever").len(), 1);

    close(&site, "HD Article", "content", "permlevel");

    assert_eq!(found(&carl, "lever"), Vec::<Value>::new());
    assert_eq!(found(&carl, "paper"), Vec::<Value>::new());
    let shown = found(&carl, "printers");
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!(
        (
            &shown[0]["subject"],
            &shown[0]["description"],
            &shown[0]["headings"]
        ),
        (&json!("<b>Printers</b>"), &json!(""), &json!(""))
    );
    assert_eq!(found(&site.admin(), "lever").len(), 1);
}
