//! Search indexes: `load`, `reindex` and `migrate` keep them filled.

use serde_json::{Value, json};

use super::{Desk, lines, sql, text};

/// Names of the documents that a search finds.
fn found(desk: &Desk, query: &str) -> Vec<Value> {
    let found = desk.call("helpdesk.api.search.search", &json!({ "query": query }));
    let hits = found["results"].as_array().unwrap().iter();
    hits.map(|hit| hit["name"].clone()).collect()
}

#[test]
fn what_was_loaded_is_found_and_replaced_with_it() {
    let desk = Desk::new();
    desk.load(&lines());
    assert_eq!(found(&desk, "printer"), ["0001"]);

    let mut others = lines();
    others[5]["doc"]["subject"] = "Scanner".into();
    let done = desk.run_with(&["load", "-", "--replace"], &text(&others));

    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(found(&desk, "printer"), Vec::<Value>::new());
    assert_eq!(found(&desk, "scanner"), ["0001"]);
}

#[test]
fn reindex_finds_what_other_programs_wrote() {
    let desk = Desk::new();
    desk.load(&lines());
    sql(desk.dir.path(), "UPDATE \"tabHD Ticket\" SET subject = 'Scanner'");
    assert_eq!(found(&desk, "scanner"), Vec::<Value>::new());

    let done = desk.run(&["reindex"]);
    let unknown = desk.run(&["reindex", "nothing"]);

    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(done.out, "articles: 0 documents\ntickets: 1 documents\n");
    assert!(done.err.contains("Indexed in"), "{done:?}");
    assert_eq!(found(&desk, "scanner"), ["0001"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.err.contains("articles, tickets"), "{unknown:?}");
}

#[test]
fn a_site_from_before_search_is_indexed_when_it_is_migrated() {
    let desk = Desk::new();
    desk.load(&lines());
    let drop =
        "DROP TABLE __search_tickets; DROP TABLE __search_tickets_text; DROP TABLE __search_tickets_word;";
    sql(desk.dir.path(), drop);

    let done = desk.run(&["migrate"]);

    assert!(
        done.out.contains("create search table __search_tickets_text"),
        "{done:?}"
    );
    assert_eq!(found(&desk, "printer"), ["0001"]);
    assert!(desk.run(&["migrate"]).out.starts_with("Nothing to do"));
}
