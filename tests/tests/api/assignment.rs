//! Assignment rules: who gets the next ticket.

use helpdesk_tests::{TestSite, TestUser};
use serde_json::{Value, json};

/// A site with a team of three, whose rule hands out its tickets.
struct Team {
    site: TestSite,
    members: [TestUser; 3],
    rule: String,
}

fn team() -> Team {
    let site = TestSite::start();
    let members = ["a@desk.example", "b@desk.example", "c@desk.example"].map(|id| site.agent(id));
    site.team("One")
        .member(&members[0])
        .member(&members[1])
        .member(&members[2])
        .create();
    let rule = site
        .value("HD Team", "One", "assignment_rule")
        .as_str()
        .unwrap()
        .to_owned();
    Team { site, members, rule }
}

impl Team {
    fn ticket(&self) -> String {
        self.site.ticket().team("One").create().name
    }

    fn assigned(&self, ticket: &str) -> Vec<String> {
        let list = self.site.value("HD Ticket", ticket, "_assign");
        list.as_str()
            .map(|text| serde_json::from_str(text).unwrap())
            .unwrap_or_default()
    }

    /// Who gets the next few tickets, by the first letter.
    fn turns(&self, count: usize) -> String {
        (0..count)
            .map(|_| {
                let ticket = self.ticket();
                self.assigned(&ticket)
                    .first()
                    .map_or("-".to_owned(), |user| user[..1].to_owned())
            })
            .collect()
    }

    fn presence(&self, member: usize, status: &str) {
        self.members[member]
            .call(
                "helpdesk.api.agent.set_my_availability",
                json!({ "availability": status }),
            )
            .ok();
    }

    fn rule(&self, changes: Value) {
        self.site.change("Assignment Rule", &self.rule, changes);
    }
}

#[test]
fn a_team_takes_turns() {
    let team = team();

    assert_eq!(team.turns(4), "abca");
    let ticket = team.ticket();
    let todos = json!({
        "filters": { "reference_name": ticket }, "fields": ["allocated_to", "status", "assignment_rule"],
    });
    assert_eq!(
        team.site.admin().list("ToDo", todos).ok().data(),
        &json!([{ "allocated_to": "b@desk.example", "status": "Open", "assignment_rule": team.rule }])
    );
    let other = team.site.ticket().create().name;
    assert!(team.assigned(&other).is_empty());
}

#[test]
fn those_who_are_away_are_left_out() {
    for rule in ["Round Robin", "Load Balancing", "Weighted Distribution"] {
        let team = team();
        let rows: Vec<Value> = team
            .members
            .iter()
            .map(|user| json!({ "user": user.id(), "weight": 1 }))
            .collect();
        team.rule(json!({ "rule": rule, "weighted_users": rows }));

        team.presence(0, "Away");
        team.presence(1, "Unavailable");
        assert_eq!(team.turns(2), "cc", "{rule}");
        team.presence(2, "Away");
        assert!(team.turns(3).chars().all(|turn| turn != 'b'), "{rule}");
        for member in 0..3 {
            team.presence(member, "Unavailable");
        }
        assert!(!team.turns(2).contains('-'), "{rule}");
    }
}

#[test]
fn the_category_of_a_status_says_who_is_there() {
    let team = team();
    team.site.insert(
        "HD Agent Status",
        json!({ "agent_status": "At lunch", "category": "Away", "enable": 1 }),
    );

    team.presence(0, "At lunch");
    assert_eq!(team.turns(2), "bc");
}

#[test]
fn loads_are_balanced() {
    let team = team();
    team.rule(json!({ "rule": "Load Balancing" }));
    let by_hand = team.site.ticket().create().name;
    team.site
        .admin()
        .call(
            "run_doc_method",
            json!({ "dt": "HD Ticket", "dn": by_hand, "method": "assign_agent", "args": { "agent": "a@desk.example" } }),
        )
        .ok();

    assert_eq!(team.turns(2), "bc");
    assert_eq!(team.turns(1), "a");
}

