//! The second factor of a login.

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use helpdesk_core::cx::Cx;
use helpdesk_core::db::{Kind, Query};
use helpdesk_tests::{Reply, TestSite, TestUser};
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha1::Sha1;

const ADA: &str = "ada@desk.example";
const PASSWORD: &str = "Correct-Horse-1";
const WHO: &str = "/api/method/frappe.auth.get_logged_user";

fn site(method: &str) -> TestSite {
    let site = TestSite::builder()
        .config(|config| {
            config.host_name = "https://help.example".to_owned();
            config.encryption_key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned();
        })
        .start();
    site.agent(ADA);
    site.set_password(ADA, PASSWORD);
    site.change("Role", "Agent", json!({ "two_factor_auth": 1 }));
    site.set(
        "System Settings",
        json!({ "enable_two_factor_auth": 1, "two_factor_method": method }),
    );
    site
}

fn login(browser: &TestUser) -> Reply {
    browser.call("login", json!({ "usr": ADA, "pwd": PASSWORD }))
}

fn go_on(browser: &TestUser, tmp_id: &Value, otp: &str) -> Reply {
    browser.call("login", json!({ "tmp_id": tmp_id, "otp": otp }))
}

/// What stands in the last mail behind some words.
#[track_caller]
fn mailed(site: &TestSite, words: &str) -> String {
    let mails = site.mails_about_users();
    let behind = mails
        .iter()
        .rev()
        .find_map(|mail| Some(mail.split_once(words)?.1.to_owned()));
    let text = behind.unwrap();
    text.split_whitespace()
        .next()
        .unwrap()
        .trim_end_matches('.')
        .to_owned()
}

