//! The request gate: what users without access to the desk reach while `block_endpoints` is set.

use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::json;

const CARL: &str = "carl@acme.example";

fn shut() -> TestSite {
    TestSite::builder()
        .config(|config| config.block_endpoints = true)
        .start()
}

#[track_caller]
fn refused(reply: &Reply, what: &str) {
    assert_eq!(reply.status, 403, "{what}: {}", reply.text);
    assert!(
        reply
            .text
            .contains("not open to users without access to the desk"),
        "{what}: {}",
        reply.text
    );
}

fn get(user: &TestUser, path: &str) -> Reply {
    user.request("GET", path).send()
}

#[test]
fn customers_work_with_their_tickets_and_nothing_else() {
    let site = shut();
    let customer = site.customer(CARL);
    let own = customer
        .call(
            "helpdesk.helpdesk.doctype.hd_ticket.api.new",
            json!({ "doc": { "subject": "No light", "description": "Dark", "via_customer_portal": 1 } }),
        )
        .ok();
    let name = own.message()["name"].clone();

    for method in [
        "frappe.client.get",
        "helpdesk.helpdesk.doctype.hd_ticket.api.get_one",
    ] {
        customer
            .call(method, json!({ "doctype": "HD Ticket", "name": name }))
            .ok();
    }
    customer
        .call("frappe.client.get_list", json!({ "doctype": "HD Ticket" }))
        .ok();
    customer
        .upload("note.txt", b"dark", &json!({ "is_private": 1 }))
        .ok();
    for method in [
        "frappe.desk.reportview.get",
        "frappe.apps.get_apps",
        "frappe.auth.get_logged_user",
        "frappe.client.bulk_update",
        "frappe.no.such.method",
        "no_such_method",
    ] {
        refused(&customer.call(method, json!({})), method);
        refused(&site.guest().call(method, json!({})), method);
    }
    site.guest().call("ping", json!({})).ok();
}

#[test]
fn documents_by_address_are_for_the_desk() {
    let site = shut();
    let ticket = site.ticket().create().name;
    let (customer, agent) = (site.customer(CARL), site.agent("ada@desk.example"));
    for (verb, path) in [
        ("GET", "/api/resource/HD Ticket".to_owned()),
        ("GET", "/api/v1/resource/HD Ticket".to_owned()),
        ("GET", "/api/v2/document/HD Ticket".to_owned()),
        ("GET", format!("/api/resource/HD Ticket/{ticket}")),
        ("GET", format!("/api/v2/document/HD Ticket/{ticket}")),
        ("GET", "/api/v2/doctype/HD Ticket/meta".to_owned()),
        ("GET", "/api/v2/doctype/HD Ticket/count".to_owned()),
        ("GET", "/api/v2/discovery".to_owned()),
    ] {
        for user in [&customer, &site.guest()] {
            refused(&user.request(verb, &path).send(), &path);
        }
        assert_eq!(agent.request(verb, &path).send().status, 200, "{path}");
    }
    for (verb, path) in [
        ("POST", "/api/resource/HD Ticket".to_owned()),
        ("PUT", format!("/api/resource/HD Ticket/{ticket}")),
        ("DELETE", format!("/api/resource/HD Ticket/{ticket}")),
        ("POST", format!("/api/resource/HD Ticket/{ticket}")),
        (
            "POST",
            format!("/api/v2/document/HD Ticket/{ticket}/method/mark_seen"),
        ),
        ("POST", "/api/v2/document/HD Ticket/bulk_delete".to_owned()),
        ("POST", "/api/v2/method/bulk_update".to_owned()),
        ("POST", "/api/v2/method/bulk_delete".to_owned()),
    ] {
        refused(
            &customer
                .request(verb, &path)
                .json(&json!({ "run_method": "mark_seen" }))
                .send(),
            &path,
        );
    }
    assert_eq!(site.count("HD Ticket"), 2, "the welcome ticket and this one");
}