#[test]
fn weights_say_how_often() {
    let team = team();
    let rows = json!([
        { "user": "a@desk.example", "weight": 2 }, { "user": "b@desk.example", "weight": 1 },
    ]);
    team.rule(json!({ "rule": "Weighted Distribution", "weighted_users": rows }));

    assert_eq!(team.turns(6), "aabaab");
    // A new member comes with the weight 1, those who are there keep theirs.
    let users: Vec<Value> = team
        .members
        .iter()
        .map(|user| json!({ "user": user.id() }))
        .collect();
    team.site
        .change("HD Team", "One", json!({ "users": users, "disabled": 1 }));
    let rule = team.site.admin().read("Assignment Rule", &team.rule).ok();
    let weights: Vec<i64> = rule.data()["weighted_users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["weight"].as_i64().unwrap())
        .collect();
    assert_eq!(weights, [2, 1, 1]);
    assert_eq!(rule.data()["disabled"], 1);
}

#[test]
fn a_field_can_say_who() {
    let team = team();
    team.rule(json!({ "rule": "Based on Field", "field": "owner" }));
    team.presence(1, "Unavailable");

    let ticket = team.site.ticket().team("One").create_as(&team.members[1]).name;

    assert_eq!(team.assigned(&ticket), ["b@desk.example"]);
    team.rule(json!({ "field": "subject" }));
    assert_eq!(team.turns(1), "-");
}

#[test]
fn rules_work_on_their_days_and_while_they_are_on() {
    let team = team();

    // The site's clock stands on a Sunday.
    team.rule(json!({ "assignment_days": [{ "day": "Monday" }] }));
    assert_eq!(team.turns(1), "-");
    team.rule(json!({ "assignment_days": [{ "day": "Sunday" }] }));
    assert_eq!(team.turns(1), "a");
    team.site.change("HD Team", "One", json!({ "disabled": 1 }));
    assert_eq!(team.turns(1), "-");
}

#[test]
fn a_ticket_that_leaves_the_team_leaves_its_agent() {
    let team = team();
    let dora = team.site.agent("d@desk.example");
    team.site.team("Two").member(&dora).create();
    let ticket = team.ticket();
    assert_eq!(team.assigned(&ticket), ["a@desk.example"]);

    team.site
        .change("HD Ticket", &ticket, json!({ "agent_group": "Two" }));

    assert_eq!(team.assigned(&ticket), ["d@desk.example"]);
    let ended =
        json!({ "filters": { "reference_name": ticket, "status": "Cancelled" }, "fields": ["allocated_to"] });
    assert_eq!(
        team.site.admin().list("ToDo", ended).ok().data(),
        &json!([{ "allocated_to": "a@desk.example" }])
    );
}

#[test]
fn what_was_given_by_hand_stays() {
    let team = team();
    let dora = team.site.agent("d@desk.example");
    let ticket = team.site.ticket().create().name;
    dora.call(
        "helpdesk.api.ticket.assign_ticket_to_agent",
        json!({ "ticket_id": ticket }),
    )
    .ok();

    team.site
        .change("HD Ticket", &ticket, json!({ "priority": "High" }));

    assert_eq!(team.assigned(&ticket), ["d@desk.example"]);
}

#[test]
fn assignments_close_and_open_again_by_a_condition() {
    let team = team();
    team.rule(json!({ "close_condition": "status_category == 'Resolved'" }));
    let ticket = team.ticket();
    let statuses = || -> Vec<Value> {
        let todos = json!({ "filters": { "reference_name": ticket }, "fields": ["status"] });
        let reply = team.site.admin().list("ToDo", todos).ok();
        reply
            .data()
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["status"].clone())
            .collect()
    };

    team.site
        .change("HD Ticket", &ticket, json!({ "status": "Resolved" }));
    assert_eq!(statuses(), ["Closed"]);
    team.site
        .change("HD Ticket", &ticket, json!({ "status": "Open" }));
    assert_eq!(statuses(), ["Open"]);
}

#[test]
fn conditions_can_not_run_code_or_stop_a_ticket() {
    let team = team();
    for condition in [
        "__import__('os').system('true')",
        "status ==",
        "frappe.db.sql('x')",
        "'a' * 1000000000 == status",
    ] {
        team.rule(json!({ "assign_condition": condition }));
        assert_eq!(team.turns(1), "-", "{condition}");
    }
    let reply = team.site.admin().update(
        "Assignment Rule",
        &team.rule,
        json!({ "assign_condition_json": "{" }),
    );
    assert_eq!((reply.status, reply.exc_type()), (417, "ValidationError"));
}

#[test]
fn users_who_can_not_log_in_get_nothing() {
    let team = team();
    team.site
        .change("User", "a@desk.example", json!({ "enabled": 0 }));

    assert_eq!(team.turns(2), "bc");
}

