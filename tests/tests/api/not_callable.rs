//! Functions that the original has and nobody may call: refused by name, unlike those that are not there.

use helpdesk_tests::TestSite;
use serde_json::json;

#[test]
fn what_nobody_may_call_is_refused_by_name_to_everybody() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    for (called, named) in [
        ("frappe.get_site_config", "frappe.config.get_site_config"),
        ("frappe.desk.form.assign_to.get", "frappe.desk.form.assign_to.get"),
        (
            "frappe.desk.form.assign_to.clear",
            "frappe.desk.form.assign_to.clear",
        ),
        (
            "helpdesk.api.permission.has_app_permission",
            "helpdesk.api.permission.has_app_permission",
        ),
    ] {
        for user in [&site.admin(), &ada, &site.guest()] {
            let reply = user.call_get(called, json!({})).status(403);
            assert_eq!(reply.exc_type(), "PermissionError");
            let message = reply.messages().join(" ");
            assert!(
                message.contains(&format!("<strong>{named}</strong> is not whitelisted")),
                "{message}"
            );
        }
        let v2 = ada.get(&format!("/api/v2/method/{called}")).status(403);
        assert_eq!(v2.json["errors"][0]["title"], "Method Not Allowed");
    }
    for called in [
        "frappe.config.nothing",
        "frappe.desk.form.assign_to.nothing",
        "frappe.config.get_site_config",
    ] {
        assert_eq!(ada.call_get(called, json!({})).status, 417, "{called}");
    }
}

#[test]
fn a_document_has_methods_that_nobody_may_call() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");
    let name = site.ticket().create().name;
    let path = format!("HD%20Ticket/{name}");

    for method in ["set_sla", "db_set", "as_dict"] {
        for reply in [
            ada.get(&format!("/api/resource/{path}?run_method={method}")),
            ada.post(&format!("/api/resource/{path}"), json!({ "run_method": method })),
            ada.get(&format!("/api/v2/document/{path}/method/{method}")),
            ada.call(
                "run_doc_method",
                json!({ "dt": "HD Ticket", "dn": name, "method": method }),
            ),
        ] {
            assert_eq!(reply.status, 403, "{method}: {reply:?}");
            assert!(reply.text.contains("is not whitelisted"), "{reply:?}");
        }
    }
    let unknown = ada.get(&format!("/api/resource/{path}?run_method=nothing"));
    assert_eq!(unknown.status, 404);
    let of_tickets_alone = ada.call(
        "run_doc_method",
        json!({ "dt": "User", "dn": "ada@desk.example", "method": "set_sla" }),
    );
    assert_eq!(of_tickets_alone.status, 404);
}

#[test]
fn roles_and_languages_are_told() {
    let site = TestSite::start();
    let ada = site.agent("ada@desk.example");

    let all = ada
        .call_get("frappe.core.doctype.user.user.get_all_roles", json!({}))
        .ok();
    let all = all.message().as_array().unwrap();
    assert!(all.contains(&json!("Agent")) && all.contains(&json!("System Manager")));
    assert!(!all.contains(&json!("All")) && !all.contains(&json!("Guest")));
    let roles = "frappe.core.doctype.user.user.get_roles";
    let own = ada.call_get(roles, json!({})).ok();
    assert!(own.message().as_array().unwrap().contains(&json!("Agent")));
    assert!(own.message().as_array().unwrap().contains(&json!("Desk User")));
    assert_eq!(ada.call_get(roles, json!({ "arg": "Administrator" })).status, 403);
    let told = site
        .admin()
        .call_get(roles, json!({ "arg": "ada@desk.example" }))
        .ok();
    assert_eq!(told.message(), own.message());
    assert_eq!(
        site.admin().call_get(roles, json!({ "arg": "nobody" })).status,
        404
    );

    let languages = "frappe.translate.get_all_languages";
    let codes = site.guest().call_get(languages, json!({})).ok();
    assert!(codes.message().as_array().unwrap().contains(&json!("de")));
    let named = site
        .guest()
        .call_get(languages, json!({ "with_language_name": 1 }))
        .ok();
    let english = named
        .message()
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["language_code"] == "en");
    assert!(english.is_some_and(|one| one["language_name"].is_string()));
}