#[test]
fn no_spelling_gets_past_it() {
    let site = shut();
    let customer = site.customer(CARL);
    // Each of these is a method's address or none; none of them calls the method.
    for path in [
        "/api/method/frappe.apps.get_apps",
        "/api/method/frappe.apps.get_apps/",
        "/api/method/frappe.apps.get_apps/ping",
        "/api/method/frappe.apps.get_apps?cmd=",
        "/api/method/frappe%2Eapps%2Eget_apps",
        "/api/method/%66rappe.apps.get_apps",
        "/api/%6dethod/frappe.apps.get_apps",
        "/%61pi/method/frappe.apps.get_apps",
        "/api/v1/method/frappe.apps.get_apps",
        "/api/v2/method/frappe.apps.get_apps",
        "/api/v2/method/frappe.apps.get_apps/",
        "/api/method/ping?cmd=frappe.apps.get_apps",
        "/api/method/helpdesk.api.auth.get_user?cmd=frappe.apps.get_apps",
        "/?cmd=frappe.apps.get_apps",
        "/login?cmd=frappe.apps.get_apps",
        "/files/x?cmd=frappe.apps.get_apps",
        "/api/resource/ToDo?cmd=frappe.apps.get_apps",
        "/api/method/frappe.apps.get_apps%2F..%2Fping",
        "/api/method/frappe.apps.get_apps%00",
        "/api/method/frappe.apps.get_apps%20",
        "/api/method/frappe.apps.get_apps;ping",
        "/api/method/FRAPPE.apps.get_apps",
    ] {
        let reply = get(&customer, path);
        assert!(
            reply.status != 200
                && !reply.text.contains("\"message\":[")
                && !reply.text.contains("\"data\":["),
            "{path}: {} {}",
            reply.status,
            reply.text
        );
    }
    for path in [
        "//api/method/frappe.apps.get_apps",
        "/api//method/frappe.apps.get_apps",
        "/api/method//frappe.apps.get_apps",
        "/api/./method/frappe.apps.get_apps",
        "/api/method/ping/../frappe.apps.get_apps",
        "/API/method/frappe.apps.get_apps",
        "/api/v3/method/frappe.apps.get_apps",
    ] {
        let reply = get(&customer, path);
        // What is before the first slash behind `method/` is the method; all else is no address.
        assert!(
            reply.status == 404 || path.contains("ping/"),
            "{path}: {}",
            reply.status
        );
        assert!(!reply.text.contains("route"), "{path}: {}", reply.text);
    }
}

#[test]
fn methods_that_call_others_ask_for_them() {
    let site = shut();
    let customer = site.customer(CARL);

    let by_upload = customer.upload("a.txt", b"a", &json!({ "method": "frappe.apps.get_apps" }));
    let by_search = customer.call(
        "frappe.desk.search.search_link",
        json!({ "doctype": "User", "txt": "", "query": "frappe.core.doctype.user.user.user_query" }),
    );

    refused(&by_upload, "upload_file(method)");
    refused(&by_search, "search_link(query)");
}

#[test]
fn one_action_has_one_answer_in_v1_and_v2() {
    let site = shut();
    let customer = site.customer(CARL);
    for path in [
        "/api/method/helpdesk.api.auth.get_user",
        "/api/v1/method/helpdesk.api.auth.get_user",
        "/api/v2/method/helpdesk.api.auth.get_user",
        "/?cmd=helpdesk.api.auth.get_user",
    ] {
        assert_eq!(get(&customer, path).status, 200, "{path}");
    }
    let kind = "HD Service Holiday List/get_events";
    let reply = get(&customer, &format!("/api/v2/method/{kind}"));
    assert!(
        !reply.text.contains("not open to users"),
        "a function of an app's controller is the app's: {}",
        reply.text
    );
}

#[test]
fn pages_and_files_are_none_of_its_business() {
    let site = shut();
    let customer = site.customer(CARL);
    let file = customer
        .upload("a.txt", b"mine", &json!({ "is_private": 1 }))
        .ok();
    let url = file.message()["file_url"].as_str().unwrap().to_owned();

    assert_eq!(customer.get(&url).text, "mine");
    for path in ["/login", "/update-password", "/docs", "/api/openapi.json", "/"] {
        assert_eq!(site.guest().get(path).status, 200, "{path}");
    }
}

#[test]
fn the_setting_lets_more_through_and_rights_stay() {
    let site = TestSite::builder()
        .config(|config| {
            config.block_endpoints = true;
            config.allowed_custom_endpoints = vec![
                "frappe.apps.get_apps".to_owned(),
                "/api/resource/HD Ticket".to_owned(),
            ];
        })
        .start();
    let foreign = site.ticket().create().name;
    let customer = site.customer(CARL);

    customer.call("frappe.apps.get_apps", json!({})).ok();
    customer.list("HD Ticket", json!({})).ok();
    assert_eq!(customer.get("/api/v2/document/HD Ticket").status, 200);
    assert_eq!(customer.read("HD Ticket", &foreign).status, 403);
    assert!(!customer.read("HD Ticket", &foreign).text.contains("not open"));
    refused(&customer.list("HD Team", json!({})), "HD Team");
    site.guest().call("frappe.apps.get_apps", json!({})).status(403);
}

#[test]
fn keys_and_browsers_of_portal_users_are_held_alike() {
    let site = shut();
    site.customer(CARL);
    site.set_password(CARL, "Correct-Horse-1");
    let browser = site.login(CARL, "Correct-Horse-1");

    refused(&get(&browser, "/api/method/frappe.apps.get_apps"), "cookie");
    refused(&get(&browser, "/api/resource/HD Ticket"), "cookie");
    let path = "/api/method/helpdesk.api.auth.get_user";
    assert_eq!(get(&browser, path).status, 200);
    browser
        .request("POST", "/api/method/logout")
        .json(&json!({}))
        .send()
        .ok();
}