/// The code an app shows now.
fn code(site: &TestSite, secret: &str) -> String {
    let step = site.site().clock.timestamp().as_second() / 30;
    let key = BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&key).unwrap();
    mac.update(&step.to_be_bytes());
    let sum = mac.finalize().into_bytes();
    let offset = usize::from(sum[19] & 15);
    let number = u32::from_be_bytes(sum[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[test]
fn a_mailed_code_ends_a_login() {
    let site = site("Email");
    let browser = site.browser();

    let reply = login(&browser).ok();

    let tmp_id = &reply.json["tmp_id"];
    assert_eq!(tmp_id.as_str().unwrap().len(), 8);
    let verification = &reply.json["verification"];
    assert_eq!(
        (&verification["method"], &verification["token_delivery"]),
        (&json!("Email"), &json!(true))
    );
    assert!(verification["prompt"].is_string() && verification["setup"] == json!(true));
    assert_eq!(reply.json.get("message"), None);
    assert_eq!(reply.cookies().len(), 0, "no session begins");
    let right = mailed(&site, "sign in is ");
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let refused = go_on(&browser, tmp_id, wrong).status(401);
    assert_eq!(refused.message(), "Incorrect Verification code");
    assert_eq!(browser.get(WHO).status, 403);
    let reply = go_on(&browser, tmp_id, &right).ok();
    assert_eq!(reply.message(), "Logged In");
    assert_eq!(browser.get(WHO).ok().message(), ADA);
    go_on(&site.browser(), tmp_id, &right).status(401);
}

#[test]
fn codes_end_and_belong_to_their_login() {
    let site = site("Email");
    let first = login(&site.browser()).ok().json["tmp_id"].clone();
    let of_first = mailed(&site, "sign in is ");
    std::thread::sleep(Duration::from_millis(5));
    site.site().clock.forward(SignedDuration::from_secs(1));
    let second = login(&site.browser()).ok().json["tmp_id"].clone();
    let of_second = mailed(&site, "sign in is ");
    if of_first != of_second {
        go_on(&site.browser(), &second, &of_first).status(401);
    }
    for (tmp_id, otp) in [
        (json!(""), ""),
        (json!("deadbeef"), &*of_first),
        (json!(null), &*of_first),
        (first.clone(), ""),
        (first.clone(), "' OR 1=1"),
    ] {
        let refused = go_on(&site.browser(), &tmp_id, otp);
        assert_eq!(refused.status, 401, "{tmp_id} {otp}: {refused:?}");
    }
    site.site().clock.forward(SignedDuration::from_secs(300));
    go_on(&site.browser(), &second, &of_second).status(401);
}

#[test]
fn an_app_is_set_up_once_and_its_codes_are_right_once() {
    let site = site("OTP App");
    let reply = login(&site.browser()).ok();
    assert!(
        reply.json["verification"]["prompt"]
            .as_str()
            .unwrap()
            .contains("mail")
    );
    let link = mailed(&site, "https://help.example");
    let page = site.guest().get(&link).ok();
    let secret = page
        .text
        .split("<strong>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap()
        .to_owned();
    site.guest().get(&link).status(403);
    assert!(page.text.contains("otpauth://totp/"), "{}", page.text);

    let browser = site.browser();
    let now = code(&site, &secret);
    go_on(&browser, &reply.json["tmp_id"], &now).ok();

    assert_eq!(browser.get(WHO).ok().message(), ADA);
    let again = login(&site.browser()).ok();
    assert_eq!(
        again.json["verification"],
        json!({ "method": "OTP App", "setup": true })
    );
    go_on(&site.browser(), &again.json["tmp_id"], &now).status(401);
    site.site().clock.forward(SignedDuration::from_secs(60));
    go_on(&site.browser(), &again.json["tmp_id"], &now).status(401);
    let later = code(&site, &secret);
    go_on(&site.browser(), &again.json["tmp_id"], &later).ok();
    let stored = site.transaction(|cx: &mut Cx| {
        let mut query = Query::fixed();
        query
            .sql("SELECT password FROM ")
            .ident("__Auth")
            .sql(" WHERE fieldname LIKE 'otp_secret%'");
        let rows = cx.db().rows(query, &[Kind::Text])?;
        Ok(rows
            .iter()
            .map(|row| row[0].as_str().unwrap().to_owned())
            .collect::<Vec<_>>())
    });
    assert!(stored.len() == 1 && !stored[0].contains(&secret), "encrypted");
}

#[test]
fn wrong_codes_lock_and_right_passwords_don_t_forgive_them() {
    let site = site("Email");
    site.set(
        "System Settings",
        json!({ "allow_consecutive_login_attempts": 3 }),
    );
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let reply = login(&site.browser());
        if reply.status == 200 {
            statuses.push(go_on(&site.browser(), &reply.json["tmp_id"], "no code").status);
        } else {
            statuses.push(reply.status);
        }
    }
    assert_eq!(statuses, [401, 401, 401, 401, 429, 429]);
}

#[test]
fn no_way_leads_around_the_second_factor() {
    let site = site("Email");
    site.guest()
        .call("frappe.www.login.send_login_link", json!({ "email": ADA }))
        .ok();
    site.guest()
        .call(
            "frappe.core.doctype.user.user.reset_password",
            json!({ "user": ADA }),
        )
        .ok();
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(site.count("Email Queue"), 1, "a link for a new password alone");
    let key = mailed(&site, "update-password?key=");
    let browser = site.browser();
    let set = json!({ "key": key, "new_password": "violet-gravel-87-owl" });
    let reply = browser
        .call("frappe.core.doctype.user.user.update_password", set)
        .ok();
    assert_eq!(reply.message(), "/login");
    assert_eq!(browser.get(WHO).status, 403);
    let v2 = site.browser().post(
        "/api/v2/method/login",
        json!({ "usr": ADA, "pwd": "violet-gravel-87-owl" }),
    );
    assert!(v2.ok().json["tmp_id"].is_string());
}

#[test]
fn only_marked_roles_are_asked_and_sites_switch_it_on_as_they_can() {
    let site = site("Email");
    let carl = site.customer("carl@acme.example");
    site.set_password(carl.id(), PASSWORD);
    site.login(carl.id(), PASSWORD).get(WHO).ok();
    site.set(
        "System Settings",
        json!({ "bypass_2fa_for_retricted_ip_users": 1 }),
    );
    site.change("User", ADA, json!({ "restrict_ip": "127.0.0." }));
    assert_eq!(login(&site.browser()).ok().message(), "Logged In");
    let settings = |values: Value| site.admin().update("System Settings", "System Settings", values);
    settings(json!({ "two_factor_method": "SMS" })).status(417);
    settings(json!({ "two_factor_method": "OTP App" })).ok();
    let bare = TestSite::start();
    for method in ["OTP App", "SMS"] {
        let values = json!({ "enable_two_factor_auth": 1, "two_factor_method": method });
        bare.admin()
            .update("System Settings", "System Settings", values)
            .status(417);
    }
}

#[test]
fn a_password_that_is_too_old_is_replaced_after_the_code() {
    let site = site("Email");
    site.set("System Settings", json!({ "force_user_to_reset_password": 30 }));
    site.change("User", ADA, json!({ "last_password_reset_date": "2020-01-01" }));
    let browser = site.browser();

    let waits = login(&browser).ok();

    assert_eq!(
        waits.json.get("redirect_to"),
        None,
        "the password alone opens nothing"
    );
    let code = mailed(&site, "sign in is ");
    let reply = go_on(&browser, &waits.json["tmp_id"], &code).ok();
    assert_eq!(reply.message(), "Password Reset");
    assert!(
        reply.json["redirect_to"]
            .as_str()
            .unwrap()
            .starts_with("/update-password?key=")
    );
    assert_eq!(browser.get(WHO).status, 403);
}
