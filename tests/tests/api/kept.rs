//! Values kept in memory of rules, agreements and settings.

use std::sync::Arc;

use helpdesk_core::cx::Cx;
use helpdesk_core::doctype::storage;
use helpdesk_core::install::put;
use helpdesk_core::method::Verb;
use helpdesk_core::session::Session;
use helpdesk_core::site::kept;
use helpdesk_tests::TestSite;
use serde_json::json;

const LIST: &str = "HD Service Holiday List";

fn context(site: &TestSite) -> Cx {
    site.site()
        .context(Arc::new(Session::administrator()), Verb::Post)
        .unwrap()
}

/// Whether the value has to be derived.
fn is_derived(cx: &mut Cx) -> bool {
    struct Tested;
    let mut derived = false;
    kept(cx, "tested", |_| {
        derived = true;
        Ok(Tested)
    })
    .unwrap();
    derived
}

fn rename_days(cx: &mut Cx, text: &str) {
    let changes = [("description", json!(text))];
    assert_eq!(storage::set_columns(cx, LIST, "Default", &changes).unwrap(), 1);
}

#[test]
fn a_value_is_kept_until_a_source_changes() {
    let site = TestSite::start();
    let mut cx = context(&site);
    is_derived(&mut cx);
    assert!(!is_derived(&mut cx));
    assert!(!is_derived(&mut context(&site)));

    rename_days(&mut cx, "Of the town");
    assert!(is_derived(&mut cx), "whoever changed a source sees the change");
    assert!(is_derived(&mut cx), "and keeps nothing of it");
    site.site().finish(cx).unwrap();

    assert!(is_derived(&mut context(&site)));
    assert!(!is_derived(&mut context(&site)));
}

#[test]
fn what_is_rolled_back_changes_nothing_kept() {
    let site = TestSite::start();
    is_derived(&mut context(&site));

    let mut cx = context(&site);
    rename_days(&mut cx, "Of the country");
    cx.db().rollback();
    assert!(!is_derived(&mut cx));

    // A savepoint that fails takes the note with it, a later change makes its own.
    let failed = cx.savepoint(|cx| -> helpdesk_core::error::Result<()> {
        rename_days(cx, "Of nobody");
        Err(helpdesk_core::error::invalid("no"))
    });
    failed.unwrap_err();
    rename_days(&mut cx, "Of all");
    site.site().finish(cx).unwrap();
    assert!(is_derived(&mut context(&site)));
}

#[test]
fn a_ticket_reads_no_rule_or_agreement_again() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.team("One").member(&ada).create();
    site.ticket().team("One").create();

    let mut cx = context(&site);
    cx.db().note_statements();
    let ticket = put(
        &mut cx,
        "HD Ticket",
        json!({ "subject": "Broken", "agent_group": "One" }),
    )
    .unwrap();
    let read = cx.db().noted_statements();
    site.site().finish(cx).unwrap();

    let assigned = site.value("HD Ticket", &ticket, "_assign");
    assert_eq!(assigned, r#"["ada@desk.example"]"#);
    for table in [
        "Assignment Rule Day",
        "Assignment Rule User",
        "HD Service Day",
        "HD Holiday",
        "Singles",
    ] {
        let name = format!("tab{table}");
        assert!(
            !read.iter().any(|statement| statement.contains(&name)),
            "{name} is read: {read:#?}"
        );
    }
}

#[test]
fn a_changed_rule_holds_for_the_next_ticket() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    site.team("One").member(&ada).create();
    let rule = site
        .value("HD Team", "One", "assignment_rule")
        .as_str()
        .unwrap()
        .to_owned();
    let assigned = || {
        let ticket = site.ticket().team("One").create();
        site.value("HD Ticket", &ticket.name, "_assign")
    };
    assert_eq!(assigned(), r#"["ada@desk.example"]"#);

    site.admin()
        .update("Assignment Rule", &rule, json!({ "disabled": 1 }))
        .ok();
    assert!(assigned().is_null());

    site.admin()
        .update("Assignment Rule", &rule, json!({ "disabled": 0 }))
        .ok();
    assert_eq!(assigned(), r#"["ada@desk.example"]"#);
}
