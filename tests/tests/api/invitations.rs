//! Invitations: inviting, cancelling, accepting.

use helpdesk_core::doctype::storage;
use helpdesk_tests::{Reply, TestSite, TestUser};
use serde_json::{Value, json};

const INVITE: &str = "frappe.core.api.user_invitation.invite_by_email";
const ACCEPT: &str = "/api/method/frappe.core.api.user_invitation.accept_invitation";

fn site() -> TestSite {
    TestSite::builder()
        .config(|config| config.host_name = "https://help.example".to_owned())
        .start()
}

fn invite(user: &TestUser, emails: &str, roles: &[&str], more: Value) -> Reply {
    let mut args =
        json!({ "emails": emails, "roles": roles, "redirect_to_path": "/helpdesk", "app_name": "helpdesk" });
    args.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    user.call(INVITE, args)
}

/// Keys of the links mailed to an address, the oldest first.
fn keys(site: &TestSite, email: &str) -> Vec<String> {
    let args = json!({ "fields": ["message"], "order_by": "creation asc", "limit_page_length": 0 });
    let rows = site.admin().list("Email Queue", args).ok();
    let mut keys = Vec::new();
    for row in rows.data().as_array().unwrap() {
        let body = helpdesk_tests::mail_text(row["message"].as_str().unwrap());
        let link = format!("https://help.example{ACCEPT}?key=");
        if let Some(at) = body.find(&link)
            && body.contains(&format!("To: {email}"))
        {
            keys.push(
                body[at + link.len()..]
                    .split_whitespace()
                    .next()
                    .unwrap()
                    .to_owned(),
            );
        }
    }
    keys
}

fn accept(site: &TestSite, key: &str) -> Reply {
    site.guest().get(&format!("{ACCEPT}?key={key}"))
}

fn only(site: &TestSite, field: &str) -> Value {
    let rows = site
        .admin()
        .list("User Invitation", json!({ "fields": [field] }))
        .ok();
    assert_eq!(rows.data().as_array().unwrap().len(), 1);
    rows.data()[0][field].clone()
}

#[test]
fn managers_invite_whom_they_may() {
    let site = site();
    let (maya, ada) = (
        site.agent_manager("maya@desk.example"),
        site.agent("ada@desk.example"),
    );

    invite(&ada, "new@x.example", &["Agent"], json!({})).status(403);
    let first = invite(&maya, "New@x.example, ", &["Agent"], json!({})).ok();
    let again = invite(&maya, "new@x.example,ada@desk.example", &["Agent"], json!({})).ok();

    assert_eq!(first.message()["invited_emails"], json!(["new@x.example"]));
    assert_eq!(again.message()["pending_invite_emails"], json!(["new@x.example"]));
    assert_eq!(again.message()["invited_emails"], json!(["ada@desk.example"]));
    let refused = invite(&maya, "other@x.example", &["System Manager"], json!({})).status(417);
    assert!(refused.messages()[0].contains("System Manager"));
    invite(&maya, "no address", &["Agent"], json!({})).status(417);
    invite(
        &maya,
        "x@x.example",
        &["Agent"],
        json!({ "app_name": "elsewhere" }),
    )
    .status(403);
    for path in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "helpdesk",
    ] {
        invite(
            &maya,
            "x@x.example",
            &["Agent"],
            json!({ "redirect_to_path": path }),
        )
        .status(417);
    }
    assert_eq!(site.count("User Invitation"), 2);

    let pending = maya
        .call_get(
            "frappe.core.api.user_invitation.get_pending_invitations",
            json!({ "app_name": "helpdesk" }),
        )
        .ok();
    assert_eq!(pending.message().as_array().unwrap().len(), 2);
    // Made at the same moment, they come in any order.
    let of_new = pending
        .message()
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["email"] == "new@x.example")
        .unwrap();
    assert_eq!(of_new["roles"], json!(["Agent"]));
    ada.call_get(
        "frappe.core.api.user_invitation.get_pending_invitations",
        json!({ "app_name": "helpdesk" }),
    )
    .status(403);
}

