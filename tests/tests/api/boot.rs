//! What the client is told before it starts, and what it asks of apps that aren't there.

use helpdesk_tests::TestSite;
use serde_json::{Value, json};

const BOOT: &str = "helpdesk.www.helpdesk.index.get_context_for_dev";
const SYNC: &str = "helpdesk.integrations.erpnext.api.sync_hd_erpnext_customers";

#[test]
fn boot_values_are_for_developers() {
    let site = TestSite::start();
    let refused = site.agent("ada@desk.example").call(BOOT, json!({})).status(417);

    assert_eq!(
        refused.messages(),
        ["This method is only meant for developer mode"]
    );
    site.guest().call(BOOT, json!({})).status(417);
}

#[test]
fn an_agent_is_told_who_they_are() {
    let site = TestSite::builder()
        .config(|config| {
            config.developer_mode = true;
            config.site_names = vec!["help.example".to_owned()];
        })
        .start();
    site.agent("ada@desk.example");
    site.set_password("ada@desk.example", "correct horse battery");
    let ada = site.login("ada@desk.example", "correct horse battery");
    // Before there is a token, none is asked for.
    let boot = ada.call(BOOT, json!({})).ok().message().clone();

    let token = boot["csrf_token"].as_str().unwrap();
    assert_eq!(token.len(), 56);
    assert_eq!(
        boot,
        json!({
            "default_route": "/helpdesk", "site_name": "help.example", "read_only_mode": false,
            "csrf_token": token, "setup_complete": true, "is_fc_site": false,
            "session_user": "ada@desk.example", "agent": "ada@desk.example",
            "date_format": "yyyy-mm-dd", "time_format": "HH:mm:ss", "default_country": null,
            "timezone": { "system": "UTC", "user": boot["timezone"]["user"] },
            "lang": "en", "dir": "ltr", "apps": boot["apps"], "telemetry": { "enabled": false },
        })
    );
    let apps = boot["apps"].as_array().unwrap();
    assert!(apps.contains(&json!("helpdesk")) && !apps.contains(&json!("erpnext")));
    // Now the session's writes have to carry the token.
    ada.call(BOOT, json!({})).status(400);
    ada.request("POST", &format!("/api/method/{BOOT}"))
        .header("x-frappe-csrf-token", token)
        .json(&json!({}))
        .send()
        .ok();
    ada.call_get(BOOT, json!({})).status(403);

    let guest = site.guest().call(BOOT, json!({})).ok().message().clone();
    assert_eq!(
        (&guest["session_user"], &guest["agent"], &guest["csrf_token"]),
        (&json!("Guest"), &Value::Null, &json!(""))
    );
}

#[test]
fn customers_can_t_be_matched_with_an_erpnext_that_isn_t_there() {
    let site = TestSite::start();

    let refused = site.admin().call(SYNC, json!({})).status(417);

    assert_eq!(refused.exc_type(), "ValidationError");
    site.agent_manager("maya@desk.example")
        .call(SYNC, json!({}))
        .status(403);
    site.guest().call(SYNC, json!({})).status(403);
    // Switched on, ERPNext still runs elsewhere.
    site.set(
        "Installed Applications",
        json!({ "installed_applications": [{ "app_name": "erpnext", "app_version": "15", "git_branch": "x" }] }),
    );
    let before = site.count("HD Customer");
    site.admin().call(SYNC, json!({})).status(417);
    assert_eq!(site.count("HD Customer"), before);
}
