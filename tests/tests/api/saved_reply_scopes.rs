//! Who sees and changes which HD Saved Reply.

use std::collections::BTreeSet;

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

const DOCTYPE: &str = "HD Saved Reply";

/// Ada and Bob are in Hardware, Bob in Software too, Eve in no team; Maya manages agents.
struct Desk {
    site: TestSite,
    ada: TestUser,
    bob: TestUser,
    eve: TestUser,
    maya: TestUser,
}

impl Desk {
    fn new() -> Desk {
        let site = TestSite::start();
        let (ada, bob, eve) = (
            site.agent("ada@desk.example"),
            site.agent("bob@desk.example"),
            site.agent("eve@desk.example"),
        );
        let maya = site.agent_manager("maya@desk.example");
        site.team("Hardware").member(&ada).member(&bob).create();
        site.team("Software").member(&bob).create();
        site.team("Sales").member(&maya).create();
        let desk = Desk {
            site,
            ada,
            bob,
            eve,
            maya,
        };
        let ada = &desk.ada;
        desk.reply(ada, "Ours", "Global", &[]);
        desk.reply(ada, "Mine", "Personal", &[]);
        desk.reply(ada, "Hard", "Team", &["Hardware"]);
        desk.reply(ada, "Both", "Team", &["Software", "Sales"]);
        desk.reply(&desk.eve, "Hers", "Personal", &[]);
        desk
    }

    fn reply(&self, user: &TestUser, title: &str, scope: &str, teams: &[&str]) {
        let teams: Vec<Value> = teams.iter().map(|team| json!({ "team": team })).collect();
        let values = json!({ "title": title, "scope": scope, "message": "x", "teams": teams });
        user.insert(DOCTYPE, values).ok();
    }

    fn restrict(&self, by_team: bool, without_global: bool) {
        self.site.set(
            "HD Settings",
            json!({
                "restrict_tickets_by_agent_group": i64::from(by_team),
                "disable_saved_replies_global_scope": i64::from(without_global),
            }),
        );
    }
}

/// What a user lists; the single documents that can be read and changed are the same.
fn seen(user: &TestUser) -> BTreeSet<String> {
    let reply = user.list(DOCTYPE, json!({ "limit_page_length": 0 })).ok();
    let listed: BTreeSet<String> = reply
        .data()
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect();
    for name in ["Ours", "Mine", "Hard", "Both", "Hers"] {
        let is_seen = listed.contains(name);
        assert_eq!(
            user.read(DOCTYPE, name).status,
            if is_seen { 200 } else { 403 },
            "{user:?} {name}"
        );
        let change = user.update(DOCTYPE, name, json!({ "message": format!("by {}", user.id()) }));
        if is_seen {
            change.ok();
        } else {
            assert_eq!(
                (change.status, change.exc_type()),
                (403, "PermissionError"),
                "{user:?} {name}"
            );
        }
    }
    listed
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn without_restrictions_all_but_others_personal_replies_are_seen() {
    let desk = Desk::new();
    desk.restrict(false, false);

    assert_eq!(seen(&desk.ada), set(&["Ours", "Mine", "Hard", "Both"]));
    assert_eq!(seen(&desk.bob), set(&["Ours", "Hard", "Both"]));
    assert_eq!(seen(&desk.eve), set(&["Ours", "Hers", "Hard", "Both"]));
    assert_eq!(seen(&desk.maya), set(&["Ours", "Hard", "Both"]));
}

#[test]
fn under_restrictions_replies_of_teams_are_for_their_members() {
    let desk = Desk::new();
    desk.restrict(true, false);

    // An owner sees one's own; a reply of several teams is for the members of any of them.
    assert_eq!(seen(&desk.ada), set(&["Ours", "Mine", "Hard", "Both"]));
    assert_eq!(seen(&desk.bob), set(&["Ours", "Hard", "Both"]));
    assert_eq!(seen(&desk.eve), set(&["Ours", "Hers"]));
    assert_eq!(seen(&desk.maya), set(&["Ours", "Hard", "Both"]));
}

#[test]
fn replies_for_all_can_be_turned_off() {
    let desk = Desk::new();
    desk.restrict(true, true);

    assert_eq!(seen(&desk.bob), set(&["Hard", "Both"]));
    assert_eq!(seen(&desk.eve), set(&["Hers"]));
    assert_eq!(seen(&desk.maya), set(&["Ours", "Hard", "Both"]));
    desk.restrict(false, true);
    assert_eq!(seen(&desk.eve), set(&["Hers", "Hard", "Both"]));
}

#[test]
fn a_team_that_is_off_has_no_replies() {
    let desk = Desk::new();
    desk.restrict(true, false);
    desk.site.change("HD Team", "Hardware", json!({ "disabled": 1 }));

    assert_eq!(seen(&desk.bob), set(&["Ours", "Both"]));
}

#[test]
fn customers_have_no_replies_and_broken_ones_are_not_stored() {
    let desk = Desk::new();
    let carl = desk.site.customer("carl@acme.example");

    carl.list(DOCTYPE, json!({})).status(403);
    carl.read(DOCTYPE, "Ours").status(403);
    desk.site.guest().read(DOCTYPE, "Ours").status(403);
    for message in ["{% if %}", "{{ a", "{{ 'a' * 100 }}", "{% set a = a ~ a %}"] {
        let reply = desk.ada.update(DOCTYPE, "Mine", json!({ "message": message }));
        assert_eq!(
            (reply.status, reply.exc_type()),
            (417, "ValidationError"),
            "{message}"
        );
        assert!(reply.messages().join(" ").contains("template"), "{message}");
    }
    assert_eq!(desk.site.value(DOCTYPE, "Mine", "message"), "x");
}