#[test]
fn who_accepts_becomes_an_agent_and_sets_a_password() {
    let site = site();
    let maya = site.agent_manager("maya@desk.example");
    invite(&maya, "new@x.example", &["Agent"], json!({})).ok();
    let key = keys(&site, "new@x.example").pop().unwrap();
    assert_ne!(only(&site, "key"), key.as_str(), "the key itself is kept nowhere");

    let reply = accept(&site, &key);

    assert_eq!(reply.status, 302);
    let location = reply.header("location").unwrap();
    assert!(location.starts_with("/update-password?key="), "{location}");
    assert!(location.ends_with("&redirect_to=%2Fhelpdesk"), "{location}");
    assert_eq!(site.value("User", "new@x.example", "user_type"), "System User");
    assert_eq!(site.value("HD Agent", "new@x.example", "agent_name"), "new");
    assert_eq!(only(&site, "status"), "Accepted");
    assert_eq!(only(&site, "user"), "new@x.example");

    let password = location
        .strip_prefix("/update-password?key=")
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    site.guest()
        .call(
            "frappe.core.doctype.user.user.update_password",
            json!({ "key": password, "new_password": "correct horse battery" }),
        )
        .ok();
    site.login("new@x.example", "correct horse battery")
        .call("frappe.auth.get_logged_user", json!({}))
        .ok();

    let again = accept(&site, &key).status(417);
    assert_eq!(again.messages(), ["Invalid key"]);
    let maya_again = invite(&maya, "new@x.example", &["Agent"], json!({})).ok();
    assert_eq!(
        maya_again.message()["accepted_invite_emails"],
        json!(["new@x.example"])
    );
}

#[test]
fn a_customers_contact_becomes_a_member() {
    let site = site();
    let maya = site.agent_manager("maya@desk.example");
    let customer = site.organisation("Acme").create();
    let contact = site.insert(
        "Contact",
        json!({ "first_name": "Carl", "email_ids": [{ "email_id": "carl@acme.example", "is_primary": 1 }] }),
    );
    let more = json!({ "customer": customer, "contact": contact, "status": "Accepted", "invited_by": "Administrator" });
    invite(&maya, "carl@acme.example", &["HD Customer Manager"], more).ok();
    assert_eq!(
        only(&site, "status"),
        "Pending",
        "only the app's own arguments are fields"
    );
    assert_eq!(only(&site, "invited_by"), "maya@desk.example");

    accept(&site, &keys(&site, "carl@acme.example")[0]).status(302);

    assert_eq!(site.value("Contact", &contact, "user"), "carl@acme.example");
    let read = site.admin().read("HD Customer", &customer).ok();
    let members = read.data()["contacts"].as_array().unwrap();
    assert_eq!(members.len(), 1);
    assert_eq!(
        (&members[0]["contact_name"], &members[0]["is_manager"]),
        (&json!(contact), &json!(1))
    );
}

#[test]
fn who_has_a_password_is_signed_in() {
    let site = site();
    let maya = site.agent_manager("maya@desk.example");
    let carl = site.customer("carl@acme.example");
    site.set_password(carl.id(), "correct horse battery");
    invite(&maya, carl.id(), &["Agent"], json!({})).ok();

    let reply = accept(&site, &keys(&site, carl.id())[0]);

    assert_eq!((reply.status, reply.header("location")), (302, Some("/helpdesk")));
    let sid = reply.headers.iter().any(|(name, value)| {
        name == "set-cookie" && value.starts_with("sid=") && !value.starts_with("sid=Guest")
    });
    assert!(sid, "{:?}", reply.headers);
    let roles = site.admin().read("User", carl.id()).ok();
    let has = |role: &str| {
        roles.data()["roles"]
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["role"] == role)
    };
    assert!(has("Agent") && has("HD Customer"), "{}", roles.data()["roles"]);
}

