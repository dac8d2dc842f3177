//! What one server changes holds on the other.

use helpdesk_tests::TestSite;
use serde_json::json;

use super::{eventually, two};

const ADA: &str = "ada@desk.example";
const PASSWORD: &str = "Correct-Horse-1";
const WHO: &str = "/api/method/frappe.auth.get_logged_user";

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_session_of_one_server_answers_on_the_other_and_ends_on_both() {
    let [first, second] = two(|_| {});
    first.agent(ADA);
    first.set_password(ADA, PASSWORD);
    let browser = first.login(ADA, PASSWORD);
    let there = browser.at(&second);

    assert_eq!(there.get(WHO).ok().message(), ADA);
    // The page and its token come from one server, the write goes to the other.
    browser.open("/docs").ok();
    there.insert("HD Ticket", json!({ "subject": "Over there" })).ok();
    // Both have the session in memory now.
    assert_eq!(browser.get(WHO).ok().message(), ADA);
    let stolen = first.browser();
    stolen.set_cookie("sid", &browser.cookie("sid").unwrap());
    browser.call("logout", json!({})).ok();

    assert_ne!(stolen.get(WHO).status, 200);
    eventually("the session ends on the other server", || {
        stolen.at(&second).get(WHO).status != 200
    });
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_custom_field_is_there_on_the_other_server() {
    let [first, second] = two(|_| {});
    let admin = first.admin();
    let serial = json!({ "doctype": "Custom Field", "dt": "HD Ticket", "fieldname": "custom_serial",
        "label": "Serial", "fieldtype": "Data" });
    let there = admin.at(&second);
    there.insert("HD Ticket", json!({ "subject": "Before" })).ok();

    admin.call("frappe.client.insert", json!({ "doc": serial })).ok();

    eventually("the field is there", || {
        let made = there.insert("HD Ticket", json!({ "subject": "Broken", "custom_serial": "X7" }));
        made.status == 200 && made.data()["custom_serial"] == "X7"
    });
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn rights_taken_away_on_one_are_gone_on_the_other() {
    let [first, second] = two(|_| {});
    let ada = first.agent(ADA);
    let ticket = first.ticket().create();
    let there = ada.at(&second);
    there.read("HD Ticket", &ticket.name).ok();

    let roles = first.admin().read("User", ADA).ok();
    let none: Vec<_> = roles.data()["roles"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["role"] != "Agent")
        .cloned()
        .collect();
    first.admin().update("User", ADA, json!({ "roles": none })).ok();

    eventually("the other server refuses, too", || {
        there.read("HD Ticket", &ticket.name).status == 403
    });
    first.admin().update("User", ADA, json!({ "enabled": 0 })).ok();
    eventually("the other server knows the key no longer", || {
        there.get(WHO).status == 401
    });
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_setting_changed_on_one_holds_on_the_other() {
    let [first, second] = two(|_| {});
    let feedback = |site: &TestSite| {
        let config = site
            .guest()
            .call("helpdesk.api.config.get_config", json!({}))
            .ok();
        config.message()["brand_name"].clone()
    };
    let before = feedback(&second);

    first
        .admin()
        .update("HD Settings", "HD Settings", json!({ "brand_name": "Two Desks" }))
        .ok();

    assert_ne!(before, "Two Desks");
    assert_eq!(feedback(&first), "Two Desks");
    eventually("the setting holds there", || feedback(&second) == "Two Desks");
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_server_that_nobody_calls_hears_of_a_change() {
    let [first, second] = two(|_| {});

    first
        .admin()
        .update(
            "System Settings",
            "System Settings",
            json!({ "first_day_of_the_week": "Tuesday" }),
        )
        .ok();

    // No request has it look: the signal does.
    eventually("the other server has the new setting", || {
        &*second.site().settings().first_day_of_the_week == "Tuesday"
    });
}

#[test]
#[ignore = "needs PostgreSQL and Redis: tests/with-redis.sh"]
fn a_rule_switched_off_on_one_gives_nobody_a_ticket_on_the_other() {
    let [first, second] = two(|_| {});
    let ada = first.agent(ADA);
    first.team("One").member(&ada).create();
    let rule = first
        .value("HD Team", "One", "assignment_rule")
        .as_str()
        .unwrap()
        .to_owned();
    let admin = first.admin();
    let there = admin.at(&second);
    let assigned = || {
        let made = there.insert("HD Ticket", json!({ "subject": "Broken", "agent_group": "One" }));
        first.value("HD Ticket", made.ok().data()["name"].as_str().unwrap(), "_assign")
    };
    assert_eq!(assigned(), r#"["ada@desk.example"]"#);

    admin
        .update("Assignment Rule", &rule, json!({ "disabled": 1 }))
        .ok();

    eventually("the rule rests on the other server", || assigned().is_null());
}
