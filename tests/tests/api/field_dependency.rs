//! `helpdesk.api.settings.field_dependency`.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const NAME: &str = "Field Dependency-ticket_type-priority";

fn store(user: &TestUser, changes: Value) -> Reply {
    let mut args = json!({
        "parent_field": "ticket_type", "child_field": "priority",
        "parent_child_mapping": json!({ "Bug": ["High", "Urgent"] }).to_string(),
        "enabled": true,
        "fields_criteria": json!({
            "display": { "enabled": true, "value": [{ "label": "Any", "value": "Any" }] },
            "mandatory": { "enabled": true, "value": [{ "value": "Question" }, { "value": "Bug" }] },
        }).to_string(),
    });
    for (key, value) in changes.as_object().unwrap() {
        args[key] = value.clone();
    }
    user.call(
        "helpdesk.api.settings.field_dependency.create_update_field_dependency",
        args,
    )
}

fn get(user: &TestUser, name: &str) -> Reply {
    user.call_get(
        "helpdesk.api.settings.field_dependency.get_field_dependency",
        json!({ "name": name }),
    )
}

/// `depends_on` and `mandatory_depends_on` of the child field.
fn conditions(site: &TestSite) -> (Value, Value) {
    site.transaction(|cx| {
        let meta = helpdesk_core::doctype::permissions::meta_of(cx, "HD Ticket")?;
        let field = meta.field("priority").unwrap();
        let value = |key: &str| field.other.get(key).cloned().unwrap_or_default();
        Ok((value("depends_on"), value("mandatory_depends_on")))
    })
}

#[test]
fn a_dependency_is_a_script_and_two_conditions() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let untouched = conditions(&site);

    store(&maya, json!({})).ok();

    let read = get(&maya, NAME).ok();
    assert_eq!(read.message()["parent_field"], "ticket_type");
    assert_eq!(read.message()["child_field"], "priority");
    assert_eq!(read.message()["enabled"], 1);
    assert_eq!(
        read.message()["parent_child_mapping"],
        json!({ "Bug": ["High", "Urgent"] }).to_string()
    );
    assert!(
        read.message()["fields_criteria"]
            .as_str()
            .unwrap()
            .contains("Question")
    );
    let script = site.value("HD Form Script", NAME, "script");
    assert!(
        script.as_str().unwrap().contains("applyFilters(\"priority\""),
        "{script}"
    );
    let set = (
        json!("eval:doc.ticket_type != ''"),
        json!("eval:['Question', 'Bug'].includes(doc.ticket_type)"),
    );
    assert_eq!(conditions(&site), set);

    // Switching it off takes the conditions away, switching it on brings them back; so does deleting it.
    site.change("HD Form Script", NAME, json!({ "enabled": 0 }));
    assert_eq!(conditions(&site), untouched);
    site.change("HD Form Script", NAME, json!({ "enabled": 1 }));
    assert_eq!(conditions(&site), set);
    maya.remove("HD Form Script", NAME).status(202);
    assert_eq!(conditions(&site), untouched);
    get(&maya, NAME).status(404);
}

#[test]
fn a_dependency_is_stored_in_place_of_the_older_one() {
    let site = TestSite::start();
    let maya = site.agent_manager("maya@desk.example");
    let untouched = conditions(&site);
    store(&maya, json!({})).ok();
    let count = site.count("HD Form Script");

    let mapping = json!({ "Bug": ["Low"], "__proto__": ["</script>"] }).to_string();
    store(
        &maya,
        json!({ "parent_child_mapping": mapping, "fields_criteria": "{}" }),
    )
    .ok();

    assert_eq!(site.count("HD Form Script"), count);
    assert_eq!(
        get(&maya, NAME).ok().message()["parent_child_mapping"],
        json!(mapping)
    );
    assert_eq!(conditions(&site), untouched);
}

#[test]
fn one_that_is_off_has_no_conditions() {
    let site = TestSite::start();
    let untouched = conditions(&site);

    store(&site.admin(), json!({ "enabled": false })).ok();

    assert_eq!(conditions(&site), untouched);
    assert_eq!(get(&site.admin(), NAME).ok().message()["enabled"], 0);
}

#[test]
fn who_may_not_make_scripts_makes_no_dependencies() {
    let site = TestSite::start();

    let reply = store(&site.agent("ada@desk.example"), json!({})).status(403);
    assert_eq!(reply.exc_type(), "PermissionError");
    store(&site.guest(), json!({})).status(403);

    get(&site.admin(), NAME).status(404);
    get(&site.guest(), NAME).status(403);
    assert_eq!(get(&site.admin(), "").ok().json, json!({}));
}

#[test]
fn bad_input_is_refused_and_leaves_nothing() {
    let site = TestSite::start();
    let admin = site.admin();
    let count = site.count("HD Form Script");

    for changes in [
        json!({ "parent_field": "" }),
        json!({ "parent_field": "nothing" }),
        json!({ "child_field": "x\"]; alert(1); [\"" }),
        json!({ "parent_child_mapping": "" }),
        json!({ "parent_child_mapping": "{" }),
        json!({ "parent_child_mapping": "{\"Bug\": 1}" }),
        json!({ "fields_criteria": "[1" }),
        json!({ "fields_criteria": "{\"display\": {\"enabled\": true, \"value\": [1]}}" }),
    ] {
        store(&admin, changes.clone()).status(417);
    }

    assert_eq!(site.count("HD Form Script"), count);
    let other = site.insert(
        "HD Form Script",
        json!({ "name": "Mine", "dt": "HD Ticket", "script": "function setupForm() {}" }),
    );
    get(&admin, &other).status(417);
}