#[test]
fn a_team_s_rule_follows_its_name_and_goes_with_it() {
    let team = team();
    let admin = team.site.admin();

    admin
        .call(
            "frappe.client.rename_doc",
            json!({ "doctype": "HD Team", "old_name": "One", "new_name": "Night's Shift" }),
        )
        .ok();
    let ticket = team.site.ticket().team("Night's Shift").create().name;
    assert_eq!(team.assigned(&ticket), ["a@desk.example"]);

    for rule in [
        "Support Rotation",
        "Billing - Support Rotation",
        "Product Experts - Support Rotation",
    ] {
        admin.remove("Assignment Rule", rule);
    }
    let reply = admin.remove("Assignment Rule", &team.rule);
    assert_eq!(reply.status, 417, "{reply:?}");
}

#[test]
fn a_team_s_rule_has_its_members_and_their_weights_after_every_save() {
    let site = TestSite::start();
    let users = ["a", "b", "c"].map(|name| site.agent(&format!("{name}@desk.example")));
    let name = site.team("One").member(&users[0]).create();
    let rule = site
        .value("HD Team", &name, "assignment_rule")
        .as_str()
        .unwrap()
        .to_owned();
    let of_rule = |table: &str| -> Vec<(String, i64)> {
        let shown = site.admin().read("Assignment Rule", &rule).ok();
        let rows = shown.data()[table].as_array().unwrap().clone();
        rows.iter()
            .map(|row| {
                (
                    row["user"].as_str().unwrap().to_owned(),
                    row["weight"].as_i64().unwrap_or(0),
                )
            })
            .collect()
    };
    let members = |of: &[usize]| {
        let rows: Vec<Value> = of.iter().map(|&n| json!({ "user": users[n].id() })).collect();
        site.change("HD Team", &name, json!({ "users": rows }));
    };
    let disabled = || site.value("Assignment Rule", &rule, "disabled");

    members(&[0, 1]);
    let named: Vec<String> = of_rule("users").into_iter().map(|(user, _)| user).collect();
    assert_eq!(named, ["a@desk.example", "b@desk.example"]);
    site.change(
        "Assignment Rule",
        &rule,
        json!({
            "rule": "Weighted Distribution",
            "weighted_users": [{ "user": users[0].id(), "weight": 5 }, { "user": users[2].id(), "weight": 9 }],
        }),
    );
    members(&[0, 1]);
    assert_eq!(
        of_rule("weighted_users"),
        [("a@desk.example".to_owned(), 5), ("b@desk.example".to_owned(), 1)],
        "a save that changes nothing of the team puts the rule right"
    );
    for on in [1, 0] {
        site.change("HD Team", &name, json!({ "disabled": on }));
        assert_eq!(disabled(), on);
    }
    site.change("Assignment Rule", &rule, json!({ "disabled": 1 }));
    site.change("HD Team", &name, json!({ "ignore_restrictions": 1 }));
    assert_eq!(disabled(), 0);
    site.insert(
        "HD Team",
        json!({ "team_name": "Off", "disabled": 1, "users": [{ "user": users[0].id() }] }),
    );
    assert_eq!(
        site.value("Assignment Rule", "Off - Support Rotation", "disabled"),
        1
    );
}

#[test]
fn a_rule_is_not_for_tasks_and_names_a_day_once() {
    let team = team();
    let admin = team.site.admin();
    let rule = |values: Value| {
        let mut rule = json!({
            "name": "Ours", "document_type": "HD Ticket", "assign_condition": "True", "rule": "Round Robin",
            "users": [{ "user": "a@desk.example" }], "assignment_days": [{ "day": "Monday" }, { "day": "Friday" }],
        });
        for (key, value) in values.as_object().unwrap() {
            rule[key] = value.clone();
        }
        admin.insert("Assignment Rule", rule)
    };
    let days = json!([{ "day": "Monday" }, { "day": "Friday" }, { "day": "Monday" }]);

    for (values, told) in [
        (json!({ "document_type": "ToDo" }), "document_type"),
        (
            json!({ "assignment_days": days }),
            "assignment_days, row 3: Monday",
        ),
    ] {
        let reply = rule(values).status(417);
        assert_eq!(reply.exc_type(), "ValidationError");
        assert!(reply.messages()[0].contains(told), "{:?}", reply.messages());
    }
    rule(json!({})).ok();
}