#[test]
fn links_end() {
    let site = site();
    let maya = site.agent_manager("maya@desk.example");
    let name = |email: &str| {
        let rows = site
            .admin()
            .list("User Invitation", json!({ "filters": { "email": email } }))
            .ok();
        rows.data()[0]["name"].as_str().unwrap().to_owned()
    };
    let act = |user: &TestUser, what: &str, name: &str, app: &str| {
        let args = json!({ "name": name, "app_name": app });
        user.call(
            &format!("frappe.core.api.user_invitation.{what}_invitation"),
            args,
        )
    };
    for email in ["a@x.example", "b@x.example", "c@x.example"] {
        invite(&maya, email, &["Agent"], json!({})).ok();
    }
    let key = |email: &str| keys(&site, email).pop().unwrap();

    let cancelled = key("a@x.example");
    assert_eq!(
        act(&maya, "cancel", &name("a@x.example"), "helpdesk")
            .ok()
            .message(),
        &json!({ "cancelled_now": true })
    );
    assert_eq!(
        act(&maya, "cancel", &name("a@x.example"), "helpdesk")
            .ok()
            .message(),
        &json!({ "cancelled_now": false })
    );
    accept(&site, &cancelled).status(417);
    act(&maya, "resend", &name("a@x.example"), "helpdesk").status(417);
    act(&maya, "cancel", &name("b@x.example"), "frappe").status(403);
    assert_eq!(
        act(&maya, "cancel", "none", "helpdesk").status(417).messages(),
        ["Invitation not found"]
    );

    let old = key("b@x.example");
    act(&maya, "resend", &name("b@x.example"), "helpdesk").ok();
    assert_eq!(accept(&site, &old).status(417).messages(), ["Invalid key"]);
    accept(&site, &key("b@x.example")).status(302);

    let third = name("c@x.example");
    site.transaction(|cx| {
        let sent = [("email_sent_at", Value::from("2020-01-01 00:00:00.000000"))];
        storage::set_columns(cx, "User Invitation", &third, &sent)
    });
    assert_eq!(
        accept(&site, &key("c@x.example")).status(417).messages(),
        ["Invitation is expired"]
    );
    for bad in ["", "x", "%27%20or%201%3D1", &"f".repeat(10_000)] {
        accept(&site, bad).status(417);
    }
    assert_eq!(site.value("HD Agent", "c@x.example", "name"), Value::Null);
}

#[test]
fn state_is_not_written_by_hand() {
    let site = site();
    let maya = site.agent_manager("maya@desk.example");
    invite(&maya, "a@x.example", &["Agent"], json!({})).ok();
    let name = only(&site, "name").as_str().unwrap().to_owned();

    let changes = json!({ "status": "Accepted", "key": "x", "user": maya.id(), "roles": [{ "role": "System Manager" }] });
    maya.update("User Invitation", &name, changes).ok();

    let stored = site.admin().read("User Invitation", &name).ok();
    assert_eq!(stored.data()["status"], "Pending");
    assert_eq!(stored.data()["user"], Value::Null);
    assert_eq!(stored.data()["roles"][0]["role"], "Agent");
    maya.remove("User Invitation", &name).status(403);
    let direct = json!({ "email": "b@x.example", "app_name": "helpdesk", "redirect_to_path": "/x",
        "roles": [{ "role": "System Manager" }] });
    maya.insert("User Invitation", direct).status(417);
}

#[test]
fn an_invitation_names_the_brand() {
    let site = site();
    let maya = site.agent_manager("maya@desk.example");
    let said = |email: &str| -> String {
        invite(&maya, email, &["Agent"], json!({})).ok();
        let args = json!({ "fields": ["message"], "limit_page_length": 0 });
        let rows = site.admin().list("Email Queue", args).ok();
        let mails = rows.data().as_array().unwrap().clone();
        mails
            .iter()
            .map(|row| helpdesk_tests::mail_text(row["message"].as_str().unwrap()))
            .find(|mail| mail.contains(&format!("To: {email}")))
            .unwrap()
    };

    assert!(said("one@x.example").contains("invites you to Helpdesk."));
    site.set("HD Settings", json!({ "brand_name": "Acme" }));
    assert!(said("two@x.example").contains("invites you to Acme on Helpdesk."));
}
